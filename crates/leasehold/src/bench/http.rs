//! A bare HTTP/1.1 client connection, as light as the load generator needs it.
//!
//! It shares two cores with the server it measures, so it sends bytes that were built beforehand and
//! reads no more of an answer than the status, the length and the body. It knows keep-alive and
//! `Content-Length`; it knows no chunked bodies, no pipelining, no redirects and no TLS.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

/// Room for an answer at first; it grows when an answer is longer.
const FIRST_ROOM: usize = 4 * 1024;
/// The longest answer that is read, in bytes: the metrics page is the longest of all.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// One kept-alive connection with at most one request under way.
pub(crate) struct Connection {
    stream: TcpStream,
    incoming: Vec<u8>,
    filled: usize,
}

/// An answer, borrowed from its connection until the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    /// HTTP status, such as 200.
    pub(crate) status: u16,
    /// The whole body.
    pub(crate) body: &'a [u8],
}

/// What the head of an answer says about the rest.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Length of status line and headers with the empty line, in bytes.
    length: usize,
    body: usize,
}

impl Connection {
    /// Connects without Nagle's delay.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("could not connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, incoming: vec![0; FIRST_ROOM], filled: 0 })
    }

    /// Sends one whole request and reads the whole answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends one whole request; the answer must be read before the next.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.filled = 0;
        let mut rest = request;
        while !rest.is_empty() {
            let stream = &mut self.stream;
            let written = poll_fn(|context| Pin::new(&mut *stream).poll_write(context, rest))
                .await
                .context("could not send a request")?;
            rest = &rest[written..];
        }
        Ok(())
    }

    /// Reads the whole answer to the request that was sent.
    pub(crate) async fn receive(&mut self) -> Result<Reply<'_>> {
        let mut head = None;
        loop {
            if head.is_none() {
                head = Head::parse(&self.incoming[..self.filled])?;
            }
            if let Some(Head { status, length, body }) = head {
                let whole = length + body;
                if self.filled == whole {
                    return Ok(Reply { status, body: &self.incoming[length..whole] });
                }
                if self.filled > whole {
                    bail!("the server sent more than one answer to a request");
                }
                if whole > LONGEST_ANSWER {
                    bail!("the server announced an answer of {body} bytes");
                }
            }
            self.read_more().await?;
        }
    }

    /// Reads what has come. Goes through `poll_read`, which knows from a short read that the socket
    /// is empty and so saves the second system call that `try_read` would need to find out.
    async fn read_more(&mut self) -> Result<()> {
        if self.filled == self.incoming.len() {
            if self.filled >= LONGEST_ANSWER {
                bail!("the server's answer has no end");
            }
            self.incoming.resize(self.filled * 4, 0);
        }
        let stream = &mut self.stream;
        let mut room = ReadBuf::new(&mut self.incoming[self.filled..]);
        poll_fn(|context| Pin::new(&mut *stream).poll_read(context, &mut room))
            .await
            .context("could not read an answer")?;
        let read = room.filled().len();
        if read == 0 {
            bail!("the server closed the connection");
        }
        self.filled += read;
        Ok(())
    }
}

impl Reply<'_> {
    /// The body of a success, or an error that says what was tried and what came back.
    pub(crate) fn success(&self, what: &str) -> Result<&[u8]> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(300)]);
        bail!("{what} was answered {}: {body}", self.status)
    }
}

impl Head {
    /// `None` until the empty line has come.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let mut status = None;
        let mut body = None;
        let mut start = 0;
        while let Some(end) = bytes[start..].iter().position(|byte| *byte == b'\n') {
            let line = bytes[start..start + end].trim_ascii_end();
            start += end + 1;
            if status.is_none() {
                status = Some(status_of(line)?);
            } else if line.is_empty() {
                let (Some(status), Some(body)) = (status, body) else {
                    bail!("the server sent an answer without Content-Length");
                };
                return Ok(Some(Self { status, length: start, body }));
            } else if let Some(value) = header(line, b"content-length") {
                body = Some(
                    number(value).context("the server sent a Content-Length that is no number")?,
                );
            }
        }
        Ok(None)
    }
}

fn status_of(line: &[u8]) -> Result<u16> {
    let digits = line.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(number);
    digits
        .and_then(|status| u16::try_from(status).ok())
        .with_context(|| format!("not an HTTP/1.1 answer: {}", String::from_utf8_lossy(line)))
}

/// The value of the header `name` (lower case), if the line is that header.
fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The text of the first JSON member `"name":"text"` in a compact body. Finds it by its bytes, since
/// parsing every answer would cost the server's share of the processor. Texts with escapes are not
/// understood: ids and instants have none.
pub(crate) fn text_member<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let name = name.as_bytes();
    let mut rest = body;
    loop {
        let quote = rest.iter().position(|byte| *byte == b'"')?;
        rest = &rest[quote + 1..];
        let value = rest.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"\":"));
        if let Some(value) = value {
            let text = value.trim_ascii_start().strip_prefix(b"\"")?;
            let end = text.iter().position(|byte| *byte == b'"')?;
            return Some(&text[..end]);
        }
    }
}

#[cfg(test)]
mod tests;
