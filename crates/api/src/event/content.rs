//! Content blocks as clients send them (events §2). Their form is checked; what is in them is carried
//! to the model and never looked into.

use leasehold_model::Json;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Unknown;
use crate::body::{Invalid, Members};

/// The most text blocks of a system message.
const MAX_SYSTEM_BLOCKS: usize = 1_000;

/// Whose content it is, which says what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// That of `user.message`: text, images and documents.
    Message,
    /// That of a result: what a message may hold, and results of a search.
    Result,
    /// That of `system.message`: text.
    System,
    /// That within a result of a search: text.
    SearchResult,
}

impl Place {
    const fn kinds(self) -> &'static str {
        match self {
            Self::Message => "must be 'text', 'image' or 'document'",
            Self::Result => "must be 'text', 'image', 'document' or 'search_result'",
            Self::System | Self::SearchResult => "must be 'text'",
        }
    }
}

/// A content block.
#[derive(Deserialize, ToSchema)]
#[schema(as = ContentBlock)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) enum BlockBody {
    /// Text.
    Text {
        #[schema(min_length = 1)]
        text: String,
    },
    /// An image.
    Image { source: SourceBody },
    /// A document.
    Document { source: SourceBody, title: Option<String>, context: Option<String> },
    /// A result of a search; in results alone.
    SearchResult {
        source: String,
        title: String,
        #[schema(value_type = Vec<Object>)]
        content: Vec<Value>,
        citations: Option<CitationsBody>,
    },
}

/// Where an image or a document comes from.
#[derive(Deserialize, ToSchema)]
#[schema(as = ContentSource)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) enum SourceBody {
    /// It is here, in base64.
    Base64 { media_type: String, data: String },
    /// It is there.
    Url { url: String },
    /// It was uploaded.
    File { file_id: String },
    /// It is plain text; for documents alone.
    Text { media_type: String, data: String },
}

/// Whether a model may cite a result of a search.
#[derive(Deserialize, ToSchema)]
#[schema(as = SearchResultCitations)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct CitationsBody {
    enabled: bool,
}

/// Reads content that must be there.
pub(crate) fn required(
    value: Option<Value>,
    path: &str,
    place: Place,
    unknown: Unknown,
) -> Result<Json, Invalid> {
    let wrong = || Invalid::new(path, "must be a non-empty array of content blocks");
    match value {
        None => Err(Invalid::missing(path)),
        Some(Value::Array(blocks)) if !blocks.is_empty() => {
            if place == Place::System && blocks.len() > MAX_SYSTEM_BLOCKS {
                return Err(Invalid::new(path, "must not have more than 1000 blocks"));
            }
            Ok(Json::of(&read(blocks, path, place, unknown)?))
        }
        Some(
            Value::Array(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_),
        ) => Err(wrong()),
    }
}

/// Reads content that may be absent, `null` or empty.
pub(crate) fn optional(
    value: Option<Value>,
    path: &str,
    place: Place,
    unknown: Unknown,
) -> Result<Option<Json>, Invalid> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(blocks)) => Ok(Some(Json::of(&read(blocks, path, place, unknown)?))),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            Err(Invalid::new(path, "must be an array of content blocks"))
        }
    }
}

fn read(
    blocks: Vec<Value>,
    path: &str,
    place: Place,
    unknown: Unknown,
) -> Result<Vec<Value>, Invalid> {
    let numbered = blocks.into_iter().enumerate();
    numbered.map(|(number, it)| block(it, &format!("{path}[{number}]"), place, unknown)).collect()
}

fn block(value: Value, path: &str, place: Place, unknown: Unknown) -> Result<Value, Invalid> {
    let mut block = Sifted::of(value, path, unknown)?;
    let kind = block.word("type")?.to_owned();
    let has_media = matches!(place, Place::Message | Place::Result);
    match kind.as_str() {
        "text" => {
            block.word("text")?;
        }
        "image" if has_media => {
            block.nested("source", |it, path| source(it, path, unknown, Media::Image))?;
        }
        "document" if has_media => {
            block.nested("source", |it, path| source(it, path, unknown, Media::Document))?;
            block.optional_word("title")?;
            block.optional_word("context")?;
        }
        "search_result" if place == Place::Result => {
            block.word("source")?;
            block.word("title")?;
            block.nested("content", |it, path| match it {
                Value::Array(blocks) if !blocks.is_empty() => {
                    read(blocks, path, Place::SearchResult, unknown).map(Value::Array)
                }
                Value::Array(_)
                | Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_) => {
                    Err(Invalid::new(path, "must be a non-empty array of text blocks"))
                }
            })?;
            block.optional("citations", |it, path| citations(it, path, unknown))?;
        }
        _ => return Err(Invalid::new(format!("{path}.type"), place.kinds())),
    }
    block.finish()
}

/// What a source is the source of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    Image,
    Document,
}

fn source(value: Value, path: &str, unknown: Unknown, of: Media) -> Result<Value, Invalid> {
    let mut source = Sifted::of(value, path, unknown)?;
    let kind = source.word("type")?.to_owned();
    match kind.as_str() {
        "base64" => {
            source.word("media_type")?;
            source.word("data")?;
        }
        "url" => {
            source.word("url")?;
        }
        "file" => {
            source.word("file_id")?;
        }
        "text" if of == Media::Document => {
            if source.word("media_type")? != "text/plain" {
                return Err(Invalid::new(format!("{path}.media_type"), "must be 'text/plain'"));
            }
            source.word("data")?;
        }
        _ => {
            let problem = match of {
                Media::Image => "must be 'base64', 'url' or 'file'",
                Media::Document => "must be 'base64', 'url', 'file' or 'text'",
            };
            return Err(Invalid::new(format!("{path}.type"), problem));
        }
    }
    source.finish()
}

fn citations(value: Value, path: &str, unknown: Unknown) -> Result<Value, Invalid> {
    let mut citations = Sifted::of(value, path, unknown)?;
    citations.nested("enabled", |it, path| match it {
        Value::Bool(_) => Ok(it),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(Invalid::new(path, "must be a boolean"))
        }
    })?;
    citations.finish()
}

/// An object of which the members that are known are kept, in the order in which they are read.
struct Sifted {
    members: Members,
    kept: Map<String, Value>,
    unknown: Unknown,
}

impl Sifted {
    fn of(value: Value, path: &str, unknown: Unknown) -> Result<Self, Invalid> {
        Ok(Self { members: Members::of(value, path)?, kept: Map::new(), unknown })
    }

    /// A member that must be a string that is not empty.
    fn word(&mut self, member: &str) -> Result<&str, Invalid> {
        let value = self.members.required(member)?;
        if value.as_str().is_none_or(str::is_empty) {
            return Err(Invalid::new(self.members.name(member), "must be a non-empty string"));
        }
        // A member can only be taken out once, so there is none in its place.
        Ok(self.kept.entry(member).or_insert(value).as_str().unwrap_or_default())
    }

    fn optional_word(&mut self, member: &str) -> Result<(), Invalid> {
        if let Some(text) = self.members.optional_word(member)? {
            self.kept.insert(member.to_owned(), Value::String(text));
        }
        Ok(())
    }

    /// A member that must be there and is read by `read`.
    fn nested(
        &mut self,
        member: &str,
        read: impl FnOnce(Value, &str) -> Result<Value, Invalid>,
    ) -> Result<(), Invalid> {
        let value = self.members.required(member)?;
        let read = read(value, &self.members.name(member))?;
        self.kept.insert(member.to_owned(), read);
        Ok(())
    }

    /// As [`Sifted::nested`], but it may be absent or `null`.
    fn optional(
        &mut self,
        member: &str,
        read: impl FnOnce(Value, &str) -> Result<Value, Invalid>,
    ) -> Result<(), Invalid> {
        let Some(value) = self.members.take(member).filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let read = read(value, &self.members.name(member))?;
        self.kept.insert(member.to_owned(), read);
        Ok(())
    }

    fn finish(self) -> Result<Value, Invalid> {
        match self.unknown {
            Unknown::Dropped => {}
            Unknown::Refused => self.members.finish()?,
        }
        Ok(Value::Object(self.kept))
    }
}

#[cfg(test)]
mod tests;
