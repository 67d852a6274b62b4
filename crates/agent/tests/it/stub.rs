//! A server that gives prepared answers, one for each connection, and writes down what it was asked.
//!
//! It writes bytes and not responses, since half of what it must do no HTTP library does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// One prepared answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: &'static str,
    headers: &'static str,
    /// Each is written and flushed by itself.
    pieces: Vec<Vec<u8>>,
    ending: Ending,
}

/// What follows the last piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// A body that is complete.
    Complete,
    /// A connection that breaks.
    Cut,
    /// Nothing, for ever.
    Silence,
    /// Not even a head.
    Deaf,
}

impl Answer {
    /// A whole stream.
    pub(crate) fn stream(text: &str) -> Self {
        let headers = "content-type: text/event-stream; charset=utf-8\r\n";
        let pieces = vec![text.as_bytes().to_vec()];
        Self { status: "200 OK", headers, pieces, ending: Ending::Complete }
    }

    /// A refusal with a JSON body.
    pub(crate) fn refusal(status: &'static str, body: &str) -> Self {
        let pieces = vec![body.as_bytes().to_vec()];
        let headers = "content-type: application/json\r\n";
        Self { status, headers, pieces, ending: Ending::Complete }
    }

    /// An answer of any kind.
    pub(crate) fn plain(status: &'static str, headers: &'static str, body: &str) -> Self {
        Self { headers, ..Self::refusal(status, body) }
    }

    /// A server that takes the request and says nothing.
    pub(crate) fn deaf() -> Self {
        Self { ending: Ending::Deaf, ..Self::stream("") }
    }

    pub(crate) fn header(mut self, headers: &'static str) -> Self {
        self.headers = headers;
        self
    }

    /// The stream breaks after `bytes` bytes.
    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        for piece in &mut self.pieces {
            piece.truncate(bytes);
        }
        self.ending = Ending::Cut;
        self
    }

    /// The server stays silent after what it has written.
    pub(crate) fn then_silence(mut self) -> Self {
        self.ending = Ending::Silence;
        self
    }

    /// The bytes come one by one.
    pub(crate) fn byte_by_byte(mut self) -> Self {
        self.pieces = self.pieces.concat().chunks(1).map(<[u8]>::to_vec).collect();
        self
    }
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// The request line and the headers, in small letters.
    pub(crate) head: String,
    /// The JSON body.
    pub(crate) body: serde_json::Value,
}

/// The server.
pub(crate) struct Stub {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    hung_up: mpsc::UnboundedReceiver<()>,
}

impl Stub {
    /// A server with an answer for each request; further ones are refused with 418.
    pub(crate) async fn playing(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
        Self::answering(move |_| {
            let answer = answers.lock().unwrap().pop_front();
            answer.unwrap_or_else(|| Answer::refusal("418 I'm a teapot", "{}"))
        })
        .await
    }

    /// A server that finds an answer to each request.
    pub(crate) async fn answering(find: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (gone, hung_up) = mpsc::unbounded_channel();
        let (log, find) = (Arc::clone(&heard), Arc::new(find));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&find), Arc::clone(&log), gone.clone()));
            }
        });
        Self { url, heard, hung_up }
    }

    /// What it was asked.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until a client has closed a connection on which the server was silent.
    pub(crate) async fn hung_up(&mut self) {
        self.hung_up.recv().await.unwrap();
    }
}

async fn serve(
    mut stream: TcpStream,
    find: Arc<impl Fn(&Heard) -> Answer>,
    log: Arc<Mutex<Vec<Heard>>>,
    gone: mpsc::UnboundedSender<()>,
) {
    let Some(heard) = read(&mut stream).await else { return };
    let Answer { status, headers, pieces, ending } = find(&heard);
    log.lock().unwrap().push(heard);
    if ending != Ending::Deaf {
        let head = format!(
            "HTTP/1.1 {status}\r\n{headers}transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            if stream.write_all(&chunk).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    }
    match ending {
        Ending::Complete => {
            if stream.write_all(b"0\r\n\r\n").await.is_ok() {
                drop(stream.shutdown().await);
            }
        }
        Ending::Cut => {}
        Ending::Silence | Ending::Deaf => {
            let mut rest = [0; 64];
            while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
            gone.send(()).unwrap_or_default();
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let (head, mut body) = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            break (String::from_utf8_lossy(&bytes).to_lowercase(), body);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    while body.len() < length.unwrap_or(0) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Heard { head, body: serde_json::from_slice(&body).unwrap_or_default() })
}
