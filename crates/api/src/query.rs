//! The query string, read a parameter at a time: unknown ones are never looked at.

use std::borrow::Cow;

use leasehold_model::Timestamp;
use percent_encoding::percent_decode_str;

use crate::body::Invalid;
use crate::time::{self, Written};

/// A query string as it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// The query of a URI; `None` is an empty one.
    pub(crate) fn new(raw: Option<&'a str>) -> Self {
        Self(raw.unwrap_or_default())
    }

    /// The value of a parameter that may be given once.
    ///
    /// # Errors
    /// If it is repeated or is not UTF-8.
    pub(crate) fn one(&self, name: &str) -> Result<Option<Cow<'a, str>>, Invalid> {
        let mut values = self.raw(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Invalid::new(name, "must be given only once"));
        }
        decoded(name, value).map(Some)
    }

    /// All values of a parameter that may be repeated.
    ///
    /// # Errors
    /// If one of them is not UTF-8.
    pub(crate) fn many(&self, name: &str) -> Result<Vec<Cow<'a, str>>, Invalid> {
        self.raw(name).map(|value| decoded(name, value)).collect()
    }

    /// A boolean: exactly `true` or `false` (conventions §2).
    ///
    /// # Errors
    /// For anything else, and as [`Query::one`].
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Invalid> {
        match self.one(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Invalid::new(name, "must be true or false")),
        }
    }

    /// A whole number in decimal digits, perhaps with a minus sign. One that is too large for an
    /// `i64` is the largest, as far as any bound is concerned.
    ///
    /// # Errors
    /// If it is not one, and as [`Query::one`].
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Invalid> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Invalid::new(name, "must be an integer"));
        }
        let beyond = if digits.len() == text.len() { i64::MAX } else { i64::MIN };
        Ok(Some(text.parse().unwrap_or(beyond)))
    }

    /// An RFC 3339 timestamp.
    ///
    /// # Errors
    /// If it is not one, and as [`Query::one`].
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Written>, Invalid> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let malformed = || Invalid::new(name, "must be an RFC 3339 timestamp");
        time::parse_written(&text).map(Some).ok_or_else(malformed)
    }

    /// The bounds `created_at[gte]`, `created_at[gt]`, `created_at[lte]` and `created_at[lt]`, as
    /// the earliest and the latest instant that they allow.
    ///
    /// # Errors
    /// If one is malformed.
    pub(crate) fn created_within(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), Invalid> {
        let from = self.instant("created_at[gte]")?.map(Written::ceiling);
        let after = self.instant("created_at[gt]")?.map(|written| written.at.next());
        let to = self.instant("created_at[lte]")?.map(|written| written.at);
        let before = self
            .instant("created_at[lt]")?
            .map(|written| Timestamp::from_micros(written.ceiling().micros().saturating_sub(1)));
        let latest_start = from.max(after);
        let earliest_end = match (to, before) {
            (Some(to), Some(before)) => Some(to.min(before)),
            (to, before) => to.or(before),
        };
        Ok((latest_start, earliest_end))
    }

    fn raw(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.split('&').filter_map(move |pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = key == name;
            (plain || (key.contains('%') && percent_decode_str(key).eq(name.bytes())))
                .then_some(value)
        })
    }
}

/// Undoes form encoding: `+` is a space, then percent signs.
fn decoded<'a>(name: &str, value: &'a str) -> Result<Cow<'a, str>, Invalid> {
    let not_text = |_| Invalid::new(name, "must be UTF-8");
    let text = if value.contains('+') {
        let spaced = value.replace('+', " ");
        let text = percent_decode_str(&spaced).decode_utf8().map_err(not_text)?;
        Cow::Owned(text.into_owned())
    } else {
        percent_decode_str(value).decode_utf8().map_err(not_text)?
    };
    if text.contains('\0') {
        return Err(Invalid::new(name, "must not contain a NUL character"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
