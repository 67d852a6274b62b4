//! The parsing of answers, and a connection against a scripted peer.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::*;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length:  4\r\n\r\nnull";

#[test]
fn a_head_is_read_only_when_it_is_whole() {
    let length = ANSWER.len() - 4;
    for cut in 0..length {
        assert_eq!(Head::parse(&ANSWER[..cut]).unwrap(), None, "cut at {cut}");
    }
    let head = Head::parse(&ANSWER[..length]).unwrap();
    assert_eq!(head, Some(Head { status: 200, length, body: 4 }));
}

#[test]
fn answers_that_cannot_be_measured_are_refused() {
    assert!(Head::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    assert!(Head::parse(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").is_err());
    assert!(Head::parse(b"SSH-2.0-OpenSSH\r\n").is_err());
}

#[test]
fn a_member_is_found_by_its_name_and_not_by_a_value() {
    let body =
        br#"{"type":"last_heartbeat","last_heartbeat":"2026-07-02T09:20:03.004310Z","id":null}"#;
    let found = text_member(body, "last_heartbeat");
    assert_eq!(found, Some(&b"2026-07-02T09:20:03.004310Z"[..]));
    assert_eq!(text_member(body, "heartbeat"), None);
    assert_eq!(text_member(body, "id"), None);
    assert_eq!(text_member(br#"{"id": "work_1"}"#, "id"), Some(&b"work_1"[..]));
}

#[test]
fn a_success_gives_its_body_and_a_refusal_its_words() {
    let good = Reply { status: 201, body: b"{}" };
    assert_eq!(good.success("create").unwrap(), b"{}");
    let bad = Reply { status: 412, body: b"{\"type\":\"error\"}" };
    let error = bad.success("heartbeat").unwrap_err().to_string();
    assert_eq!(error, "heartbeat was answered 412: {\"type\":\"error\"}");
}

/// Answers each chunk list on one connection, a chunk at a time, then closes.
fn peer(answers: Vec<Vec<Vec<u8>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut request = [0; 64];
        for chunks in answers {
            assert!(stream.read(&mut request).unwrap() > 0);
            for chunk in chunks {
                stream.write_all(&chunk).unwrap();
                stream.flush().unwrap();
            }
        }
    });
    address
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_connection_is_used_again_and_its_room_grows() {
    let long = "x".repeat(3 * FIRST_ROOM);
    let second = format!("HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\n\r\n{long}", long.len());
    let address =
        peer(vec![vec![ANSWER[..20].to_vec(), ANSWER[20..].to_vec()], vec![second.into_bytes()]]);
    runtime().block_on(async {
        let mut connection = Connection::open(address).await.unwrap();
        let first = connection.exchange(b"one").await.unwrap();
        assert_eq!(first, Reply { status: 200, body: b"null" });
        let second = connection.exchange(b"two").await.unwrap();
        assert_eq!(second, Reply { status: 404, body: long.as_bytes() });
        let closed = connection.exchange(b"three").await.unwrap_err();
        assert!(!closed.to_string().is_empty());
    });
}
