//! Reading events: the log in its order, and behind it what waits to be taken in.

use leasehold_model::{Event, EventId, SessionId};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::codec;
use crate::haul::{Haul, LOOK_BYTES, PAGE_BYTES};
use crate::views::{Cursor, EventFilter, Listing, Order, Page};

/// An event of a session.
pub(super) fn one(db: &Connection, of: SessionId, id: EventId) -> rusqlite::Result<Option<Event>> {
    db.prepare_cached(&format!(
        "SELECT {} FROM events WHERE id = ?1 AND session = ?2",
        codec::EVENT
    ))?
    .query_row(params![id.bytes(), of.bytes()], codec::event)
    .optional()
}

/// Events from a place in the log on.
pub(super) fn from(
    db: &Connection,
    of: SessionId,
    seq: u64,
    most: usize,
) -> rusqlite::Result<Listing<Event>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {} FROM events WHERE session = ?1 AND seq >= ?2 AND seq IS NOT NULL \
         ORDER BY seq LIMIT ?3",
        codec::EVENT
    ))?;
    let limit = i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![of.bytes(), codec::seq(seq), limit], codec::event)?;
    let mut haul = Haul::new(most, LOOK_BYTES);
    gather(rows, &mut haul)?;
    Ok(haul.listing())
}

/// Reads rows until there is no room for more.
fn gather(
    rows: impl Iterator<Item = rusqlite::Result<Event>>,
    haul: &mut Haul,
) -> rusqlite::Result<()> {
    for event in rows {
        if !haul.add(event?) {
            break;
        }
    }
    Ok(())
}

/// A page of the log and of what waits behind it; `None` if the cursor is no event of the session.
pub(super) fn page(
    db: &Connection,
    of: SessionId,
    filter: &EventFilter,
    page: Page<EventId>,
) -> rusqlite::Result<Option<Listing<Event>>> {
    let backwards = matches!(page.cursor, Cursor::Before(_));
    let ascending = (page.order == Order::Ascending) != backwards;
    let start = match page.cursor {
        Cursor::Start => None,
        Cursor::After(id) | Cursor::Before(id) => match one(db, of, id)? {
            None => return Ok(None),
            Some(event) => Some(event),
        },
    };
    let parts = match ascending {
        true => [Part::Log, Part::Waiting],
        false => [Part::Waiting, Part::Log],
    };
    let mut haul = Haul::new(page.limit, PAGE_BYTES);
    for part in parts {
        let skipped = part == Part::Waiting && !filter.takes_waiting();
        if !haul.is_full()
            && !skipped
            && let Some(beyond) = part.beyond(start.as_ref(), ascending)
        {
            part.read(db, of, filter, beyond, ascending, &mut haul)?;
        }
    }
    let mut listing = haul.listing();
    if backwards {
        listing.items.reverse();
    }
    Ok(Some(listing))
}

/// The two parts of a list of events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What was taken in.
    Log,
    /// What waits.
    Waiting,
}

/// From where on a part is read.
enum Beyond {
    /// From its beginning.
    Nothing,
    /// From behind this value of its order.
    Value(Value),
}

impl Part {
    /// Where reading begins in this part; `None` if all of it lies behind the start.
    fn beyond(self, start: Option<&Event>, ascending: bool) -> Option<Beyond> {
        let Some(start) = start else { return Some(Beyond::Nothing) };
        match (self, start.place, ascending) {
            (Self::Log, Some(place), _) => {
                Some(Beyond::Value(Value::Integer(codec::seq(place.seq))))
            }
            (Self::Waiting, None, _) => Some(Beyond::Value(Value::Blob(start.id.bytes().to_vec()))),
            (Self::Log, None, false) | (Self::Waiting, Some(_), true) => Some(Beyond::Nothing),
            (Self::Log, None, true) | (Self::Waiting, Some(_), false) => None,
        }
    }

    fn read(
        self,
        db: &Connection,
        of: SessionId,
        filter: &EventFilter,
        beyond: Beyond,
        ascending: bool,
        haul: &mut Haul,
    ) -> rusqlite::Result<()> {
        let (part, key) = match self {
            Self::Log => ("seq IS NOT NULL", "seq"),
            Self::Waiting => ("seq IS NULL", "id"),
        };
        let (than, order) = if ascending { (">", "ASC") } else { ("<", "DESC") };
        let mut sql = format!("SELECT {} FROM events WHERE session = ? AND {part}", codec::EVENT);
        let mut values = vec![Value::Blob(of.bytes().to_vec())];
        if let Beyond::Value(value) = beyond {
            sql.push_str(&format!(" AND {key} {than} ?"));
            values.push(value);
        }
        if let Some(from) = filter.from {
            sql.push_str(" AND at >= ?");
            values.push(Value::Integer(from.micros()));
        }
        if let Some(to) = filter.to {
            sql.push_str(" AND at <= ?");
            values.push(Value::Integer(to.micros()));
        }
        if !filter.kinds.is_empty() {
            let marks = vec!["?"; filter.kinds.len()].join(", ");
            sql.push_str(&format!(" AND kind IN ({marks})"));
            values.extend(filter.kinds.iter().cloned().map(Value::Text));
        }
        let most = haul.room().saturating_add(1);
        sql.push_str(&format!(" ORDER BY {key} {order} LIMIT {most}"));
        let mut statement = db.prepare_cached(&sql)?;
        gather(statement.query_map(params_from_iter(values), codec::event)?, haul)
    }
}
