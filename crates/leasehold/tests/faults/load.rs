//! Workers that go about their work until the server is gone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use leasehold_client::agent::NewAgent;
use leasehold_client::environment::NewEnvironment;
use leasehold_client::session::NewSession;
use leasehold_client::work::{Expected, Poll, State, Stop};
use leasehold_client::{Client, Error};

use crate::ledger::{Fact, Ledger};

/// A ledger that several workers write into.
pub(crate) type Shared = Arc<Mutex<Ledger>>;

/// An environment with a queue, and the agent of its sessions.
#[derive(Clone)]
pub(crate) struct Farm {
    pub(crate) environment: String,
    agent: String,
}

impl Farm {
    pub(crate) async fn new(client: &Client) -> Self {
        let environment = client.create_environment(&NewEnvironment::self_hosted("faults")).await;
        let agent = client.create_agent(&NewAgent::of("faults", "scripted")).await;
        Self {
            environment: environment.unwrap().into_inner().id,
            agent: agent.unwrap().into_inner().id,
        }
    }
}

/// A session, which queues an item.
pub(crate) async fn session(client: &Client, farm: &Farm) -> Result<String, Error> {
    let new = NewSession {
        metadata: BTreeMap::from([("ticket".to_owned(), "4711".to_owned())]),
        ..NewSession::of(farm.agent.as_str(), farm.environment.as_str())
    };
    Ok(client.create_session(&new).await?.into_inner().id)
}

/// Whole cycles, one after the other, until the first request without an answer. Every other item
/// is left held, so that there is something to lose.
pub(crate) async fn work(client: Client, farm: Farm, ledger: Shared) -> Error {
    let mut round = 0;
    loop {
        round += 1;
        if let Err(error) = cycle(&client, &farm, &ledger, round % 2 == 0).await {
            return error;
        }
    }
}

async fn cycle(client: &Client, farm: &Farm, ledger: &Shared, finish: bool) -> Result<(), Error> {
    let environment = &farm.environment;
    let session = session(client, farm).await?;
    lock(ledger).sessions.push(session);
    let poll = Poll { worker_id: None, block: None, reclaim_older_than: None };
    let Some(item) = client.poll_work(environment, &poll).await?.into_inner() else {
        return Ok(());
    };
    {
        let mut ledger = lock(ledger);
        let fresh = Fact { state: State::Queued, beat: None, asked: true };
        let before = ledger.items.insert(item.id.clone(), fresh);
        // An item that was delivered and not accepted in time may come again; one that somebody
        // accepted must not.
        let held = before.filter(|fact| fact.state != State::Queued);
        assert!(held.is_none(), "{} is handed out though {held:?}", item.id);
    }
    client.ack_work(environment, &item.id, None).await?;
    note(ledger, &item.id, State::Starting, None);
    let mut expected = Expected::Nothing;
    for _ in 0..4 {
        ask(ledger, &item.id);
        let beat = client
            .heartbeat_work(environment, &item.id, &expected, Some(Duration::from_secs(600)))
            .await?
            .into_inner();
        note(ledger, &item.id, State::Active, Some(beat.last_heartbeat.clone()));
        expected = Expected::Beat(beat.last_heartbeat);
    }
    if finish {
        ask(ledger, &item.id);
        client.stop_work(environment, &item.id, Stop::Force).await?;
        let beat = lock(ledger).items.get(&item.id).and_then(|fact| fact.beat.clone());
        note(ledger, &item.id, State::Stopped, beat);
    }
    Ok(())
}

fn ask(ledger: &Shared, id: &str) {
    if let Some(fact) = lock(ledger).items.get_mut(id) {
        fact.asked = true;
    }
}

fn note(ledger: &Shared, id: &str, state: State, beat: Option<String>) {
    lock(ledger).items.insert(id.to_owned(), Fact { state, beat, asked: false });
}

pub(crate) fn lock(ledger: &Shared) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap()
}
