//! Files that older versions made open, and what they held is there.

use std::path::Path;

use leasehold_model::session::Status;
use leasehold_model::session::ops::DeleteSession;
use leasehold_model::token::{Scope, Scopes};
use leasehold_store::{Clock, Store, sqlite};
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use crate::dump::{all_sessions, everything};
use crate::lab::*;

/// The changes of the schema, oldest first: a file is as old as those that it has.
const FIRST: &str = include_str!("../../src/sqlite/migrations/0001_lease.sql");

const ACCOUNT: [u8; 16] = [1; 16];
const ENVIRONMENT: [u8; 16] = [2; 16];
const SESSION: [u8; 16] = [3; 16];

/// A file as the first release left it: an account, an environment, a session of an agent that
/// nobody kept, and three tokens.
fn first_release(path: &Path) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE migrations (
            version    INTEGER NOT NULL PRIMARY KEY,
            name       TEXT    NOT NULL,
            checksum   BLOB    NOT NULL,
            applied_at INTEGER NOT NULL
         ) STRICT",
    )
    .unwrap();
    db.execute_batch(FIRST).unwrap();
    let checksum = Sha256::digest(FIRST.as_bytes()).to_vec();
    db.execute("INSERT INTO migrations VALUES (1, 'lease', ?1, 0)", [checksum]).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.pragma_update(None, "application_id", 0x4c45_4153).unwrap();
    db.execute("INSERT INTO accounts VALUES (?1, 'first', 0)", [ACCOUNT]).unwrap();
    db.execute(
        "INSERT INTO environments VALUES (?1, ?2, 'e', NULL, '{\"type\":\"self_hosted\",\
         \"setup_script\":null}', '{}', NULL, NULL, 0, 0, NULL)",
        params![ENVIRONMENT, ACCOUNT],
    )
    .unwrap();
    db.execute(
        "INSERT INTO sessions VALUES (?1, ?2, ?3, 'agent_1', 7, 'old', '{\"k\":\"v\"}', 5, 6, NULL)",
        params![SESSION, ACCOUNT, ENVIRONMENT],
    )
    .unwrap();
    // All scopes of that time but admin; those that read; and admin alone.
    for (place, scopes) in [(1_u8, 0b011_1111), (2, 0b001_0101), (3, 0b100_0000)] {
        db.execute(
            "INSERT INTO tokens VALUES (?1, ?2, 't', ?3, ?4, 0, NULL, NULL, NULL)",
            params![[place; 16], ACCOUNT, scopes, [place; 32]],
        )
        .unwrap();
    }
}

async fn opened(dir: &Path) -> Store {
    let path = dir.join("data.db");
    first_release(&path);
    sqlite::open(&path, settings(&Clock::manual(START), 1)).unwrap()
}

#[tokio::test]
async fn a_session_that_is_older_than_agents_shows_the_name_that_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(dir.path()).await;
    let views = store.views();
    let account = leasehold_model::AccountId::from_bytes(ACCOUNT);
    let sessions = views.sessions(account, all_sessions(), everything()).await.unwrap().items;
    let [session] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!((session.title.as_deref(), session.created_at.micros()), (Some("old"), 5));
    assert_eq!(session.metadata, metadata(&[("k", "v")]));
    assert!(session.environment_variables.is_empty());
    assert_eq!(session.budget, None);
    assert_eq!(session.status(&leasehold_model::log::Fold::default()), Status::Idle);
    let of = vec![(session.id, session.agent.clone())];
    let held = views.snapshots(of).await.unwrap().pop().unwrap();
    assert_eq!((held.id.as_str(), held.name.as_str(), held.version), ("agent_1", "agent_1", 7));
    assert!(held.is_unknown() && held.tools.is_empty() && held.skills.is_empty());
    let delete = DeleteSession { account, session: session.id };
    store.submit(delete).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_token_that_may_read_or_write_sessions_may_do_so_with_agents() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(dir.path()).await;
    let account = leasehold_model::AccountId::from_bytes(ACCOUNT);
    let tokens = store.views().tokens(account, everything()).await.unwrap().items;
    let scopes: Vec<Scopes> = tokens.iter().map(|token| token.item.scopes).collect();
    let reading =
        [Scope::EnvironmentsRead, Scope::AgentsRead, Scope::SessionsRead, Scope::WorkRead];
    let admin = [Scope::Admin];
    assert_eq!(
        scopes,
        [Scopes::ordinary(), reading.into_iter().collect(), admin.into_iter().collect()]
    );
    store.close().await;
}
