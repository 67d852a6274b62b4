//! What clients were answered, and how it is held against a server.

use std::collections::HashMap;

use leasehold_client::work::{Expected, State, Stop, Work};
use leasehold_client::{Client, Cursor};

/// What was answered about one item.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// The state of the last answer.
    pub(crate) state: State,
    /// The newest heartbeat that was answered.
    pub(crate) beat: Option<String>,
    /// Whether a request is on its way whose answer never came: it may count or not.
    pub(crate) asked: bool,
}

/// What was answered so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Sessions that were acknowledged.
    pub(crate) sessions: Vec<String>,
    /// Items that somebody has accepted.
    pub(crate) items: HashMap<String, Fact>,
}

/// How far along an item is; nothing but a lapse takes it back, and no lease lapses here.
fn rank(state: &State) -> u8 {
    match state {
        State::Queued => 0,
        State::Starting => 1,
        State::Active => 2,
        State::Stopping => 3,
        State::Stopped => 4,
        State::Other(other) => panic!("unknown state {other}"),
    }
}

impl Ledger {
    /// Holds a server that has just started against everything that was answered before.
    pub(crate) async fn check(&mut self, client: &Client, environment: &str) {
        let found = all_items(client, environment).await;
        let mut by_session: HashMap<&str, usize> = HashMap::new();
        for item in &found {
            *by_session.entry(&item.data.id).or_default() += 1;
        }
        for session in &self.sessions {
            assert_eq!(by_session.get(session.as_str()), Some(&1), "items of {session}");
        }
        let found: HashMap<&str, &Work> = found.iter().map(|w| (w.id.as_str(), w)).collect();
        for (id, fact) in &mut self.items {
            let item = found.get(id.as_str()).unwrap_or_else(|| panic!("{id} is lost"));
            let (now, then) = (rank(&item.state), rank(&fact.state));
            assert!(now >= then, "{id}: {fact:?} has become {item:?}");
            assert!(item.latest_heartbeat_at >= fact.beat, "{id}: {fact:?} has become {item:?}");
            if !fact.asked {
                assert_eq!((now, &item.latest_heartbeat_at), (then, &fact.beat), "{id}");
            }
            *fact = Fact {
                state: item.state.clone(),
                beat: item.latest_heartbeat_at.clone(),
                asked: false,
            };
        }
    }

    /// Ends everything that is held, each by the heartbeat that was answered last: whoever holds an
    /// item still does.
    pub(crate) async fn finish(&mut self, client: &Client, environment: &str) {
        for (id, fact) in &mut self.items {
            if let (State::Active, Some(beat)) = (&fact.state, &fact.beat) {
                let expected = Expected::Beat(beat.clone());
                let beat = client.heartbeat_work(environment, id, &expected, None).await.unwrap();
                assert!(beat.lease_extended, "{id}");
                let again = client.heartbeat_work(environment, id, &expected, None).await;
                assert_eq!(again.unwrap_err().status(), Some(412), "{id}");
            }
            client.stop_work(environment, id, Stop::Force).await.unwrap();
            fact.state = State::Stopped;
        }
    }
}

/// All items of an environment.
pub(crate) async fn all_items(client: &Client, environment: &str) -> Vec<Work> {
    let mut items = Vec::new();
    let mut cursor = Cursor { limit: Some(100), page: None };
    loop {
        let page = client.list_work(environment, &cursor).await.unwrap().into_inner();
        items.extend(page.data);
        match page.next_page {
            None => return items,
            next => cursor.page = next,
        }
    }
}
