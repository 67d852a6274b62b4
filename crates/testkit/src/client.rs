//! One caller: a dialect's prefix and a credential.

use http::Method;
use serde_json::{Value, json};

use crate::server::id_of;
use crate::{EventStream, Item, Request, TestServer};

/// Where a client's paths begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `/api/v1/cloud`
    Q,
    /// `/v1`
    A,
    /// `/leasehold/v1`
    Native,
    /// The root.
    None,
}

impl Dialect {
    /// The vendors' two.
    pub const VENDORS: [Self; 2] = [Self::Q, Self::A];

    /// What its paths begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Q => "/api/v1/cloud",
            Self::A => "/v1",
            Self::Native => "/leasehold/v1",
            Self::None => "",
        }
    }
}

/// Somebody who asks the server.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a TestServer,
    dialect: Dialect,
    bearer: Option<String>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(server: &'a TestServer, dialect: Dialect, bearer: Option<String>) -> Self {
        Self { server, dialect, bearer }
    }

    /// The server that is asked.
    pub fn server(&self) -> &'a TestServer {
        self.server
    }

    /// How it is asked.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same dialect with another credential.
    #[must_use]
    pub fn with(&self, bearer: &str) -> Self {
        Self { bearer: Some(bearer.to_owned()), ..self.clone() }
    }

    /// The same dialect without a credential.
    #[must_use]
    pub fn unnamed(&self) -> Self {
        Self { bearer: None, ..self.clone() }
    }

    /// A request whose path begins after the dialect's prefix.
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> Request<'a> {
        let uri = format!("{}{}", self.dialect.prefix(), path.as_ref());
        let request = Request::new(self.server, method, uri);
        match &self.bearer {
            Some(token) => request.bearer(token),
            None => request,
        }
    }

    /// A `GET`.
    pub fn get(&self, path: impl AsRef<str>) -> Request<'a> {
        self.request(Method::GET, path)
    }

    /// A `POST` with a JSON body.
    #[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]
    pub fn post(&self, path: impl AsRef<str>, body: Value) -> Request<'a> {
        self.request(Method::POST, path).json(&body)
    }

    /// A `POST` without a body.
    pub fn call(&self, path: impl AsRef<str>) -> Request<'a> {
        self.request(Method::POST, path)
    }

    /// A `DELETE`.
    pub fn delete(&self, path: impl AsRef<str>) -> Request<'a> {
        self.request(Method::DELETE, path)
    }

    /// The status of a create in this dialect.
    pub fn created(&self) -> u16 {
        if self.dialect == Dialect::A { 200 } else { 201 }
    }

    /// A new self-hosted environment's id.
    pub async fn environment(&self) -> String {
        self.environment_of("self_hosted").await
    }

    /// A new environment's id.
    pub async fn environment_of(&self, kind: &str) -> String {
        let body = json!({"name": "build-farm", "config": {"type": kind}});
        id_of(&self.post("/environments", body).await.expect(self.created()))
    }

    /// The id of an agent of the caller's account; the same each time.
    pub async fn agent(&self) -> String {
        let bearer = self.bearer.clone().unwrap_or_default();
        if let Some(known) = self.server.known_agent(&bearer) {
            return known;
        }
        let agent = self.new_agent().await;
        self.server.know_agent(bearer, agent.clone());
        agent
    }

    /// The id of a new agent.
    pub async fn new_agent(&self) -> String {
        id_of(
            &self
                .post("/agents", json!({"name": "reviewer", "model": "model-small"}))
                .await
                .expect(200),
        )
    }

    /// A new session's id.
    pub async fn session(&self, environment: &str) -> String {
        let body = json!({"agent": self.agent().await, "environment_id": environment});
        id_of(&self.post("/sessions", body).await.success())
    }

    /// Sends events to a session.
    #[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]
    pub fn send(&self, session: &str, events: Value) -> Request<'a> {
        self.post(self.events(session), json!({ "events": events }))
    }

    /// Sends a message of the user to a session.
    pub fn say(&self, session: &str, text: &str) -> Request<'a> {
        let content = json!([{"type": "text", "text": text}]);
        self.send(session, json!([{"type": "user.message", "content": content}]))
    }

    /// The path of a session's events, whose id may be that of either dialect.
    pub fn events(&self, session: &str) -> String {
        let (_, digits) = session.split_once('_').expect("an id");
        let prefix = if self.dialect == Dialect::A { "sesn" } else { "sess" };
        format!("/sessions/{prefix}_{digits}/events")
    }

    /// The whole log of a session.
    pub async fn log(&self, session: &str) -> Vec<Value> {
        let path = format!("{}?limit=1000", self.events(session));
        let list = self.get(path).await.expect(200);
        list["data"].as_array().cloned().unwrap_or_default()
    }

    /// Streams the events of a session from now on.
    pub async fn stream(&self, session: &str) -> EventStream {
        self.get(format!("{}/stream", self.events(session))).stream().await
    }

    /// A queued item in an environment of its own.
    pub async fn item(&self) -> Item<'a> {
        let environment = self.environment().await;
        self.item_in(&environment).await
    }

    /// A new item at the end of a queue that has fewer than a hundred.
    pub async fn item_in(&self, environment: &str) -> Item<'a> {
        let session = self.session(environment).await;
        let path = format!("/environments/{environment}/work?limit=100");
        let work = self.reader(environment).await.get(path).await.expect(200);
        let found = work["data"].as_array().into_iter().flatten();
        let id = found
            .filter(|item| item["data"]["id"] == session.as_str())
            .map(id_of)
            .next_back()
            .expect("the session's item");
        let agent = self.agent().await;
        Item { client: self.clone(), environment: environment.to_owned(), agent, session, id }
    }

    /// Who may list a queue: in A the environment's key alone (worker-protocol §1).
    async fn reader(&self, environment: &str) -> Self {
        match self.dialect {
            Dialect::A => self.with(&self.server.key(environment).await),
            Dialect::Q | Dialect::Native | Dialect::None => self.clone(),
        }
    }
}
