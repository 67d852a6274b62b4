//! The story, act by act.
//!
//! The play itself speaks to the server with an account token and only looks: it never polls, so
//! that whatever the queue shows, it shows by itself.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use leasehold_client::agent::{NewAgent, Policy};
use leasehold_client::attempt::{Attempts, Outcome};
use leasehold_client::environment::NewEnvironment;
use leasehold_client::key::NewKey;
use leasehold_client::session::NewSession;
use leasehold_client::work::State;
use leasehold_client::{Client, Cursor};
use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::sleep;

use super::message::{Call, Message, Order};
use super::process::{Employer, Memory, Process, Who};
use super::promise::{Ledger, Promise};
use super::view::View;
use crate::{output, remote};

mod talk;
mod watch;

/// Time between two looks at the server.
const GLANCE: Duration = Duration::from_millis(200);
/// The same when the end of the lease is near.
const CLOSE_GLANCE: Duration = Duration::from_millis(5);
/// How near that is.
const NEAR: SignedDuration = SignedDuration::from_millis(300);
/// What the two clocks may differ by: the server's, and this program's.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(100);
/// The model of the agent: it plays the script that comes with the program.
const MODEL: &str = "scripted";

/// The play and everything it holds.
pub(super) struct Play {
    client: Client,
    employer: Employer,
    messages: UnboundedReceiver<(Who, Message)>,
    session: String,
    work: String,
    lease: Option<Lease>,
    view: View,
    ledger: Ledger,
    history: String,
}

/// Who holds the item until when, as far as the workers have said.
struct Lease {
    holder: Who,
    last_heartbeat: String,
    ends: Timestamp,
}

impl Play {
    /// Makes an environment, a key, an agent and a session, whose work item the play is about.
    pub(super) async fn prepare(url: &str, token: SecretString) -> anyhow::Result<Self> {
        let client = Client::builder(url, token).build()?;
        let environment =
            client.create_environment(&NewEnvironment::self_hosted("demo")).await?.into_inner().id;
        let new = NewKey { name: "demo workers".to_owned(), expires_at: None };
        let key = client.create_key(&environment, &new).await?.into_inner().secret;
        let agent =
            NewAgent { tools: vec![Policy::Allow.toolset()], ..NewAgent::of("demo", MODEL) };
        let agent = client.create_agent(&agent).await?.into_inner().id;
        let session = NewSession {
            title: Some("demo".to_owned()),
            ..NewSession::of(agent, environment.as_str())
        };
        let session = client.create_session(&session).await?.into_inner().id;
        let mut items = client.list_work(&environment, &Cursor::default()).await?.into_inner().data;
        let work = items.pop().context("the session queued no work item")?.id;

        let folder = tempfile::Builder::new().prefix("leasehold-demo-worker-").tempdir()?;
        let (sender, messages) = unbounded_channel();
        let url = url.to_owned();
        let mut view = View::new(format!("leasehold demo, server at {url}"));
        view.fact("item", work.clone());
        view.event("server", "a session was made; its work item waits in the queue")?;
        Ok(Self {
            client,
            employer: Employer { url, environment, key, folder, messages: sender },
            messages,
            session,
            work,
            lease: None,
            view,
            ledger: Ledger::default(),
            history: String::new(),
        })
    }

    /// Plays all acts. What was seen is in the ledger; an error means that it could not go on.
    pub(super) async fn perform(&mut self) -> anyhow::Result<()> {
        let mut first = self.hire(Who::A).await?;
        let mut second = self.hire(Who::B).await?;
        let memory = self.hold(&mut first, &mut second).await?;
        self.kill(&mut first).await?;
        self.lapse().await?;
        self.take_over(&mut second).await?;
        self.come_back(&memory).await?;
        self.talk(&mut second).await?;
        self.finish(&mut second).await
    }

    /// Prints the summary; `outcome` is what [`Play::perform`] gave.
    pub(super) fn conclude(mut self, outcome: anyhow::Result<()>) -> anyhow::Result<()> {
        self.view.draw()?;
        output::print(&format!("\n{}\n{}", self.history, self.ledger.render()))?;
        outcome.context("the demo could not be played to its end")?;
        let (broken, all) = self.ledger.broken();
        ensure!(broken == 0, "{broken} of {all} promises were not kept");
        output::print(&format!("\nall {all} promises were kept\n"))?;
        Ok(())
    }

    async fn hire(&mut self, who: Who) -> anyhow::Result<Process> {
        let process = self.employer.start(who, None)?;
        self.hear(who, |message| matches!(message, Message::Ready)).await?;
        self.view.fact(who.name(), format!("process {}", process.id()));
        self.view.event(who.name(), &format!("started as process {}", process.id()))?;
        Ok(process)
    }

    /// Worker A takes the item and holds it; worker B asks in vain.
    async fn hold(&mut self, first: &mut Process, second: &mut Process) -> anyhow::Result<Memory> {
        first.order(Order::Take)?;
        let taken = self.hear(Who::A, |message| matches!(message, Message::Taken { .. })).await?;
        let Message::Taken { work, claim } = taken else { bail!("worker-a took nothing") };
        ensure!(work == self.work, "worker-a got another item, {work}");
        self.hear_beat(Who::A).await?;

        second.order(Order::Look)?;
        let looked = |message: &Message| matches!(message, Message::NoWork | Message::Taken { .. });
        let nothing = matches!(self.hear(Who::B, looked).await?, Message::NoWork);
        let (work, stats) = self.look().await?;
        let seen = format!("its poll found {}, depth {}", found(nothing), stats.depth);
        self.ledger.note(Promise::Exclusive, nothing && stats.depth == 0, seen);

        let last_heartbeat = self.hear_beat(Who::A).await?;
        let held = work.state == State::Active;
        let seen = format!("two beats, state {}", work.state.as_str());
        self.ledger.note(Promise::Held, held, seen);
        Ok(Memory { work: work.id.clone(), claim: claim.into(), last_heartbeat })
    }

    /// Worker A is gone without a word.
    async fn kill(&mut self, first: &mut Process) -> anyhow::Result<()> {
        const SIGKILL: i32 = 9;
        let signal = first.kill()?;
        self.hear(Who::A, |message| matches!(message, Message::Ended)).await?;
        self.view.fact(Who::A.name(), format!("process {}, killed", first.id()));
        self.view.event(Who::A.name(), "killed with SIGKILL, the item in its hands")?;
        let (work, _) = self.look().await?;
        let killed = signal == Some(SIGKILL) && work.state == State::Active;
        let state = work.state.as_str();
        self.ledger.note(Promise::Killed, killed, format!("SIGKILL, the item still {state}"));
        self.view.event("server", "nobody polls now; the lease runs out by itself")?;
        Ok(())
    }

    /// The lease ends; the item is in the queue at that instant.
    async fn lapse(&mut self) -> anyhow::Result<()> {
        let ends = self.lease.as_ref().context("nobody held the item")?.ends;
        let mut late = SignedDuration::ZERO;
        let seen = loop {
            let asked = Timestamp::now();
            let work = self.client.retrieve_work(&self.employer.environment, &self.work).await?;
            if work.state == State::Queued {
                break Timestamp::now().duration_since(ends);
            }
            ensure!(work.state == State::Active, "the item is {} now", work.state.as_str());
            let overdue = asked.duration_since(ends);
            late = late.max(overdue);
            ensure!(overdue < SignedDuration::from_secs(5), "the item does not lapse");
            self.show_lease();
            self.view.draw()?;
            sleep(if -overdue < NEAR { CLOSE_GLANCE } else { GLANCE }).await;
        };
        let stats = self.client.work_stats(&self.employer.environment).await?;
        self.lease = None;
        self.show(&State::Queued, &stats);
        let millis = seen.as_millis();
        let text = format!("the lease ended; {millis} ms later the item reads `queued`");
        self.view.event("server", &text)?;
        // It may not read so before its end, and no question asked after it may be answered
        // otherwise.
        let kept = seen > -TOLERANCE && late < TOLERANCE;
        self.ledger.note(Promise::Lapsed, kept, format!("seen {millis} ms after the end"));
        let (depth, pending) = (stats.depth, stats.pending);
        let text = format!("depth {depth}, pending {pending}");
        self.view.event("server", &format!("and the statistics count it: {text}"))?;
        self.ledger.note(Promise::Counted, depth == 1 && pending == 0, text);
        Ok(())
    }

    /// Worker B gets the same item.
    async fn take_over(&mut self, second: &mut Process) -> anyhow::Result<()> {
        second.order(Order::Take)?;
        let taken = self.hear(Who::B, |message| matches!(message, Message::Taken { .. })).await?;
        let same = matches!(&taken, Message::Taken { work, .. } if *work == self.work);
        self.hear_beat(Who::B).await?;
        let (work, _) = self.look().await?;
        let state = work.state.as_str();
        let kept = same && work.state == State::Active;
        self.ledger.note(Promise::TakenOver, kept, format!("the same item, {state} again"));
        Ok(())
    }

    /// Worker A returns with what it knew and tries to go on.
    async fn come_back(&mut self, memory: &Memory) -> anyhow::Result<()> {
        let process = self.employer.start(Who::A, Some(memory))?;
        self.view.fact(Who::A.name(), format!("process {}, returned", process.id()));
        let text = format!("back as process {}, with its old claim", process.id());
        self.view.event(Who::A.name(), &text)?;
        let tries =
            [(Call::Heartbeat, 412, Promise::BeatRefused), (Call::Stop, 409, Promise::StopRefused)];
        for (call, expected, promise) in tries {
            let answer = self
                .hear(Who::A, |message| {
                    matches!(message, Message::Refused { .. } | Message::Accepted { .. })
                })
                .await?;
            if let Message::Refused { call: refused, status, .. } = answer {
                let kept = refused == call && status == expected;
                self.ledger.note(promise, kept, format!("HTTP {status}"));
            } else {
                self.ledger.note(promise, false, "it was accepted");
            }
        }
        Ok(())
    }

    /// Worker B goes on and finishes; the history tells it all.
    async fn finish(&mut self, second: &mut Process) -> anyhow::Result<()> {
        let beat = self.hear_beat(Who::B).await?;
        let (work, _) = self.look().await?;
        let kept = work.latest_heartbeat_at.as_ref() == Some(&beat);
        self.ledger.note(Promise::Untouched, kept, "its next heartbeat was accepted");

        second.order(Order::Finish)?;
        self.hear(Who::B, |message| matches!(message, Message::Stopped)).await?;
        self.lease = None;
        let (work, _) = self.look().await?;
        let state = work.state.as_str();
        self.ledger.note(Promise::Finished, work.state == State::Stopped, format!("state {state}"));

        let attempts =
            self.client.list_attempts(&self.employer.environment, &self.work).await?.into_inner();
        let (kept, seen) = told(&attempts);
        self.ledger.note(Promise::Recorded, kept, seen);
        self.history = remote::history(&attempts, &work.created_at);
        Ok(())
    }
}

const fn found(nothing: bool) -> &'static str {
    if nothing { "nothing" } else { "the item" }
}

/// Whether the history tells what happened, and what it tells.
fn told(attempts: &Attempts) -> (bool, String) {
    let expected =
        [(Some(Who::A.name()), Outcome::Lapsed), (Some(Who::B.name()), Outcome::Stopped)];
    let seen = attempts.data.iter().map(|attempt| (attempt.worker_id.as_deref(), &attempt.outcome));
    let kept = seen.eq(expected.iter().map(|(worker, outcome)| (*worker, outcome)));
    let line = |attempt: &leasehold_client::attempt::Attempt| {
        let worker = attempt.worker_id.as_deref().unwrap_or("unnamed");
        format!("{worker} {}", attempt.outcome.as_str())
    };
    (kept, attempts.data.iter().map(line).collect::<Vec<_>>().join(", "))
}
