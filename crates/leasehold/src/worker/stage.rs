//! A server that plays what a test tells it, for the tests of the worker.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use leasehold_client::Client;

/// What the server does next.
pub(super) enum Act {
    /// Answers a request and closes the connection.
    Answer(String),
    /// Refuses a request with this status.
    Refuse(u16),
    /// Answers a request with a stream that stays open.
    Stream(&'static str),
    /// Sends more on that stream.
    Tell(&'static str),
    /// Ends the stream.
    Cut,
}

pub(super) struct Stage {
    url: String,
    heard: JoinHandle<Vec<String>>,
}

impl Stage {
    /// A server that does this, one after the other.
    pub(super) fn new(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = std::thread::spawn(move || {
            let (mut heard, mut open) = (Vec::new(), None);
            for act in acts {
                match act {
                    Act::Answer(body) => {
                        let (request, mut stream) = request(&listener);
                        heard.push(request);
                        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
                        write!(stream, "{head} {}\r\n\r\n{body}", body.len()).unwrap();
                    }
                    Act::Refuse(status) => {
                        let (request, mut stream) = request(&listener);
                        heard.push(request);
                        let head = format!("HTTP/1.1 {status} No\r\nconnection: close");
                        write!(stream, "{head}\r\ncontent-length: 0\r\n\r\n").unwrap();
                    }
                    Act::Stream(frames) => {
                        let (request, mut stream) = request(&listener);
                        heard.push(request);
                        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream";
                        write!(stream, "{head}\r\n\r\n{frames}").unwrap();
                        open = Some(stream);
                    }
                    Act::Tell(frames) => {
                        let stream: &mut TcpStream = open.as_mut().unwrap();
                        stream.write_all(frames.as_bytes()).unwrap();
                    }
                    Act::Cut => open = None,
                }
            }
            heard
        });
        Self { url, heard }
    }

    /// Somebody who speaks to it.
    pub(super) fn client(&self) -> Client {
        Client::builder(&self.url, "lct-1".into()).build().unwrap()
    }

    /// What it was asked, when all is played.
    pub(super) fn heard(self) -> Vec<String> {
        self.heard.join().unwrap()
    }
}

/// A request as its method, its path behind that of the session `s`, and its body.
fn request(listener: &TcpListener) -> (String, TcpStream) {
    let mut reader = BufReader::new(listener.accept().unwrap().0);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the request was cut off");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    let line = line.replace("/api/v1/cloud/sessions/s", "");
    let body = String::from_utf8(body).unwrap();
    (format!("{line} {body}").trim_end().to_owned(), reader.into_inner())
}
