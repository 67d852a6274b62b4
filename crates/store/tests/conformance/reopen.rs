//! What was acknowledged is there after a restart, and after a crash.

use std::path::Path;

use leasehold_model::token::Scopes;
use leasehold_model::token::ops::{CreateKey, CreateToken};
use leasehold_model::work::StateName;
use leasehold_model::work::heartbeat::{Expected, Heartbeat};
use leasehold_model::work::ops::Renew;
use leasehold_model::work::stop::Stop;
use leasehold_model::{Timestamp, WorkId};
use leasehold_store::{Clock, CredentialId, sqlite};

use crate::dump::{all_sessions, assert_same, dump, everything};
use crate::lab::*;

/// A store with something of everything in it, and an item that is held.
async fn busy() -> (Lab, WorkId) {
    let lab = Lab::sqlite().await;
    let (_, work) = lab.held().await;
    lab.beat(work).await;
    let token = CreateToken {
        account: lab.account,
        name: "token".to_owned(),
        scopes: Scopes::ordinary(),
        hash: [1; 32],
        expires_at: Some(START.plus(seconds(9_999))),
    };
    lab.done(token).await;
    let key = CreateKey {
        account: lab.account,
        environment: lab.environment,
        name: "key".to_owned(),
        hash: [2; 32],
        expires_at: None,
    };
    let key = lab.done(key).await.id;
    lab.store.views().used(CredentialId::Key(key));
    for n in 0..12 {
        let (_, work) = lab.held().await;
        for _ in 0..n % 4 {
            lab.wait(seconds(1));
            lab.beat(work).await;
        }
        match n {
            0..6 => {}
            6 | 7 => drop(lab.done(lab.stop(work, Stop::Graceful)).await),
            _ => drop(lab.done(lab.stop(work, Stop::Force)).await),
        }
    }
    lab.queued().await;
    lab.wait(seconds(119));
    (lab, work)
}

/// Copies what a crash would leave: the file and its log, as they are while the store is open.
fn crash(from: &Path, to: &Path) {
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        std::fs::copy(name(from), name(to)).unwrap();
    }
}

#[tokio::test]
async fn a_store_that_was_closed_leaves_one_file_that_is_whole() {
    let (lab, _) = busy().await;
    // As many readers as there can be.
    let all = lab.store.views();
    let (totals, ..) = tokio::join!(all.totals(), dump(&lab.store), dump(&lab.store));
    totals.unwrap();
    let path = lab.path();
    lab.store.clone().close().await;
    for end in ["-wal", "-shm"] {
        let name = format!("{}{end}", path.display());
        assert!(!Path::new(&name).exists(), "{end} is left");
    }
}

#[tokio::test]
async fn a_commit_overwrites_the_log_instead_of_lengthening_it() {
    let lab = Lab::sqlite().await;
    let (_, work) = lab.held().await;
    let log = format!("{}-wal", lab.path().display());
    let length = || std::fs::metadata(&log).unwrap().len();
    let before = length();
    for _ in 0..20 {
        lab.beat(work).await;
    }
    assert_eq!(length(), before, "there was room for these");
    for _ in 0..300 {
        lab.beat(work).await;
    }
    assert!(length() > before, "and there is for more");
}

#[tokio::test]
async fn a_store_that_was_closed_opens_as_it_was() {
    let (lab, _) = busy().await;
    let before = dump(&lab.store).await;
    let claim_key = *lab.store.claim_key();
    let clock = lab.clock.clone();
    let lab = lab.reopened(clock).await;
    assert_same(&dump(&lab.store).await, &before, "after it was closed");
    assert_eq!(*lab.store.claim_key(), claim_key, "claim tokens stay good");
    let newest = lab.session().await.id;
    let sessions = lab.store.views().sessions(lab.account, all_sessions(), everything()).await;
    for session in sessions.unwrap().items {
        assert!(session.id <= newest, "ids go on rising");
    }
}

#[tokio::test]
async fn a_store_that_crashed_opens_as_it_was_after_every_answer() {
    let (lab, work) = busy().await;
    for round in 0..12 {
        lab.wait(seconds(1));
        for _ in 0..round {
            lab.beat(work).await;
        }
        // Several heartbeats of one instant reach past it; the store that is opened starts there.
        lab.wait(seconds(1));
        let before = dump(&lab.store).await;
        let copy = lab.path().with_extension(round.to_string());
        crash(&lab.path(), &copy);
        let crashed = sqlite::open(&copy, settings(&Clock::manual(lab.clock.now()), 3)).unwrap();
        assert_same(&dump(&crashed).await, &before, &format!("after crash {round}"));
        crashed.close().await;
        sqlite::check(&copy).unwrap();
    }
}

/// Waits until the row of an item is as new as its head and the journal is empty.
async fn until_folded(lab: &Lab, work: WorkId, beat: Timestamp) {
    let db = rusqlite::Connection::open(lab.path()).unwrap();
    let rows = || -> (i64, Option<i64>) {
        db.query_row(
            "SELECT (SELECT count(*) FROM beats), beat FROM work WHERE id = ?1",
            [work.bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap()
    };
    soon(async {
        while rows() != (0, Some(beat.micros())) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn heartbeats_in_the_journal_are_replayed() {
    let (lab, work) = busy().await;
    let beat = lab.beat(work).await.beat.unwrap();
    until_folded(&lab, work, beat).await;
    let row = lab.head(work).await;
    let (path, clock) = (lab.path(), lab.clock.clone());
    lab.store.clone().close().await;
    // As it would be if the machine had stopped before the next fold; some are older than the row.
    {
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute("DELETE FROM beats", []).unwrap();
        for (n, off) in [(17, -1), (18, 0), (19, 5), (20, 9)] {
            db.execute(
                "INSERT INTO beats (n, work, at, ttl, proof) VALUES (?1, ?2, ?3, 60, 1)",
                rusqlite::params![n, work.bytes(), beat.micros() + off],
            )
            .unwrap();
        }
    }
    let lab = lab.reopened(clock.clone()).await;
    let head = lab.head(work).await;
    assert_eq!(head.beat().unwrap().micros(), beat.micros() + 9);
    assert_eq!((head.ttl.seconds(), head.started_at()), (60, row.started_at()));
    // The echo before the newest is known too, to the one that proves its claim.
    let echo = |off| {
        let renew = lab.renew(work);
        let expected = Expected::Beat(Timestamp::from_micros(beat.micros() + off));
        let heartbeat = Heartbeat { expected, caller: token(1), ..renew.heartbeat };
        Renew { heartbeat, ..renew }
    };
    assert_eq!(lab.refused(echo(0)).await, "beat_mismatch");
    assert_eq!(lab.done(echo(5)).await.beat, head.beat());
    let before = dump(&lab.store).await;
    let lab = lab.reopened(clock).await;
    assert_same(&dump(&lab.store).await, &before, "after it was folded");
}

#[tokio::test]
async fn an_idle_store_folds_its_journal_into_the_rows() {
    let (lab, work) = busy().await;
    let beat = lab.beat(work).await.beat.unwrap();
    until_folded(&lab, work, beat).await;
    let before = dump(&lab.store).await;
    let clock = lab.clock.clone();
    let lab = lab.reopened(clock).await;
    assert_same(&dump(&lab.store).await, &before, "after the fold");
}

#[tokio::test]
async fn time_goes_on_from_the_newest_instant_of_the_file() {
    let lab = Lab::sqlite().await;
    let (_, work) = lab.held().await;
    lab.wait(seconds(100));
    let beat = lab.beat(work).await.beat.unwrap();
    // The machine's clock was set back meanwhile.
    let lab = lab.reopened(Clock::manual(START.minus(seconds(86_400)))).await;
    assert!(lab.store.now() >= beat, "{:?}", lab.store.now());
    assert_eq!(lab.head(work).await.state_name(), StateName::Active);
    assert!(lab.beat(work).await.beat.unwrap() > beat);
    let (_, next) = lab.queued().await;
    assert!(next > work);
}

#[tokio::test]
async fn a_lease_that_ran_out_while_the_store_was_closed_has_lapsed() {
    let lab = Lab::sqlite().await;
    let (_, work) = lab.held().await;
    lab.beat(work).await;
    let clock = lab.clock.clone();
    clock.advance(seconds(300)).unwrap();
    let lab = lab.reopened(clock).await;
    assert_eq!(lab.stats().await.depth, 1);
    assert_eq!(lab.stats().await.oldest_queued_at, Some(START.plus(seconds(300))));
    assert_eq!(lab.take().await.unwrap().work.id, work);
}
