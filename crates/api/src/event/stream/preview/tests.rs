//! Which pieces of an answer a stream shows.

use leasehold_model::EventId;
use leasehold_model::event::{Event, Kind, Usage};
use leasehold_store::{Preview, Shown};

use super::{Pieces, Previewing, Wants};
use crate::event::tests::LENIENT;
use crate::query::Query;

fn id(number: u8) -> EventId {
    EventId::from_bytes([number; 16])
}

fn pieces(wants: Wants, request: Option<u8>, shown: &[(u8, Preview)]) -> Pieces {
    let shown = shown
        .iter()
        .map(|(request, preview)| Shown { request: id(*request), preview: preview.clone() });
    let now = Previewing { request: request.map(id), begun: Vec::new(), shown: shown.collect() };
    Pieces::new(None, wants, now)
}

/// The names of the frames of all pieces.
fn frames(pieces: &mut Pieces) -> Vec<String> {
    let mut names = Vec::new();
    while pieces.has_more() {
        let frame = pieces.next_frame(&LENIENT);
        names.extend(frame.map(|frame| {
            let text = std::str::from_utf8(&frame).unwrap().to_owned();
            text.lines().nth(1).unwrap().replace("event: ", "")
        }));
    }
    names
}

fn text(event: u8) -> Preview {
    Preview::Text { event: id(event), index: 0, text: "a".into() }
}

const BOTH: Wants = Wants { messages: true, thoughts: true };

#[test]
fn a_piece_is_shown_if_its_request_is_open_and_its_beginning_was_seen() {
    let shown = [
        (1, text(3)),
        (1, Preview::MessageStarted(id(3))),
        (1, text(3)),
        (1, text(4)),
        (2, Preview::MessageStarted(id(5))),
        (1, Preview::ThinkingStarted(id(6))),
        (1, text(6)),
    ];
    let names = frames(&mut pieces(BOTH, Some(1), &shown));
    assert_eq!(names, ["event_start", "event_delta", "event_start"], "of thoughts no text");
    assert_eq!(frames(&mut pieces(BOTH, None, &shown)), [""; 0]);
    let messages = Wants { thoughts: false, ..BOTH };
    assert_eq!(frames(&mut pieces(messages, Some(1), &shown)), ["event_start", "event_delta"]);
}

#[test]
fn the_log_says_which_request_is_open() {
    let event = |id, kind| Event { id, place: None, kind };
    let end = Kind::ModelRequestEnd { start: id(1), is_error: true, usage: Usage::default() };
    let mut pieces = pieces(BOTH, None, &[]);
    pieces.pass(&event(id(1), Kind::ModelRequestStart));
    assert_eq!(pieces.now.request, Some(id(1)));
    pieces.now.begun.push(id(3));
    pieces.pass(&event(id(9), Kind::UserInterrupt));
    assert_eq!((pieces.now.request, pieces.now.begun.len()), (Some(id(1)), 1));
    pieces.pass(&event(id(8), end));
    assert_eq!((pieces.now.request, pieces.now.begun.len()), (None, 0));
}

#[test]
fn what_is_asked_for_must_be_previewed() {
    let read = |query: &str| {
        Wants::read(Query::new(Some(query))).map_err(|invalid| invalid.param().to_owned())
    };
    assert_eq!(read("beta=true"), Ok(Wants::default()));
    assert_eq!(read("event_deltas[]=agent.message&event_deltas[]=agent.thinking"), Ok(BOTH));
    for wrong in ["agent.tool_use", "", "agent.message,agent.thinking"] {
        assert_eq!(read(&format!("event_deltas[]={wrong}")), Err("event_deltas".to_owned()));
    }
    let many = vec!["event_deltas[]=agent.message"; 101].join("&");
    assert_eq!(read(&many), Err("event_deltas".to_owned()));
}
