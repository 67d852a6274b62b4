//! Who sees which pieces, and that nothing is kept for nobody.

use leasehold_model::{EventId, SessionId};

use super::{Glimpse, Preview, Previews, Shown, Viewer};

const SESSION: SessionId = SessionId::from_bytes([1; 16]);

fn id(number: u8) -> EventId {
    EventId::from_bytes([number; 16])
}

fn text(event: u8, index: usize, text: &str) -> Preview {
    Preview::Text { event: id(event), index, text: text.into() }
}

fn seen(viewer: &mut Viewer) -> Vec<Shown> {
    let piece = |glimpse| match glimpse {
        Glimpse::Piece(shown) => shown,
        Glimpse::Gap => panic!("too slow"),
    };
    std::iter::from_fn(|| viewer.at_hand().map(piece)).collect()
}

#[test]
fn a_viewer_sees_what_is_said_to_the_open_request_alone() {
    let previews = Previews::default();
    let (mut viewer, so_far) = previews.subscribe(SESSION);
    assert_eq!(so_far, []);
    previews.show(SESSION, id(9), Preview::MessageStarted(id(1)));
    previews.follow(SESSION, Some(id(8)));
    previews.show(SESSION, id(9), Preview::MessageStarted(id(2)));
    previews.show(SESSION, id(8), Preview::MessageStarted(id(3)));
    previews.follow(SESSION, Some(id(8)));
    previews.show(SESSION, id(8), text(3, 0, "a"));
    previews.follow(SESSION, None);
    previews.show(SESSION, id(8), text(3, 0, "b"));
    let shown = |preview| Shown { request: id(8), preview };
    assert_eq!(seen(&mut viewer), [shown(Preview::MessageStarted(id(3))), shown(text(3, 0, "a"))]);
}

#[test]
fn who_comes_later_is_told_what_was_shown_so_far() {
    let previews = Previews::default();
    previews.follow(SESSION, Some(id(8)));
    for preview in [
        Preview::ThinkingStarted(id(1)),
        Preview::MessageStarted(id(2)),
        text(2, 0, "Hel"),
        text(2, 1, "you"),
        text(2, 0, "lo"),
        text(7, 0, "of nothing that was begun"),
    ] {
        previews.show(SESSION, id(8), preview);
    }
    let (mut viewer, so_far) = previews.subscribe(SESSION);
    let so_far: Vec<Preview> = so_far.into_iter().map(|shown| shown.preview).collect();
    assert_eq!(
        so_far,
        [
            Preview::ThinkingStarted(id(1)),
            Preview::MessageStarted(id(2)),
            text(2, 0, "Hello"),
            text(2, 1, "you"),
        ]
    );
    assert_eq!(seen(&mut viewer), []);
}

#[test]
fn nothing_is_kept_of_a_session_in_which_nothing_is_said_and_that_nobody_views() {
    let previews = Previews::default();
    let (viewer, _) = previews.subscribe(SESSION);
    previews.follow(SESSION, Some(id(8)));
    drop(viewer);
    assert_eq!(previews.sessions().len(), 1);
    previews.follow(SESSION, None);
    assert!(previews.sessions().is_empty());
    previews.follow(SESSION, None);
    assert!(previews.sessions().is_empty());
}

#[tokio::test]
async fn a_viewer_that_is_too_slow_is_told_so() {
    let previews = Previews::default();
    let (mut viewer, _) = previews.subscribe(SESSION);
    previews.follow(SESSION, Some(id(8)));
    for turn in 0..2 {
        for _ in 0..=super::BACKLOG {
            previews.show(SESSION, id(8), text(2, 0, "a"));
        }
        let first = if turn == 0 { Some(viewer.next().await) } else { viewer.at_hand() };
        assert_eq!(first, Some(Glimpse::Gap));
        assert!(matches!(viewer.next().await, Glimpse::Piece(_)));
    }
}
