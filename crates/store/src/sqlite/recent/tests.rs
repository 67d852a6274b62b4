//! What is remembered of sessions, and when it is forgotten.

use std::collections::BTreeMap;

use leasehold_model::environment::config::Kind;
use leasehold_model::log::{Pending, TURN_QUEUE, Waits};
use leasehold_model::metadata::Metadata;
use leasehold_model::rows::{Keys, Rows};
use leasehold_model::session::ops::Projection;
use leasehold_model::session::{AgentRef, Session};
use leasehold_model::work::{StopReason, Work};
use leasehold_model::{AccountId, EnvironmentId, EventId, Log, SessionId, Timestamp, WorkId};

use super::{LIGHT, REMEMBERED, Recent};

const ENVIRONMENT: EnvironmentId = EnvironmentId::from_bytes([9; 16]);

fn id(number: usize) -> SessionId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    SessionId::from_bytes(bytes)
}

fn session(id: SessionId) -> Session {
    Session {
        id,
        account: AccountId::MIN,
        environment: ENVIRONMENT,
        agent: AgentRef { id: "agent".to_owned(), version: 1 },
        title: None,
        metadata: Metadata::default(),
        environment_variables: BTreeMap::new(),
        budget: None,
        created_at: Timestamp::ZERO,
        updated_at: Timestamp::ZERO,
        archived_at: None,
    }
}

fn log(id: SessionId, waiting: usize) -> Log {
    let pending = Pending { id: EventId::MIN, waits: Waits::ForRequest };
    let log = Log::new(id, Kind::SelfHosted, Projection::Copy);
    Log { pending: vec![pending; waiting], ..log }
}

fn item(number: u8, environment: EnvironmentId, of: SessionId) -> Work {
    Work::queued(WorkId::from_bytes([number; 16]), environment, of, Timestamp::ZERO)
}

/// A batch that has written to the logs of these sessions.
fn batch(sessions: impl IntoIterator<Item = SessionId>) -> (Keys, Rows) {
    let (mut keys, mut rows) = (Keys::default(), Rows::default());
    for id in sessions {
        keys.sessions.push(id);
        keys.logs.push(id);
        keys.live_work.push(id);
        rows.sessions.load(id, session(id));
    }
    (keys, rows)
}

#[test]
fn what_was_committed_is_what_is_known() {
    let mut recent = Recent::default();
    let (keys, mut rows) = batch([id(1)]);
    recent.note(&keys, &rows);
    let known = recent.get(id(1)).unwrap();
    assert_eq!((&known.log, known.live), (&None, None));

    let (one, two) = (item(1, ENVIRONMENT, id(1)), item(2, ENVIRONMENT, id(1)));
    rows.logs.put(id(1), log(id(1), 1));
    rows.work.put(one.id, one.clone());
    rows.work.put(WorkId::MIN, item(0, TURN_QUEUE, id(1)));
    assert!(recent.get(id(1)).unwrap().log.is_none(), "nothing is committed yet");
    recent.apply(&rows);
    let known = recent.get(id(1)).unwrap();
    assert_eq!((&known.log, known.live), (&Some(log(id(1), 1)), Some(one.id)));

    let mut rows = Rows::default();
    rows.work.put(one.id, one.end(Timestamp::ZERO, StopReason::Requested).next);
    rows.work.put(two.id, two.clone());
    recent.apply(&rows);
    assert_eq!(recent.get(id(1)).unwrap().live, Some(two.id));

    let mut rows = Rows::default();
    rows.sessions.load(id(1), session(id(1)));
    rows.sessions.delete(id(1));
    recent.apply(&rows);
    assert!(recent.get(id(1)).is_none());
}

#[test]
fn nothing_is_remembered_that_was_not_loaded_whole() {
    let mut recent = Recent::default();
    let (mut keys, rows) = batch([id(1)]);
    keys.live_work.clear();
    recent.note(&keys, &rows);
    assert!(recent.get(id(1)).is_none());
}

#[test]
fn those_that_are_not_asked_about_are_forgotten() {
    let mut recent = Recent::default();
    for number in 0..3 * REMEMBERED {
        let (keys, rows) = batch([id(number)]);
        recent.note(&keys, &rows);
        assert!(recent.get(id(0)).is_some(), "it is asked about each time");
    }
    assert!(recent.get(id(1)).is_none());
    assert!(recent.get(id(3 * REMEMBERED - 1)).is_some());
    assert!(recent.young.len() + recent.old.len() <= 2 * REMEMBERED);
}

#[test]
fn a_heavy_log_is_not_remembered() {
    let mut recent = Recent::default();
    let (keys, mut rows) = batch([id(1)]);
    recent.note(&keys, &rows);
    rows.logs.put(id(1), log(id(1), LIGHT));
    recent.apply(&rows);
    assert!(recent.get(id(1)).is_some());
    rows.logs.put(id(1), log(id(1), LIGHT + 1));
    recent.apply(&rows);
    assert!(recent.get(id(1)).is_none());
}
