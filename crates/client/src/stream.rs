//! A session's events as they happen (events §5): one connection, read event by event.
//!
//! A connection may be cut at any time. [`Follower`] goes on then; an [`EventStream`] just ends.

mod follower;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use leasehold_sse::{Decoder, Frame};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Response};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, StreamFault};
use crate::event::Event;
use crate::{Client, Result};

pub use follower::{Follower, Start, Step};

/// How long nothing may come. A server says that it lives every 15 s (events §5).
const SILENCE: Duration = Duration::from_secs(50);

/// What is held at most of a frame that is not complete. Events are as large as the body that
/// brought them, which a server takes up to 32 MiB of, and JSON may write them longer.
const FRAME_LIMIT: usize = 64 << 20;

/// Whether messages are shown while they are being written (events §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previews {
    /// Only whole events come.
    Off,
    /// A message comes piece by piece, and then as a whole.
    On,
}

/// An open stream.
#[derive(Debug)]
pub struct EventStream {
    client: Client,
    response: Response,
    decoder: Decoder,
    /// What came and is not decoded yet.
    chunk: Bytes,
    heard: Instant,
}

impl EventStream {
    /// The next event; `None` when the server ends the stream. Dropping the future loses nothing.
    ///
    /// # Errors
    /// If the connection breaks or falls silent, if the server reports an accident, or if what
    /// comes is no stream of events. Nothing can be read after it.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            while let Some(frame) = self.frame()? {
                if let Some(event) = read(frame)? {
                    return Ok(Some(event));
                }
            }
            let chunk = timeout_at(self.heard + SILENCE, self.response.chunk()).await;
            let chunk = chunk.map_err(|_| stream(StreamFault::Silent { time: SILENCE }))?;
            match chunk.map_err(|source| self.client.transport(source))? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(None),
            }
            self.heard = Instant::now();
        }
    }

    fn frame(&mut self) -> Result<Option<Frame>> {
        let mut rest: &[u8] = &self.chunk;
        let frame = self.decoder.decode(&mut rest).map_err(|error| stream(error.into()))?;
        let read = self.chunk.len() - rest.len();
        self.chunk.advance(read);
        Ok(frame)
    }
}

/// The event in a frame, if it is not a mere sign of life.
fn read(frame: Frame) -> Result<Option<Event>> {
    let Frame { id, event: name, data } = frame;
    if matches!(name.as_deref(), Some("ping" | "heartbeat")) {
        return Ok(None);
    }
    let json: Map<String, Value> =
        serde_json::from_str(&data).map_err(|error| stream(StreamFault::NotAnEvent(error)))?;
    let mut json = Value::Object(json);
    if let (Some(name), None) = (name, json.get("type")) {
        json["type"] = name.into();
    }
    match json["type"].as_str().unwrap_or_default() {
        "error" => return Err(stream(reported(&json))),
        // The id of such a frame is that of the event to come.
        "event_start" | "event_delta" => {}
        _ => {
            if let (Some(id), None) = (id, json.get("id")) {
                json["id"] = id.into();
            }
        }
    }
    Ok(Some(json.into()))
}

fn reported(json: &Value) -> StreamFault {
    let member = |name| json["error"][name].as_str().map(str::to_owned);
    StreamFault::Reported {
        kind: member("type").unwrap_or_else(|| "unknown".to_owned()),
        message: member("message").unwrap_or_else(|| "The server gave no reason".to_owned()),
    }
}

fn stream(fault: StreamFault) -> Error {
    Error::Stream { fault }
}

impl Client {
    /// Opens a session's stream, at the first event after the one named, or else at what happens
    /// from now on. Only Q knows the former (events §5.1).
    pub async fn stream_events(
        &self,
        session_id: &str,
        previews: Previews,
        after: Option<&str>,
    ) -> Result<EventStream> {
        let request = self.cloud(Method::GET, &["sessions", session_id, "events", "stream"])?;
        let mut request = request.header(ACCEPT, "text/event-stream");
        if let Some(after) = after {
            if after.is_empty() || !after.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::Argument { name: "an event's id", value: after.to_owned() });
            }
            request = request.header("last-event-id", after);
        }
        if previews == Previews::On {
            request = request.query(&[("event_deltas[]", "agent.message")]);
        }
        let response = self.open(request).await?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !content_type.starts_with("text/event-stream") {
            let content_type = content_type.to_owned();
            return Err(stream(StreamFault::NotAStream { content_type }));
        }
        Ok(EventStream {
            client: self.clone(),
            response,
            decoder: Decoder::new(FRAME_LIMIT),
            chunk: Bytes::new(),
            heard: Instant::now(),
        })
    }
}
