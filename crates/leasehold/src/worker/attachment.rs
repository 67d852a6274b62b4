//! Carries a session: hears its events, runs its calls one at a time, posts what came of them.
//!
//! Whether the item of the session is still held is not known here. Who lets go of it drops the
//! future of [`Attachment::run`], which kills the command that is running.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use leasehold_client::backoff::Backoff;
use leasehold_client::content::Block;
use leasehold_client::event::NewEvent;
use leasehold_client::stream::{Previews, Start, Step};
use leasehold_client::{Client, Error};
use tokio::time::{Instant, sleep, sleep_until};

use super::calls::{Call, Calls};
use super::shell::{Outcome, Shell};

/// How long the posting of a result is tried (worker protocol §5.4).
const PERSISTENCE: Duration = Duration::from_secs(300);

/// A worker's bond with one session.
pub(crate) struct Attachment {
    /// Speaks for the item, or for somebody else who may post results.
    pub(crate) client: Client,
    /// The session.
    pub(crate) session: String,
    /// Where its commands run.
    pub(crate) shell: Shell,
    /// How long it may have nothing to do.
    pub(crate) idle: Duration,
}

/// What happens meanwhile, for whoever wants to show it.
#[derive(Debug)]
pub(crate) enum Note {
    /// It hears the session; its past is known.
    Attached,
    /// A command begins.
    Running {
        /// The command.
        command: String,
    },
    /// Its result was taken.
    Answered {
        /// Whether it failed.
        is_error: bool,
        /// What was posted.
        text: String,
    },
    /// The call was answered by somebody else, as by an interrupt; the command was killed.
    Withdrawn,
    /// Something went wrong; it goes on if it can.
    Trouble(String),
}

/// A command on its way.
struct Job<'a> {
    call: Call,
    command: Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>,
}

impl Attachment {
    /// Carries the session until it is over or has had nothing to do for a while.
    ///
    /// # Errors
    /// A refusal that waiting does not mend.
    pub(crate) async fn run(&self, report: &(impl Fn(&Note) + Sync)) -> Result<(), Error> {
        let Self { client, session, .. } = self;
        if client.retrieve_session(session).await?.status == "terminated" {
            return Ok(());
        }
        let mut follower = client.follow_session(session, Start::Beginning, Previews::Off)?;
        let mut calls = Calls::default();
        let mut job: Option<Job<'_>> = None;
        // Past calls may have been answered further on: nothing is run before all is known.
        let mut present = false;
        let mut quiet_since = Instant::now();
        loop {
            if present && job.is_none() {
                job = calls.next().map(|call| self.start(call, report));
            }
            let resting = present && job.is_none() && calls.are_over();
            tokio::select! {
                step = follower.next() => match step? {
                    None => return Ok(()),
                    Some(Step::Past(event) | Step::Live(event)) => {
                        calls.see(&event);
                        quiet_since = Instant::now();
                        if job.take_if(|job| calls.is_settled(&job.call.id)).is_some() {
                            report(&Note::Withdrawn);
                        }
                    }
                    Some(Step::Present) if !present => {
                        present = true;
                        report(&Note::Attached);
                    }
                    Some(Step::Present | Step::Cut { cause: None, .. }) => {}
                    Some(Step::Cut { cause: Some(error), .. }) => {
                        report(&Note::Trouble(error.to_string()));
                    }
                },
                outcome = ended(&mut job) => {
                    if let Some(Job { call, .. }) = job.take() {
                        self.post(&call.id, outcome, report).await;
                        calls.settle(&call.id);
                    }
                    quiet_since = Instant::now();
                }
                () = sleep_until(quiet_since + self.idle), if resting => return Ok(()),
            }
        }
    }

    fn start(&self, call: Call, report: &impl Fn(&Note)) -> Job<'_> {
        let command = call.command.clone();
        report(&Note::Running { command: command.clone().unwrap_or_default() });
        let command = async move {
            match command {
                Some(command) => self.shell.run(&command).await,
                None => Outcome::failed("the call has no command"),
            }
        };
        Job { call, command: Box::pin(command) }
    }

    /// Posts a result until it is taken or refused. One that is refused is dropped: it is no longer
    /// wanted.
    async fn post(&self, call: &str, outcome: Outcome, report: &impl Fn(&Note)) {
        let Outcome { text, is_error } = outcome;
        let tool_use_id = call.to_owned();
        let content = vec![Block::text(text.clone())];
        let events = [NewEvent::ToolResult { tool_use_id, is_error, content }];
        let until = Instant::now() + PERSISTENCE;
        let mut backoff = Backoff::between(Duration::from_secs(1), Duration::from_secs(30));
        loop {
            let Err(error) = self.client.send_events(&self.session, &events).await else {
                return report(&Note::Answered { is_error, text });
            };
            report(&Note::Trouble(error.to_string()));
            if !super::may_pass(&error) || Instant::now() >= until {
                return;
            }
            sleep(backoff.pause(fastrand::f64())).await;
        }
    }
}

/// Waits for the command's end; without one, for ever.
async fn ended(job: &mut Option<Job<'_>>) -> Outcome {
    match job {
        Some(job) => job.command.as_mut().await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
