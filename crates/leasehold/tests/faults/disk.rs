//! A disk that is full, and a disk whose syncs fail: 503, and nothing is lost.

use std::path::{Path, PathBuf};
use std::process::Command;

use leasehold_client::Client;
use leasehold_client::work::{Expected, State};

use crate::child::Server;
use crate::kill::check_file;
use crate::ledger::{Fact, Ledger, all_items};
use crate::load::{self, Farm};

/// A server under a limit on the size of its files runs into it as into a full disk. What it had
/// answered before is there afterwards; what it refused with 503 is not half there.
#[tokio::test]
async fn a_full_disk_answers_503_and_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    // In units of 512 bytes or 1 KiB, as the shell has it; either is soon full.
    let script = "trap '' XFSZ; ulimit -f 1500; exec \"$0\" \"$@\"";
    limited.args(["-c", script, env!("CARGO_BIN_EXE_leasehold")]);
    let server = Server::start_as(limited, data.path());
    let client = server.client();
    let farm = Farm::new(&client).await;
    let mut ledger = Ledger::default();
    let refused = loop {
        match load::session(&client, &farm).await {
            Ok(session) => ledger.sessions.push(session),
            Err(error) => break error,
        }
        assert!(ledger.sessions.len() < 100_000, "the disk is never full");
    };
    assert_503(&refused);
    // Reading goes on, and so does refusing.
    assert_eq!(all_items(&client, &farm.environment).await.len(), ledger.sessions.len());
    assert_503(&load::session(&client, &farm).await.unwrap_err());
    server.kill();
    check_file(data.path());

    let roomy = Server::start(data.path());
    let client = roomy.client();
    ledger.check(&client, &farm.environment).await;
    assert_eq!(all_items(&client, &farm.environment).await.len(), ledger.sessions.len());
    load::session(&client, &farm).await.unwrap();
}

/// A sync that fails leaves its commit undone as far as anybody can see; once syncs work again, so
/// does everything else.
#[tokio::test]
async fn a_failing_sync_answers_503_and_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    let broken = data.path().join("syncs-are-broken");
    let mut preloaded = Command::new(env!("CARGO_BIN_EXE_leasehold"));
    preloaded.env("LD_PRELOAD", shim(data.path())).env("BREAK_SYNCS_WHILE", &broken);
    let server = Server::start_as(preloaded, data.path());
    let client = server.client();
    let farm = Farm::new(&client).await;
    let mut ledger = Ledger::default();
    let (id, beat) = hold(&client, &farm, &mut ledger).await;

    std::fs::write(&broken, "").unwrap();
    let expected = Expected::Beat(beat.clone());
    assert_503(&client.heartbeat_work(&farm.environment, &id, &expected, None).await.unwrap_err());
    assert_503(&load::session(&client, &farm).await.unwrap_err());
    let item = client.retrieve_work(&farm.environment, &id).await.unwrap();
    assert_eq!(item.latest_heartbeat_at.as_deref(), Some(beat.as_str()));

    std::fs::remove_file(&broken).unwrap();
    let next = client.heartbeat_work(&farm.environment, &id, &expected, None).await.unwrap();
    ledger.items.insert(
        id,
        Fact { state: State::Active, beat: Some(next.last_heartbeat.clone()), asked: false },
    );
    server.kill();
    check_file(data.path());
    let healthy = Server::start(data.path());
    ledger.check(&healthy.client(), &farm.environment).await;
}

/// Takes an item and beats once.
async fn hold(client: &Client, farm: &Farm, ledger: &mut Ledger) -> (String, String) {
    let environment = &farm.environment;
    ledger.sessions.push(load::session(client, farm).await.unwrap());
    let items = all_items(client, environment).await;
    let id = items.first().unwrap().id.clone();
    client.ack_work(environment, &id, None).await.unwrap();
    let beat = client.heartbeat_work(environment, &id, &Expected::Nothing, None).await.unwrap();
    (id, beat.last_heartbeat.clone())
}

fn assert_503(error: &leasehold_client::Error) {
    assert_eq!(error.status(), Some(503), "{error}");
    assert!(error.api().is_some_and(|api| api.retry_after.is_some()), "{error}");
}

/// Builds a library that stands before the system's syncs and fails them while a file exists.
fn shim(folder: &Path) -> PathBuf {
    let library = folder.join("break-syncs.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/break_syncs.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status()
        .unwrap();
    assert!(built.success());
    library
}
