//! The members of a JSON object, taken out by name until nothing is left.

use std::borrow::Cow;
use std::collections::BTreeMap;

use leasehold_model::{Metadata, MetadataPatch, Refusal};
use serde_json::{Map, Value};

/// Why a request is not acceptable as it is written: a 400 in every dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// A parameter is missing or has a wrong value.
    Parameter {
        /// Its name, dotted for a nested one; a dialect may show it apart from the sentence.
        param: String,
        /// The whole sentence.
        message: String,
    },
    /// The body as a whole is not acceptable.
    Whole(Cow<'static, str>),
    /// A rule of the model says so; each dialect has its words.
    Refused(Refusal),
}

impl Invalid {
    /// `problem` is a predicate that follows the parameter's name: "must …".
    pub(crate) fn new(param: impl Into<String>, problem: &str) -> Self {
        let param = param.into();
        let message = format!("Field '{param}' {problem}.");
        Self::Parameter { param, message }
    }

    /// A required member is not there.
    pub(crate) fn missing(param: impl Into<String>) -> Self {
        Self::new(param, "is required")
    }

    /// A parameter is wrong in a way that takes a sentence of its own.
    pub(crate) fn said(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Parameter { param: param.into(), message: message.into() }
    }

    /// The request as a whole is wrong.
    pub(crate) fn whole(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Whole(message.into())
    }
}

#[cfg(test)]
impl Invalid {
    /// The parameter that is to blame; empty if it is the whole request, or a rule.
    pub(crate) fn param(&self) -> &str {
        match self {
            Self::Parameter { param, .. } => param,
            Self::Whole(_) | Self::Refused(_) => "",
        }
    }
}

impl From<Refusal> for Invalid {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The members of an object that have not been taken yet.
#[derive(Debug)]
pub(crate) struct Members {
    map: Map<String, Value>,
    path: String,
}

impl Members {
    /// The members of a request body.
    pub(crate) fn body(body: Value) -> Result<Self, Invalid> {
        match body {
            Value::Object(map) => Ok(Self { map, path: String::new() }),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Invalid::whole("Request body must be a JSON object.")),
        }
    }

    /// The members of a nested object that is called `path`.
    pub(crate) fn of(value: Value, path: &str) -> Result<Self, Invalid> {
        match value {
            Value::Object(map) => Ok(Self { map, path: path.to_owned() }),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Invalid::new(path, "must be an object")),
        }
    }

    /// A member's full name.
    pub(crate) fn name(&self, member: &str) -> String {
        if self.path.is_empty() { member.to_owned() } else { format!("{}.{member}", self.path) }
    }

    /// Whether a member is there and `null`.
    pub(crate) fn is_null(&self, member: &str) -> bool {
        self.map.get(member).is_some_and(Value::is_null)
    }

    /// Takes a member out, whatever it is.
    pub(crate) fn take(&mut self, member: &str) -> Option<Value> {
        self.map.remove(member)
    }

    /// Takes a member that must be there; `null` is there.
    pub(crate) fn required(&mut self, member: &str) -> Result<Value, Invalid> {
        self.take(member).ok_or_else(|| Invalid::missing(self.name(member)))
    }

    /// A string; absent and `null` are alike.
    pub(crate) fn optional_word(&mut self, member: &str) -> Result<Option<String>, Invalid> {
        match self.take(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(Invalid::new(self.name(member), "must be a string"))
            }
        }
    }

    /// A string that must be there.
    pub(crate) fn required_word(&mut self, member: &str) -> Result<String, Invalid> {
        match self.required(member)? {
            Value::String(text) => Ok(text),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => Err(Invalid::new(self.name(member), "must be a string")),
        }
    }

    /// A positive integer; absent and `null` are alike.
    pub(crate) fn optional_count(&mut self, member: &str) -> Result<Option<u64>, Invalid> {
        match self.take(member) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .filter(|count| *count > 0)
                .map(Some)
                .ok_or_else(|| Invalid::new(self.name(member), "must be a positive integer")),
        }
    }

    /// An array of objects, each read by its members; absent and `null` are an empty one.
    pub(crate) fn objects<T>(
        &mut self,
        member: &str,
        read: impl Fn(Self) -> Result<T, Invalid>,
    ) -> Result<Vec<T>, Invalid> {
        let path = self.name(member);
        match self.take(member) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(place, item)| read(Self::of(item, &format!("{path}.{place}"))?))
                .collect(),
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                Err(Invalid::new(path, "must be an array"))
            }
        }
    }

    /// A boolean; absent and `null` are alike.
    pub(crate) fn optional_bool(&mut self, member: &str) -> Result<Option<bool>, Invalid> {
        match self.take(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(Invalid::new(self.name(member), "must be a boolean"))
            }
        }
    }

    /// An array of strings; absent and `null` are alike.
    pub(crate) fn optional_strings(
        &mut self,
        member: &str,
    ) -> Result<Option<Vec<String>>, Invalid> {
        let wrong =
            |members: &Self| Invalid::new(members.name(member), "must be an array of strings");
        let items = match self.take(member) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                return Err(wrong(self));
            }
        };
        let text = |item: Value| match item {
            Value::String(text) => Some(text),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        };
        let strings: Option<Vec<String>> = items.into_iter().map(text).collect();
        strings.map(Some).ok_or_else(|| wrong(self))
    }

    /// `metadata` of something new: a map of strings within the bounds; empty if absent
    /// (conventions §11).
    pub(crate) fn metadata(&mut self) -> Result<Metadata, Invalid> {
        let Some(value) = self.take("metadata") else { return Ok(Metadata::default()) };
        let Value::Object(map) = value else { return Err(Invalid::new("metadata", FLAT)) };
        let mut checked = BTreeMap::new();
        for (key, value) in map {
            let Value::String(value) = value else {
                return Err(Invalid::new(format!("metadata.{key}"), "must be a string"));
            };
            checked.insert(key, value);
        }
        Ok(Metadata::new(checked)?)
    }

    /// `metadata` of an update: a merge patch; `None` if absent. Its bounds hold for the result.
    pub(crate) fn metadata_patch(&mut self) -> Result<Option<MetadataPatch>, Invalid> {
        let Some(value) = self.take("metadata") else { return Ok(None) };
        let Value::Object(map) = value else { return Err(Invalid::new("metadata", FLAT)) };
        let mut patch = MetadataPatch::new();
        for (key, value) in map {
            let value = match value {
                Value::String(value) => Some(value),
                Value::Null => None,
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    let problem = "must be a string or null";
                    return Err(Invalid::new(format!("metadata.{key}"), problem));
                }
            };
            patch.insert(key, value);
        }
        Ok(Some(patch))
    }

    /// As [`Members::metadata_patch`], but `null` is as good as absent.
    pub(crate) fn metadata_patch_or_null(&mut self) -> Result<Option<MetadataPatch>, Invalid> {
        if self.is_null("metadata") {
            self.take("metadata");
        }
        self.metadata_patch()
    }

    /// Refuses what was not taken.
    pub(crate) fn finish(self) -> Result<(), Invalid> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(member) => Err(Invalid::new(self.name(member), "is not known here")),
        }
    }
}

const FLAT: &str = "must be an object of strings";
