//! Who is woken, and that nothing is kept for nobody.

use std::task::Poll;

use leasehold_model::SessionId;

use super::{Watch, Watchers};

fn is_woken(watch: &mut Watch) -> bool {
    let mut changed = Box::pin(watch.changed());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    changed.as_mut().poll(&mut context) == Poll::Ready(())
}

#[test]
fn every_reader_of_the_session_is_woken_and_no_other() {
    let watchers = Watchers::default();
    let (one, other) = (SessionId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
    let mut readers = [watchers.subscribe(one), watchers.subscribe(one)];
    let mut stranger = watchers.subscribe(other);

    watchers.wake(one);

    assert!(readers.iter_mut().all(is_woken));
    assert!(!readers.iter_mut().any(is_woken), "a wake-up counts once");
    assert!(!is_woken(&mut stranger));
}

#[test]
fn a_change_before_the_wait_is_not_missed() {
    let watchers = Watchers::default();
    let session = SessionId::from_bytes([1; 16]);
    let mut reader = watchers.subscribe(session);
    watchers.wake(session);
    watchers.wake(session);
    assert!(is_woken(&mut reader));
}

#[test]
fn a_session_that_nobody_reads_is_forgotten() {
    let watchers = Watchers::default();
    let session = SessionId::from_bytes([1; 16]);
    let reader = watchers.subscribe(session);
    assert_eq!(watchers.readers(), 1);
    drop(reader);
    watchers.wake(session);
    assert_eq!(watchers.readers(), 0);
    assert!(watchers.sessions.lock().unwrap().is_empty());
}

#[test]
fn all_readers_are_woken_when_a_credential_is_taken_back() {
    let watchers = Watchers::default();
    let mut early = watchers.subscribe(SessionId::from_bytes([1; 16]));
    watchers.revoke();
    let mut late = watchers.subscribe(SessionId::from_bytes([2; 16]));
    assert!(is_woken(&mut early));
    assert!(!is_woken(&mut late), "it has seen the credential as it is now");
    watchers.revoke();
    assert!(is_woken(&mut early) && is_woken(&mut late));
    assert_eq!((early.revocations(), early.changes()), (2, 0));
}
