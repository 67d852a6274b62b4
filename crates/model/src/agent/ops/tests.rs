//! Versions: what writes one, and what does not (agents §4).

use super::*;
use crate::id::{Id, Mint};
use crate::metadata::Metadata;
use crate::time::Timestamp;

struct Batch {
    rows: Rows,
    mint: Mint,
    now: Timestamp,
}

impl Batch {
    fn new() -> (Self, Agent) {
        let now = Timestamp::from_micros(1_000_000);
        let mut batch = Self { rows: Rows::default(), mint: Mint::new(1), now };
        let create = CreateAgent {
            account: Id::MIN,
            definition: Definition {
                name: "reviewer".to_owned(),
                description: Some("d".to_owned()),
                model: ModelSpec {
                    effort: crate::agent::model_spec::Effort::parse("low"),
                    inference_geo: Some("eu".to_owned()),
                    ..ModelSpec::named("m")
                },
                system: Some("be brief".to_owned()),
                tools: Vec::new(),
                mcp_servers: Vec::new(),
                skills: Vec::new(),
                metadata: Metadata::new([("k".to_owned(), "v".to_owned())].into()).unwrap(),
            },
            strictness: Strictness::Bounds,
        };
        let agent = batch.run(&create).unwrap();
        (batch, agent)
    }

    fn run<O: Op>(&mut self, op: &O) -> Result<O::Reply, Refusal> {
        self.rows.mark();
        self.now = self.now.next();
        let reply = op.decide(&mut Context::new(self.now, &mut self.mint), &mut self.rows);
        if reply.is_err() {
            let changes = self.rows.agents.changes().count();
            self.rows.undo();
            assert_eq!(self.rows.agents.changes().count(), changes, "a refusal wrote something");
        }
        reply
    }

    fn versions(&self) -> Vec<u32> {
        let mut versions: Vec<u32> =
            self.rows.agent_versions.changes().map(|change| change.key.1).collect();
        versions.sort_unstable();
        versions
    }
}

fn update(agent: &Agent, change: Change) -> UpdateAgent {
    UpdateAgent {
        account: agent.account,
        agent: agent.id,
        expected: None,
        change,
        unsaid_effort: UnsaidEffort::Kept { otherwise: None },
        strictness: Strictness::Bounds,
    }
}

fn renamed(name: &str) -> Change {
    Change { name: Some(name.to_owned()), ..Change::default() }
}

#[test]
fn a_change_writes_the_next_version_and_keeps_the_last() {
    let (mut batch, agent) = Batch::new();
    let next = batch.run(&update(&agent, renamed("n"))).unwrap();
    assert_eq!((next.version, next.definition.name.as_str()), (2, "n"));
    assert_eq!(next.definition.system, agent.definition.system);
    assert_eq!(next.created_at, agent.created_at);
    assert!(next.updated_at > agent.updated_at);
    assert_eq!(batch.versions(), [1, 2]);
    let first = batch.rows.agent_versions.get(&(agent.id, 1)).unwrap().clone();
    assert_eq!(first.definition, agent.definition);
    assert_eq!(next.at(first), agent);
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let (mut batch, agent) = Batch::new();
    for change in [
        Change::default(),
        renamed("reviewer"),
        Change { model: Some(agent.definition.model.clone()), ..Change::default() },
        Change { metadata: Some([("x".to_owned(), None)].into()), ..Change::default() },
        Change { tools: Some(vec![]), ..Change::default() },
    ] {
        assert_eq!(batch.run(&update(&agent, change)), Ok(agent.clone()));
    }
    assert_eq!(batch.versions(), [1]);
}

#[test]
fn a_change_must_know_the_newest_version_if_it_names_one() {
    let (mut batch, agent) = Batch::new();
    let knowing = |expected, change| UpdateAgent { expected, ..update(&agent, change) };
    assert_eq!(batch.run(&knowing(Some(1), renamed("n"))).unwrap().version, 2);
    let moved = Refusal::AgentMoved { expected: 1, newest: 2 };
    assert_eq!(batch.run(&knowing(Some(1), renamed("m"))), Err(moved.clone()));
    assert_eq!(batch.run(&knowing(Some(1), Change::default())), Err(moved.clone()));
    assert_eq!(batch.run(&knowing(Some(1), renamed("n"))), Err(moved), "although it is the same");
    assert_eq!(batch.run(&knowing(None, renamed("m"))).unwrap().version, 3);
}

#[test]
fn a_member_is_cleared_or_replaced_and_metadata_is_patched() {
    let (mut batch, agent) = Batch::new();
    let change = Change {
        description: Some(None),
        system: Some(None),
        metadata: Some([("k".to_owned(), None), ("l".to_owned(), Some("w".to_owned()))].into()),
        ..Change::default()
    };
    let next = batch.run(&update(&agent, change)).unwrap().definition;
    assert_eq!((next.description, next.system), (None, None));
    assert_eq!(next.metadata.iter().collect::<Vec<_>>(), [("l", "w")]);
}

#[test]
fn a_model_replaces_wholly_but_may_keep_its_effort() {
    let (mut batch, agent) = Batch::new();
    let stored = agent.definition.model.effort;
    let otherwise = crate::agent::model_spec::Effort::parse("max");
    for (model, unsaid_effort, effort) in [
        ("m", UnsaidEffort::Kept { otherwise }, stored),
        ("m", UnsaidEffort::Cleared, None),
        ("other", UnsaidEffort::Kept { otherwise }, otherwise),
        ("other", UnsaidEffort::Cleared, None),
    ] {
        let change = Change { model: Some(ModelSpec::named(model)), ..Change::default() };
        let op = UpdateAgent { unsaid_effort, ..update(&agent, change) };
        let model = batch.run(&op).unwrap().definition.model;
        assert_eq!((model.effort, model.inference_geo), (effort, None));
        let back = Change { model: Some(agent.definition.model.clone()), ..Change::default() };
        batch.run(&update(&agent, back)).unwrap();
    }
}

#[test]
fn the_result_must_be_acceptable() {
    let (mut batch, agent) = Batch::new();
    for change in [renamed(" "), renamed(&"n".repeat(257))] {
        let refusal = batch.run(&update(&agent, change)).unwrap_err();
        assert!(matches!(refusal, Refusal::Unfit(_)), "{refusal:?}");
    }
    let many = (0..17).map(|n| (n.to_string(), Some(String::new()))).collect();
    let change = Change { metadata: Some(many), ..Change::default() };
    let refusal = batch.run(&update(&agent, change)).unwrap_err();
    assert!(matches!(refusal, Refusal::Metadata(_)), "{refusal:?}");
    assert_eq!(batch.versions(), [1]);
}

#[test]
fn an_archived_agent_is_read_only_and_stays_as_it_is() {
    let (mut batch, agent) = Batch::new();
    let archive = ArchiveAgent { account: agent.account, agent: agent.id };
    let archived = batch.run(&archive).unwrap();
    assert_eq!(archived.archived_at, Some(archived.updated_at));
    assert_eq!(archived.version, 1);
    assert_eq!(batch.run(&archive), Ok(archived));
    for change in [Change::default(), renamed("n")] {
        assert_eq!(batch.run(&update(&agent, change)), Err(Refusal::AgentArchived));
    }
}

#[test]
fn a_strangers_agent_is_none() {
    let (mut batch, agent) = Batch::new();
    let stranger: AccountId = batch.mint.next(batch.now);
    let missing = Refusal::NotFound(Resource::Agent);
    let change = UpdateAgent { account: stranger, ..update(&agent, renamed("n")) };
    assert_eq!(batch.run(&change), Err(missing.clone()));
    let archive = ArchiveAgent { account: stranger, agent: agent.id };
    assert_eq!(batch.run(&archive), Err(missing.clone()));
    let delete = DeleteAgent { account: stranger, agent: agent.id };
    assert_eq!(batch.run(&delete), Err(missing.clone()));
    let delete = DeleteAgent { account: agent.account, agent: agent.id };
    assert_eq!(batch.run(&delete), Ok(()));
    assert_eq!(batch.run(&delete), Err(missing));
    assert_eq!(batch.versions(), [1], "a session may still name it");
}
