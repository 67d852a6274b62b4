//! Between the acts: hearing the workers, looking at the server, keeping the screen true.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use leasehold_client::Reply;
use leasehold_client::work::{State, Stats, Work};
use tokio::time::{Instant, sleep_until};

use super::super::message::{LEASE, Message};
use super::super::process::Who;
use super::super::view::bar;
use super::{GLANCE, Lease, Play};

/// How long a worker may take for what it was told. It is for the case that something is broken.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

impl Play {
    /// Waits for a worker's message of a kind; shows all messages and the state meanwhile.
    pub(super) async fn hear(
        &mut self,
        who: Who,
        wanted: impl Fn(&Message) -> bool,
    ) -> anyhow::Result<Message> {
        let until = Instant::now() + PATIENCE;
        loop {
            let glance = Instant::now() + GLANCE;
            tokio::select! {
                heard = self.messages.recv() => {
                    let (speaker, message) = heard.context("no worker is left")?;
                    self.tell(speaker, &message)?;
                    if speaker == who && wanted(&message) {
                        return Ok(message);
                    }
                    ensure!(
                        speaker != who || !matches!(message, Message::Ended),
                        "the process of {} ended by itself", who.name()
                    );
                }
                () = sleep_until(glance) => {
                    self.look().await?;
                }
                () = sleep_until(until) => bail!("{} did not do what it was told", who.name()),
            }
        }
    }

    /// Waits for a worker's next heartbeat and gives its instant.
    pub(super) async fn hear_beat(&mut self, who: Who) -> anyhow::Result<String> {
        self.hear(who, |message| matches!(message, Message::Beat { .. })).await?;
        let lease = self.lease.as_ref().context("the heartbeat gave no lease")?;
        Ok(lease.last_heartbeat.clone())
    }

    /// Shows a message and keeps what it says about the lease.
    pub(super) fn tell(&mut self, who: Who, message: &Message) -> anyhow::Result<()> {
        let text = match message {
            Message::Ready | Message::Ended => return Ok(()),
            Message::NoWork => "polled; there was nothing".to_owned(),
            Message::Taken { .. } => "polled and got the item".to_owned(),
            Message::Acknowledged => "accepted it".to_owned(),
            Message::Beat { last_heartbeat, ttl_seconds } => {
                let beat: Timestamp =
                    last_heartbeat.parse().context("a heartbeat is no instant")?;
                let ends = beat + SignedDuration::from_secs(i64::from(*ttl_seconds));
                let last_heartbeat = last_heartbeat.clone();
                self.lease = Some(Lease { holder: who, last_heartbeat, ends });
                format!("heartbeat; the lease ends in {ttl_seconds} s")
            }
            Message::Attached => "hears the session".to_owned(),
            Message::Running { command } => format!("runs: {command}"),
            Message::Answered { text } => format!("posted: {text}"),
            Message::Trouble { message } => format!("trouble: {message}"),
            Message::Stopped => "stopped the item".to_owned(),
            Message::Accepted { call } => format!("{} accepted", call.name()),
            Message::Refused { call, status, message } => {
                format!("{} refused: {status}, {message}", call.name())
            }
            Message::Failed { message } => bail!("{} failed: {message}", who.name()),
        };
        Ok(self.view.event(who.name(), &text)?)
    }

    /// Looks at the item and its queue, and shows them.
    pub(super) async fn look(&mut self) -> anyhow::Result<(Reply<Work>, Reply<Stats>)> {
        let work = self.client.retrieve_work(&self.employer.environment, &self.work).await?;
        let stats = self.client.work_stats(&self.employer.environment).await?;
        self.show(&work.state, &stats);
        self.view.draw()?;
        Ok((work, stats))
    }

    pub(super) fn show(&mut self, state: &State, stats: &Stats) {
        self.view.fact("state", state.as_str().to_owned());
        self.show_lease();
        let queue = format!("depth {}, pending {}", stats.depth, stats.pending);
        self.view.fact("queue", queue);
    }

    pub(super) fn show_lease(&mut self) {
        let text = match &self.lease {
            None => "nobody's".to_owned(),
            Some(lease) => {
                let left = lease.ends.duration_since(Timestamp::now()).as_secs_f64().max(0.0);
                let bar = bar(left, LEASE.as_secs_f64());
                format!("{}'s, ends in {left:4.1} s {bar}", lease.holder.name())
            }
        };
        self.view.fact("lease", text);
    }
}
