//! Agents, their versions, and what sessions hold of them.

use std::sync::Arc;

use leasehold_model::agent::ops::{ArchiveAgent, CreateAgent, DeleteAgent};
use leasehold_model::agent::snapshot::{Overrides, Snapshot};
use leasehold_model::agent::tool::Tool;
use leasehold_model::agent::{Agent, AgentVersion};
use leasehold_model::catalogue::{ModelCard, Models, Prices};
use leasehold_model::environment::config::Config;
use leasehold_model::environment::ops::CreateEnvironment;
use leasehold_model::id::Id;
use leasehold_model::session::Session;
use leasehold_model::session::budget::Budget;
use leasehold_model::session::ops::{Choice, CreateSession, DeleteSession, UpdateSession};
use leasehold_model::token::ops::CreateAccount;
use leasehold_store::{AgentFilter, Cursor, Order, Page};

use crate::dump::{all_agents, everything};
use crate::lab::*;

on_every_backend!(
    an_agent_is_read_as_it_was_written,
    a_version_outlives_changes_and_the_agent,
    versions_are_listed_by_number,
    agents_are_filtered,
    a_session_holds_the_version_that_it_was_made_with,
    a_session_may_differ_from_its_agent,
    a_session_needs_an_agent_that_it_may_run,
    a_session_changes_what_it_holds,
    variables_are_for_the_cloud,
    a_budget_is_given_at_creation_and_needs_a_price,
);

async fn agent(lab: &Lab) -> Agent {
    lab.store.views().agent(lab.agent).await.unwrap().unwrap()
}

async fn snapshot(lab: &Lab, session: &Session) -> Arc<Snapshot> {
    let of = vec![(session.id, session.agent.clone())];
    lab.store.views().snapshots(of).await.unwrap().pop().unwrap()
}

fn without_tools(lab: &Lab) -> CreateSession {
    let overrides = Overrides { tools: Some(Vec::new()), ..Overrides::default() };
    let agent = Choice { overrides, ..Choice::newest(lab.agent) };
    CreateSession { agent, ..lab.session_in(lab.environment) }
}

async fn an_agent_is_read_as_it_was_written(lab: Lab) {
    let create = agent_of(lab.account);
    let made = lab.done(create.clone()).await;
    assert_eq!((made.version, &made.definition), (1, &create.definition));
    assert_eq!(lab.store.views().agent(made.id).await.unwrap(), Some(made.clone()));
    let version = lab.store.views().agent_version(made.id, 1).await.unwrap();
    assert_eq!(version, Some(made.newest()));
    assert_eq!(lab.store.views().agent_version(made.id, 2).await.unwrap(), None);
    assert_eq!(lab.store.views().agent(Id::MIN).await.unwrap(), None);
    let mut unfit = create.definition;
    unfit.name = String::new();
    assert_eq!(
        lab.refused(CreateAgent { definition: unfit, ..agent_of(lab.account) }).await,
        "unfit"
    );
}

async fn a_version_outlives_changes_and_the_agent(lab: Lab) {
    let first = agent(&lab).await;
    lab.wait(seconds(1));
    let second = lab.done(renamed(lab.account, lab.agent, "second")).await;
    assert_eq!((second.version, second.updated_at), (2, lab.clock.now()));
    assert_eq!(agent(&lab).await, second);
    let kept: AgentVersion = lab.store.views().agent_version(lab.agent, 1).await.unwrap().unwrap();
    assert_eq!(kept, first.newest());
    lab.done(ArchiveAgent { account: lab.account, agent: lab.agent }).await;
    assert_eq!(agent(&lab).await.archived_at, Some(lab.clock.now()));
    lab.done(DeleteAgent { account: lab.account, agent: lab.agent }).await;
    assert_eq!(lab.store.views().agent(lab.agent).await.unwrap(), None);
    assert_eq!(lab.store.views().agent_version(lab.agent, 1).await.unwrap(), Some(kept));
    let again = renamed(lab.account, lab.agent, "third");
    assert_eq!(lab.refused(again).await, "not_found");
}

async fn versions_are_listed_by_number(lab: Lab) {
    for number in 2..=12 {
        lab.done(renamed(lab.account, lab.agent, &format!("version {number}"))).await;
    }
    lab.done(agent_of(lab.account)).await;
    let list = async |cursor, limit, order| {
        let page = Page { cursor, limit, order };
        let listing = lab.store.views().agent_versions(lab.agent, page).await.unwrap();
        (listing.items.iter().map(|v| v.version).collect::<Vec<_>>(), listing.more)
    };
    let (up, down) = (Order::Ascending, Order::Descending);
    assert_eq!(list(Cursor::Start, 100, up).await, ((1..=12).collect(), false));
    assert_eq!(list(Cursor::Start, 3, down).await, (vec![12, 11, 10], true));
    assert_eq!(list(Cursor::After(10), 3, down).await, (vec![9, 8, 7], true));
    assert_eq!(list(Cursor::After(3), 3, down).await, (vec![2, 1], false));
    assert_eq!(list(Cursor::Before(2), 2, down).await, (vec![4, 3], true));
    assert_eq!(list(Cursor::After(1), 100, down).await, (vec![], false));
}

async fn agents_are_filtered(lab: Lab) {
    let mut made = vec![lab.agent];
    for _ in 0..3 {
        lab.wait(seconds(10));
        made.push(lab.done(agent_of(lab.account)).await.id);
    }
    let other = lab.done(CreateAccount { name: "other".to_owned() }).await.id;
    lab.done(agent_of(other)).await;
    lab.done(ArchiveAgent { account: lab.account, agent: made[1] }).await;
    let list = async |filter| {
        let listing = lab.store.views().agents(lab.account, filter, everything()).await.unwrap();
        listing.items.iter().map(|a| a.id).collect::<Vec<_>>()
    };
    assert_eq!(list(AgentFilter::default()).await, [made[0], made[2], made[3]]);
    assert_eq!(list(all_agents()).await, made);
    let (from, to) = (Some(START.plus(seconds(10))), Some(START.plus(seconds(20))));
    let between = AgentFilter { created_from: from, created_to: to, ..all_agents() };
    assert_eq!(list(between).await, [made[1], made[2]], "both bounds are inclusive");
}

async fn a_session_holds_the_version_that_it_was_made_with(lab: Lab) {
    let first = agent(&lab).await;
    let made = lab.done(lab.session_in(lab.environment)).await;
    let expected = Snapshot::of(lab.agent.to_string(), 1, &first.definition);
    assert_eq!(*made.agent, expected);
    lab.done(renamed(lab.account, lab.agent, "second")).await;
    assert_eq!(*snapshot(&lab, &made.session).await, expected);
    let second = lab.done(lab.session_in(lab.environment)).await;
    assert_eq!((second.agent.version, second.agent.name.as_str()), (2, "second"));
    let pinned = Choice { version: Some(1), ..Choice::newest(lab.agent) };
    let pinned = CreateSession { agent: pinned, ..lab.session_in(lab.environment) };
    assert_eq!(*lab.done(pinned).await.agent, expected);
    let both = [&made.session, &second.session, &made.session];
    let of = both.map(|session| (session.id, session.agent.clone())).to_vec();
    let several = lab.store.views().snapshots(of).await.unwrap();
    let versions: Vec<u32> = several.iter().map(|snapshot| snapshot.version).collect();
    assert_eq!(versions, [1, 2, 1]);
    // What became of the agent is no matter to the sessions that it has.
    lab.done(DeleteAgent { account: lab.account, agent: lab.agent }).await;
    assert_eq!(*snapshot(&lab, &made.session).await, expected);
    let title = UpdateSession { title: Some(Some("t".to_owned())), ..update_of(&made.session) };
    assert_eq!(*lab.done(title).await.agent, expected);
}

async fn a_session_may_differ_from_its_agent(lab: Lab) {
    let made = lab.done(without_tools(&lab)).await;
    assert_eq!((made.agent.tools.as_slice(), made.agent.version), ([].as_slice(), 1));
    assert_eq!(snapshot(&lab, &made.session).await, made.agent);
    let plain = lab.session().await;
    assert_eq!(snapshot(&lab, &plain).await.tools.len(), 2, "the agent is untouched");
    lab.done(DeleteSession { account: lab.account, session: made.session.id }).await;
    let gone = snapshot(&lab, &made.session).await;
    assert_eq!(gone.tools.len(), 2, "what was the session's own went with it");
}

async fn a_session_needs_an_agent_that_it_may_run(lab: Lab) {
    let with = |agent| CreateSession { agent, ..lab.session_in(lab.environment) };
    let choice = || Choice::newest(lab.agent);
    assert_eq!(lab.refused(with(Choice::newest(Id::MIN))).await, "not_found");
    let unknown = Choice { version: Some(2), ..choice() };
    assert_eq!(lab.refused(with(unknown)).await, "agent_version_unknown");
    let other = lab.done(CreateAccount { name: "other".to_owned() }).await.id;
    let foreign = lab.done(agent_of(other)).await.id;
    assert_eq!(lab.refused(with(Choice::newest(foreign))).await, "not_found");
    let nameless = Tool::Custom(leasehold_model::agent::tool::CustomTool {
        name: String::new(),
        description: "d".to_owned(),
        input_schema: serde_json::Map::new(),
    });
    let overrides = Overrides { tools: Some(vec![nameless]), ..Overrides::default() };
    assert_eq!(lab.refused(with(Choice { overrides, ..choice() })).await, "unfit");
    lab.done(ArchiveAgent { account: lab.account, agent: lab.agent }).await;
    assert_eq!(lab.refused(with(choice())).await, "agent_archived");
    assert_eq!(lab.stats().await.depth, 0, "nothing was queued");
}

async fn a_session_changes_what_it_holds(lab: Lab) {
    let made = lab.done(lab.session_in(lab.environment)).await;
    let session = &made.session;
    lab.wait(seconds(1));
    let change = |tools: Option<Vec<Tool>>| UpdateSession {
        agent: Overrides { tools, ..Overrides::default() },
        ..update_of(session)
    };
    let same = lab.done(change(Some(made.agent.tools.clone()))).await;
    assert_eq!(same, made, "nothing changed, `updated_at` neither");
    let changed = lab.done(change(Some(Vec::new()))).await;
    assert_eq!(changed.session.updated_at, lab.clock.now());
    assert_eq!(changed.agent.tools, []);
    assert_eq!(snapshot(&lab, session).await, changed.agent);
    let title = UpdateSession { title: Some(Some("t".to_owned())), ..update_of(session) };
    assert_eq!(lab.done(title).await.agent, changed.agent);
    let back = lab.done(change(Some(made.agent.tools.clone()))).await;
    assert_eq!((&back.agent, &snapshot(&lab, session).await), (&made.agent, &made.agent));
}

async fn variables_are_for_the_cloud(lab: Lab) {
    let variables = || [("A".to_owned(), "1".to_owned())].into();
    let create = |environment| CreateSession {
        environment_variables: variables(),
        ..lab.session_in(environment)
    };
    assert_eq!(lab.refused(create(lab.environment)).await, "unfit");
    let config = Config::Cloud { packages: None, networking: None, setup_script: None };
    let cloud = CreateEnvironment { config, ..environment_of(lab.account) };
    let cloud = lab.done(cloud).await.id;
    let session = lab.done(create(cloud)).await.session;
    assert_eq!(session.environment_variables, variables());
    assert_eq!(lab.store.views().session(session.id).await.unwrap(), Some(session.clone()));
    let update = UpdateSession {
        environment_variables: Some([("B".to_owned(), String::new())].into()),
        ..update_of(&session)
    };
    assert_eq!(lab.done(update).await.session.environment_variables.len(), 1);
    let at_home = lab.session().await;
    let update = UpdateSession { environment_variables: Some(variables()), ..update_of(&at_home) };
    assert_eq!(lab.refused(update).await, "unfit");
}

async fn a_budget_is_given_at_creation_and_needs_a_price(lab: Lab) {
    let card = ModelCard {
        id: "scripted".to_owned(),
        display_name: "Scripted".to_owned(),
        source: "scripted",
        efforts: Vec::new(),
        default_effort: None,
        context_window: 1_000,
        max_tokens: 100,
        prices: Prices { input: Some(1.0), output: Some(2.0), ..Prices::default() },
    };
    let priced = Models::from_iter([card.clone()]);
    let free = Models::from_iter([ModelCard { prices: Prices::default(), ..card }]);
    let budget = |hundredths| Some(Budget { hundredths });
    let create = |budget, models: &Models| CreateSession {
        budget,
        models: models.clone(),
        ..lab.session_in(lab.environment)
    };
    assert_eq!(lab.refused(create(budget(100), &free)).await, "budget");
    assert_eq!(lab.refused(create(budget(100), &Models::default())).await, "budget");
    let session = lab.done(create(budget(100), &priced)).await.session;
    assert_eq!(lab.store.views().session(session.id).await.unwrap().unwrap().budget, budget(100));
    let update = |session: &Session, budget| UpdateSession {
        budget: Some(budget),
        models: priced.clone(),
        ..update_of(session)
    };
    assert_eq!(lab.done(update(&session, budget(200))).await.session.budget, budget(200));
    let dearer = UpdateSession { models: free, ..update(&session, budget(300)) };
    assert_eq!(lab.refused(dearer).await, "budget");
    assert_eq!(lab.done(update(&session, None)).await.session.budget, None);
    assert_eq!(lab.refused(update(&session, budget(100))).await, "budget", "it is gone for good");
    let without = lab.session().await;
    assert_eq!(lab.refused(update(&without, budget(100))).await, "budget");
    assert_eq!(lab.done(update(&without, None)).await.session, without);
}
