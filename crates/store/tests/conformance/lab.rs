//! A store with an account and an environment in it, and short names for what is done to it.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Poll as Progress;
use std::time::Duration;

use leasehold_model::agent::definition::{self, Definition};
use leasehold_model::agent::model_spec::{ModelSpec, UnsaidEffort};
use leasehold_model::agent::ops::{Change, CreateAgent, UpdateAgent};
use leasehold_model::agent::snapshot::Overrides;
use leasehold_model::agent::tool::builtin::ToolName;
use leasehold_model::agent::tool::{CustomTool, Tool, Toolset};
use leasehold_model::catalogue::{ModelCard, Models, Prices};
use leasehold_model::environment::config::{Config, Strictness};
use leasehold_model::environment::ops::CreateEnvironment;
use leasehold_model::op::Op;
use leasehold_model::session::Session;
use leasehold_model::session::ops::{Choice, CreateSession, Enqueue, Projection, UpdateSession};
use leasehold_model::token::ops::CreateAccount;
use leasehold_model::work::heartbeat::{Beat, Expected, Heartbeat, Unheld};
use leasehold_model::work::ops::{Ack, Item, Poll, Renew, StopWork};
use leasehold_model::work::stop::Stop;
use leasehold_model::work::{Caller, RECLAIM_WINDOW, Ttl, WorkerId};
use leasehold_model::{AccountId, AgentId, EnvironmentId, Metadata, Timestamp, Work, WorkId};
use leasehold_store::{
    Clock, Cursor, Order, Page, QueueStats, Settings, Store, StoreError, memory, sqlite,
};
use tempfile::TempDir;

pub(crate) const START: Timestamp = Timestamp::from_micros(1_782_983_722_000_000);

pub(crate) struct Lab {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) account: AccountId,
    pub(crate) environment: EnvironmentId,
    pub(crate) agent: AgentId,
    dir: Option<TempDir>,
}

pub(crate) fn settings(clock: &Clock, seed: u64) -> Settings {
    Settings { clock: clock.clone(), seed: Some(seed), ..Settings::default() }
}

impl Lab {
    pub(crate) async fn memory() -> Self {
        let clock = Clock::manual(START);
        let store = memory::open(settings(&clock, 1)).unwrap();
        Self::furnish(store, clock, None).await
    }

    pub(crate) async fn sqlite() -> Self {
        let clock = Clock::manual(START);
        let dir = tempfile::tempdir().unwrap();
        let store = sqlite::open(&dir.path().join("data.db"), settings(&clock, 1)).unwrap();
        Self::furnish(store, clock, Some(dir)).await
    }

    /// In memory, with commits that can be made to fail.
    pub(crate) async fn faulty() -> (Self, memory::Faults) {
        let clock = Clock::manual(START);
        let (store, faults) = memory::open_with_faults(settings(&clock, 1)).unwrap();
        (Self::furnish(store, clock, None).await, faults)
    }

    async fn furnish(store: Store, clock: Clock, dir: Option<TempDir>) -> Self {
        let account = done(&store, CreateAccount { name: "first".to_owned() }).await.id;
        let environment = done(&store, environment_of(account)).await.id;
        let agent = done(&store, agent_of(account)).await.id;
        Self { store, clock, account, environment, agent, dir }
    }

    /// The data file.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.as_ref().unwrap().path().join("data.db")
    }

    /// Closes the store and opens it again under `clock`; for SQLite alone.
    pub(crate) async fn reopened(self, clock: Clock) -> Self {
        let path = self.path();
        self.store.close().await;
        let store = sqlite::open(&path, settings(&clock, 2)).unwrap();
        Self { store, clock, ..self }
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(time).unwrap();
    }

    pub(crate) fn wait_until(&self, instant: Timestamp) {
        self.wait(instant.since(self.clock.now()));
    }

    /// Carries out what must not be refused.
    pub(crate) async fn done<O: Op>(&self, op: O) -> O::Reply {
        done(&self.store, op).await
    }

    /// The name of the refusal that must come.
    pub(crate) async fn refused<O: Op>(&self, op: O) -> &'static str {
        match self.store.submit(op).await {
            Ok(_) => panic!("it was not refused"),
            Err(StoreError::Refused(refusal)) => refusal.name(),
            Err(error) => panic!("{error:?}"),
        }
    }

    pub(crate) async fn session(&self) -> Session {
        self.done(self.session_in(self.environment)).await.session
    }

    /// A session in an environment.
    pub(crate) fn session_in(&self, environment: EnvironmentId) -> CreateSession {
        session_of(self.account, self.agent, environment)
    }

    /// A session, and the item that it queued.
    pub(crate) async fn queued(&self) -> (Session, WorkId) {
        let session = self.session().await;
        (session, self.newest().await)
    }

    async fn newest(&self) -> WorkId {
        let page = Page { cursor: Cursor::Start, limit: 1, order: Order::Descending };
        let items = self.store.views().items(self.environment, page).await.unwrap().items;
        items[0].work.id
    }

    /// A session's item, delivered and acked by nobody by name.
    pub(crate) async fn held(&self) -> (Session, WorkId) {
        let (session, work) = self.queued().await;
        assert_eq!(self.take().await.unwrap().work.id, work);
        self.done(self.ack(work)).await;
        (session, work)
    }

    /// One poll without waiting.
    pub(crate) async fn take(&self) -> Option<Item> {
        self.done(poll(self.environment)).await
    }

    pub(crate) fn ack(&self, work: WorkId) -> Ack {
        Ack { environment: self.environment, work, caller: Caller::default() }
    }

    pub(crate) fn renew(&self, work: WorkId) -> Renew {
        let heartbeat = Heartbeat {
            expected: Expected::Any,
            ttl: Ttl::DEFAULT,
            caller: Caller::default(),
            unheld: Unheld::Refuse,
        };
        Renew { environment: self.environment, work, heartbeat }
    }

    pub(crate) async fn beat(&self, work: WorkId) -> Beat {
        self.done(self.renew(work)).await
    }

    pub(crate) fn stop(&self, work: WorkId, how: Stop) -> StopWork {
        StopWork { environment: self.environment, work, how, caller: Caller::default() }
    }

    pub(crate) async fn head(&self, work: WorkId) -> Work {
        self.store.views().head(work).await.unwrap().unwrap()
    }

    pub(crate) async fn stats(&self) -> QueueStats {
        self.store.views().stats(self.environment).await.unwrap()
    }
}

async fn done<O: Op>(store: &Store, op: O) -> O::Reply {
    match store.submit(op).await {
        Ok(reply) => reply,
        Err(error) => panic!("{error:?}"),
    }
}

pub(crate) fn environment_of(account: AccountId) -> CreateEnvironment {
    CreateEnvironment {
        account,
        name: "environment".to_owned(),
        description: None,
        config: Config::SelfHosted { setup_script: None },
        strictness: Strictness::Bounds,
        metadata: Metadata::default(),
        scope: None,
    }
}

/// An agent with the built-in tools and one of the client's.
pub(crate) fn agent_of(account: AccountId) -> CreateAgent {
    let builtin = Toolset {
        default: Toolset::DEFAULT,
        configs: Vec::new(),
        enabled_tools: Vec::new(),
        disallowed_tools: vec![ToolName::new("WebFetch").unwrap()],
    };
    let custom = CustomTool {
        name: "look_up".to_owned(),
        description: "Looks it up.".to_owned(),
        input_schema: [("type".to_owned(), "object".into())].into_iter().collect(),
    };
    let definition = Definition {
        name: "reviewer".to_owned(),
        description: None,
        model: ModelSpec::named("scripted"),
        system: Some("Be brief.".to_owned()),
        tools: vec![Tool::Builtin(builtin), Tool::Custom(custom)],
        mcp_servers: Vec::new(),
        skills: Vec::new(),
        metadata: metadata(&[("team", "infra")]),
    };
    CreateAgent { account, definition, strictness: definition::Strictness::Bounds }
}

/// A change of an agent: another name.
pub(crate) fn renamed(account: AccountId, agent: AgentId, name: &str) -> UpdateAgent {
    UpdateAgent {
        account,
        agent,
        expected: None,
        change: Change { name: Some(name.to_owned()), ..Change::default() },
        unsaid_effort: UnsaidEffort::Cleared,
        strictness: definition::Strictness::Bounds,
    }
}

pub(crate) fn session_of(
    account: AccountId,
    agent: AgentId,
    environment: EnvironmentId,
) -> CreateSession {
    CreateSession {
        account,
        environment,
        agent: Choice::newest(agent),
        title: None,
        metadata: metadata(&[("ticket", "4711")]),
        environment_variables: BTreeMap::new(),
        budget: None,
        models: Models::default(),
        projection: Projection::Copy,
        enqueue: Enqueue::AtCreation,
        initial_events: Vec::new(),
        traceparent: None,
    }
}

/// The offer of one model that has a price, so that there can be budgets.
pub(crate) fn priced(model: &str) -> Models {
    let card = ModelCard {
        id: model.to_owned(),
        display_name: model.to_owned(),
        source: "scripted",
        efforts: Vec::new(),
        default_effort: None,
        context_window: 1_000,
        max_tokens: 1_000,
        prices: Prices { input: Some(1.0), output: Some(1.0), ..Prices::default() },
    };
    [card].into_iter().collect()
}

/// A change of a session that changes nothing.
pub(crate) fn update_of(session: &Session) -> UpdateSession {
    UpdateSession {
        account: session.account,
        session: session.id,
        environment: session.environment,
        title: None,
        metadata: None,
        agent: Overrides::default(),
        strictness: definition::Strictness::Bounds,
        environment_variables: None,
        budget: None,
        models: Models::default(),
        projection: Projection::Copy,
    }
}

pub(crate) fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Metadata::new(pairs.iter().map(owned).collect()).unwrap()
}

pub(crate) fn poll(environment: EnvironmentId) -> Poll {
    Poll { environment, window: RECLAIM_WINDOW, worker: None }
}

pub(crate) fn named(worker: &str) -> Caller {
    Caller { claim: None, worker: WorkerId::new(worker) }
}

pub(crate) fn token(claim: u32) -> Caller {
    Caller { claim: Some(claim), worker: None }
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Polls a future once: it begins, or goes on, without being waited for.
pub(crate) async fn nudge<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Progress::Ready(output) => Progress::Ready(Some(output)),
        Progress::Pending => Progress::Ready(None),
    })
    .await
}

/// Waits for what must come soon.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(seconds(20), future).await.unwrap()
}
