//! The built-in tools by name.
//!
//! The vendors spell them differently: lower case in the SDKs, CamelCase in one vendor's guides. All
//! spellings name one tool, and what a client wrote is what it is shown (agents §5.1).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::agent::snapshot::Family;

/// A built-in tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Builtin {
    Bash,
    Read,
    Write,
    Edit,
    Glob,
    Grep,
    WebFetch,
    WebSearch,
    /// Known to dialect Q, so that it can be named; this server has no such tool to offer.
    ImageGen,
    /// As [`Builtin::ImageGen`].
    ImageSearch,
    /// As [`Builtin::ImageGen`].
    DeliverArtifacts,
}

impl Builtin {
    /// All that can be named.
    pub const ALL: [Self; 11] = [
        Self::Bash,
        Self::Read,
        Self::Write,
        Self::Edit,
        Self::Glob,
        Self::Grep,
        Self::WebFetch,
        Self::WebSearch,
        Self::ImageGen,
        Self::ImageSearch,
        Self::DeliverArtifacts,
    ];

    /// The one name that events carry: a worker knows no other (worker-protocol §9).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Read => "read",
            Self::Write => "write",
            Self::Edit => "edit",
            Self::Glob => "glob",
            Self::Grep => "grep",
            Self::WebFetch => "web_fetch",
            Self::WebSearch => "web_search",
            Self::ImageGen => "image_gen",
            Self::ImageSearch => "image_search",
            Self::DeliverArtifacts => "deliver_artifacts",
        }
    }

    /// Reads a name in any of its spellings: `web_fetch`, `WebFetch`.
    pub fn parse(name: &str) -> Option<Self> {
        let plain = |text: &str| -> String {
            text.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
        };
        // A name begins with a letter and has no underscore at an end.
        let trimmed = name.trim_matches('_').len() == name.len();
        let name = plain(name);
        Self::ALL.into_iter().find(|tool| trimmed && plain(tool.as_str()) == name)
    }

    /// Who runs it; `None` if nobody here can.
    pub const fn family(self) -> Option<Family> {
        match self {
            Self::Bash | Self::Read | Self::Write | Self::Edit | Self::Glob | Self::Grep => {
                Some(Family::Worker)
            }
            Self::WebFetch | Self::WebSearch => Some(Family::Server),
            Self::ImageGen | Self::ImageSearch | Self::DeliverArtifacts => None,
        }
    }
}

/// A built-in tool as a client wrote its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToolName {
    tool: Builtin,
    written: Box<str>,
}

impl ToolName {
    /// A name in any spelling; `None` if it names no built-in tool.
    pub fn new(written: &str) -> Option<Self> {
        Builtin::parse(written).map(|tool| Self { tool, written: written.into() })
    }

    /// The tool.
    pub const fn tool(&self) -> Builtin {
        self.tool
    }

    /// The name as it was written.
    pub const fn written(&self) -> &str {
        &self.written
    }
}

impl From<Builtin> for ToolName {
    fn from(tool: Builtin) -> Self {
        Self { tool, written: tool.as_str().into() }
    }
}

impl TryFrom<String> for ToolName {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        Self::new(&written).ok_or_else(|| format!("unknown tool name '{written}'"))
    }
}

impl From<ToolName> for String {
    fn from(name: ToolName) -> Self {
        name.written.into()
    }
}

impl fmt::Debug for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.written, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_has_one_name_in_many_spellings() {
        for tool in Builtin::ALL {
            assert_eq!(Builtin::parse(tool.as_str()), Some(tool));
        }
        for (name, tool) in [
            ("Bash", Some(Builtin::Bash)),
            ("WebFetch", Some(Builtin::WebFetch)),
            ("webFetch", Some(Builtin::WebFetch)),
            ("DeliverArtifacts", Some(Builtin::DeliverArtifacts)),
            ("Foo", None),
            ("", None),
            ("_bash", None),
            ("bash ", None),
        ] {
            assert_eq!(Builtin::parse(name), tool, "{name}");
        }
        assert_eq!(ToolName::new("WebFetch").unwrap().written(), "WebFetch");
    }
}
