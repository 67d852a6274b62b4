//! How figures reach the reader: text or JSON on standard output, notes on standard error.

use anyhow::Result;
use serde::Serialize;

use crate::output::{self, Format};

/// The result of a measurement.
pub(crate) trait Outcome: Serialize {
    /// Lines for people, without a line end after the last.
    fn text(&self) -> String;
}

/// Prints a result.
pub(crate) fn print<O: Outcome>(outcome: &O, format: Format) -> Result<()> {
    match format {
        Format::Text => output::print(&format!("{}\n", outcome.text()))?,
        Format::Json => output::json(&serde_json::to_value(outcome)?)?,
    }
    Ok(())
}

/// Tells the person who waits what is going on. A note that cannot be written is not worth ending a
/// measurement for.
pub(crate) fn note(text: &str) {
    drop(output::note(text));
}
