//! Metadata: a flat map of strings that a client keeps on an object (conventions §11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// Most keys a map may have.
pub const MAX_KEYS: usize = 16;
/// Most Unicode characters of a key; the least is 1.
pub const MAX_KEY_CHARS: usize = 64;
/// Most Unicode characters of a value; the least is 0.
pub const MAX_VALUE_CHARS: usize = 512;

/// A checked map: within the bounds above at all times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

/// A merge patch: a string sets a key, `None` removes it; absent keys stay.
pub type MetadataPatch = BTreeMap<String, Option<String>>;

impl Metadata {
    /// Takes a map if it is within the bounds; else [`Refusal::Metadata`].
    pub fn new(map: BTreeMap<String, String>) -> Result<Self, Refusal> {
        if map.len() > MAX_KEYS {
            return Err(Refusal::Metadata(MetadataProblem::TooManyKeys));
        }
        for (key, value) in &map {
            if key.is_empty() {
                return Err(Refusal::Metadata(MetadataProblem::EmptyKey));
            }
            if key.chars().count() > MAX_KEY_CHARS {
                return Err(Refusal::Metadata(MetadataProblem::KeyTooLong));
            }
            if value.chars().count() > MAX_VALUE_CHARS {
                return Err(Refusal::Metadata(MetadataProblem::ValueTooLong));
            }
        }
        Ok(Self(map))
    }

    /// A map that the store has checked before; a damaged file is found by its own checks.
    pub fn trusted(map: BTreeMap<String, String>) -> Self {
        Self(map)
    }

    /// The map after `patch`. The bounds hold for the result, not for the patch, so a full map may
    /// swap a key; removing an absent key is no change.
    pub fn patched(&self, patch: &MetadataPatch) -> Result<Self, Refusal> {
        let mut map = self.0.clone();
        for (key, value) in patch {
            match value {
                Some(value) => map.insert(key.clone(), value.clone()),
                None => map.remove(key),
            };
        }
        Self::new(map)
    }

    /// The pairs in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there is no pair at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The map itself.
    pub fn map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// Which bound a map would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataProblem {
    /// More than [`MAX_KEYS`] keys.
    TooManyKeys,
    /// A key without a character.
    EmptyKey,
    /// A key of more than [`MAX_KEY_CHARS`] characters.
    KeyTooLong,
    /// A value of more than [`MAX_VALUE_CHARS`] characters.
    ValueTooLong,
}
