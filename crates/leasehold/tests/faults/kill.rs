//! SIGKILL under load, again and again.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::child::Server;
use crate::ledger::Ledger;
use crate::load::{self, Farm};

/// How often the server is killed.
const KILLS: u32 = 50;
/// How many workers are at it.
const WORKERS: usize = 8;

/// After each kill: everything acknowledged is there, nothing is lost or held twice, the file is
/// whole. The kill comes after so many more answers as the round says, not after a time, so a slow
/// machine tests the same.
#[tokio::test]
async fn nothing_acknowledged_is_lost_to_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut farm: Option<Farm> = None;
    for round in 0..KILLS {
        let server = Server::start(data.path());
        let client = server.client();
        let at = match &farm {
            Some(farm) => farm.clone(),
            None => farm.insert(Farm::new(&client).await).clone(),
        };
        let id = &at.environment;
        let mut settled = std::mem::take(&mut *load::lock(&ledger));
        settled.check(&client, id).await;
        *load::lock(&ledger) = settled;

        let before = answered(&ledger);
        let enough = before + 5 + usize::try_from(round).unwrap() * 7 % 90;
        let working: Vec<_> = (0..WORKERS)
            .map(|_| tokio::spawn(load::work(client.clone(), at.clone(), Arc::clone(&ledger))))
            .collect();
        while answered(&ledger) < enough {
            assert!(working.iter().any(|worker| !worker.is_finished()), "all workers gave up");
            tokio::task::yield_now().await;
        }
        server.kill();
        for worker in working {
            let error = worker.await.unwrap();
            assert_eq!(error.status(), None, "a worker was refused: {error}");
        }
        check_file(data.path());
    }
    let server = Server::start(data.path());
    let client = server.client();
    let id = farm.unwrap().environment;
    let mut ledger = std::mem::take(&mut *load::lock(&ledger));
    ledger.check(&client, &id).await;
    ledger.finish(&client, &id).await;
    assert!(ledger.items.len() > usize::try_from(KILLS).unwrap(), "hardly anything was tried");
}

/// How much has been answered: a count that every answer raises.
fn answered(ledger: &load::Shared) -> usize {
    static BEATS: AtomicUsize = AtomicUsize::new(0);
    let ledger = load::lock(ledger);
    let certain = ledger.items.values().filter(|fact| !fact.asked).count();
    BEATS.fetch_max(ledger.sessions.len() + certain, Ordering::Relaxed);
    BEATS.load(Ordering::Relaxed)
}

/// The log of the file is replayed by opening it, as the server itself would.
pub(crate) fn check_file(data: &Path) {
    let db = rusqlite::Connection::open(data.join("leasehold.db")).unwrap();
    let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}
