//! A reader of a stream of events, as light as the load generator needs it.
//!
//! It looks for the ends of frames and for the few members that a scenario asks about. The sizes of
//! chunks stand between frames and are passed over with them, since a frame is written as one chunk.

use std::future::poll_fn;
use std::ops::Range;
use std::pin::Pin;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

use super::http::text_member;
use super::target::Target;

/// Room for what comes; it grows when a frame is longer.
const FIRST_ROOM: usize = 1024;
/// The longest frame that is read, in bytes.
const LONGEST_FRAME: usize = 1024 * 1024;

/// An open stream of the events of one session.
pub(crate) struct Reader {
    stream: TcpStream,
    incoming: Vec<u8>,
    /// What has come and was not given out.
    unread: Range<usize>,
}

/// A frame, borrowed from its reader until the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a>(&'a [u8]);

impl Reader {
    /// Opens a stream and reads the head of its answer: whatever is sent from now on is seen.
    pub(crate) async fn open(target: &Target, session: &str) -> Result<Self> {
        let path = format!("/api/v1/cloud/sessions/{session}/events/stream");
        let mut stream = target.connect_raw().await?;
        let request = target.request("GET", &path, "accept: text/event-stream\r\n", "");
        stream.write_all(&request).await.context("could not ask for a stream")?;
        let mut reader = Self { stream, incoming: vec![0; FIRST_ROOM], unread: 0..0 };
        let head = reader.until(b"\r\n\r\n").await?;
        let head = &reader.incoming[head];
        if !head.starts_with(b"HTTP/1.1 200 ") {
            bail!("the stream was answered {}", String::from_utf8_lossy(head));
        }
        Ok(reader)
    }

    /// The next frame of an event; comments are passed over.
    pub(crate) async fn next(&mut self) -> Result<Frame<'_>> {
        loop {
            let frame = self.until(b"\n\n").await?;
            if !Frame(&self.incoming[frame.clone()]).kind().is_empty() {
                return Ok(Frame(&self.incoming[frame]));
            }
        }
    }

    /// Reads up to these bytes; where what precedes them lies.
    async fn until(&mut self, end: &[u8]) -> Result<Range<usize>> {
        let mut searched = self.unread.start;
        loop {
            let found = self.incoming[searched..self.unread.end]
                .windows(end.len())
                .position(|bytes| bytes == end);
            if let Some(found) = found {
                let frame = self.unread.start..searched + found;
                self.unread.start = frame.end + end.len();
                return Ok(frame);
            }
            searched = self.unread.end.saturating_sub(end.len() - 1).max(self.unread.start);
            searched -= self.make_room()?;
            self.read_more().await?;
        }
    }

    /// Sees to it that something can be read; by how much what has come was moved to the front.
    fn make_room(&mut self) -> Result<usize> {
        let moved = self.unread.start;
        self.incoming.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.end - moved;
        if self.unread.end == self.incoming.len() {
            if self.unread.end >= LONGEST_FRAME {
                bail!("a frame of the stream has no end");
            }
            self.incoming.resize(self.unread.end * 4, 0);
        }
        Ok(moved)
    }

    async fn read_more(&mut self) -> Result<()> {
        let stream = &mut self.stream;
        let mut room = ReadBuf::new(&mut self.incoming[self.unread.end..]);
        poll_fn(|context| Pin::new(&mut *stream).poll_read(context, &mut room))
            .await
            .context("could not read a stream")?;
        let read = room.filled().len();
        if read == 0 {
            bail!("the server ended a stream");
        }
        self.unread.end += read;
        Ok(())
    }
}

impl<'a> Frame<'a> {
    /// The type of its event; empty for a comment.
    pub(crate) fn kind(&self) -> &'a [u8] {
        let lines = self.0.split(|byte| *byte == b'\n');
        lines.filter_map(|line| line.strip_prefix(b"event: ")).next().unwrap_or_default()
    }

    /// The id of its event.
    pub(crate) fn id(&self) -> Result<&'a [u8]> {
        text_member(self.0, "id").context("an event of the stream has no id")
    }

    /// Whether these bytes stand in it.
    pub(crate) fn says(&self, bytes: &str) -> bool {
        self.0.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    }

    /// The whole of it, for a person.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What a reader makes of an answer that comes in these pieces.
    async fn frames(pieces: &'static [&'static str]) -> Vec<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let target = Target::new(&url, "pt-none").await.unwrap();
        let mut frames = Vec::new();
        if let Ok(mut reader) = Reader::open(&target, "sess_0").await {
            while let Ok(frame) = reader.next().await {
                frames.push(String::from_utf8_lossy(frame.kind()).into_owned());
            }
        }
        server.await.unwrap();
        frames
    }

    #[tokio::test]
    async fn frames_are_found_wherever_a_piece_ends() {
        let pieces = &[
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r",
            "\n2a\r\nid: evt_1\nevent: user.interrupt\ndata: {}\n",
            "\n\r\nd\r\n: heartbeat\n\n\r\n9\r\nid: evt_2\nev",
            "ent: session.error\ndata: {}\n\n\r\n",
        ];
        assert_eq!(frames(pieces).await, ["user.interrupt", "session.error"]);
        assert!(frames(&["HTTP/1.1 404 Not Found\r\n\r\n"]).await.is_empty());
    }

    #[test]
    fn a_frame_is_asked_for_what_it_says() {
        let frame =
            Frame(b"2a\r\nid: evt_1\nevent: a.b\ndata: {\"id\":\"evt_1\",\"x\":\"end_turn\"}");
        assert_eq!((frame.kind(), frame.id().unwrap()), (&b"a.b"[..], &b"evt_1"[..]));
        assert!(frame.says("\"end_turn\"") && !frame.says("requires_action"));
        assert_eq!(Frame(b": heartbeat").kind(), b"");
    }
}
