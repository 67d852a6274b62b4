//! The working set: what an operation that is refused half-way leaves behind, which is nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use leasehold_model::agent::definition::Definition;
use leasehold_model::agent::model_spec::ModelSpec;
use leasehold_model::agent::ops::CreateAgent;
use leasehold_model::catalogue::Models;
use leasehold_model::environment::config::{Config, Strictness};
use leasehold_model::environment::ops::{CreateEnvironment, DeleteEnvironment, InUse};
use leasehold_model::id::{Id, Mint};
use leasehold_model::op::{Context, Op};
use leasehold_model::rows::Rows;
use leasehold_model::session::ops::{ArchiveSession, Choice, CreateSession, Enqueue, Projection};
use leasehold_model::work::ops::Poll;
use leasehold_model::work::{RECLAIM_WINDOW, StateName};
use leasehold_model::{AccountId, AgentId, EnvironmentId, Metadata, Timestamp};

struct Batch {
    rows: Rows,
    mint: Mint,
    account: AccountId,
    agent: AgentId,
}

impl Batch {
    fn new() -> Self {
        let (rows, mint) = (Rows::default(), Mint::new(1));
        let mut batch = Self { rows, mint, account: Id::MIN, agent: Id::MIN };
        let definition = Definition {
            name: "a".to_owned(),
            description: None,
            model: ModelSpec::named("m"),
            system: None,
            tools: Vec::new(),
            mcp_servers: Vec::new(),
            skills: Vec::new(),
            metadata: Metadata::default(),
        };
        let strictness = leasehold_model::agent::definition::Strictness::Bounds;
        let create = CreateAgent { account: batch.account, definition, strictness };
        batch.agent = batch.run(&create).id;
        batch
    }

    fn run<O: Op>(&mut self, op: &O) -> O::Reply {
        self.rows.mark();
        let now = Timestamp::from_micros(1_000_000_000);
        op.decide(&mut Context::new(now, &mut self.mint), &mut self.rows).unwrap()
    }

    fn environment(&mut self) -> EnvironmentId {
        let create = CreateEnvironment {
            account: self.account,
            name: "e".to_owned(),
            description: None,
            config: Config::SelfHosted { setup_script: None },
            strictness: Strictness::Bounds,
            metadata: Metadata::default(),
            scope: None,
        };
        self.run(&create).id
    }

    fn session(&self, environment: EnvironmentId) -> CreateSession {
        CreateSession {
            account: self.account,
            environment,
            agent: Choice::newest(self.agent),
            title: None,
            metadata: Metadata::default(),
            environment_variables: BTreeMap::new(),
            budget: None,
            models: Models::default(),
            projection: Projection::Copy,
            enqueue: Enqueue::AtCreation,
            initial_events: Vec::new(),
            traceparent: Some("00-0-0-01".into()),
        }
    }
}

fn poll(environment: EnvironmentId) -> Poll {
    Poll { environment, window: RECLAIM_WINDOW, worker: None }
}

#[test]
fn operations_of_a_batch_see_what_came_before_them() {
    let mut batch = Batch::new();
    let environment = batch.environment();
    let session = batch.run(&batch.session(environment)).session.id;
    let item = batch.run(&poll(environment)).unwrap();
    assert_eq!(item.work.session, session);
    assert_eq!(item.body.traceparent.as_deref(), Some("00-0-0-01"));
    assert_eq!(batch.run(&poll(environment)), None, "it was handed out a moment ago");
    let again = leasehold_model::session::ops::Again::Refused;
    batch.run(&ArchiveSession { account: batch.account, session, again });
    let ended = batch.rows.work.get(&item.work.id).unwrap();
    assert_eq!(ended.state_name(), StateName::Stopped);
}

#[test]
fn undo_takes_back_the_last_operation_and_no_other() {
    let mut batch = Batch::new();
    let environment = batch.environment();
    batch.run(&batch.session(environment));
    let before = format!("{:?}", batch.rows.work.get(&first_work(&batch)));
    batch.run(&poll(environment)).unwrap();
    batch.rows.undo();
    assert_eq!(format!("{:?}", batch.rows.work.get(&first_work(&batch))), before);
    let item = batch.run(&poll(environment)).unwrap();
    assert_eq!(item.work.deliveries, 1, "the hand-out that was undone does not count");

    let second = batch.run(&batch.session(environment)).session.id;
    batch.rows.undo();
    assert_eq!(batch.rows.sessions.get(&second), None);
    assert_eq!(batch.rows.work.changes().count(), 1);
    assert_eq!(batch.rows.live_work.get(&second), None);
    assert_eq!(batch.run(&poll(environment)), None, "a poll finds nothing of what was undone");
}

#[test]
fn undo_takes_back_a_deletion() {
    let mut batch = Batch::new();
    let environment = batch.environment();
    batch.run(&batch.session(environment));
    assert!(batch.rows.is_inhabited(environment));
    let other = batch.environment();
    batch.run(&delete(&batch, other));
    assert!(batch.rows.facts(other).is_none());
    batch.rows.undo();
    assert!(batch.rows.facts(other).is_some());
}

fn delete(batch: &Batch, environment: EnvironmentId) -> DeleteEnvironment {
    DeleteEnvironment { account: batch.account, environment, in_use: InUse::Refused }
}

fn first_work(batch: &Batch) -> leasehold_model::WorkId {
    batch.rows.work.changes().map(|change| *change.key).min().unwrap()
}
