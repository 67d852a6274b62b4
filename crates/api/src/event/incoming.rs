//! Events as clients send them (events §2): their form. What they mean for the session is for the
//! rules to say.

use leasehold_model::event::{Answer, Verdict};
use leasehold_model::log::send::Incoming;
use leasehold_model::{EventId, Json};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::content::{self, BlockBody, Place};
use super::outcome::{self, OutcomeBody};
use super::{Manner, Unknown};
use crate::body::{Invalid, Members};

/// The most events of one request.
const MOST: usize = 100;
/// The most events that a session is created with.
const MOST_INITIAL: usize = 50;

/// Events to be sent: all of them are taken, or none.
#[derive(Deserialize, ToSchema)]
#[schema(as = SendEvents)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct SendBody {
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<IncomingBody>,
}

/// An event to be sent.
#[derive(Deserialize, ToSchema)]
#[schema(as = SentEvent)]
#[serde(tag = "type")]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) enum IncomingBody {
    /// What the user says.
    #[serde(rename = "user.message")]
    UserMessage {
        #[schema(min_items = 1)]
        content: Vec<BlockBody>,
    },
    /// Ends what runs at once.
    #[serde(rename = "user.interrupt")]
    UserInterrupt { session_thread_id: Option<String> },
    /// What the user says to a call that was asked about.
    #[serde(rename = "user.tool_confirmation")]
    UserToolConfirmation {
        /// The id of the event that asks.
        tool_use_id: String,
        /// `allow` or `deny`.
        #[schema(pattern = "^(allow|deny)$")]
        result: String,
        /// Why, for the model; only with `deny`.
        deny_message: Option<String>,
    },
    /// The result of a call that a worker carried out.
    #[serde(rename = "user.tool_result")]
    UserToolResult {
        /// The id of the event that asks.
        tool_use_id: String,
        content: Option<Vec<BlockBody>>,
        is_error: Option<bool>,
    },
    /// The result of a call of a custom tool.
    #[serde(rename = "user.custom_tool_result")]
    UserCustomToolResult {
        /// The id of the event that asks.
        custom_tool_use_id: String,
        content: Option<Vec<BlockBody>>,
        is_error: Option<bool>,
    },
    /// What the operator says; at most one, last, directly after a message or a result.
    #[serde(rename = "system.message")]
    SystemMessage {
        #[schema(min_items = 1, max_items = 1000)]
        content: Vec<BlockBody>,
    },
    /// What the agent is to bring about; it begins at once, and its work is graded.
    #[serde(rename = "user.define_outcome")]
    UserDefineOutcome(OutcomeBody),
}

/// Reads the body of a send.
pub(crate) fn read(body: Value, manner: &Manner) -> Result<Vec<Incoming>, Invalid> {
    let mut members = Members::body(body)?;
    let wrong = || Invalid::new("events", "must be an array of 1 to 100 events");
    let sent = match members.required("events")? {
        Value::Array(sent) if (1..=MOST).contains(&sent.len()) => sent,
        Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_) => return Err(wrong()),
    };
    finish(members, manner)?;
    let numbered = sent.into_iter().enumerate();
    let events: Vec<Incoming> = numbered
        .map(|(number, event)| one(event, &format!("events[{number}]"), manner))
        .collect::<Result<_, _>>()?;
    check_system_message(&events)?;
    Ok(events)
}

/// Reads what a session is told when it is created (sessions §3): messages, and one outcome at the
/// most.
pub(crate) fn read_initial(
    members: &mut Members,
    manner: &Manner,
) -> Result<Vec<Incoming>, Invalid> {
    let wrong = || Invalid::new("initial_events", "must be an array of at most 50 events");
    let sent = match members.take("initial_events") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(sent)) if sent.len() <= MOST_INITIAL => sent,
        Some(
            Value::Array(_)
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_),
        ) => return Err(wrong()),
    };
    let mut events = Vec::with_capacity(sent.len());
    let mut outcomes = 0;
    for (number, event) in sent.into_iter().enumerate() {
        let path = format!("initial_events[{number}]");
        let event = one(event, &path, manner)?;
        match &event {
            Incoming::Message { .. } => {}
            Incoming::DefineOutcome { .. } => outcomes += 1,
            Incoming::Interrupt
            | Incoming::Confirmation { .. }
            | Incoming::ToolResult(_)
            | Incoming::CustomToolResult(_)
            | Incoming::System { .. } => {
                let problem = "must be 'user.message' or 'user.define_outcome'";
                return Err(Invalid::new(format!("{path}.type"), problem));
            }
        }
        if outcomes > 1 {
            let problem = "must not be 'user.define_outcome' more than once";
            return Err(Invalid::new(format!("{path}.type"), problem));
        }
        events.push(event);
    }
    Ok(events)
}

fn finish(members: Members, manner: &Manner) -> Result<(), Invalid> {
    match manner.unknown {
        Unknown::Dropped => Ok(()),
        Unknown::Refused => members.finish(),
    }
}

fn one(event: Value, path: &str, manner: &Manner) -> Result<Incoming, Invalid> {
    let mut members = Members::of(event, path)?;
    let kind = members.required("type")?;
    // The call says which thread is meant, and there is only one (events §2).
    members.optional_word("session_thread_id")?;
    let content = |members: &mut Members, place| {
        let value = members.take("content");
        content::required(value, &members.name("content"), place, manner.unknown)
    };
    let event = match kind.as_str().unwrap_or_default() {
        "user.message" => Incoming::Message { content: content(&mut members, Place::Message)? },
        "user.interrupt" => Incoming::Interrupt,
        "user.tool_confirmation" => confirmation(&mut members, manner)?,
        "user.tool_result" => Incoming::ToolResult(answer(&mut members, "tool_use_id", manner)?),
        "user.custom_tool_result" => {
            Incoming::CustomToolResult(answer(&mut members, "custom_tool_use_id", manner)?)
        }
        "system.message" => Incoming::System { content: content(&mut members, Place::System)? },
        "user.define_outcome" => return outcome::read(members),
        _ => {
            let problem = "must be the type of an event that clients send";
            return Err(Invalid::new(members.name("type"), problem));
        }
    };
    finish(members, manner)?;
    Ok(event)
}

fn confirmation(members: &mut Members, manner: &Manner) -> Result<Incoming, Invalid> {
    let call = call(members, "tool_use_id", manner)?;
    let message = members.optional_word("deny_message")?;
    let verdict = match (members.required("result")?.as_str(), message) {
        (Some("allow"), None) => Verdict::Allow,
        (Some("deny"), message) => Verdict::Deny { message },
        (Some("allow"), Some(_)) => {
            let problem = "must only be there if 'result' is 'deny'";
            return Err(Invalid::new(members.name("deny_message"), problem));
        }
        (Some(_) | None, _) => {
            return Err(Invalid::new(members.name("result"), "must be 'allow' or 'deny'"));
        }
    };
    Ok(Incoming::Confirmation { call, verdict })
}

fn answer(members: &mut Members, of: &str, manner: &Manner) -> Result<Answer, Invalid> {
    let call = call(members, of, manner)?;
    let path = members.name("content");
    let content: Option<Json> =
        content::optional(members.take("content"), &path, Place::Result, manner.unknown)?;
    let is_error = members.optional_bool("is_error")?;
    Ok(Answer { call, content, is_error })
}

fn call(members: &mut Members, member: &str, manner: &Manner) -> Result<EventId, Invalid> {
    let value = members.required(member)?;
    let wrong = || Invalid::new(members.name(member), "must be the id of an event");
    value.as_str().and_then(|text| manner.parse_id(text)).ok_or_else(wrong)
}

/// At most one system message, the last, directly after something that a model is shown (events §2).
fn check_system_message(events: &[Incoming]) -> Result<(), Invalid> {
    let is_system = |event: &Incoming| matches!(event, Incoming::System { .. });
    let Some(number) = events.iter().position(is_system) else { return Ok(()) };
    let before = number.checked_sub(1).and_then(|before| events.get(before));
    let follows = before.is_some_and(|before| match before {
        Incoming::Message { .. } | Incoming::ToolResult(_) | Incoming::CustomToolResult(_) => true,
        Incoming::Interrupt
        | Incoming::Confirmation { .. }
        | Incoming::System { .. }
        | Incoming::DefineOutcome { .. } => false,
    });
    if !follows || number + 1 != events.len() {
        let problem = "must be the last event, directly after a 'user.message', \
                       'user.tool_result' or 'user.custom_tool_result'";
        let param = format!("events[{number}].type");
        let message = format!("An event of type 'system.message' {problem}.");
        return Err(Invalid::said(param, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
