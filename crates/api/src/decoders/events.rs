//! What clients send to a session, or create it with.

use leasehold_model::event::{Event, Kind};
use leasehold_model::log::send::Incoming;
use leasehold_model::{EventId, SessionId};
use leasehold_sse::{Decoder, Frame};
use serde_json::{Value, json};

use crate::body::{self, Invalid, Members};
use crate::dialect::{a, q};
use crate::event::{Manner, Scribe, incoming};

/// The dialect that tolerates takes all that the other one takes. Whatever one of them took, both take
/// again as a client is shown it, to the letter, and a stream carries it unharmed.
pub fn events(bytes: &[u8]) {
    let Ok(body) = body::object(bytes) else { return };
    agreed(&body, "events", incoming::read);
    agreed(&body, "initial_events", |body, manner| {
        incoming::read_initial(&mut Members::body(body)?, manner)
    });
}

fn agreed(
    body: &Value,
    member: &str,
    read: impl Fn(Value, &Manner) -> Result<Vec<Incoming>, Invalid>,
) {
    let tolerant = read(body.clone(), &q::event::MANNER);
    if let Ok(events) = &tolerant {
        shown_again(events, member, &read);
    }
    let strict = read(body.clone(), &a::event::MANNER);
    if let Ok(events) = &strict {
        shown_again(events, member, &read);
        let renamed = renamed(body.clone(), member);
        assert_eq!(read(renamed, &q::event::MANNER), strict, "{body}");
    }
}

/// Reads events as each dialect shows them.
fn shown_again(
    events: &[Incoming],
    member: &str,
    read: &impl Fn(Value, &Manner) -> Result<Vec<Incoming>, Invalid>,
) {
    for manner in [&q::event::MANNER, &a::event::MANNER] {
        let shown: Vec<Value> = events.iter().map(|event| shown(event, manner)).collect();
        let body = json!({ member: shown });
        assert_eq!(read(body.clone(), manner).as_deref(), Ok(events), "{body}");
    }
}

/// An event as a client is shown it, but for the ids that the server gives it.
fn shown(event: &Incoming, manner: &'static Manner) -> Value {
    let scribe = Scribe::of_clients(SessionId::from_bytes([1; 16]), manner);
    let event = Event { id: EventId::from_bytes([2; 16]), place: None, kind: kind(event.clone()) };
    let bytes = scribe.frame(&event);
    let mut stream: &[u8] = &bytes;
    let frame = Decoder::new(bytes.len()).decode(&mut stream);
    let Ok(Some(Frame { id, event: name, data })) = frame else {
        unreachable!("{frame:?} of {bytes:?}")
    };
    assert!(stream.is_empty(), "more than one frame: {bytes:?}");
    assert_eq!(data, scribe.json(&event).get(), "what is shown is a single line");
    assert_eq!((id, name.as_deref()), (Some(manner.id(event.id)), Some(event.kind.as_str())));
    let mut shown: Value = serde_json::from_str(&data).unwrap_or_default();
    if let Some(members) = shown.as_object_mut() {
        members.retain(|name, _| name != "id" && name != "outcome_id");
    }
    shown
}

/// What the log makes of an event.
fn kind(event: Incoming) -> Kind {
    match event {
        Incoming::Message { content } => Kind::UserMessage { content },
        Incoming::Interrupt => Kind::UserInterrupt,
        Incoming::Confirmation { call, verdict } => Kind::UserToolConfirmation { call, verdict },
        Incoming::ToolResult(answer) => Kind::UserToolResult(answer),
        Incoming::CustomToolResult(answer) => Kind::UserCustomToolResult(answer),
        Incoming::System { content } => Kind::SystemMessage { content },
        Incoming::DefineOutcome { description, rubric, max_iterations } => {
            Kind::UserDefineOutcome { description, rubric, max_iterations }
        }
    }
}

/// The body with the calls called as the tolerant dialect calls them.
fn renamed(mut body: Value, member: &str) -> Value {
    let events = body.get_mut(member).and_then(Value::as_array_mut);
    for event in events.into_iter().flatten() {
        for name in ["tool_use_id", "custom_tool_use_id"] {
            let Some(id) = event.get_mut(name) else { continue };
            let call = id.as_str().and_then(|id| a::event::MANNER.parse_id(id));
            if let Some(call) = call {
                *id = q::event::MANNER.id(call).into();
            }
        }
    }
    body
}
