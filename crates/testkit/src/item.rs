//! One work item and what workers do with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::server::text;
use crate::{Client, Reply, Request};

/// A work item as one caller sees it.
#[derive(Clone)]
pub struct Item<'a> {
    /// Who asks.
    pub client: Client<'a>,
    /// In whose queue it stands.
    pub environment: String,
    /// Which agent its session runs.
    pub agent: String,
    /// What it is for.
    pub session: String,
    /// Its own id.
    pub id: String,
}

impl<'a> Item<'a> {
    /// The same item as somebody else sees it.
    #[must_use]
    pub fn seen_by(&self, client: &Client<'a>) -> Self {
        Self { client: client.clone(), ..self.clone() }
    }

    /// The same item with another credential.
    #[must_use]
    pub fn with(&self, bearer: &str) -> Self {
        self.seen_by(&self.client.with(bearer))
    }

    /// The path of the queue.
    pub fn queue(&self) -> String {
        format!("/environments/{}/work", self.environment)
    }

    /// The path of the item.
    pub fn path(&self) -> String {
        format!("{}/{}", self.queue(), self.id)
    }

    /// Retrieves it.
    pub fn get(&self) -> Request<'a> {
        self.client.get(self.path())
    }

    /// What it is now.
    pub async fn now(&self) -> Value {
        self.get().await.expect(200)
    }

    /// Polls its queue, taking what was delivered before as well.
    pub fn poll(&self) -> Request<'a> {
        self.client.get(format!("{}/poll?reclaim_older_than_ms=1", self.queue()))
    }

    /// Polls its queue and hands out the claim token that came with the item.
    pub async fn take(&self) -> String {
        let polled = self.poll().await.expect(200);
        assert_eq!(polled["id"], self.id.as_str(), "another item or none was delivered");
        let secret = URL_SAFE_NO_PAD.decode(text(&polled, "secret")).expect("base64url");
        let payload: Value = serde_json::from_slice(&secret).expect("JSON in the secret");
        text(&payload, "sessions_token")
    }

    /// Accepts it.
    pub fn ack(&self) -> Request<'a> {
        self.client.call(format!("{}/ack", self.path()))
    }

    /// Beats with a query string that begins with `?`, or an empty one.
    pub fn beat(&self, query: &str) -> Request<'a> {
        self.client.call(format!("{}/heartbeat{query}", self.path()))
    }

    /// Beats for the first time.
    pub fn first_beat(&self) -> Request<'a> {
        self.beat("?expected_last_heartbeat=NO_HEARTBEAT")
    }

    /// Beats with the echo of a beat.
    pub fn echo(&self, beat: &str) -> Request<'a> {
        self.beat(&format!("?expected_last_heartbeat={beat}"))
    }

    /// Asks for a graceful stop.
    pub fn stop(&self) -> Request<'a> {
        self.client.post(format!("{}/stop", self.path()), json!({}))
    }

    /// Asks for a stop at once.
    pub fn force_stop(&self) -> Request<'a> {
        self.client.post(format!("{}/stop", self.path()), json!({"force": true}))
    }

    /// Accepts it and beats once; the beat.
    pub async fn hold(&self) -> String {
        self.ack().await.expect(200);
        beat_of(&self.first_beat().await)
    }
}

/// The value to echo after a beat that was accepted.
fn beat_of(reply: &Reply) -> String {
    let body = reply.expect(200);
    assert_eq!(body["lease_extended"], true, "{body}");
    text(&body, "last_heartbeat")
}
