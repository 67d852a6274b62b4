//! Reading logs on one store, as clients do, and holding what is read against the heads.

use std::collections::HashMap;

use leasehold_model::log::Fold;
use leasehold_model::session::{Session, Status};
use leasehold_model::{Event, EventId, Log, SessionId};
use leasehold_store::{Cursor, EventFilter, Order, Page, SessionFilter, Store, Views};
use proptest::prelude::*;

use super::known::Known;
use crate::dump::{all_sessions, everything};

const ALL: usize = 100_000;

/// What is found, line by line, or what is wrong with it.
type Told = Result<Vec<String>, TestCaseError>;

/// What a client knows that follows every session from its beginning.
#[derive(Default)]
pub(super) struct Reader {
    folds: HashMap<SessionId, Fold>,
    heads: HashMap<SessionId, Log>,
}

impl Reader {
    /// Reads on where a head has moved, and tells what is new: the head, the events behind those
    /// that were read before, and what waits.
    pub(super) async fn read_on(&mut self, store: &Store, known: &Known) -> Told {
        let views = store.views();
        let mut lines = vec![format!("{:?}", views.totals().await.unwrap())];
        for (_, environment) in &known.environments {
            lines.push(format!("{environment:?} {:?}", views.stats(*environment).await.unwrap()));
        }
        for turn in &known.turns {
            lines.push(format!("{turn:?}"));
        }
        let heads = std::mem::replace(&mut self.heads, known.logs.clone());
        for session in known.sessions.iter().map(|session| session.id) {
            let log = known.logs.get(&session);
            if log == heads.get(&session) {
                continue;
            }
            let fold = self.folds.entry(session).or_default();
            let new = views.events_from(session, fold.next, ALL).await.unwrap().items;
            fold_on(fold, &new)?;
            lines.extend(new.iter().map(|event| format!("{event:?}")));
            lines.push(format!("{session:?} {log:?}"));
            let head = log.map(|log| log.fold.clone()).unwrap_or_default();
            prop_assert_eq!(&*fold, &head, "the head is the fold of what was read");
            let waits = log.map(waiting).unwrap_or_default();
            let last = page(Cursor::Start, waits.len() + 1, Order::Descending);
            let mut held = list(views, session, EventFilter::default(), last).await;
            held.retain(|event| event.place.is_none());
            held.reverse();
            prop_assert_eq!(ids(&held), waits, "the head knows what waits");
            lines.extend(held.iter().map(|event| format!("{event:?}")));
            prop_assert_eq!(log.map_or(Ok(()), Log::check), Ok(()));
        }
        Ok(lines)
    }
}

fn waiting(log: &Log) -> Vec<EventId> {
    log.pending.iter().map(|pending| pending.id).collect()
}

fn ids(events: &[Event]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

fn fold_on(fold: &mut Fold, events: &[Event]) -> Result<(), TestCaseError> {
    for event in events {
        let place = event.place.expect("what waits has no place to be read from");
        prop_assert_eq!(fold.take_place(place.at), place, "no gaps, and instants that rise");
        fold.apply(event.id, &event.kind, place.at);
    }
    Ok(())
}

/// Looks at all logs in every way that there is, whether or not they have changed.
pub(super) async fn survey(store: &Store, known: &Known) -> Told {
    let views = store.views();
    let mut lines = Vec::new();
    for account in &known.accounts {
        for status in [Status::Idle, Status::Running, Status::Rescheduling, Status::Terminated] {
            for include_archived in [true, false] {
                let statuses = vec![status];
                let filter = SessionFilter { include_archived, statuses, ..all_sessions() };
                let sessions = views.sessions(*account, filter, everything()).await.unwrap().items;
                let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
                lines.push(format!("{account:?} {status:?} {include_archived} {ids:?}"));
            }
        }
    }
    let mut other = None;
    for session in &known.sessions {
        lines.extend(survey_log(views, session, known.logs.get(&session.id), other).await?);
        other = Some(session.id);
    }
    Ok(lines)
}

async fn survey_log(
    views: &dyn Views,
    session: &Session,
    log: Option<&Log>,
    other: Option<SessionId>,
) -> Told {
    let id = session.id;
    let all = async |order| {
        list(views, id, EventFilter::default(), page(Cursor::Start, ALL, order)).await
    };
    let events = all(Order::Ascending).await;
    let mut lines: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
    let mut backwards = all(Order::Descending).await;
    backwards.reverse();
    prop_assert_eq!(&backwards, &events, "two orders of one list");
    let placed = events.iter().take_while(|event| event.place.is_some()).count();
    let (in_log, waits) = events.split_at(placed);
    let mut fold = Fold::default();
    fold_on(&mut fold, in_log)?;
    prop_assert_eq!(fold, log.map(|log| log.fold.clone()).unwrap_or_default());
    prop_assert_eq!(ids(waits), log.map(waiting).unwrap_or_default());
    if events.is_empty() {
        return Ok(lines);
    }
    for event in events.iter().step_by(events.len() / 4 + 1) {
        prop_assert_eq!(views.event(id, event.id).await.unwrap(), Some(event.clone()));
        for order in [Order::Ascending, Order::Descending] {
            for cursor in [Cursor::After(event.id), Cursor::Before(event.id)] {
                let part = views.events(id, EventFilter::default(), page(cursor, 3, order)).await;
                let part = part.unwrap().expect("it is an event of this session");
                let ids = ids(&part.items);
                lines.push(format!("{order:?} {cursor:?} {ids:?} {}", part.more));
            }
        }
        if let Some(other) = other {
            prop_assert_eq!(views.event(other, event.id).await.unwrap(), None);
            let part = page(Cursor::After(event.id), 3, Order::Ascending);
            prop_assert_eq!(views.events(other, EventFilter::default(), part).await.unwrap(), None);
        }
    }
    let middle = in_log.get(placed / 2).and_then(|event| event.place);
    if let Some(middle) = middle {
        let part = views.events_from(id, middle.seq, 4).await.unwrap();
        lines.push(format!("from {} {:?}", middle.seq, part));
    }
    for filter in filters(middle.map(|place| place.at)) {
        for order in [Order::Ascending, Order::Descending] {
            let passing = list(views, id, filter.clone(), page(Cursor::Start, 20, order)).await;
            lines.push(format!("{order:?} {filter:?} {:?}", ids(&passing)));
        }
    }
    Ok(lines)
}

fn filters(at: Option<leasehold_model::Timestamp>) -> Vec<EventFilter> {
    let of = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
    vec![
        EventFilter { kinds: of(&["user.message"]), from: None, to: None },
        EventFilter { kinds: of(&["user.tool_result", "agent.tool_use"]), from: None, to: at },
        EventFilter { kinds: Vec::new(), from: at, to: None },
        EventFilter { kinds: Vec::new(), from: at, to: at },
    ]
}

const fn page(cursor: Cursor<EventId>, limit: usize, order: Order) -> Page<EventId> {
    Page { cursor, limit, order }
}

async fn list(
    views: &dyn Views,
    of: SessionId,
    filter: EventFilter,
    page: Page<EventId>,
) -> Vec<Event> {
    views.events(of, filter, page).await.unwrap().expect("there is no cursor").items
}
