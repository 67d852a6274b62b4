//! JSON that is carried, not looked into: content blocks, tool inputs, a provider's own blocks.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// One JSON value as text. Cheap to clone, compared by its bytes.
#[derive(Clone)]
pub struct Json(Arc<RawValue>);

impl Json {
    /// The text of a value.
    pub fn of(value: &impl Serialize) -> Self {
        // What is carried has string keys and writes itself; `null` stands for what cannot.
        let raw = serde_json::value::to_raw_value(value).unwrap_or_else(|_| Self::null());
        Self(Arc::from(raw))
    }

    /// A list of one text block, as results that the server itself writes have it.
    pub fn text(text: &str) -> Self {
        Self::of(&[serde_json::json!({ "type": "text", "text": text })])
    }

    /// The text, as it was written.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// What was written by [`Json::of`]; `None` if it is something else.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.as_str()).ok()
    }

    /// The value, to be looked into.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.as_str()).unwrap_or_default()
    }

    /// Reads a member that is there, whatever it is: `null` is a value, and not an absent member.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }

    fn null() -> Box<RawValue> {
        RawValue::NULL.to_owned()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|raw| Self(Arc::from(raw)))
    }
}
