//! What the commands print: text for people, JSON for scripts.
//!
//! Results go to standard output, remarks to standard error, so that a pipe carries results alone.
//! Text from a server is shown with its control characters escaped: a name must not be able to
//! steer the reader's terminal.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// How a command prints its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables for people.
    Text,
    /// The API's own JSON.
    Json,
}

/// Prints text to standard output as it is; the caller ends its lines.
///
/// # Errors
/// If the output cannot be written. A reader that has gone away, as `head` does, is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    forgive_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints a remark to standard error, as one line.
///
/// # Errors
/// If it cannot be written; see [`print()`].
pub(crate) fn note(text: &str) -> io::Result<()> {
    forgive_closed(writeln!(io::stderr().lock(), "{text}"))
}

/// Prints JSON, indented, to standard output.
///
/// # Errors
/// If it cannot be written; see [`print()`].
pub(crate) fn json(value: &Value) -> io::Result<()> {
    print(&format!("{value:#}\n"))
}

/// Prints JSON as one line to standard output.
///
/// # Errors
/// If it cannot be written; see [`print()`].
pub(crate) fn json_line(value: &Value) -> io::Result<()> {
    print(&format!("{value}\n"))
}

fn forgive_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Rows under headings, each column as wide as its widest cell.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with its headings and no rows.
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|text| (*text).to_owned()).collect()] }
    }

    /// Adds a row; `-` stands for a cell without a value.
    pub(crate) fn row<'a>(&mut self, cells: impl IntoIterator<Item = Option<&'a str>>) {
        self.rows.push(cells.into_iter().map(cell).collect());
    }

    /// The table as lines, without blanks at their ends.
    pub(crate) fn render(&self) -> String {
        align(&self.rows)
    }
}

/// Names and values of one object, a line each.
#[derive(Default)]
pub(crate) struct Record {
    rows: Vec<Vec<String>>,
}

impl Record {
    /// Adds a line; `-` stands for no value.
    pub(crate) fn line<'a>(&mut self, name: &str, value: impl Into<Option<&'a str>>) {
        self.rows.push(vec![name.to_owned(), cell(value.into())]);
    }

    /// The lines.
    pub(crate) fn render(&self) -> String {
        align(&self.rows)
    }
}

fn cell(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), visible)
}

/// The text with its control characters escaped.
pub(crate) fn visible(text: &str) -> String {
    escaped(text, char::is_control)
}

/// The same for text of several lines: these, and tabs, stay.
pub(crate) fn printable(text: &str) -> String {
    escaped(text, |c| c.is_control() && !matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, escape: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if escape(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
