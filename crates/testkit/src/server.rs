//! The server: a fresh store for each test, with one account and its administrator's token.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use leasehold_api::{Api, Metrics, Settings, secret};
use leasehold_model::Timestamp;
use leasehold_model::token::ops::Bootstrap;
use leasehold_store::memory::{self, Faults};
use leasehold_store::{Clock, Store, sqlite};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Client, Dialect, Runner, models};

/// Where every test begins: 2026-07-02T09:20:00.004310Z. The fraction shows where a stamp is cut.
const START: Timestamp = Timestamp::from_micros(1_782_984_000_004_310);

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The reference.
    Memory,
    /// The one for use, in a temporary folder.
    Sqlite,
}

/// A server that nobody else uses.
pub struct TestServer {
    api: Api,
    clock: Clock,
    administrator: String,
    backend: Backend,
    /// An agent of each caller, by bearer token.
    agents: Mutex<HashMap<String, String>>,
    // Removed with everything in it when the test is over.
    _folder: Option<TempDir>,
}

/// Runs a test on a fresh server of each backend.
pub async fn on_each_backend(test: impl AsyncFn(&TestServer)) {
    for backend in [Backend::Memory, Backend::Sqlite] {
        let server = TestServer::start(backend).await;
        test(&server).await;
        server.close().await;
    }
}

impl TestServer {
    /// A server with a manual clock.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Self::clock(), Self::settings()).await
    }

    /// The settings of a server that a test starts without any of its own: with [`models()`].
    pub fn settings() -> Settings {
        Settings { models: models(), ..Settings::default() }
    }

    /// A manual clock that stands where every test begins.
    pub fn clock() -> Clock {
        Clock::manual(START)
    }

    /// A server with a clock and settings of the test's own.
    pub async fn start_with(backend: Backend, clock: Clock, settings: Settings) -> Self {
        let metrics = Metrics::new();
        let of_store = of_store(&clock, &metrics);
        let (store, folder) = match backend {
            Backend::Memory => (memory::open(of_store).expect("a store in memory"), None),
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let path = folder.path().join("leasehold.db");
                (sqlite::open(&path, of_store).expect("a new data file"), Some(folder))
            }
        };
        Self::furnish(store, clock, metrics, settings, (backend, folder)).await
    }

    /// A server in memory whose commits can be made to fail.
    pub async fn start_faulty() -> (Self, Faults) {
        let (clock, metrics) = (Self::clock(), Metrics::new());
        let opened = memory::open_with_faults(of_store(&clock, &metrics));
        let (store, faults) = opened.expect("a store in memory");
        let place = (Backend::Memory, None);
        (Self::furnish(store, clock, metrics, Self::settings(), place).await, faults)
    }

    async fn furnish(
        store: Store,
        clock: Clock,
        metrics: Metrics,
        settings: Settings,
        (backend, folder): (Backend, Option<TempDir>),
    ) -> Self {
        let administrator = secret::account_token().expect("random bytes");
        let first = Bootstrap { name: "default".to_owned(), hash: secret::hash(&administrator) };
        assert!(store.submit(first).await.expect("the first account"), "the store was not empty");
        let api = Api::new(store, metrics, settings);
        let agents = Mutex::default();
        Self { api, clock, administrator, backend, agents, _folder: folder }
    }

    /// The application.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The store behind it.
    pub fn store(&self) -> &Store {
        self.api.store()
    }

    /// What the test runs on.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn known_agent(&self, bearer: &str) -> Option<String> {
        self.agents.lock().expect("no test panics here").get(bearer).cloned()
    }

    pub(crate) fn know_agent(&self, bearer: String, agent: String) {
        self.agents.lock().expect("no test panics here").insert(bearer, agent);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        assert!(self.clock.advance(by).is_some(), "the clock is not a manual one");
    }

    /// Moves the clock forward by whole seconds.
    pub fn advance_seconds(&self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }

    /// The first account's administrator, in a dialect.
    pub fn client(&self, dialect: Dialect) -> Client<'_> {
        Client::new(self, dialect, Some(self.administrator.clone()))
    }

    /// The first account in dialect Q.
    pub fn q(&self) -> Client<'_> {
        self.client(Dialect::Q)
    }

    /// The first account in dialect A.
    pub fn a(&self) -> Client<'_> {
        self.client(Dialect::A)
    }

    /// The first account on the native paths.
    pub fn native(&self) -> Client<'_> {
        self.client(Dialect::Native)
    }

    /// Somebody without a credential at the root of all paths.
    pub fn anybody(&self) -> Client<'_> {
        Client::new(self, Dialect::None, None)
    }

    /// The first account's id.
    pub async fn account(&self) -> String {
        let all = self.native().get("/accounts").await.expect(200);
        all["data"].as_array().and_then(|all| all.last()).map(id_of).expect("the first account")
    }

    /// Another account's token with all scopes but `admin`.
    pub async fn stranger(&self) -> String {
        let body = json!({"name": "stranger"});
        let account = id_of(&self.native().post("/accounts", body).await.expect(201));
        let body = json!({"name": "stranger's", "account_id": account});
        text(&self.native().post("/tokens", body).await.expect(201), "token")
    }

    /// A token of the first account with these scopes alone.
    pub async fn token(&self, scopes: &[&str]) -> String {
        let body = json!({"name": "scoped", "scopes": scopes});
        text(&self.native().post("/tokens", body).await.expect(201), "token")
    }

    /// A key of an environment.
    pub async fn key(&self, environment: &str) -> String {
        let path = format!("/environments/{environment}/keys");
        let made = self.native().post(path, json!({"name": "worker"})).await.expect(201);
        text(&made, "key")
    }

    /// Takes the oldest turn that waits, to play the runner of it.
    pub async fn runner(&self) -> Runner<'_> {
        Runner::take(self).await
    }

    /// Closes the store, as at the end of a server.
    pub async fn close(self) {
        self.api.store().clone().close().await;
    }
}

fn of_store(clock: &Clock, metrics: &Metrics) -> leasehold_store::Settings {
    let observer = metrics.observer();
    leasehold_store::Settings { clock: clock.clone(), seed: Some(7), observer }
}

/// The `id` of an object.
pub(crate) fn id_of(object: &Value) -> String {
    text(object, "id")
}

/// A member that is a string.
pub(crate) fn text(object: &Value, member: &str) -> String {
    let text = object[member].as_str();
    assert!(text.is_some(), "no text '{member}' in {object}");
    text.unwrap_or_default().to_owned()
}
