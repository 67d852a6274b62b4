//! One stream of events, read a frame at a time.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use serde_json::Value;

/// How long that is waited for which must come. It is only there so that a failure ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came on a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// `id:`
    pub id: String,
    /// `event:`
    pub name: String,
    /// `data:`, JSON on a single line.
    pub data: Value,
}

/// A stream that is open.
pub struct EventStream {
    asked: String,
    headers: HeaderMap,
    body: UnsyncBoxBody<Bytes, String>,
    /// What has come and is no whole frame yet.
    rest: String,
    frames: VecDeque<Frame>,
    heartbeats: usize,
}

impl EventStream {
    pub(crate) fn new(
        asked: String,
        headers: HeaderMap,
        body: UnsyncBoxBody<Bytes, String>,
    ) -> Self {
        let (rest, frames) = (String::new(), VecDeque::new());
        Self { asked, headers, body, rest, frames, heartbeats: 0 }
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How many comments there were between the frames so far.
    pub fn heartbeats(&self) -> usize {
        self.heartbeats
    }

    /// The next frame; `None` if the stream has ended.
    pub async fn next(&mut self) -> Option<Frame> {
        while self.frames.is_empty() && self.read_on().await {}
        self.frames.pop_front()
    }

    /// The next frame, which must come.
    pub async fn frame(&mut self) -> Frame {
        let next = self.next().await;
        assert!(next.is_some(), "{}: the stream has ended", self.asked);
        next.unwrap_or_default()
    }

    /// The names of so many frames, which must come.
    pub async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(self.frame().await.name);
        }
        names
    }

    /// All frames until the end of the stream, which must come.
    pub async fn rest(mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await {
            frames.push(frame);
        }
        assert_eq!(self.rest, "", "{}: the last frame is not whole", self.asked);
        frames
    }

    /// Waits for a comment.
    pub async fn heartbeat(&mut self) {
        let before = self.heartbeats;
        while self.heartbeats == before {
            assert!(self.read_on().await, "{}: the stream has ended", self.asked);
        }
    }

    /// Reads one more piece of the body; whether there was one.
    async fn read_on(&mut self) -> bool {
        let came = tokio::time::timeout(PATIENCE, self.body.frame()).await;
        assert!(came.is_ok(), "{}: nothing came", self.asked);
        let Some(piece) = came.unwrap_or_default() else { return false };
        let bytes = piece.expect("a body in memory").into_data().unwrap_or_default();
        self.rest.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        while let Some((frame, rest)) = self.rest.split_once("\n\n") {
            let (frame, rest) = (self.parsed(frame), rest.to_owned());
            match frame {
                Some(frame) => self.frames.push_back(frame),
                None => self.heartbeats += 1,
            }
            self.rest = rest;
        }
        true
    }

    /// A frame; `None` if it is a comment.
    fn parsed(&self, text: &str) -> Option<Frame> {
        let mut frame = Frame::default();
        let mut data = None;
        for line in text.split('\n') {
            if line.starts_with(':') {
                continue;
            }
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name {
                "id" => value.clone_into(&mut frame.id),
                "event" => value.clone_into(&mut frame.name),
                "data" => {
                    assert!(data.is_none(), "{}: two data lines", self.asked);
                    data = serde_json::from_str(value).ok();
                }
                _ => assert_eq!(line, "", "{}: an unknown line", self.asked),
            }
        }
        frame.data = data?;
        assert_eq!(frame.data["type"], frame.name.as_str(), "{}", self.asked);
        Some(frame)
    }
}
