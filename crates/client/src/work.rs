//! Work items: poll, acknowledge, hold by heartbeats, stop.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Client, Cursor, Page, Reply, Result};

#[cfg(test)]
mod tests;

/// A work item: "this session needs a worker". Instants are RFC 3339; `None`: it did not happen.
#[derive(Clone, Debug, Deserialize)]
pub struct Work {
    /// `work_…`.
    pub id: String,
    /// The environment whose queue it is in.
    pub environment_id: String,
    /// What it is about.
    pub data: Subject,
    /// Where it stands.
    pub state: State,
    /// When it was queued first.
    pub created_at: String,
    /// When the present holder accepted it.
    pub acknowledged_at: Option<String>,
    /// When the present holder's first heartbeat came.
    pub started_at: Option<String>,
    /// The present holder's last heartbeat, with six decimals.
    pub latest_heartbeat_at: Option<String>,
    /// When it was asked to stop in good order.
    pub stop_requested_at: Option<String>,
    /// When it stopped.
    pub stopped_at: Option<String>,
    /// What its session had noted on it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Filled by a poll alone; see [`Work::claim_token`].
    pub secret: Option<SecretString>,
}

/// What a work item is about.
#[derive(Clone, Debug, Deserialize)]
pub struct Subject {
    /// The session's id.
    pub id: String,
    /// `session`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Work {
    /// The token that proves this very delivery; `None` if the item came without one.
    ///
    /// It is the only member read from the decoded `secret`, which is URL-safe base64 of JSON with
    /// or without padding (worker protocol §1.1).
    pub fn claim_token(&self) -> Option<SecretString> {
        #[derive(Deserialize)]
        struct Payload {
            sessions_token: String,
        }
        const LENIENT: GeneralPurposeConfig =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

        let engine = GeneralPurpose::new(&URL_SAFE, LENIENT);
        let bytes = engine.decode(self.secret.as_ref()?.expose_secret()).ok()?;
        let payload: Payload = serde_json::from_slice(&bytes).ok()?;
        (!payload.sessions_token.is_empty()).then(|| payload.sessions_token.into())
    }
}

/// Where a work item stands (work §3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting in the queue, handed out or not.
    Queued,
    /// Accepted by a worker that has not beaten yet.
    Starting,
    /// Held by heartbeats.
    Active,
    /// Asked to stop in good order.
    Stopping,
    /// Over for good.
    Stopped,
    /// Something that this crate does not know.
    #[serde(untagged)]
    Other(String),
}

impl State {
    /// As on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Active => "active",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Other(text) => text,
        }
    }
}

/// How to ask for work.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The name that the worker gives itself; not a credential.
    pub worker_id: Option<String>,
    /// How long the server may wait for work, 1..=999 ms; `None`: it answers at once.
    pub block: Option<Duration>,
    /// How long another worker's delivery stays its own without an acknowledgement; `None`: 5 s.
    pub reclaim_older_than: Option<Duration>,
}

/// What the caller takes for the last heartbeat: the precondition of the next one (work §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Anything; the beat has no precondition.
    Any,
    /// That there has been none.
    Nothing,
    /// The one that the server returned last, byte for byte.
    Beat(String),
}

/// A heartbeat that was accepted, or answered without extending the lease.
#[derive(Clone, Debug, Deserialize)]
pub struct Heartbeat {
    /// The instant to expect next time; empty if the item has none.
    pub last_heartbeat: String,
    /// Whether the lease now ends [`Heartbeat::ttl_seconds`] after the beat. If not, let go.
    pub lease_extended: bool,
    /// Where the item stands after the call.
    pub state: State,
    /// The length of the lease, 10..=600.
    pub ttl_seconds: u32,
}

/// How to stop an item (work §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ask the holder to finish; a second call confirms that it has.
    Graceful,
    /// Stop it now.
    Force,
}

/// What a queue looks like at this instant (work §9).
#[derive(Clone, Debug, Deserialize)]
pub struct Stats {
    /// Items that a poll could take now.
    pub depth: u64,
    /// Items handed out a moment ago and not yet acknowledged.
    pub pending: u64,
    /// RFC 3339; since when the oldest of both has waited.
    pub oldest_queued_at: Option<String>,
    /// Named workers that polled within 30 s; `None` where nobody counts.
    pub workers_polling: Option<u64>,
}

#[derive(Serialize)]
struct StopBody {
    force: bool,
}

impl Client {
    /// One page of an environment's items, oldest first, stopped ones included.
    pub async fn list_work(
        &self,
        environment_id: &str,
        cursor: &Cursor,
    ) -> Result<Reply<Page<Work>>> {
        let request = self.cloud(Method::GET, &["environments", environment_id, "work"])?;
        self.send(request.query(cursor)).await
    }

    /// One item.
    pub async fn retrieve_work(&self, environment_id: &str, work_id: &str) -> Result<Reply<Work>> {
        self.send(self.item(Method::GET, environment_id, work_id, None)?).await
    }

    /// Asks for an item; `None` if there is none. It stays queued until it is acknowledged.
    pub async fn poll_work(
        &self,
        environment_id: &str,
        poll: &Poll,
    ) -> Result<Reply<Option<Work>>> {
        let mut request =
            self.cloud(Method::GET, &["environments", environment_id, "work", "poll"])?;
        let wait = [("block_ms", poll.block), ("reclaim_older_than_ms", poll.reclaim_older_than)];
        for (name, duration) in wait {
            if let Some(duration) = duration {
                request = request.query(&[(name, duration.as_millis().to_string())]);
            }
        }
        self.send(self.named(request, poll.worker_id.as_deref())).await
    }

    /// Accepts an item that a poll handed out. Its first heartbeat must follow within 120 s.
    pub async fn ack_work(
        &self,
        environment_id: &str,
        work_id: &str,
        worker_id: Option<&str>,
    ) -> Result<Reply<Work>> {
        let request = self.item(Method::POST, environment_id, work_id, Some("ack"))?;
        self.send(self.named(request, worker_id)).await
    }

    /// Renews the lease, for `ttl` from now, 10 s to 600 s, or the server's default.
    pub async fn heartbeat_work(
        &self,
        environment_id: &str,
        work_id: &str,
        expected: &Expected,
        ttl: Option<Duration>,
    ) -> Result<Reply<Heartbeat>> {
        let mut request = self.item(Method::POST, environment_id, work_id, Some("heartbeat"))?;
        let expected = match expected {
            Expected::Any => None,
            Expected::Nothing => Some("NO_HEARTBEAT"),
            Expected::Beat(instant) => Some(instant.as_str()),
        };
        if let Some(expected) = expected {
            request = request.query(&[("expected_last_heartbeat", expected)]);
        }
        if let Some(ttl) = ttl {
            request = request.query(&[("desired_ttl_seconds", ttl.as_secs())]);
        }
        self.send(request).await
    }

    /// Stops an item.
    pub async fn stop_work(
        &self,
        environment_id: &str,
        work_id: &str,
        stop: Stop,
    ) -> Result<Reply<Work>> {
        let request = self.item(Method::POST, environment_id, work_id, Some("stop"))?;
        self.send_json(request, &StopBody { force: stop == Stop::Force }).await
    }

    /// What the queue looks like at this instant.
    pub async fn work_stats(&self, environment_id: &str) -> Result<Reply<Stats>> {
        let path = ["environments", environment_id, "work", "stats"];
        self.send(self.cloud(Method::GET, &path)?).await
    }

    fn item(
        &self,
        method: Method,
        environment_id: &str,
        work_id: &str,
        verb: Option<&str>,
    ) -> Result<RequestBuilder> {
        let mut path = vec!["environments", environment_id, "work", work_id];
        path.extend(verb);
        self.cloud(method, &path)
    }

    fn named(&self, request: RequestBuilder, worker_id: Option<&str>) -> RequestBuilder {
        match worker_id {
            Some(worker_id) => request.header(self.dialect().worker_header(), worker_id),
            None => request,
        }
    }
}
