//! One worker of the demo, a process of its own, so that it can really be killed.
//!
//! It does what a stock worker does, but when it is told to: it polls and accepts with the
//! environment key, and from then on uses the claim token that came with the item.

use std::convert::Infallible;
use std::future::pending;
use std::path::PathBuf;
use std::pin::Pin;

use anyhow::{Context as _, bail};
use clap::Args;
use leasehold_client::Client;
use leasehold_client::work::{Expected, Heartbeat, Poll, Stop};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Duration, Instant, sleep_until};

use super::message::{Call, LEASE, Message, Order};
use crate::output;
use crate::worker::attachment::{Attachment, Note};
use crate::worker::item::Item;
use crate::worker::shell::Shell;
use crate::worker::{BLOCK, IDLE};

/// Time between two heartbeats. A stock worker would take half the lease; this is livelier.
const INTERVAL: Duration = Duration::from_secs(2);

/// Arguments of the hidden command `demo-worker`.
#[derive(Args, Debug)]
pub(crate) struct DemoWorkerArgs {
    /// Address of the server
    #[arg(long)]
    url: String,
    /// The environment to work for
    #[arg(long)]
    environment: String,
    /// What the worker calls itself
    #[arg(long)]
    name: String,
    /// Environment key
    #[arg(long, env = "LEASEHOLD_DEMO_KEY", hide_env_values = true, value_parser = parse_secret)]
    key: SecretString,
    /// Where the commands of a session run
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Come back as the one that held this item
    #[arg(long, value_name = "WORK", requires_all = ["last_heartbeat", "claim"])]
    resume: Option<String>,
    /// The last heartbeat that the server had confirmed by then
    #[arg(long)]
    last_heartbeat: Option<String>,
    /// Claim token of that time
    #[arg(long, env = "LEASEHOLD_DEMO_CLAIM", hide_env_values = true, value_parser = parse_secret)]
    claim: Option<SecretString>,
}

fn parse_secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(text.into())
}

/// Works until the orders end.
///
/// # Errors
/// If the server refuses what a holder may do, or cannot be reached; it has been reported then.
pub(crate) async fn run(args: DemoWorkerArgs) -> anyhow::Result<()> {
    let result = if args.resume.is_some() { come_back(args).await } else { work(args).await };
    if let Err(error) = &result {
        say(&Message::Failed { message: format!("{error:#}") })?;
    }
    result
}

fn say(message: &Message) -> anyhow::Result<()> {
    let line = serde_json::to_string(message)?;
    Ok(output::print(&format!("{line}\n"))?)
}

async fn work(args: DemoWorkerArgs) -> anyhow::Result<()> {
    let client = Client::builder(args.url, args.key).build()?;
    let DemoWorkerArgs { environment, name, folder, .. } = args;
    let mut worker = Worker { client, environment, name, folder, held: None, session: None };
    let mut orders = read_orders();
    say(&Message::Ready)?;
    loop {
        let due = worker.held.as_ref().map(|held| held.next_beat);
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Look) => worker.look().await?,
                Some(Order::Take) => worker.take().await?,
                Some(Order::Attach) => worker.attach()?,
                Some(Order::Finish) => worker.finish().await?,
                None => return Ok(()),
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                worker.beat().await?;
            }
            ended = carried(&mut worker.session) => {
                worker.session = None;
                ended?;
            }
        }
    }
}

/// Reads orders on a thread, because reading standard input blocks.
fn read_orders() -> UnboundedReceiver<Order> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if let Some(order) = Order::parse(&line)
                && sender.send(order).is_err()
            {
                return;
            }
        }
    });
    receiver
}

struct Worker {
    client: Client,
    environment: String,
    name: String,
    folder: Option<PathBuf>,
    held: Option<Held>,
    session: Option<Session>,
}

/// A session that is being carried.
type Session = Pin<Box<dyn Future<Output = Result<(), leasehold_client::Error>>>>;

/// Waits for the session's end; without one, for ever.
async fn carried(session: &mut Option<Session>) -> Result<(), leasehold_client::Error> {
    match session {
        Some(session) => session.await,
        None => pending().await,
    }
}

/// An item in hand.
struct Held {
    item: Item,
    next_beat: Instant,
}

impl Worker {
    async fn poll(&self) -> anyhow::Result<Option<Item>> {
        let poll = Poll {
            worker_id: Some(self.name.clone()),
            block: Some(BLOCK),
            reclaim_older_than: None,
        };
        let Some(item) = Item::poll(&self.client, &self.environment, &poll).await? else {
            return Ok(None);
        };
        let claim = item.claim().context("the item came without a claim token")?;
        let claim = claim.expose_secret().to_owned();
        say(&Message::Taken { work: item.id().to_owned(), claim })?;
        Ok(Some(item))
    }

    async fn look(&mut self) -> anyhow::Result<()> {
        if self.poll().await?.is_none() {
            say(&Message::NoWork)?;
        }
        Ok(())
    }

    async fn take(&mut self) -> anyhow::Result<()> {
        let item = loop {
            if let Some(item) = self.poll().await? {
                break item;
            }
        };
        item.ack(&self.client, &self.name).await?;
        say(&Message::Acknowledged)?;
        self.held = Some(Held { item, next_beat: Instant::now() });
        self.beat().await
    }

    async fn beat(&mut self) -> anyhow::Result<()> {
        let Some(held) = &mut self.held else { return Ok(()) };
        let beat = held.item.beat(Some(LEASE)).await?;
        if !beat.lease_extended {
            bail!("the lease was not extended; the item is {}", beat.state.as_str());
        }
        held.next_beat = Instant::now() + INTERVAL;
        let Heartbeat { last_heartbeat, ttl_seconds, .. } = beat;
        say(&Message::Beat { last_heartbeat, ttl_seconds })
    }

    /// Carries the item's session from now on.
    fn attach(&mut self) -> anyhow::Result<()> {
        let held = self.held.as_ref().context("there is no item to work for")?;
        let folder = self.folder.as_ref().context("there is no folder to work in")?;
        let attachment = Attachment {
            client: held.item.client().clone(),
            session: held.item.session().to_owned(),
            shell: Shell::new(folder),
            idle: IDLE,
        };
        self.session = Some(Box::pin(async move {
            // If nobody reads this any more, the orders end too.
            let report = |note: &Note| drop(say(&Message::of(note)));
            attachment.run(&report).await
        }));
        Ok(())
    }

    async fn finish(&mut self) -> anyhow::Result<()> {
        self.session = None;
        let held = self.held.take().context("there is no item to stop")?;
        held.item.stop().await?;
        say(&Message::Stopped)
    }
}

/// Tries to go on with an item as if nothing had happened.
async fn come_back(args: DemoWorkerArgs) -> anyhow::Result<()> {
    let DemoWorkerArgs { url, environment, resume, last_heartbeat, claim, .. } = args;
    let (Some(work), Some(last_heartbeat), Some(claim)) = (resume, last_heartbeat, claim) else {
        bail!("there is nothing to come back to");
    };
    let client = Client::builder(url, claim).build()?;
    let expected = Expected::Beat(last_heartbeat);
    let beat = client.heartbeat_work(&environment, &work, &expected, Some(LEASE));
    report(Call::Heartbeat, beat.await.map(drop))?;
    let stop = client.stop_work(&environment, &work, Stop::Force);
    report(Call::Stop, stop.await.map(drop))
}

fn report(call: Call, answer: leasehold_client::Result<()>) -> anyhow::Result<()> {
    let error = match answer {
        Ok(()) => return say(&Message::Accepted { call }),
        Err(error) => error,
    };
    let Some(refusal) = error.api() else { return Err(error.into()) };
    let message = refusal.message.clone();
    say(&Message::Refused { call, status: refusal.status, message })
}
