//! Reading a log: in pages, and by following its end.

use std::sync::Arc;

use leasehold_model::log::ops::SendEvents;
use leasehold_model::log::send::Incoming;
use leasehold_model::session::Session;
use leasehold_model::session::ops::Projection;
use leasehold_model::session::ops::{Again, ArchiveSession, DeleteSession};
use leasehold_model::{Event, EventId, Json};
use leasehold_store::{Cursor, EventFilter, Look, Order, Page, Shared, Standing, Watch};

use crate::lab::{Lab, nudge, soon};

on_every_backend!(
    a_page_ends_early_once_it_is_heavy,
    what_is_read_on_ends_early_as_well,
    readers_share_what_one_of_them_has_read,
    a_reader_that_fell_behind_reads_for_itself,
    a_reader_learns_what_became_of_the_session,
    a_change_after_the_look_wakes_the_reader,
);

/// Puts interrupts into the log: in a session that rests, each is one event.
async fn interrupt(lab: &Lab, session: &Session, times: usize) -> Vec<Event> {
    send(lab, session, vec![Incoming::Interrupt; times]).await
}

async fn send(lab: &Lab, session: &Session, events: Vec<Incoming>) -> Vec<Event> {
    lab.done(SendEvents {
        account: lab.account,
        session: session.id,
        environment: lab.environment,
        events,
        claim: None,
        projection: Projection::Copy,
        traceparent: None,
    })
    .await
}

async fn events(lab: &Lab, watch: &Watch, from: u64) -> Vec<Arc<Shared>> {
    match lab.store.look(watch, from).await.unwrap() {
        Look::Events(events) => events,
        Look::Nothing { .. } => Vec::new(),
    }
}

fn ids(events: &[Arc<Shared>]) -> Vec<EventId> {
    events.iter().map(|shared| shared.event().id).collect()
}

async fn standing(lab: &Lab, watch: &Watch, from: u64) -> Option<Standing> {
    match lab.store.look(watch, from).await.unwrap() {
        Look::Events(_) => None,
        Look::Nothing { standing, .. } => Some(standing),
    }
}

/// Of this size, three do not fit into a page.
const HEAVY: usize = 3 << 20;

async fn heavy(lab: &Lab, session: &Session) -> Vec<EventId> {
    let mut ids = Vec::new();
    for _ in 0..5 {
        let content = Json::text(&"a".repeat(HEAVY));
        let sent = send(lab, session, vec![Incoming::Message { content }]).await;
        ids.extend(sent.iter().map(|event| event.id));
    }
    ids
}

async fn a_page_ends_early_once_it_is_heavy(lab: Lab) {
    let session = lab.session().await;
    let messages = heavy(&lab, &session).await;
    let filter = EventFilter { kinds: vec!["user.message".to_owned()], ..EventFilter::default() };
    for order in [Order::Ascending, Order::Descending] {
        let mut expected = messages.clone();
        if order == Order::Descending {
            expected.reverse();
        }
        let page = async |cursor| {
            let page = Page { cursor, limit: 100, order };
            let listing = lab.store.views().events(session.id, filter.clone(), page).await;
            let listing = listing.unwrap().unwrap();
            let ids: Vec<EventId> = listing.items.iter().map(|event| event.id).collect();
            (ids, listing.more)
        };
        assert_eq!(page(Cursor::Start).await, (expected[..2].to_vec(), true));
        assert_eq!(page(Cursor::After(expected[1])).await, (expected[2..4].to_vec(), true));
        assert_eq!(page(Cursor::After(expected[3])).await, (expected[4..].to_vec(), false));
        assert_eq!(page(Cursor::Before(expected[4])).await, (expected[2..4].to_vec(), true));
        assert_eq!(page(Cursor::Before(expected[2])).await, (expected[..2].to_vec(), false));
    }
}

async fn what_is_read_on_ends_early_as_well(lab: Lab) {
    use leasehold_model::log::ops::{Proceed, TakeTurn};
    use leasehold_model::work::{Ttl, WorkerId};

    let session = lab.session().await;
    let messages = heavy(&lab, &session).await;
    let views = lab.store.views();
    // What waits is not in the log.
    let log = views.events_from(session.id, 0, 100).await.unwrap();
    assert_eq!((log.items.len(), log.more), (2, false));
    let take = TakeTurn { runner: WorkerId::new("r").unwrap(), ttl: Ttl::clamped(10) };
    let claim = lab.done(take).await.unwrap().claim;
    lab.done(Proceed { session: session.id, claim, troubles: Vec::new() }).await;
    let mut seen = Vec::new();
    loop {
        let from = u64::try_from(seen.len()).unwrap();
        let part = views.events_from(session.id, from, 100).await.unwrap();
        let heavy = part.items.iter().filter(|event| event.kind.weight() > HEAVY).count();
        assert!(heavy <= 1, "{heavy}");
        seen.extend(part.items.iter().map(|event| event.id));
        if !part.more {
            break;
        }
    }
    assert_eq!((seen.len(), &seen[2..7]), (8, messages.as_slice()));
    let two = views.events_from(session.id, 0, 2).await.unwrap();
    assert_eq!((two.items.len(), two.more), (2, true));
}

async fn readers_share_what_one_of_them_has_read(lab: Lab) {
    let session = lab.session().await;
    interrupt(&lab, &session, 3).await;
    let watches = [(); 2].map(|()| lab.store.watchers().subscribe(session.id));
    for round in 0..3 {
        let sent = interrupt(&lab, &session, 2).await;
        let from = 3 + 2 * round;
        let one = events(&lab, &watches[0], from).await;
        let other = events(&lab, &watches[1], from).await;
        assert_eq!(ids(&one), sent.iter().map(|event| event.id).collect::<Vec<_>>());
        assert!(one.iter().zip(&other).all(|(one, other)| Arc::ptr_eq(one, other)));
        for watch in &watches {
            assert_eq!(standing(&lab, watch, from + 2).await, Some(Standing::Open));
        }
    }
    // Somebody who comes later finds the same, as far as it is kept.
    let late = lab.store.watchers().subscribe(session.id);
    assert_eq!(events(&lab, &late, 3).await.len(), 6);
}

async fn a_reader_that_fell_behind_reads_for_itself(lab: Lab) {
    let session = lab.session().await;
    let [slow, quick] = [(); 2].map(|()| lab.store.watchers().subscribe(session.id));
    let mut all = Vec::new();
    let mut position = 0;
    for _ in 0..3 {
        all.extend(interrupt(&lab, &session, 90).await.iter().map(|event| event.id));
        while let part @ [_, ..] = events(&lab, &quick, position).await.as_slice() {
            position += u64::try_from(part.len()).unwrap();
        }
    }
    assert_eq!(position, 270);
    let mut seen = Vec::new();
    while let part @ [_, ..] =
        events(&lab, &slow, u64::try_from(seen.len()).unwrap()).await.as_slice()
    {
        seen.extend(ids(part));
    }
    assert_eq!(seen, all);
    assert_eq!(standing(&lab, &slow, 270).await, Some(Standing::Open));
}

async fn a_reader_learns_what_became_of_the_session(lab: Lab) {
    let (account, session) = (lab.account, lab.session().await);
    let watch = lab.store.watchers().subscribe(session.id);
    assert_eq!(standing(&lab, &watch, 0).await, Some(Standing::Open));
    interrupt(&lab, &session, 1).await;
    lab.done(ArchiveSession { account, session: session.id, again: Again::Refused }).await;
    // What was said before the end is read before the end.
    assert_eq!(events(&lab, &watch, 0).await.len(), 1);
    assert_eq!(standing(&lab, &watch, 1).await, Some(Standing::Archived));
    lab.done(DeleteSession { account, session: session.id }).await;
    assert_eq!(standing(&lab, &watch, 1).await, Some(Standing::Gone));
}

async fn a_change_after_the_look_wakes_the_reader(lab: Lab) {
    let session = lab.session().await;
    let mut watch = lab.store.watchers().subscribe(session.id);
    let before = watch.changes();
    assert_eq!(standing(&lab, &watch, 0).await, Some(Standing::Open));
    interrupt(&lab, &session, 1).await;
    soon(watch.changed()).await;
    assert_eq!(watch.changes(), before + 1);
    assert_eq!(events(&lab, &watch, 0).await.len(), 1);
    let mut changed = Box::pin(watch.changed());
    assert!(nudge(changed.as_mut()).await.is_none(), "a change wakes once");
}
