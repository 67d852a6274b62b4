//! Watching a session: its events go to the screen as they happen, until it is enough.

use std::collections::HashSet;

use anyhow::bail;
use leasehold_client::event::{Event, Kind, NewEvent, StopReason};
use leasehold_client::stream::{Follower, Previews, Start, Step};
use leasehold_client::{Client, Error};

use super::transcript::Transcript;
use crate::output;
use crate::remote::explain::explain;

/// Who watches, and whether they want the past from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Reads a transcript.
    Person(Start),
    /// Reads an event a line, as JSON.
    Program(Start),
}

/// When it is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// When the agent waits for nobody but the user.
    TurnEnd,
    /// When the session is over for good.
    SessionEnd,
}

/// A session that is being watched.
pub(super) struct Watch {
    client: Client,
    session: String,
    audience: Audience,
    follower: Follower,
    transcript: Transcript,
    present: bool,
    /// The last event that said whether the agent works.
    status: Option<Event>,
    /// Events that the agent has not taken in yet: before that no turn counts as over.
    waiting: HashSet<String>,
}

impl Watch {
    /// Begins; nothing is asked of the server yet.
    pub(super) fn open(client: &Client, session: &str, audience: Audience) -> anyhow::Result<Self> {
        let (start, previews) = match audience {
            Audience::Person(start) => (start, Previews::On),
            Audience::Program(start) => (start, Previews::Off),
        };
        Ok(Self {
            client: client.clone(),
            session: session.to_owned(),
            audience,
            follower: client.follow_session(session, start, previews).map_err(explain)?,
            transcript: Transcript::new(session),
            present: false,
            status: None,
            waiting: HashSet::new(),
        })
    }

    /// Reads the past up to the present, and hears everything from then on.
    pub(super) async fn catch_up(&mut self) -> anyhow::Result<()> {
        while !self.present {
            if !self.proceed().await? {
                bail!("the session is over");
            }
        }
        Ok(())
    }

    /// Sends events. The turn is not over before the agent has taken them in.
    pub(super) async fn send(&mut self, events: &[NewEvent]) -> anyhow::Result<()> {
        let sent = self.client.send_events(&self.session, events).await.map_err(explain)?;
        self.waiting.extend(sent.data.iter().filter_map(|event| event.id.clone()));
        Ok(())
    }

    /// Shows what happens until it is enough. Where the past is not shown, it begins with how the
    /// session stands, unless that has been caught up with before.
    ///
    /// # Errors
    /// If the turn ended otherwise than it should, or the server refused.
    pub(super) async fn until(mut self, until: Until) -> anyhow::Result<()> {
        let mut greets = !self.present && self.audience == Audience::Person(Start::Recent);
        loop {
            if self.present
                && std::mem::take(&mut greets)
                && let Some(status) = &self.status
            {
                output::print(&self.transcript.tell(status))?;
            }
            if let (Until::TurnEnd, Some(reason)) = (until, self.turn_end()) {
                return verdict(reason);
            }
            if !self.proceed().await? {
                return match until {
                    Until::SessionEnd => Ok(()),
                    Until::TurnEnd => bail!("the session is over"),
                };
            }
        }
    }

    /// Takes one step; whether there is another.
    async fn proceed(&mut self) -> anyhow::Result<bool> {
        match self.follower.next().await.map_err(explain)? {
            None => return Ok(false),
            Some(Step::Past(event)) => {
                match self.audience {
                    Audience::Person(Start::Recent) | Audience::Program(Start::Recent) => {
                        self.transcript.learn(&event);
                    }
                    // What has not been taken in comes again when it is.
                    Audience::Person(Start::Beginning) | Audience::Program(Start::Beginning) => {
                        if event.processed_at.is_some() {
                            self.show(&event)?;
                        }
                    }
                }
                self.take_in(event);
            }
            Some(Step::Present) => self.present = true,
            Some(Step::Live(event)) => {
                self.show(&event)?;
                self.take_in(event);
            }
            Some(Step::Cut { cause, .. }) => return self.cut(cause).await,
        }
        Ok(true)
    }

    fn show(&mut self, event: &Event) -> anyhow::Result<()> {
        match self.audience {
            Audience::Person(_) => output::print(&self.transcript.tell(event))?,
            Audience::Program(_) => output::json_line(event.json())?,
        }
        Ok(())
    }

    fn take_in(&mut self, event: Event) {
        if let Some(id) = &event.id {
            match event.processed_at {
                Some(_) => self.waiting.remove(id),
                None => self.waiting.insert(id.clone()),
            };
        }
        if is_status(&event.kind) {
            self.status = Some(event);
        }
    }

    /// A connection that never came up is the user's to mend; one that was cut is ours.
    async fn cut(&mut self, cause: Option<Error>) -> anyhow::Result<bool> {
        match cause {
            Some(cause) if !self.present => return Err(explain(cause)),
            Some(cause) => output::note(&format!("{}; trying again", explain(cause)))?,
            None => {}
        }
        // An archived session has no event that says so; its streams just end.
        match self.client.retrieve_session(&self.session).await {
            Ok(session) => Ok(session.archived_at.is_none()),
            Err(_) => Ok(true),
        }
    }

    /// Why the agent stopped, if it has and everything that was sent has been taken in.
    fn turn_end(&self) -> Option<&StopReason> {
        let Kind::Idle { stop_reason } = &self.status.as_ref()?.kind else { return None };
        let over = self.present && self.waiting.is_empty();
        match stop_reason {
            StopReason::RequiresAction { .. } => None,
            StopReason::EndTurn | StopReason::Other { .. } => Some(stop_reason).filter(|_| over),
        }
    }
}

/// Whether an event says if the agent works.
fn is_status(kind: &Kind) -> bool {
    matches!(kind, Kind::Running | Kind::Idle { .. } | Kind::Rescheduled | Kind::Terminated)
}

/// What a turn's end means for the exit code. That somebody cancelled it is no failure.
fn verdict(reason: &StopReason) -> anyhow::Result<()> {
    match reason.as_str() {
        "end_turn" | "cancelled" => Ok(()),
        other => bail!("the turn ended with {}", output::visible(other)),
    }
}

#[cfg(test)]
mod tests;
