//! The act of the session: a message, a command that the agent wants run, an answer.

use anyhow::{Context as _, bail, ensure};
use leasehold_client::content::Block;
use leasehold_client::event::{Event, Kind, NewEvent, StopReason};
use leasehold_client::stream::{Follower, Previews, Start, Step};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::super::message::{Message, Order};
use super::super::process::{Process, Who};
use super::super::promise::Promise;
use super::watch::PATIENCE;
use super::{GLANCE, Play};

/// What the user says.
const QUESTION: &str = "Show me that you can run something.";

/// What was seen of the talk.
#[derive(Default)]
struct Talk {
    /// The command that the agent asked for.
    asked: Option<String>,
    /// The command that the worker ran.
    ran: Option<String>,
    /// What it posted.
    posted: Option<String>,
    /// Pieces of the message that is being written, and what they come to.
    pieces: usize,
    written: String,
    /// The last message, and whether it is what the pieces came to.
    answer: Option<String>,
    streamed: bool,
    /// Why the agent stopped.
    end: Option<String>,
}

impl Play {
    /// The user says something; the agent has worker B run a command, and answers.
    pub(super) async fn talk(&mut self, second: &mut Process) -> anyhow::Result<()> {
        second.order(Order::Attach)?;
        self.hear(Who::B, |message| matches!(message, Message::Attached)).await?;
        let mut follower =
            self.client.follow_session(&self.session, Start::Recent, Previews::On)?;
        while !matches!(step(&mut follower).await?, Step::Present) {}
        self.client.send_events(&self.session, &[NewEvent::message(QUESTION)]).await?;
        self.view.event("user", QUESTION)?;

        let mut talk = Talk::default();
        let until = Instant::now() + PATIENCE;
        while talk.end.is_none() || talk.posted.is_none() {
            let glance = Instant::now() + GLANCE;
            tokio::select! {
                step = step(&mut follower) => match step? {
                    Step::Live(event) => self.follow(&mut talk, &event)?,
                    Step::Past(_) | Step::Present | Step::Cut { .. } => {}
                },
                heard = self.messages.recv() => {
                    let (speaker, message) = heard.context("no worker is left")?;
                    self.tell(speaker, &message)?;
                    ensure!(!matches!(message, Message::Ended), "a worker ended by itself");
                    talk.hear(message);
                }
                () = sleep_until(glance) => {
                    self.look().await?;
                }
                () = sleep_until(until) => bail!("the agent did not answer"),
            }
        }
        for (promise, kept, seen) in talk.verdicts() {
            self.ledger.note(promise, kept, seen);
        }
        Ok(())
    }

    /// Takes in what happens in the session, and shows it.
    fn follow(&mut self, talk: &mut Talk, event: &Event) -> anyhow::Result<()> {
        let shown = talk.see(event);
        if !talk.written.is_empty() {
            self.view.fact("agent", talk.written.clone());
        }
        match shown {
            Some((who, what)) => Ok(self.view.event(who, &what)?),
            None => Ok(self.view.draw()?),
        }
    }
}

impl Talk {
    /// Takes in what the worker says.
    fn hear(&mut self, message: Message) {
        if let Message::Running { command } = message {
            self.ran = Some(command);
        } else if let Message::Answered { text } = message {
            self.posted = Some(text);
        }
    }

    /// Takes in what happens in the session; who did what, if it is worth a line.
    fn see(&mut self, event: &Event) -> Option<(&'static str, String)> {
        match &event.kind {
            Kind::PreviewStart { .. } => {
                (self.pieces, self.written) = (0, String::new());
                None
            }
            Kind::PreviewDelta { delta, .. } => {
                self.pieces += 1;
                self.written.push_str(&text(std::slice::from_ref(&delta.content)));
                None
            }
            Kind::AgentMessage { content } => {
                let answer = text(content);
                self.streamed = answer == self.written;
                self.answer = Some(answer.clone());
                Some(("agent", answer))
            }
            Kind::ToolUse(call) => {
                let command = call.input.get("command").and_then(Value::as_str);
                self.asked = command.map(str::to_owned);
                Some(("agent", format!("calls {} with {}", call.name, call.input)))
            }
            Kind::Running => Some(("session", "running".to_owned())),
            Kind::Idle { stop_reason } => {
                let reason = stop_reason.as_str().to_owned();
                let shown = format!("idle: {reason}");
                match stop_reason {
                    StopReason::RequiresAction { .. } => {}
                    StopReason::EndTurn | StopReason::Other { .. } => self.end = Some(reason),
                }
                Some(("session", shown))
            }
            Kind::Error { error } => Some(("session", format!("error: {}", error.message))),
            Kind::UserMessage { .. }
            | Kind::Interrupt
            | Kind::Confirmation { .. }
            | Kind::Answered(_)
            | Kind::Thinking
            | Kind::McpToolUse(_)
            | Kind::CustomToolUse(_)
            | Kind::Rescheduled
            | Kind::Terminated
            | Kind::Deleted
            | Kind::ThreadTerminated { .. }
            | Kind::ModelRequestStart
            | Kind::ModelRequestEnd { .. }
            | Kind::OutcomeDefined { .. }
            | Kind::EvaluationStart { .. }
            | Kind::EvaluationEnd { .. }
            | Kind::Other => None,
        }
    }

    /// Which promises were kept, and what was seen of each.
    fn verdicts(&self) -> [(Promise, bool, String); 4] {
        let Self { asked, ran, posted, pieces, answer, streamed, end, .. } = self;
        let printed = posted.as_deref().unwrap_or_default();
        let told = answer.as_ref().is_some_and(|answer| answer.contains(printed));
        let end = end.as_deref().unwrap_or("no end");
        [
            (Promise::Called, asked.is_some(), asked.clone().unwrap_or_default()),
            (Promise::Ran, asked.is_some() && asked == ran, format!("it printed {printed:?}")),
            (Promise::Streamed, *pieces > 1 && *streamed, format!("{pieces} pieces")),
            (Promise::Answered, told && !printed.is_empty() && end == "end_turn", end.to_owned()),
        ]
    }
}

/// The next step; the session does not end during the play.
async fn step(follower: &mut Follower) -> anyhow::Result<Step> {
    follower.next().await?.context("the session is over")
}

fn text(content: &[Block]) -> String {
    let text = |block: &Block| match block {
        Block::Text { text } => text.clone(),
        Block::Other(_) => String::new(),
    };
    content.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(text: &str) -> Value {
        json!([{"type": "text", "text": text}])
    }

    fn piece(text: &str) -> Value {
        json!({"type": "event_delta", "event_id": "evt_1", "delta": {"type": "content_delta",
            "index": 0, "content": {"type": "text", "text": text}}})
    }

    fn start() -> Value {
        json!({"type": "event_start", "event": {"id": "evt_1", "type": "agent.message"}})
    }

    fn idle(reason: &str) -> Value {
        json!({"type": "session.status_idle", "stop_reason": {"type": reason}})
    }

    /// The promises that a talk keeps in which these events and messages were seen.
    fn kept(events: &[Value], ran: &str, posted: &str) -> Vec<Promise> {
        let mut talk = Talk::default();
        talk.hear(Message::Running { command: ran.to_owned() });
        talk.hear(Message::Answered { text: posted.to_owned() });
        for event in events {
            talk.see(&event.clone().into());
        }
        let kept = talk.verdicts().into_iter().filter(|(_, kept, _)| *kept);
        kept.map(|(promise, ..)| promise).collect()
    }

    #[test]
    fn what_must_have_happened() {
        use Promise::{Answered, Called, Ran, Streamed};
        let call = json!({"type": "agent.tool_use", "name": "bash", "input": {"command": "ls"}});
        let whole = json!({"type": "agent.message", "content": said("It said x.")});
        let events = [
            call,
            idle("requires_action"),
            start(),
            piece("It "),
            piece("said x."),
            whole,
            idle("end_turn"),
        ];
        let without = |at: usize| {
            let mut events = events.to_vec();
            events.remove(at);
            events
        };
        assert_eq!(kept(&events, "ls", "x"), [Called, Ran, Streamed, Answered]);
        assert_eq!(kept(&events, "pwd", "x"), [Called, Streamed, Answered]);
        assert_eq!(kept(&events, "ls", "y"), [Called, Ran, Streamed]);
        assert_eq!(kept(&events, "ls", ""), [Called, Ran, Streamed]);
        assert_eq!(kept(&without(0), "ls", "x"), [Streamed, Answered]);
        assert_eq!(kept(&without(3), "ls", "x"), [Called, Ran, Answered]);
        assert_eq!(kept(&without(6), "ls", "x"), [Called, Ran, Streamed]);
    }
}
