//! Logs of sessions: their events in order, who may drive a turn, and what is left of them.

use std::time::Duration;

use leasehold_model::event::{Answer, Kind, Permission, StopReason, Update, Usage, Use};
use leasehold_model::log::ops::{Claimed, Conclude, Proceed, SendEvents, TakeTurn, YieldTurn};
use leasehold_model::log::send::Incoming;
use leasehold_model::log::turn::{Outcome, Said, Step};
use leasehold_model::session::Session;
use leasehold_model::session::Status;
use leasehold_model::session::budget::Budget;
use leasehold_model::session::ops::{CreateSession, Projection, UpdateSession};
use leasehold_model::work::{Ttl, WorkerId};
use leasehold_model::{Event, EventId, Json, Log};
use leasehold_store::{Cursor, EventFilter, Order, Page};

use crate::lab::{Lab, priced, update_of};

on_every_backend!(
    a_turn_has_one_runner_and_ends_with_its_session_at_rest,
    a_turn_that_is_given_back_waits_for_the_next_runner,
    events_are_listed_in_the_order_of_the_log_with_what_waits_behind,
    pages_of_events_join_without_gap_or_overlap,
    events_are_filtered_by_kind_and_time,
    an_event_belongs_to_its_session,
    an_event_keeps_what_was_removed_apart_from_what_stayed,
    what_is_refused_leaves_no_event,
    turns_count_apart_from_the_work_of_workers,
    a_claim_that_is_over_sends_nothing,
);

async fn send(lab: &Lab, session: &Session, events: Vec<Incoming>) -> Vec<Event> {
    lab.done(sent(session, events)).await
}

fn sent(session: &Session, events: Vec<Incoming>) -> SendEvents {
    SendEvents {
        account: session.account,
        session: session.id,
        environment: session.environment,
        events,
        claim: None,
        projection: Projection::Copy,
        traceparent: None,
    }
}

fn message(words: &str) -> Incoming {
    Incoming::Message { content: Json::text(words) }
}

async fn take(lab: &Lab) -> Option<Claimed> {
    let runner = WorkerId::new("runner").unwrap();
    lab.done(TakeTurn { runner, ttl: Ttl::clamped(10) }).await.map(|taken| taken.claim)
}

async fn ask(lab: &Lab, session: &Session, claim: Claimed) -> EventId {
    let proceed = Proceed { session: session.id, claim, troubles: Vec::new() };
    let step = lab.done(proceed).await;
    let Step::Ask { start, .. } = step else { panic!("{step:?}") };
    start
}

fn conclude(session: &Session, claim: Claimed, start: EventId, said: Vec<Said>) -> Conclude {
    let outcome = Outcome::Answered { said, refusal: None, usage: Usage::default() };
    Conclude { session: session.id, claim, start, outcome }
}

/// A turn in which the model says this.
async fn turn(lab: &Lab, session: &Session, said: Vec<Said>) {
    let claim = take(lab).await.unwrap();
    let start = ask(lab, session, claim).await;
    lab.done(conclude(session, claim, start, said)).await;
}

fn call(id: u8) -> Said {
    let used = Use {
        name: "bash".to_owned(),
        input: Json::of(&serde_json::json!({ "command": "ls" })),
        permission: Permission::Allow,
        model_id: "toolu_1".to_owned(),
    };
    Said { id: EventId::from_bytes([id; 16]), kind: Kind::AgentToolUse(used), denied: None }
}

async fn log(lab: &Lab, session: &Session) -> Log {
    lab.store.views().logs(vec![session.id]).await.unwrap().remove(&session.id).unwrap()
}

fn page(cursor: Cursor<EventId>, limit: usize, order: Order) -> Page<EventId> {
    Page { cursor, limit, order }
}

async fn list(lab: &Lab, session: &Session, filter: EventFilter, order: Order) -> Vec<Event> {
    let page = page(Cursor::Start, 1_000, order);
    lab.store.views().events(session.id, filter, page).await.unwrap().unwrap().items
}

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

async fn a_turn_has_one_runner_and_ends_with_its_session_at_rest(lab: Lab) {
    let session = lab.session().await;
    assert_eq!(take(&lab).await, None);
    send(&lab, &session, vec![message("hello")]).await;
    let claim = take(&lab).await.unwrap();
    assert_eq!(take(&lab).await, None);
    let start = ask(&lab, &session, claim).await;

    lab.wait(Duration::from_secs(10));
    let late = conclude(&session, claim, start, Vec::new());
    assert_eq!(lab.refused(late.clone()).await, "claim_over");
    let second = take(&lab).await.unwrap();
    assert_eq!(lab.refused(late).await, "claim_over");

    let start = ask(&lab, &session, second).await;
    lab.done(conclude(&session, second, start, Vec::new())).await;
    let log = log(&lab, &session).await;
    assert_eq!((log.fold.status, log.turn), (Status::Idle, None));
    assert_eq!(log.fold.stop, Some(StopReason::EndTurn));
    assert_eq!(take(&lab).await, None);
}

async fn a_turn_that_is_given_back_waits_for_the_next_runner(lab: Lab) {
    let session = lab.session().await;
    send(&lab, &session, vec![message("hello")]).await;
    let claim = take(&lab).await.unwrap();
    lab.done(YieldTurn { session: session.id, claim }).await;
    let next = take(&lab).await.unwrap();
    assert_ne!(next.work, claim.work);
}

async fn events_are_listed_in_the_order_of_the_log_with_what_waits_behind(lab: Lab) {
    let session = lab.session().await;
    let heard = send(&lab, &session, vec![message("one"), message("two")]).await;
    let events = list(&lab, &session, EventFilter::default(), Order::Ascending).await;
    assert_eq!(
        kinds(&events),
        ["session.status_running", "session.thread_status_running", "user.message", "user.message"]
    );
    assert_eq!(events[2..], heard[..], "what was answered is what is kept");
    let claim = take(&lab).await.unwrap();
    ask(&lab, &session, claim).await;
    send(&lab, &session, vec![message("three")]).await;
    let mut events = list(&lab, &session, EventFilter::default(), Order::Ascending).await;
    let places: Vec<Option<u64>> = events.iter().map(|e| e.place.map(|place| place.seq)).collect();
    assert_eq!(places, [Some(0), Some(1), Some(2), Some(3), Some(4), None]);
    assert_eq!(
        lab.store.views().events_from(session.id, 3, 10).await.unwrap().items,
        events[3..5],
        "a reader from a place on sees what was taken in"
    );
    events.reverse();
    let backwards = list(&lab, &session, EventFilter::default(), Order::Descending).await;
    assert_eq!(backwards, events);
}

async fn pages_of_events_join_without_gap_or_overlap(lab: Lab) {
    let session = lab.session().await;
    send(&lab, &session, vec![message("one")]).await;
    let claim = take(&lab).await.unwrap();
    ask(&lab, &session, claim).await;
    send(&lab, &session, vec![message("two"), message("three")]).await;
    for order in [Order::Ascending, Order::Descending] {
        let all = list(&lab, &session, EventFilter::default(), order).await;
        assert_eq!(all.len(), 6);
        let read = async |cursor, limit| {
            let page = page(cursor, limit, order);
            let views = lab.store.views();
            views.events(session.id, EventFilter::default(), page).await.unwrap().unwrap()
        };
        for limit in 1..=6 {
            let mut joined: Vec<Event> = Vec::new();
            let mut cursor = Cursor::Start;
            loop {
                let part = read(cursor, limit).await;
                joined.extend(part.items);
                if !part.more {
                    break;
                }
                cursor = Cursor::After(joined[joined.len() - 1].id);
            }
            assert_eq!(joined, all, "{order:?}, {limit} at a time");
            let before = read(Cursor::Before(all[4].id), limit).await;
            let expected = &all[4_usize.saturating_sub(limit)..4];
            assert_eq!(before.items, expected, "{order:?}, {limit} before the fifth");
            assert_eq!(before.more, limit < 4, "{order:?}, {limit} before the fifth");
        }
    }
}

async fn events_are_filtered_by_kind_and_time(lab: Lab) {
    let session = lab.session().await;
    send(&lab, &session, vec![message("one")]).await;
    turn(&lab, &session, Vec::new()).await;
    lab.wait(Duration::from_secs(1));
    let from = Some(lab.store.now());
    send(&lab, &session, vec![message("two")]).await;
    let of_kind = |kind: &str| EventFilter { kinds: vec![kind.to_owned()], ..Default::default() };
    let messages = list(&lab, &session, of_kind("user.message"), Order::Ascending).await;
    assert_eq!(messages.len(), 2);
    let none = list(&lab, &session, of_kind("no.such_kind"), Order::Ascending).await;
    assert_eq!(none, []);
    let late = EventFilter { from, ..Default::default() };
    assert_eq!(
        kinds(&list(&lab, &session, late, Order::Ascending).await),
        ["session.status_running", "session.thread_status_running"],
        "what waits has no time yet"
    );
    let early = EventFilter { to: from, ..Default::default() };
    // The first turn, and of the second what was taken in at that very instant.
    assert_eq!(list(&lab, &session, early, Order::Ascending).await.len(), 7 + 1);
}

async fn an_event_belongs_to_its_session(lab: Lab) {
    let (one, other) = (lab.session().await, lab.session().await);
    let heard = send(&lab, &one, vec![message("hello")]).await;
    let views = lab.store.views();
    assert_eq!(views.event(one.id, heard[0].id).await.unwrap().as_ref(), heard.first());
    assert_eq!(views.event(other.id, heard[0].id).await.unwrap(), None);
    let page = page(Cursor::After(heard[0].id), 10, Order::Ascending);
    assert_eq!(views.events(other.id, EventFilter::default(), page).await.unwrap(), None);
    assert!(views.logs(vec![other.id]).await.unwrap().is_empty(), "it has heard nothing");
}

async fn an_event_keeps_what_was_removed_apart_from_what_stayed(lab: Lab) {
    let budget = Some(Budget { hundredths: 5 });
    let models = priced("scripted");
    let create = CreateSession { budget, models, ..lab.session_in(lab.environment) };
    let session = lab.done(create).await.session;
    lab.done(UpdateSession { budget: Some(None), ..update_of(&session) }).await;
    let title = Some(Some("title".to_owned()));
    lab.done(UpdateSession { title, ..update_of(&session) }).await;
    lab.done(UpdateSession { title: Some(None), ..update_of(&session) }).await;
    let events = list(&lab, &session, EventFilter::default(), Order::Ascending).await;
    let updates: Vec<Update> = events
        .into_iter()
        .map(|event| if let Kind::SessionUpdated(update) = event.kind { update } else { panic!() })
        .collect();
    let title = |title: Option<&str>| Some(title.map(ToOwned::to_owned));
    let expected = [
        Update { budget: Some(Json::of(&None::<Budget>)), ..Update::default() },
        Update { title: title(Some("title")), ..Update::default() },
        Update { title: title(None), ..Update::default() },
    ];
    assert_eq!(updates, expected);
}

async fn what_is_refused_leaves_no_event(lab: Lab) {
    let session = lab.session().await;
    let answer = Answer { call: EventId::MIN, content: None, is_error: None };
    let batch = vec![message("hello"), Incoming::ToolResult(answer)];
    assert_eq!(lab.refused(sent(&session, batch)).await, "event");
    assert!(lab.store.views().logs(vec![session.id]).await.unwrap().is_empty());
    assert_eq!(take(&lab).await, None);
}

async fn turns_count_apart_from_the_work_of_workers(lab: Lab) {
    let session = lab.session().await;
    send(&lab, &session, vec![message("hello")]).await;
    let totals = lab.store.views().totals().await.unwrap();
    assert_eq!((totals.depth, totals.turns_waiting, totals.turns_running), (1, 1, 0));
    take(&lab).await.unwrap();
    let totals = lab.store.views().totals().await.unwrap();
    assert_eq!((totals.depth, totals.held), (1, 0));
    assert_eq!((totals.turns_waiting, totals.turns_running), (0, 1));
}

async fn a_claim_that_is_over_sends_nothing(lab: Lab) {
    let (session, work) = lab.held().await;
    send(&lab, &session, vec![message("hello")]).await;
    turn(&lab, &session, vec![call(9)]).await;
    let claim = Some(Claimed { work, delivery: 1 });
    let answer = Answer { call: EventId::from_bytes([9; 16]), content: None, is_error: None };
    let mine = SendEvents { claim, ..sent(&session, vec![Incoming::ToolResult(answer)]) };
    lab.wait(Duration::from_secs(120));
    assert_eq!(lab.refused(mine.clone()).await, "claim_over");
    lab.take().await.unwrap();
    assert_eq!(lab.refused(mine.clone()).await, "claim_over");
    let claim = Some(Claimed { work, delivery: 2 });
    lab.done(SendEvents { claim, ..mine }).await;
    assert_eq!(log(&lab, &session).await.fold.status, Status::Running);
}
