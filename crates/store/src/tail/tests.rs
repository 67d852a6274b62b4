//! What the tail of a log holds, and for whom it is enough.

use leasehold_model::event::{Event, Kind, Place};
use leasehold_model::{EventId, Json, Timestamp};

use super::{KEPT, Kept, Look, Shared, Standing};
use crate::haul::LOOK_BYTES;

fn event(seq: u64, bytes: usize) -> Event {
    let place = Place { seq, at: Timestamp::from_micros(1) };
    let content = Json::text(&"a".repeat(bytes));
    Event { id: EventId::MIN, place: Some(place), kind: Kind::AgentMessage { content } }
}

fn kept(first: u64, weights: &[usize]) -> Kept {
    let mut kept = Kept { next: first, ..Kept::default() };
    for bytes in weights {
        let event = Shared::new(event(kept.next, *bytes));
        kept.weight += event.event.kind.weight();
        kept.events.push_back(event);
        kept.next += 1;
        kept.trim(1);
    }
    kept
}

fn places(look: Option<Look>) -> Vec<u64> {
    match look {
        Some(Look::Events(events)) => {
            events.iter().filter_map(|shared| shared.event().place).map(|p| p.seq).collect()
        }
        Some(Look::Nothing { .. }) | None => Vec::new(),
    }
}

#[test]
fn a_reader_within_the_tail_gets_what_it_has_not_seen() {
    let mut kept = kept(10, &[1, 1, 1]);
    assert!(kept.reaches(10) && kept.reaches(13) && !kept.reaches(9));
    assert_eq!(places(kept.known(10, 0)), [10, 11, 12]);
    assert_eq!(places(kept.known(12, 0)), [12]);
    assert!(kept.known(13, 0).is_none(), "nobody has looked behind it");
}

#[test]
fn an_end_counts_until_the_session_changes_again() {
    let mut kept = kept(10, &[1]);
    kept.end = Some((5, Standing::Open));
    assert!(matches!(
        kept.known(11, 5),
        Some(Look::Nothing { as_of: 5, standing: Standing::Open })
    ));
    assert!(kept.known(11, 6).is_none());
}

#[test]
fn a_reader_ahead_takes_the_tail_along() {
    let mut kept = kept(10, &[1, 1]);
    assert!(kept.reaches(20));
    assert_eq!((kept.first(), kept.next), (20, 20));
    assert!(!kept.reaches(12), "there may be a gap");
}

#[test]
fn a_tail_is_bounded_by_number_and_by_weight() {
    let many = kept(0, &[1; KEPT + 9]);
    assert_eq!((many.events.len(), many.first()), (KEPT, 9));
    let mut heavy = kept(0, &[LOOK_BYTES / 2, LOOK_BYTES / 2, LOOK_BYTES]);
    assert_eq!(heavy.first(), 2, "the newest is there for those who are woken for it");
    heavy.trim(0);
    assert_eq!((heavy.first(), heavy.weight), (3, 0));
}

#[test]
fn an_edition_is_made_once() {
    let shared = Shared::new(event(0, 1));
    let of = |kind: usize, text: &'static str| shared.edition(kind, |_| text.into());
    assert_eq!((of(0, "a"), of(1, "b"), of(0, "c")), ("a".into(), "b".into(), "a".into()));
    assert_eq!((of(9, "d"), of(9, "e")), ("d".into(), "e".into()));
}
