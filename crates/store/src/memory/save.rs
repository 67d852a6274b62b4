//! Writing the changes of a batch into the tables in memory.

use std::collections::BTreeMap;

use leasehold_model::Event;
use leasehold_model::log::{EventWrite, TURN_QUEUE};
use leasehold_model::rows::{Change, Rows, Table};
use leasehold_model::work::State;

use super::tables::Tables;
use crate::error::StoreError;

pub(super) fn save(tables: &mut Tables, rows: &Rows) -> Result<(), StoreError> {
    check(tables, rows)?;
    apply(&mut tables.accounts, &rows.accounts);
    apply(&mut tables.tokens, &rows.tokens);
    apply(&mut tables.keys, &rows.keys);
    apply(&mut tables.environments, &rows.environments);
    apply(&mut tables.agents, &rows.agents);
    apply(&mut tables.agent_versions, &rows.agent_versions);
    apply(&mut tables.sessions, &rows.sessions);
    apply(&mut tables.logs, &rows.logs);
    apply(&mut tables.snapshots, &rows.snapshots);
    tables.snapshots.retain(|session, _| tables.sessions.contains_key(session));
    apply(&mut tables.work, &rows.work);
    apply(&mut tables.bodies, &rows.bodies);
    apply(&mut tables.responses, &rows.responses);
    for (work, attempt) in &rows.attempts {
        tables.attempts.entry(*work).or_default().push(attempt.clone());
    }
    for (session, write) in &rows.events {
        write_event(tables.events.entry(*session).or_default(), write);
    }
    for session in rows.sessions.changes().filter(|c| c.now.is_none()).map(|c| c.key) {
        tables.logs.remove(session);
        tables.events.remove(session);
    }
    Ok(())
}

fn apply<K: Clone + Ord + Eq + std::hash::Hash, V: Clone + PartialEq>(
    table: &mut BTreeMap<K, V>,
    rows: &Table<K, V>,
) {
    for Change { key, before: _, now } in rows.changes() {
        match now {
            Some(row) => table.insert(key.clone(), row.clone()),
            None => table.remove(key),
        };
    }
}

fn write_event(events: &mut Vec<Event>, write: &EventWrite) {
    match write {
        EventWrite::New(event) => events.push(event.clone()),
        EventWrite::TakenIn(id, place) => {
            if let Some(event) = events.iter_mut().find(|event| event.id == *id) {
                event.place = Some(*place);
            }
        }
        EventWrite::Dropped(id) => events.retain(|event| event.id != *id),
    }
}

/// The constraints that a database would hold: what it never may contain.
fn check(tables: &Tables, rows: &Rows) -> Result<(), StoreError> {
    for log in rows.logs.changes().filter_map(|change| change.now) {
        log.check().map_err(|what| StoreError::unavailable(format!("{}: {what}", log.session)))?;
    }
    for work in rows.work.changes().filter_map(|change| change.now) {
        work.check().map_err(|what| StoreError::unavailable(format!("{}: {what}", work.id)))?;
        let rival = |other: &&leasehold_model::Work| {
            other.session == work.session
                && work.environment != TURN_QUEUE
                && other.environment != TURN_QUEUE
                && other.id != work.id
                && !matches!(rows.work.get(&other.id).unwrap_or(other).state, State::Stopped(_))
        };
        let live = !matches!(work.state, State::Stopped(_));
        if live && tables.work.values().any(|other| rival(&other)) {
            return Err(StoreError::unavailable("a session has two live items"));
        }
    }
    Ok(())
}
