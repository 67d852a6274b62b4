//! Pages of lists: conditions, a keyset cursor, a limit.

use leasehold_model::Timestamp;
use leasehold_model::id::Id;
use leasehold_model::session::Status;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::codec;
use crate::views::{Cursor, Listing, Order, Page};

/// A list without its page.
pub(super) struct Query {
    sql: String,
    values: Vec<Value>,
}

/// A value that a condition compares with.
pub(super) trait Bound {
    fn value(self) -> Value;
}

impl Bound for [u8; 16] {
    fn value(self) -> Value {
        Value::Blob(self.to_vec())
    }
}

impl Bound for String {
    fn value(self) -> Value {
        Value::Text(self)
    }
}

impl Bound for u32 {
    fn value(self) -> Value {
        Value::Integer(i64::from(self))
    }
}

impl Bound for Timestamp {
    fn value(self) -> Value {
        Value::Integer(self.micros())
    }
}

impl Query {
    /// All rows of a table.
    pub(super) fn new(columns: &str, table: &str) -> Self {
        Self { sql: format!("SELECT {columns} FROM {table} WHERE 1"), values: Vec::new() }
    }

    /// Only rows that meet a condition on one value.
    pub(super) fn and(mut self, condition: &str, value: impl Bound) -> Self {
        self.values.push(value.value());
        self.only(condition)
    }

    /// Only rows that meet a condition.
    pub(super) fn only(mut self, condition: &str) -> Self {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self
    }

    /// Only rows created within bounds that are inclusive.
    pub(super) fn created(self, from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        let query = match from {
            Some(from) => self.and("created_at >= ?", from),
            None => self,
        };
        match to {
            Some(to) => query.and("created_at <= ?", to),
            None => query,
        }
    }

    /// Only sessions with one of these statuses; none means any.
    pub(super) fn statuses(self, statuses: &[Status]) -> Self {
        if statuses.is_empty() {
            return self;
        }
        let codes: Vec<String> =
            statuses.iter().map(|status| codec::status_code(*status).to_string()).collect();
        let terminated = codec::status_code(Status::Terminated);
        self.only(&format!(
            "iif(archived_at IS NOT NULL, {terminated}, \
             coalesce((SELECT status FROM logs WHERE session = sessions.id), 0)) IN ({})",
            codes.join(", ")
        ))
    }

    /// Reads one page of rows in order of their ids.
    pub(super) fn page<K, T>(
        self,
        db: &Connection,
        page: Page<Id<K>>,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Listing<T>> {
        self.page_by("id", db, page.map(|id| *id.bytes()), read)
    }

    /// Reads one page of rows in order of a column.
    pub(super) fn page_by<K: Bound, T>(
        mut self,
        column: &str,
        db: &Connection,
        page: Page<K>,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Listing<T>> {
        let backwards = matches!(page.cursor, Cursor::Before(_));
        let ascending = (page.order == Order::Ascending) != backwards;
        match page.cursor {
            Cursor::Start => {}
            Cursor::After(id) | Cursor::Before(id) => {
                let sign = if ascending { '>' } else { '<' };
                self = self.and(&format!("{column} {sign} ?"), id);
            }
        }
        let order = if ascending { "ASC" } else { "DESC" };
        let limit = i64::try_from(page.limit).unwrap_or(i64::MAX).saturating_add(1);
        self.sql.push_str(&format!(" ORDER BY {column} {order} LIMIT {limit}"));
        let mut statement = db.prepare_cached(&self.sql)?;
        let rows = statement.query_map(params_from_iter(self.values), read)?;
        let mut items = rows.collect::<rusqlite::Result<Vec<T>>>()?;
        let more = items.len() > page.limit;
        items.truncate(page.limit);
        if backwards {
            items.reverse();
        }
        Ok(Listing { items, more })
    }
}
