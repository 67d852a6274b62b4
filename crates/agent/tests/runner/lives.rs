//! Runners that end, in good order or not.

use std::time::Duration;

use leasehold_model::event::StopReason;
use leasehold_store::{Settings, sqlite};

use crate::lab::{Lab, Play, piece, spoken, words};

#[tokio::test]
async fn a_runner_that_ends_in_good_order_gives_its_turn_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = Lab::sqlite(dir.path()).await;
    let (mut viewer, _) = lab.store.previews().subscribe(lab.session.id);
    lab.run([Play::Hang(vec![piece("Well, ")])]);
    lab.say("hello").await;
    spoken(&mut viewer).await;
    let clock = lab.clock.clone();
    let session = lab.session.clone();
    lab.close().await;

    // Not a moment passes: whoever comes next need not wait for a lease to lapse.
    let settings = Settings { clock: clock.clone(), seed: Some(2), ..Settings::default() };
    let store = sqlite::open(&dir.path().join("data.db"), settings).unwrap();
    let mut lab = Lab::again(store, clock, session);
    lab.run([words("as I said")]);
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    let told = lab.told(3).await;
    assert_eq!(
        told,
        [
            "span.model_request_start",
            "span.model_request_end",
            "span.model_request_start",
            "agent.message",
            "span.model_request_end",
            "session.thread_status_idle",
            "session.status_idle",
        ]
    );
    lab.close().await;
}

#[tokio::test]
async fn a_runner_that_vanishes_is_replaced_once_its_lease_has_lapsed() {
    let mut lab = Lab::memory().await;
    let (mut viewer, _) = lab.store.previews().subscribe(lab.session.id);
    lab.run([Play::Hang(vec![piece("Well, ")])]);
    lab.say("hello").await;
    spoken(&mut viewer).await;
    lab.kill_runner();
    lab.dropped.recv().await.expect("it is gone");

    lab.run([words("as I said")]);
    lab.clock.advance(Duration::from_secs(10));
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
}
