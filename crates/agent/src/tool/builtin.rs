//! The built-in tools as the model is told of them (worker-protocol §9).

use leasehold_model::agent::tool::builtin::Builtin;
use serde_json::{Value, json};

use crate::chat::ToolSpec;

/// What the model is told of a built-in tool.
pub(super) fn spec(tool: Builtin) -> ToolSpec {
    ToolSpec {
        name: tool.as_str().to_owned(),
        description: description(tool).to_owned(),
        input_schema: schema(tool),
    }
}

const fn description(tool: Builtin) -> &'static str {
    match tool {
        Builtin::Bash => {
            "Runs a command in a bash shell that stays open between calls, so its working folder \
             and variables last. Gives what it wrote to standard output and standard error; a \
             command that ends with another status than 0 counts as failed. There is nobody at its \
             standard input. Output beyond 100 KiB loses its beginning. Set `restart` to begin with \
             a fresh shell, as after a time-out."
        }
        Builtin::Read => {
            "Reads a file: text with its lines, or an image or a PDF document to look at. Give \
             `view_range` for a part of a long text, counted from line 1 and with both ends \
             included; an end of 0 or less is the end of the file."
        }
        Builtin::Write => {
            "Writes a file, whole: it replaces what was there, and makes the folders that are \
             missing."
        }
        Builtin::Edit => {
            "Replaces text in a file. `old_string` must stand there exactly once, white space \
             included, unless `replace_all` is set."
        }
        Builtin::Glob => {
            "Finds files by a pattern such as `src/**/*.rs` below a folder. Gives absolute paths, \
             the newest first, at most 200."
        }
        Builtin::Grep => {
            "Searches files below a folder for a regular expression. Gives lines as \
             `file:line:text`."
        }
        Builtin::WebFetch => "Fetches a page from the web and gives its text.",
        Builtin::WebSearch => "Searches the web.",
        Builtin::ImageGen => "Makes an image.",
        Builtin::ImageSearch => "Searches for images.",
        Builtin::DeliverArtifacts => "Hands files over to the user.",
    }
}

fn schema(tool: Builtin) -> Value {
    let path =
        || json!({ "type": "string", "description": "Absolute, or from the working folder." });
    let text = |about: &str| json!({ "type": "string", "description": about });
    let (properties, required) = match tool {
        Builtin::Bash => (
            json!({
                "command": text("What to run."),
                "restart": { "type": "boolean", "description": "Begin with a fresh shell." },
                "timeout_ms": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "How long it may take, in milliseconds; two minutes if absent.",
                },
            }),
            json!([]),
        ),
        Builtin::Read => (
            json!({
                "file_path": path(),
                "view_range": {
                    "type": "array",
                    "items": { "type": "integer" },
                    "minItems": 2,
                    "maxItems": 2,
                    "description": "First and last line.",
                },
            }),
            json!(["file_path"]),
        ),
        Builtin::Write => (
            json!({ "file_path": path(), "content": text("The whole content.") }),
            json!(["file_path", "content"]),
        ),
        Builtin::Edit => (
            json!({
                "file_path": path(),
                "old_string": text("What stands there now."),
                "new_string": text("What shall stand there."),
                "replace_all": { "type": "boolean", "description": "Every place, not just one." },
            }),
            json!(["file_path", "old_string", "new_string"]),
        ),
        Builtin::Glob => (
            json!({ "pattern": text("Relative, without `..`."), "path": path() }),
            json!(["pattern"]),
        ),
        Builtin::Grep => (
            json!({ "pattern": text("A regular expression."), "path": path() }),
            json!(["pattern"]),
        ),
        Builtin::WebFetch => (json!({ "url": text("An http or https address.") }), json!(["url"])),
        Builtin::WebSearch => (json!({ "query": text("What to search for.") }), json!(["query"])),
        Builtin::ImageGen | Builtin::ImageSearch | Builtin::DeliverArtifacts => {
            (json!({}), json!([]))
        }
    };
    json!({ "type": "object", "properties": properties, "required": required })
}
