//! What commands that list things have in common: which page, and how it is shown.

use clap::Args;
use leasehold_client::{Cursor, Page, Reply, Result};

use super::connection::Connection;
use crate::output::{self, Format, Table};

/// Which part of a list is shown.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Most entries to show
    #[arg(long, default_value_t = 100, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
    /// Where to go on, as the page before said
    #[arg(long, value_name = "CURSOR")]
    page: Option<String>,
}

impl ListArgs {
    /// The same for the client.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor { limit: Some(self.limit), page: self.page.clone() }
    }
}

/// Prints a page: the API's JSON, or a table with `row` for each entry.
pub(super) fn show<T>(
    connection: &Connection,
    answer: Result<Reply<Page<T>>>,
    headings: &[&str],
    row: impl Fn(&mut Table, &T),
) -> anyhow::Result<()> {
    let page = connection.show(answer, |page| {
        let mut table = Table::new(headings);
        page.data.iter().for_each(|entry| row(&mut table, entry));
        table.render()
    })?;
    if connection.format() == Format::Text
        && let Some(cursor) = &page.next_page
    {
        output::note(&format!("there is more: --page {}", output::visible(cursor)))?;
    }
    Ok(())
}
