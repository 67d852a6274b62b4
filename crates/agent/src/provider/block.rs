//! The content blocks of the event log (events §2), as far as a provider must tell them apart.

use serde_json::Value;

/// A block, borrowed from its JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Block<'a> {
    /// `text`
    Text(&'a str),
    /// `image`
    Image(Source<'a>),
    /// `document`
    Document {
        /// What is in it.
        source: Source<'a>,
        /// Its name, if it has one.
        title: Option<&'a str>,
        /// What the client says about it.
        context: Option<&'a str>,
    },
    /// `search_result`
    SearchResult {
        /// Where it was found.
        source: &'a str,
        /// Its name.
        title: &'a str,
        /// Text blocks.
        content: &'a [Value],
    },
    /// Something that is not in the contract; its `type`.
    Unknown(&'a str),
}

/// Where the bytes of an image or a document are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source<'a> {
    /// In the block, encoded.
    Base64 {
        /// Such as `image/png`.
        media_type: &'a str,
        /// The encoded bytes.
        data: &'a str,
    },
    /// At an address.
    Url(&'a str),
    /// In the block, as they are.
    Text(&'a str),
    /// Among this server's files, which no provider can read; the file's id.
    File(&'a str),
    /// Something that is not in the contract; its `type`.
    Unknown(&'a str),
}

impl<'a> Block<'a> {
    pub(crate) fn read(block: &'a Value) -> Self {
        match text(block, "type") {
            "text" => Self::Text(text(block, "text")),
            "image" => Self::Image(Source::read(&block["source"])),
            "document" => Self::Document {
                source: Source::read(&block["source"]),
                title: block["title"].as_str(),
                context: block["context"].as_str(),
            },
            "search_result" => Self::SearchResult {
                source: text(block, "source"),
                title: text(block, "title"),
                content: block["content"].as_array().map_or(&[], Vec::as_slice),
            },
            other => Self::Unknown(other),
        }
    }

    /// The address under which the block can be looked at, if it is an image that has one.
    pub(crate) fn image_url(&self) -> Option<String> {
        let Self::Image(source) = self else { return None };
        match source {
            Source::Base64 { media_type, data } => Some(format!("data:{media_type};base64,{data}")),
            Source::Url(url) => Some((*url).to_owned()),
            Source::Text(_) | Source::File(_) | Source::Unknown(_) => None,
        }
    }

    /// What a model is told that cannot be shown the block.
    pub(crate) fn note(&self) -> String {
        let (what, source) = match self {
            Self::Text(text) => return (*text).to_owned(),
            Self::SearchResult { source, .. } => return format!("[a search result from {source}]"),
            Self::Unknown(kind) => {
                return format!("[a {kind:?} block that cannot be shown to you]");
            }
            Self::Image(source) => ("an image", source),
            Self::Document { source, .. } => ("a document", source),
        };
        match source {
            Source::Base64 { media_type, .. } => {
                format!("[{what} of type {media_type} that cannot be shown to you]")
            }
            Source::Url(url) => format!("[{what} at {url} that cannot be shown to you]"),
            Source::Text(text) => (*text).to_owned(),
            Source::File(id) => format!("[{what} in the file {id} that cannot be shown to you]"),
            Source::Unknown(_) => format!("[{what} that cannot be shown to you]"),
        }
    }
}

impl<'a> Source<'a> {
    fn read(source: &'a Value) -> Self {
        match text(source, "type") {
            "base64" => {
                Self::Base64 { media_type: text(source, "media_type"), data: text(source, "data") }
            }
            "url" => Self::Url(text(source, "url")),
            "text" => Self::Text(text(source, "data")),
            "file" => Self::File(text(source, "file_id")),
            other => Self::Unknown(other),
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}
