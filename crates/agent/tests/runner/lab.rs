//! A store with a session in it, and a model that says what the test tells it to.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use leasehold_agent::catalogue::{Catalogue, Model};
use leasehold_agent::chat::Chunk;
use leasehold_agent::runner::Settings as RunnerSettings;
use leasehold_agent::{
    ChunkStream, Provider, ProviderError, Request, Runner, ServerTools, Stop, tool,
};
use leasehold_model::agent::definition::{Definition, Strictness as AgentStrictness};
use leasehold_model::agent::model_spec::ModelSpec;
use leasehold_model::agent::ops::CreateAgent;
use leasehold_model::agent::tool::{Tool, Toolset};
use leasehold_model::catalogue::{ModelCard, Prices};
use leasehold_model::environment::config::{Config, Strictness};
use leasehold_model::environment::ops::CreateEnvironment;
use leasehold_model::event::Answer;
use leasehold_model::log::ops::SendEvents;
use leasehold_model::log::send::Incoming;
use leasehold_model::session::Session;
use leasehold_model::session::ops::{Choice, CreateSession, Enqueue, Projection};
use leasehold_model::token::ops::CreateAccount;
use leasehold_model::work::WorkerId;
use leasehold_model::{Event, EventId, Json, Log, Metadata, Timestamp};
use leasehold_store::{Clock, Glimpse, Preview, Settings, Store, Viewer, memory, sqlite};
use serde_json::json;
use tokio::sync::mpsc;

pub(crate) const START: Timestamp = Timestamp::from_micros(1_782_983_722_000_000);

/// What the model does with one request.
pub(crate) enum Play {
    /// Says all this.
    Say(Vec<Result<Chunk, ProviderError>>),
    /// Says this and then nothing more, for ever.
    Hang(Vec<Chunk>),
}

/// A model that the test speaks for.
#[derive(Clone)]
pub(crate) struct Puppet {
    plays: Arc<Mutex<VecDeque<Play>>>,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
    dropped: mpsc::UnboundedSender<()>,
}

impl Provider for Puppet {
    fn stream(&self, request: Request) -> ChunkStream {
        self.requests.lock().unwrap().push(request);
        let play = self.plays.lock().unwrap().pop_front();
        let guard = Guard(self.dropped.clone());
        let chunks = match play.expect("the model was asked more often than the test said") {
            Play::Say(chunks) => stream::iter(chunks).boxed(),
            Play::Hang(chunks) => {
                stream::iter(chunks.into_iter().map(Ok)).chain(stream::pending()).boxed()
            }
        };
        chunks
            .map(move |chunk| {
                let _whole = &guard;
                chunk
            })
            .boxed()
    }
}

struct Guard(mpsc::UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0.send(()).is_err() {
            // The test does not care.
        }
    }
}

pub(crate) struct Lab {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) session: Session,
    pub(crate) puppet: Puppet,
    pub(crate) dropped: mpsc::UnboundedReceiver<()>,
    runner: Option<Runner>,
}

impl Lab {
    pub(crate) async fn memory() -> Self {
        let clock = Clock::manual(START);
        let store = memory::open(settings(&clock)).unwrap();
        Self::furnish(store, clock, "puppet").await
    }

    pub(crate) async fn sqlite(dir: &Path) -> Self {
        let clock = Clock::manual(START);
        let store = sqlite::open(&dir.join("data.db"), settings(&clock)).unwrap();
        Self::furnish(store, clock, "puppet").await
    }

    pub(crate) async fn of_model(model: &str) -> Self {
        let clock = Clock::manual(START);
        let store = memory::open(settings(&clock)).unwrap();
        Self::furnish(store, clock, model).await
    }

    pub(crate) async fn furnish(store: Store, clock: Clock, model: &str) -> Self {
        let account = store.submit(CreateAccount { name: "a".to_owned() }).await.unwrap().id;
        let environment = CreateEnvironment {
            account,
            name: "e".to_owned(),
            description: None,
            config: Config::SelfHosted { setup_script: None },
            strictness: Strictness::Bounds,
            metadata: Metadata::default(),
            scope: None,
        };
        let environment = store.submit(environment).await.unwrap().id;
        let toolset = Toolset {
            default: Toolset::DEFAULT,
            configs: Vec::new(),
            enabled_tools: Vec::new(),
            disallowed_tools: Vec::new(),
        };
        let definition = Definition {
            name: "helper".to_owned(),
            description: None,
            model: ModelSpec::named(model),
            system: Some("Be kind.".to_owned()),
            tools: vec![Tool::Builtin(toolset)],
            mcp_servers: Vec::new(),
            skills: Vec::new(),
            metadata: Metadata::default(),
        };
        let strictness = AgentStrictness::Bounds;
        let agent = store.submit(CreateAgent { account, definition, strictness }).await.unwrap();
        let create = CreateSession {
            account,
            environment,
            agent: Choice::newest(agent.id),
            title: None,
            metadata: Metadata::default(),
            environment_variables: std::collections::BTreeMap::new(),
            budget: None,
            models: leasehold_model::catalogue::Models::default(),
            projection: Projection::Empty,
            enqueue: Enqueue::AtCreation,
            initial_events: Vec::new(),
            traceparent: None,
        };
        let session = store.submit(create).await.unwrap().session;
        Self::again(store, clock, session)
    }

    /// A store that was opened again, with the same session.
    pub(crate) fn again(store: Store, clock: Clock, session: Session) -> Self {
        let (dropped, drops) = mpsc::unbounded_channel();
        let puppet = Puppet { plays: Arc::default(), requests: Arc::default(), dropped };
        Self { store, clock, session, puppet, dropped: drops, runner: None }
    }

    /// The runner dies where it stands, and nobody hears of it.
    pub(crate) fn kill_runner(&mut self) {
        if let Some(runner) = self.runner.take() {
            runner.abort();
        }
    }

    /// Starts a runner.
    pub(crate) fn run(&mut self, plays: impl IntoIterator<Item = Play>) {
        self.puppet.plays.lock().unwrap().extend(plays);
        let card = ModelCard {
            id: "puppet".to_owned(),
            display_name: "Puppet".to_owned(),
            source: "scripted",
            efforts: Vec::new(),
            default_effort: None,
            context_window: 1_000,
            max_tokens: 100,
            prices: Prices::default(),
        };
        self.start([Model::new(card, Arc::new(self.puppet.clone()))].into_iter().collect());
    }

    /// Starts a runner whose one model plays the script that comes with the program.
    pub(crate) fn run_scripted(&mut self) {
        self.start(Catalogue::built_in());
    }

    fn start(&mut self, catalogue: Catalogue) {
        let tools = ServerTools::new(tool::Settings::default()).unwrap();
        let name = WorkerId::new("node-1").unwrap();
        let (store, settings) = (self.store.clone(), RunnerSettings::default());
        self.runner =
            Some(Runner::start(store, Arc::new(catalogue), Arc::new(tools), name, settings));
    }

    /// Ends store and runner in good order.
    pub(crate) async fn close(self) {
        self.store.release_pollers();
        if let Some(runner) = self.runner {
            runner.ended().await;
        }
        self.store.close().await;
    }

    pub(crate) async fn send(&self, events: Vec<Incoming>) -> Vec<Event> {
        let Session { account, id: session, environment, .. } = self.session;
        let send = SendEvents {
            account,
            session,
            environment,
            events,
            claim: None,
            projection: Projection::Empty,
            traceparent: None,
        };
        self.store.submit(send).await.unwrap()
    }

    pub(crate) async fn say(&self, words: &str) {
        self.send(vec![Incoming::Message { content: Json::text(words) }]).await;
    }

    pub(crate) async fn answer(&self, call: EventId, words: &str) {
        let content = Some(Json::text(words));
        let answer = Answer { call, content, is_error: Some(false) };
        self.send(vec![Incoming::ToolResult(answer)]).await;
    }

    pub(crate) async fn log(&self) -> Log {
        let logs = self.store.views().logs(vec![self.session.id]).await.unwrap();
        logs.get(&self.session.id).cloned().unwrap()
    }

    /// Waits until the log is as the test wants it.
    pub(crate) async fn until(&self, fits: impl Fn(&Log) -> bool) -> Log {
        let mut watch = self.store.watchers().subscribe(self.session.id);
        loop {
            let log = self.log().await;
            if fits(&log) {
                return log;
            }
            watch.changed().await;
        }
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.store.views().events_from(self.session.id, 0, 1_000).await.unwrap().items
    }

    /// The kinds of events from a place on.
    pub(crate) async fn told(&self, from: usize) -> Vec<&'static str> {
        self.events().await.iter().skip(from).map(|event| event.kind.as_str()).collect()
    }
}

fn settings(clock: &Clock) -> Settings {
    Settings { clock: clock.clone(), seed: Some(1), ..Settings::default() }
}

/// An answer of words alone.
pub(crate) fn words(text: &str) -> Play {
    Play::Say(vec![Ok(piece(text)), Ok(Chunk::Done(Stop::EndTurn))])
}

pub(crate) fn piece(text: &str) -> Chunk {
    Chunk::TextDelta { index: 0, text: text.to_owned() }
}

/// An answer that calls `bash`.
pub(crate) fn calls_bash() -> Play {
    let input = json!({ "command": "ls" });
    let call = Chunk::ToolUse { id: "toolu_1".to_owned(), name: "bash".to_owned(), input };
    Play::Say(vec![Ok(call), Ok(Chunk::Done(Stop::ToolUse))])
}

/// What a viewer sees next.
pub(crate) async fn spoken(viewer: &mut Viewer) -> Preview {
    match viewer.next().await {
        Glimpse::Piece(shown) => shown.preview,
        Glimpse::Gap => panic!("the viewer did not keep up"),
    }
}
