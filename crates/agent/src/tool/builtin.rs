//! The tools of `agent_toolset_20260401`, as models are told of them.
//!
//! What each does and which input it takes is the workers' contract (worker-protocol §9); the words
//! are ours, and say what a model must know to use the tool well: what persists, what is cut off,
//! what is an error.

use serde_json::{Value, json};

use crate::chat::ToolSpec;

/// The names, as workers know them.
pub const NAMES: [&str; 8] =
    ["bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search"];

/// A tool by its name; `None` if it is not one of [`NAMES`].
pub fn spec(name: &str) -> Option<ToolSpec> {
    let (description, properties, required): (_, _, &[&str]) = match name {
        "bash" => (BASH, bash(), &[]),
        "read" => (READ, read(), &["file_path"]),
        "write" => (WRITE, write(), &["file_path", "content"]),
        "edit" => (EDIT, edit(), &["file_path", "old_string", "new_string"]),
        "glob" => (GLOB, glob(), &["pattern"]),
        "grep" => (GREP, grep(), &["pattern"]),
        "web_fetch" => (WEB_FETCH, web_fetch(), &["url"]),
        "web_search" => (WEB_SEARCH, web_search(), &["query"]),
        _ => return None,
    };
    let input_schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    Some(ToolSpec { name: name.to_owned(), description: description.to_owned(), input_schema })
}

const BASH: &str = "\
Runs a command in a bash shell that stays alive between calls: the working directory, variables \
and functions persist. Give either `command` or `restart`. The result is what the command writes \
to standard output and standard error, in order; long output keeps its last 100 KiB. A non-zero \
exit status is reported as an error together with the output. Standard input is empty, so do not \
start programs that wait for a person; use their non-interactive flags. A command that exceeds its \
time is killed together with the shell; run long-lived programs in the background with their \
output in a file. Prefer the file tools for reading, searching and changing files.";

fn bash() -> Value {
    json!({
        "command": {"type": "string", "description": "The command line to run."},
        "restart": {
            "type": "boolean",
            "description": "Start a fresh shell instead, for example when the old one hangs.",
        },
        "timeout_ms": {
            "type": "integer",
            "minimum": 0,
            "description": "How long the command may take, in milliseconds; 120000 if absent or 0.",
        },
    })
}

const READ: &str = "\
Reads a file: text in UTF-8, or an image (png, jpg, jpeg, gif, webp) or PDF, which you then see. \
Without `view_range` a text may have up to 256 KiB; ask for a range of lines in longer ones. \
Folders and devices cannot be read; use `glob` to see what there is.";

fn read() -> Value {
    json!({
        "file_path": path("The file"),
        "view_range": {
            "type": "array",
            "items": {"type": "integer"},
            "minItems": 2,
            "maxItems": 2,
            "description": "First and last line, counted from 1, both included; a last line of 0 or \
                            less is the end of the file.",
        },
    })
}

const WRITE: &str = "\
Writes a file, making folders as needed. An existing file is replaced as a whole: to change a part \
of one, use `edit`.";

fn write() -> Value {
    json!({
        "file_path": path("The file"),
        "content": {"type": "string", "description": "The whole new content."},
    })
}

const EDIT: &str = "\
Replaces a passage of a text file. `old_string` must occur in the file exactly as you give it, \
white space and line breaks included, and exactly once unless `replace_all` is set: take enough of \
the surrounding lines to make it unique. Read the file first. Files may have up to 256 KiB.";

fn edit() -> Value {
    json!({
        "file_path": path("The file"),
        "old_string": {"type": "string", "description": "The passage to replace."},
        "new_string": {"type": "string", "description": "What takes its place; may be empty."},
        "replace_all": {
            "type": "boolean",
            "description": "Replace every occurrence instead of the only one.",
        },
    })
}

const GLOB: &str = "\
Finds files by a pattern such as `src/**/*.rs` and gives their absolute paths, the most recently \
changed first, at most 200. The pattern is relative and has no `..`.";

fn glob() -> Value {
    json!({
        "pattern": {"type": "string", "description": "`*`, `?`, `[…]`, and `**` for any folders."},
        "path": path("The folder to start in; the working directory if absent"),
    })
}

const GREP: &str = "\
Searches the text of files for a regular expression and gives matching lines as `file:line:text`, \
up to 100 KiB. Folders are searched with everything below them, except `.git`, `node_modules`, \
symbolic links and binary files.";

fn grep() -> Value {
    json!({
        "pattern": {"type": "string", "description": "The regular expression, one line at a time."},
        "path": path("The file or folder to search; the working directory if absent"),
    })
}

const WEB_FETCH: &str = "\
Fetches a page or text file from the web and gives its text. Only addresses that are allowed here \
can be fetched, and only text; long pages are cut off. Scripts of the page are not run.";

fn web_fetch() -> Value {
    json!({
        "url": {"type": "string", "description": "The whole address, with http:// or https://."},
    })
}

const WEB_SEARCH: &str = "\
Searches the web and gives titles, addresses and excerpts of what was found. Fetch a page with \
`web_fetch` to read it.";

fn web_search() -> Value {
    json!({
        "query": {"type": "string", "minLength": 2, "description": "What to search for."},
    })
}

/// A path within what the worker may touch.
fn path(what: &str) -> Value {
    let description = format!("{what}: absolute, or relative to the working directory.");
    json!({"type": "string", "description": description})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_takes_the_input_that_its_worker_reads() {
        let members: Vec<String> = NAMES
            .into_iter()
            .map(|name| {
                let schema = spec(name).unwrap().input_schema;
                let required = schema["required"].as_array().unwrap();
                let properties = schema["properties"].as_object().unwrap().iter();
                let shown = properties.map(|(member, property)| {
                    let optional = if required.contains(&json!(member)) { "" } else { "?" };
                    format!("{member}{optional}: {}", property["type"].as_str().unwrap())
                });
                format!("{name} {}", shown.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(
            members,
            [
                "bash command?: string, restart?: boolean, timeout_ms?: integer",
                "read file_path: string, view_range?: array",
                "write file_path: string, content: string",
                "edit file_path: string, old_string: string, new_string: string, \
                 replace_all?: boolean",
                "glob pattern: string, path?: string",
                "grep pattern: string, path?: string",
                "web_fetch url: string",
                "web_search query: string",
            ]
        );
        assert_eq!(spec("Bash"), None);
    }
}
