//! The bytes of each call of the Work API, built once for an environment, and the connection of one
//! worker that sends them.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::http::{Connection, text_member};
use super::target::Target;

/// `work_` and 32 hexadecimal digits.
pub(crate) type WorkId = [u8; 37];
/// An instant with six decimals, as a heartbeat answers it.
pub(crate) type Beat = [u8; 27];

/// The longest lease that the API grants, in seconds: set-up of a large population takes minutes.
pub(crate) const LONGEST_TTL: u32 = 600;

/// A held item, one cache line: its id and the heartbeat that must be echoed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// Item.
    pub(crate) work: WorkId,
    /// `last_heartbeat` of the latest answer.
    pub(crate) last: Beat,
}

/// Requests of one environment. What changes from call to call is put between the parts.
pub(crate) struct Requests {
    create: Vec<u8>,
    poll: Vec<u8>,
    /// `POST …/work/`, after which the id follows.
    item: Vec<u8>,
    /// What follows the path of a call without a body.
    plain: Vec<u8>,
    /// The same for a forced stop, with its body.
    force: Vec<u8>,
}

impl Requests {
    /// Builds the requests for an environment of a server.
    pub(crate) fn new(target: &Target, environment: &str) -> Self {
        let work = format!("/api/v1/cloud/environments/{environment}/work");
        let session = target.session_body(environment);
        Self {
            create: target.request("POST", "/api/v1/cloud/sessions", "", &session),
            poll: target.request("GET", &format!("{work}/poll"), "", ""),
            item: format!("POST {work}/").into_bytes(),
            plain: target.headers("", "").into_bytes(),
            force: target.headers("", r#"{"force":true}"#).into_bytes(),
        }
    }

    /// A poll that waits, as the stock worker sends it.
    pub(crate) fn blocking_poll(target: &Target, environment: &str, worker: &str) -> Vec<u8> {
        let path = format!("/api/v1/cloud/environments/{environment}/work/poll?block_ms=999");
        target.request("GET", &path, &format!("worker-id: {worker}\r\n"), "")
    }

    /// The request that creates a session and so queues an item.
    pub(crate) fn create(&self) -> &[u8] {
        &self.create
    }
}

/// One connection with the requests of one environment.
pub(crate) struct Worker {
    connection: Connection,
    requests: Arc<Requests>,
    outgoing: Vec<u8>,
}

impl Worker {
    /// Connects.
    pub(crate) async fn open(target: &Target, requests: Arc<Requests>) -> Result<Self> {
        Ok(Self { connection: target.connect().await?, requests, outgoing: Vec::new() })
    }

    /// Creates a session, which queues an item.
    pub(crate) async fn create(&mut self) -> Result<()> {
        let reply = self.connection.exchange(&self.requests.create).await?;
        reply.success("creating a session")?;
        Ok(())
    }

    /// Takes the oldest waiting item; an error if there is none.
    pub(crate) async fn poll(&mut self) -> Result<WorkId> {
        let reply = self.connection.exchange(&self.requests.poll).await?;
        delivered(reply.success("poll")?)?.context("poll found no item although one was queued")
    }

    /// Accepts an item.
    pub(crate) async fn ack(&mut self, work: &WorkId) -> Result<()> {
        self.item(work, b"/ack");
        self.outgoing.extend_from_slice(&self.requests.plain);
        self.connection.exchange(&self.outgoing).await?.success("ack")?;
        Ok(())
    }

    /// First heartbeat: takes the lease.
    pub(crate) async fn claim(&mut self, work: WorkId) -> Result<Held> {
        let last = self.heartbeat(&work, b"NO_HEARTBEAT", LONGEST_TTL).await?;
        Ok(Held { work, last })
    }

    /// Makes an item and takes one: four requests. The item taken may be one that another connection
    /// made, which comes to the same.
    pub(crate) async fn take_one(&mut self) -> Result<Held> {
        self.create().await?;
        let work = self.poll().await?;
        self.ack(&work).await?;
        self.claim(work).await
    }

    /// Renews the lease of a held item with the exact echo of its latest heartbeat.
    pub(crate) async fn beat(&mut self, held: &mut Held, ttl_seconds: u32) -> Result<()> {
        held.last = self.heartbeat(&held.work, &held.last, ttl_seconds).await?;
        Ok(())
    }

    /// Ends an item at once.
    pub(crate) async fn stop(&mut self, work: &WorkId) -> Result<()> {
        self.item(work, b"/stop");
        self.outgoing.extend_from_slice(&self.requests.force);
        self.connection.exchange(&self.outgoing).await?.success("stop")?;
        Ok(())
    }

    async fn heartbeat(
        &mut self,
        work: &WorkId,
        expected: &[u8],
        ttl_seconds: u32,
    ) -> Result<Beat> {
        self.item(work, b"/heartbeat?expected_last_heartbeat=");
        self.outgoing.extend_from_slice(expected);
        self.outgoing.extend_from_slice(b"&desired_ttl_seconds=");
        push_number(&mut self.outgoing, ttl_seconds);
        self.outgoing.extend_from_slice(&self.requests.plain);
        let body = self.connection.exchange(&self.outgoing).await?;
        let last = text_member(body.success("heartbeat")?, "last_heartbeat");
        let last = last.context("a heartbeat's answer has no last_heartbeat")?;
        last.try_into().context("a heartbeat's answer has no instant with six decimals")
    }

    fn item(&mut self, work: &WorkId, verb: &[u8]) {
        self.outgoing.clear();
        self.outgoing.extend_from_slice(&self.requests.item);
        self.outgoing.extend_from_slice(work);
        self.outgoing.extend_from_slice(verb);
    }
}

/// The item of a poll's answer; `None` for `null`.
pub(crate) fn delivered(body: &[u8]) -> Result<Option<WorkId>> {
    if body == b"null" {
        return Ok(None);
    }
    match text_member(body, "id").map(WorkId::try_from) {
        Some(Ok(id)) => Ok(Some(id)),
        _ => bail!("poll was answered {}", String::from_utf8_lossy(body)),
    }
}

/// Appends a number without going through the formatting machinery.
fn push_number(out: &mut Vec<u8>, mut number: u32) {
    let start = out.len();
    loop {
        out.push(b"0123456789"[usize::try_from(number % 10).unwrap_or(0)]);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out[start..].reverse();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_order() {
        for number in [0, 7, 10, 600, 4_294_967_295] {
            let mut out = b"ttl=".to_vec();
            push_number(&mut out, number);
            assert_eq!(out, format!("ttl={number}").into_bytes());
        }
    }

    #[test]
    fn a_delivery_is_null_or_an_item() {
        assert_eq!(delivered(b"null").unwrap(), None);
        let body = br#"{"id":"work_019f5a11c0de7abc9def0123456789ab","type":"work"}"#;
        let id = delivered(body).unwrap().unwrap();
        assert_eq!(&id, b"work_019f5a11c0de7abc9def0123456789ab");
        assert!(delivered(b"{}").is_err());
    }
}
