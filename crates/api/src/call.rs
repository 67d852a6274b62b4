//! A request on its way through a handler, and the reply that comes back.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use leasehold_model::agent::Agent;
use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::environment::Facts;
use leasehold_model::environment::config::Kind;
use leasehold_model::id::{self, Id};
use leasehold_model::idempotency::{Fingerprint, Keyed, Once, ResponseKey, StoredResponse};
use leasehold_model::refusal::Resource;
use leasehold_model::session::Session;
use leasehold_model::session::ops::Held;
use leasehold_model::work::{Caller, WorkerId};
use leasehold_model::{AccountId, AgentId, EnvironmentId, Op, Refusal, WorkId};
use leasehold_store::{Listing, Views};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use crate::agent::{Manner, Reader};
use crate::app::Api;
use crate::auth::Principal;
use crate::body::{self, Invalid};
use crate::dispatch::Node;
use crate::failure::{Failure, Problem};
use crate::query::Query;
use crate::request_id::RequestId;
use crate::route::Route;

/// What a handler gives back.
pub(crate) type Outcome = Result<Reply, Failure>;

/// A request whose caller is known and whose body is read.
pub(crate) struct Call {
    pub(crate) app: Api,
    pub(crate) route: &'static Route,
    pub(crate) node: &'static Node,
    pub(crate) principal: Principal,
    pub(crate) request_id: RequestId,
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    /// The idempotency key and what it stands for, if the request has one that counts.
    pub(crate) key: Option<(ResponseKey, Fingerprint)>,
}

impl Call {
    /// What can be read.
    pub(crate) fn views(&self) -> &dyn Views {
        self.app.store().views()
    }

    /// A parameter of the path, decoded; `None` if it is not UTF-8.
    pub(crate) fn segment(&self, name: &str) -> Option<Cow<'_, str>> {
        let place = self.node.place(name)?;
        let raw = self.parts.uri.path().split('/').nth(place)?;
        percent_decode_str(raw).decode_utf8().ok()
    }

    /// An id in the path; `None` if it is not well formed, which is a 404 (conventions §13).
    pub(crate) fn id<K: id::Kind>(&self, name: &str) -> Option<Id<K>> {
        Id::parse(&self.segment(name)?)
    }

    /// The query string.
    pub(crate) fn query(&self) -> Query<'_> {
        Query::new(self.parts.uri.query())
    }

    /// The body as a JSON object; none at all is an empty one.
    pub(crate) fn json(&self) -> Result<Value, Invalid> {
        body::object(&self.body)
    }

    /// The same, with something mended in it first.
    pub(crate) fn mended_json(&self, mend: impl FnOnce(&mut Value)) -> Result<Value, Invalid> {
        body::mended(&self.body, mend)
    }

    /// Whether the client asks for a stream of events where it could have a list (events §1).
    pub(crate) fn accepts_events(&self) -> bool {
        let accepted = self.parts.headers.get_all(ACCEPT).iter();
        accepted.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(',')).any(
            |kind| {
                let kind = kind.split(';').next().unwrap_or_default().trim();
                kind.eq_ignore_ascii_case("text/event-stream")
            },
        )
    }

    /// The name that the worker gives itself (work §6.1).
    pub(crate) fn worker(&self) -> Result<Option<WorkerId>, Invalid> {
        let headers = &self.parts.headers;
        let named = ["worker-id", "anthropic-worker-id"].into_iter().find_map(|name| {
            headers.get(name).filter(|value| !value.as_bytes().trim_ascii().is_empty())
        });
        let Some(value) = named else { return Ok(None) };
        let worker = value.to_str().ok().and_then(|name| WorkerId::new(name.trim()));
        worker.map(Some).ok_or_else(|| {
            Invalid::said("Worker-ID", "Header 'Worker-ID' must be 1-256 visible ASCII characters.")
        })
    }

    /// Who calls, as far as a claim is concerned.
    pub(crate) fn caller(&self) -> Result<Caller, Invalid> {
        let claim = match self.principal {
            Principal::Account { .. } | Principal::Key { .. } => None,
            Principal::Claim(claim) => Some(claim.delivery),
        };
        Ok(Caller { claim, worker: self.worker()? })
    }

    /// The W3C trace context that the request came with; an odd one is dropped.
    pub(crate) fn traceparent(&self) -> Option<Box<str>> {
        let value = self.parts.headers.get("traceparent")?.to_str().ok()?;
        is_traceparent(value).then(|| value.into())
    }

    /// Lets in whoever the route takes; for paths without an environment or a session.
    ///
    /// # Errors
    /// 403 for anybody else.
    pub(crate) fn authorize(&self) -> Result<AccountId, Failure> {
        if !self.route.access.admits(&self.principal) {
            return Err(Failure::forbidden());
        }
        Ok(self.principal.account())
    }

    /// The environment in the path, once it is clear that the caller may do this in it: 404, then
    /// 403 (conventions §4.2).
    pub(crate) async fn environment(&self) -> Result<(EnvironmentId, Facts), Failure> {
        let named = self.id("environment_id");
        let bound = match self.principal {
            Principal::Account { .. } => None,
            Principal::Key { environment, .. } => Some(environment),
            Principal::Claim(claim) => Some(claim.environment),
        };
        if self.route.dialect.hides_unknown && bound.is_some() && bound != named {
            return Err(Failure::forbidden());
        }
        let missing = || Failure::not_found(Resource::Environment);
        let id = named.ok_or_else(missing)?;
        let facts = self.views().facts(id).await?.ok_or_else(missing)?;
        let foreign = facts.account != self.principal.account();
        if foreign || bound.is_some_and(|bound| bound != id) {
            return Err(Failure::forbidden());
        }
        self.authorize()?;
        Ok((id, facts))
    }

    /// The environment in the path, if it has a queue of work: else 400 (work §4).
    pub(crate) async fn queue(&self) -> Result<EnvironmentId, Failure> {
        let (id, facts) = self.environment().await?;
        match facts.kind {
            Kind::SelfHosted => Ok(id),
            Kind::Cloud => {
                let message = "This operation needs a self_hosted environment.";
                Err(Problem::invalid(message).param("environment_id").into())
            }
        }
    }

    /// The item in the path, which need not exist. A claim token is good for its own item alone.
    pub(crate) fn work(&self) -> Result<WorkId, Failure> {
        let named = self.id("work_id");
        match self.principal {
            Principal::Account { .. } | Principal::Key { .. } => {}
            Principal::Claim(claim) if named == Some(claim.work) => {}
            Principal::Claim(_) => return Err(Failure::forbidden()),
        }
        named.ok_or(Failure::not_found(Resource::Work))
    }

    /// The agent in the path, which need not exist; that it is the caller's is for the rules to say.
    pub(crate) fn agent(&self) -> Result<(AccountId, AgentId), Failure> {
        let account = self.authorize()?;
        let id = self.id("agent_id").ok_or_else(|| Failure::not_found(Resource::Agent))?;
        Ok((account, id))
    }

    /// The caller's agent of this id, as it is now; another account's is as good as none
    /// (agents §8).
    pub(crate) async fn found_agent(&self) -> Result<Agent, Failure> {
        let (account, id) = self.agent()?;
        let found = self.views().agent(id).await?.filter(|agent| agent.account == account);
        found.ok_or_else(|| Failure::not_found(Resource::Agent))
    }

    /// The agent that the path and the query's `version` name.
    pub(crate) async fn agent_at_version(&self) -> Result<Agent, Failure> {
        let agent = self.found_agent().await?;
        let Some(number) = self.query().integer("version")? else { return Ok(agent) };
        if number < 1 {
            return Err(Invalid::new("version", "must be a positive integer").into());
        }
        let missing = || Failure::not_found(Resource::Agent);
        let number = u32::try_from(number).map_err(|_| missing())?;
        let version = self.views().agent_version(agent.id, number).await?.ok_or_else(missing)?;
        Ok(agent.at(version))
    }

    /// Reads what a body says of an agent, in the manner of a dialect.
    pub(crate) fn reader(&self, manner: &'static Manner) -> Reader<'_> {
        Reader { manner, models: &self.app.settings().models }
    }

    /// The session in the path, once it is clear that the caller may do this with it. An environment
    /// key reaches the sessions of its environment, a claim that stands its own.
    pub(crate) async fn session(&self) -> Result<Session, Failure> {
        let missing = || Failure::not_found(Resource::Session);
        let text = self.segment("session_id").ok_or_else(missing)?;
        let id = (self.route.dialect.session_id)(&text).ok_or_else(missing)?;
        let session = self.views().session(id).await?.ok_or_else(missing)?;
        let reached = match self.principal {
            Principal::Account { account, .. } => account == session.account,
            Principal::Key { environment, .. } => environment == session.environment,
            Principal::Claim(claim) => claim.session == session.id && claim.stands,
        };
        if !reached {
            return Err(Failure::forbidden());
        }
        self.authorize()?;
        Ok(session)
    }

    /// What a session holds of its agent.
    pub(crate) async fn snapshot(&self, session: &Session) -> Result<Arc<Snapshot>, Failure> {
        let named = (session.id, session.agent.clone());
        let snapshot = self.views().snapshots(vec![named]).await?.pop();
        let unknown = || Arc::new(session.agent.snapshot(None));
        Ok(snapshot.unwrap_or_else(unknown))
    }

    /// A session with what it holds of its agent and what it has come to.
    pub(crate) async fn held(&self, session: Session) -> Result<Held, Failure> {
        let agent = self.snapshot(&session).await?;
        let log = self.views().logs(vec![session.id]).await?.remove(&session.id);
        Ok(Held { session, agent, fold: log.map(|log| log.fold).unwrap_or_default() })
    }

    /// The sessions of a list, each as [`Call::held`].
    pub(crate) async fn all_held(
        &self,
        listing: Listing<Session>,
    ) -> Result<Listing<Held>, Failure> {
        let named = listing.items.iter().map(|session| (session.id, session.agent.clone()));
        let snapshots = self.views().snapshots(named.collect()).await?;
        let ids = listing.items.iter().map(|session| session.id).collect();
        let mut logs = self.views().logs(ids).await?;
        let held = |(session, agent): (Session, Arc<Snapshot>)| {
            let fold = logs.remove(&session.id).map(|log| log.fold).unwrap_or_default();
            Held { session, agent, fold }
        };
        let items = listing.items.into_iter().zip(snapshots).map(held).collect();
        Ok(Listing { items, more: listing.more })
    }

    /// Hands an operation to the store and writes its answer. With an idempotency key the answer is
    /// kept in the operation's own commit, or the kept one is given again (conventions §7).
    ///
    /// `render` must say the same whenever it is asked.
    pub(crate) async fn submit<O, F>(&self, op: O, render: F) -> Outcome
    where
        O: Op,
        F: Fn(&O::Reply) -> Reply + Send + Sync + 'static,
    {
        let store = self.app.store();
        let Some((key, fingerprint)) = self.key.clone() else {
            return Ok(render(&store.submit(op).await?));
        };
        let render = Arc::new(render);
        let kept = Arc::clone(&render);
        let (refused, envelope) = (self.route.dialect.refused, self.route.dialect.envelope);
        let request_id = self.request_id.clone();
        let once = Once {
            key,
            fingerprint,
            op,
            render: move |outcome: &Result<O::Reply, Refusal>| match outcome {
                Ok(reply) => kept(reply).kept(),
                Err(refusal) => {
                    let problem = refused(refusal);
                    let body = envelope(&problem, request_id.as_str());
                    problem.is_deterministic().then(|| (problem.status.as_u16(), body))
                }
            },
        };
        match store.submit(once).await? {
            Keyed::Now(Ok(reply)) => Ok(render(&reply)),
            Keyed::Now(Err(refusal)) => Err(refusal.into()),
            Keyed::Before(stored) => Ok(Reply::replayed(stored)),
        }
    }
}

/// An answer: a status, what is in it, and what few headers it has of its own.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is in an answer.
#[derive(Debug)]
pub(crate) enum Content {
    /// JSON, the whole of it.
    Json(Bytes),
    /// Server-Sent Events, for as long as they come.
    Events(Body),
}

impl Reply {
    /// 200 with a JSON body.
    pub(crate) fn ok<T: Serialize>(body: &T) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// A status with a JSON body.
    pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Self {
        // Wire types have string keys and write themselves; nothing in them can fail.
        Self::written(status, serde_json::to_vec(body).unwrap_or_default())
    }

    /// A status with a body that is JSON already.
    pub(crate) fn written(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, content: Content::Json(body.into()), headers: Vec::new() }
    }

    /// 200 with a stream of events, which no proxy may hold back.
    pub(crate) fn events(body: Body) -> Self {
        let unbuffered = HeaderName::from_static("x-accel-buffering");
        let (status, content) = (StatusCode::OK, Content::Events(body));
        Self { status, content, headers: Vec::new() }
            .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
            .with(unbuffered, HeaderValue::from_static("no"))
    }

    /// What is kept under an idempotency key. A stream answers a `GET`, which has none.
    fn kept(&self) -> Option<(u16, Vec<u8>)> {
        match &self.content {
            Content::Json(body) => Some((self.status.as_u16(), body.to_vec())),
            Content::Events(_) => None,
        }
    }

    /// An answer that was given before.
    pub(crate) fn replayed(stored: StoredResponse) -> Self {
        let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
        let name = HeaderName::from_static("idempotent-replayed");
        Self::written(status, stored.body).with(name, HeaderValue::from_static("true"))
    }

    /// With one more header.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Version 00 of the W3C header: `00-<32 hex>-<16 hex>-<2 hex>`, neither id all zeros.
fn is_traceparent(value: &str) -> bool {
    let is_hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |part: &str, digits: usize| is_hex(part, digits) && part.bytes().any(|b| b != b'0');
    let mut parts = value.split('-');
    parts.next() == Some("00")
        && parts.next().is_some_and(|trace| is_id(trace, 32))
        && parts.next().is_some_and(|span| is_id(span, 16))
        && parts.next().is_some_and(|flags| is_hex(flags, 2))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests;
