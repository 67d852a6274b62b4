//! The views of the memory backend: each looks at all rows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::agent::{Agent, AgentVersion};
use leasehold_model::environment::{Environment, Facts};
use leasehold_model::idempotency::{ResponseKey, StoredResponse};
use leasehold_model::log::{Fold, TURN_QUEUE};
use leasehold_model::session::{AgentRef, Session};
use leasehold_model::token::{Account, Key, SecretHash, Token};
use leasehold_model::work::Standing;
use leasehold_model::work::ops::Item;
use leasehold_model::{
    AccountId, AgentId, EnvironmentId, Event, EventId, KeyId, Log, SessionId, Timestamp, TokenId,
    Work, WorkId,
};

use super::Shared;
use super::tables::Tables;
use crate::haul::{Haul, LOOK_BYTES, PAGE_BYTES};
use crate::views::{
    AgentFilter, Answer, Availability, Credential, CredentialId, Cursor, EnvironmentFilter,
    EventFilter, History, Listing, Order, Page, QueueStats, Seen, SessionFilter, Totals, Views,
};

impl Shared {
    fn answer<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Tables, Timestamp) -> T,
    ) -> Answer<'_, T> {
        let value = read(&self.tables(), self.clock.now());
        Box::pin(std::future::ready(Ok(value)))
    }
}

impl Views for Shared {
    fn credential(&self, hash: SecretHash) -> Answer<'_, Option<Credential>> {
        self.answer(|tables, _| {
            let token = tables.tokens.values().find(|t| t.hash == hash).cloned();
            let key = tables
                .keys
                .values()
                .filter(|k| tables.environments.contains_key(&k.environment))
                .find(|k| k.hash == hash)
                .cloned();
            token.map(Credential::Token).or(key.map(Credential::Key))
        })
    }

    fn used(&self, credential: CredentialId) {
        let now = self.clock.now();
        self.tables().used.insert(credential, now);
    }

    fn account(&self, id: AccountId) -> Answer<'_, Option<Account>> {
        self.answer(|tables, _| tables.accounts.get(&id).cloned())
    }

    fn accounts(&self, page: Page<AccountId>) -> Answer<'_, Listing<Account>> {
        self.answer(|tables, _| cut(tables.accounts.values().cloned(), |a| a.id, page))
    }

    fn tokens(&self, of: AccountId, page: Page<TokenId>) -> Answer<'_, Listing<Seen<Token>>> {
        self.answer(|tables, _| {
            let rows = tables.tokens.values().filter(|t| t.account == of);
            cut(rows.map(|t| seen_token(tables, t)), |t| t.item.id, page)
        })
    }

    fn token(&self, id: TokenId) -> Answer<'_, Option<Seen<Token>>> {
        self.answer(|tables, _| tables.tokens.get(&id).map(|t| seen_token(tables, t)))
    }

    fn keys(&self, of: EnvironmentId, page: Page<KeyId>) -> Answer<'_, Listing<Seen<Key>>> {
        self.answer(|tables, _| {
            let rows = tables.keys.values().filter(|k| k.environment == of);
            cut(rows.map(|k| seen_key(tables, k)), |k| k.item.id, page)
        })
    }

    fn key(&self, id: KeyId) -> Answer<'_, Option<Seen<Key>>> {
        self.answer(|tables, _| tables.keys.get(&id).map(|k| seen_key(tables, k)))
    }

    fn facts(&self, id: EnvironmentId) -> Answer<'_, Option<Facts>> {
        self.answer(|tables, _| tables.environments.get(&id).map(Environment::facts))
    }

    fn environment(&self, id: EnvironmentId) -> Answer<'_, Option<Environment>> {
        self.answer(|tables, _| tables.environments.get(&id).cloned())
    }

    fn environments(
        &self,
        of: AccountId,
        filter: EnvironmentFilter,
        page: Page<EnvironmentId>,
    ) -> Answer<'_, Listing<Environment>> {
        self.answer(|tables, _| {
            let rows = tables.environments.values().filter(|e| {
                e.account == of
                    && (filter.include_archived || e.archived_at.is_none())
                    && filter.created_from.is_none_or(|from| e.created_at >= from)
                    && filter.created_to.is_none_or(|to| e.created_at <= to)
            });
            cut(rows.cloned(), |e| e.id, page)
        })
    }

    fn agent(&self, id: AgentId) -> Answer<'_, Option<Agent>> {
        self.answer(|tables, _| tables.agents.get(&id).cloned())
    }

    fn agent_version(&self, of: AgentId, version: u32) -> Answer<'_, Option<AgentVersion>> {
        self.answer(|tables, _| tables.agent_versions.get(&(of, version)).cloned())
    }

    fn agents(
        &self,
        of: AccountId,
        filter: AgentFilter,
        page: Page<AgentId>,
    ) -> Answer<'_, Listing<Agent>> {
        self.answer(|tables, _| {
            let rows = tables.agents.values().filter(|a| {
                a.account == of
                    && (filter.include_archived || a.archived_at.is_none())
                    && filter.created_from.is_none_or(|from| a.created_at >= from)
                    && filter.created_to.is_none_or(|to| a.created_at <= to)
            });
            cut(rows.cloned(), |a| a.id, page)
        })
    }

    fn agent_versions(&self, of: AgentId, page: Page<u32>) -> Answer<'_, Listing<AgentVersion>> {
        self.answer(|tables, _| {
            let rows = tables.agent_versions.values().filter(|v| v.agent == of);
            cut(rows.cloned(), |v| v.version, page)
        })
    }

    fn snapshots(&self, of: Vec<(SessionId, AgentRef)>) -> Answer<'_, Vec<Arc<Snapshot>>> {
        self.answer(|tables, _| {
            let snapshot = |(session, agent): (SessionId, AgentRef)| {
                let own = tables.snapshots.get(&session).cloned();
                let version = || {
                    let id = AgentId::parse(&agent.id)?;
                    tables.agent_versions.get(&(id, agent.version))
                };
                Arc::new(own.unwrap_or_else(|| agent.snapshot(version())))
            };
            of.into_iter().map(snapshot).collect()
        })
    }

    fn session(&self, id: SessionId) -> Answer<'_, Option<Session>> {
        self.answer(|tables, _| tables.sessions.get(&id).cloned())
    }

    fn sessions(
        &self,
        of: AccountId,
        filter: SessionFilter,
        page: Page<SessionId>,
    ) -> Answer<'_, Listing<Session>> {
        self.answer(|tables, _| {
            let rows = tables.sessions.values().filter(|s| {
                s.account == of
                    && (filter.include_archived || s.archived_at.is_none())
                    && filter.created_from.is_none_or(|from| s.created_at >= from)
                    && filter.created_to.is_none_or(|to| s.created_at <= to)
                    && filter.agent.as_ref().is_none_or(|agent| *agent == s.agent.id)
                    && filter.agent_version.is_none_or(|version| version == s.agent.version)
                    && (filter.statuses.is_empty()
                        || filter.statuses.contains(&s.status(&fold_of(tables, s.id))))
            });
            cut(rows.cloned(), |s| s.id, page)
        })
    }

    fn logs(&self, of: Vec<SessionId>) -> Answer<'_, HashMap<SessionId, Log>> {
        self.answer(|tables, _| {
            of.iter().filter_map(|id| Some((*id, tables.logs.get(id)?.clone()))).collect()
        })
    }

    fn events(
        &self,
        of: SessionId,
        filter: EventFilter,
        page: Page<EventId>,
    ) -> Answer<'_, Option<Listing<Event>>> {
        self.answer(|tables, _| {
            let mut events = tables.events.get(&of).cloned().unwrap_or_default();
            events.sort_by_key(in_order);
            let mut rows: Vec<Event> =
                events.iter().filter(|e| passes(&filter, e)).cloned().collect();
            let place = match page.cursor {
                Cursor::Start => None,
                Cursor::After(id) | Cursor::Before(id) => {
                    Some(in_order(events.iter().find(|event| event.id == id)?))
                }
            };
            if page.order == Order::Descending {
                rows.reverse();
            }
            let after = |e: &Event| {
                place.is_none_or(|place| match page.order {
                    Order::Ascending => in_order(e) > place,
                    Order::Descending => in_order(e) < place,
                })
            };
            let before = |e: &Event| place.is_some_and(|place| in_order(e) != place) && !after(e);
            let backwards = matches!(page.cursor, Cursor::Before(_));
            rows.retain(|e| if backwards { before(e) } else { after(e) });
            if backwards {
                rows.reverse();
            }
            let mut listing = gathered(rows, page.limit, PAGE_BYTES);
            if backwards {
                listing.items.reverse();
            }
            Some(listing)
        })
    }

    fn events_from(&self, of: SessionId, seq: u64, most: usize) -> Answer<'_, Listing<Event>> {
        self.answer(|tables, _| {
            let mut events = tables.events.get(&of).cloned().unwrap_or_default();
            events.retain(|event| event.place.is_some_and(|place| place.seq >= seq));
            events.sort_by_key(in_order);
            gathered(events, most, LOOK_BYTES)
        })
    }

    fn event(&self, of: SessionId, id: EventId) -> Answer<'_, Option<Event>> {
        self.answer(|tables, _| tables.events.get(&of)?.iter().find(|e| e.id == id).cloned())
    }

    fn head(&self, id: WorkId) -> Answer<'_, Option<Work>> {
        self.answer(|tables, now| tables.work.get(&id).map(|w| w.settled(now).work))
    }

    fn item(&self, of: EnvironmentId, id: WorkId) -> Answer<'_, Option<Item>> {
        self.answer(|tables, now| {
            let work = tables.work.get(&id).filter(|w| w.environment == of)?;
            Some(item(tables, work, now))
        })
    }

    fn items(&self, of: EnvironmentId, page: Page<WorkId>) -> Answer<'_, Listing<Item>> {
        self.answer(|tables, now| {
            let rows = tables.work.values().filter(|w| w.environment == of);
            cut(rows.map(|w| item(tables, w, now)), |i| i.work.id, page)
        })
    }

    fn history(&self, of: EnvironmentId, id: WorkId) -> Answer<'_, Option<History>> {
        self.answer(|tables, now| {
            let work = tables.work.get(&id).filter(|w| w.environment == of)?;
            let mut attempts = tables.attempts.get(&id).cloned().unwrap_or_default();
            attempts.extend(work.newest_attempt(now));
            Some(History { work: work.settled(now).work, attempts })
        })
    }

    fn stats(&self, of: EnvironmentId) -> Answer<'_, QueueStats> {
        self.answer(|tables, now| {
            let mut stats = QueueStats::default();
            for work in tables.work.values().filter(|w| w.environment == of) {
                let waiting = match work.standing(now) {
                    Standing::Ready => &mut stats.depth,
                    Standing::Pending => &mut stats.pending,
                    Standing::Later | Standing::Held | Standing::Done => continue,
                };
                *waiting += 1;
                let queued_at = work.settled(now).work.queued_at;
                stats.oldest_queued_at =
                    Some(stats.oldest_queued_at.map_or(queued_at, |oldest| oldest.min(queued_at)));
            }
            stats
        })
    }

    fn availability(&self, of: EnvironmentId, window: Duration) -> Answer<'_, Availability> {
        self.answer(|tables, now| {
            let waits = |w: &&Work| match w.standing(now) {
                Standing::Ready | Standing::Pending => true,
                Standing::Later | Standing::Held | Standing::Done => false,
            };
            let queue = tables.work.values().filter(|w| w.environment == of).filter(waits);
            match queue.filter_map(|w| w.available_at(window)).min() {
                Some(at) if at <= now => Availability::Now,
                Some(at) => Availability::At(at),
                None => Availability::Nothing,
            }
        })
    }

    fn totals(&self) -> Answer<'_, Totals> {
        self.answer(|tables, now| {
            let mut totals = Totals::default();
            for work in tables.work.values() {
                let is_turn = work.environment == TURN_QUEUE;
                let count = match (work.standing(now), is_turn) {
                    (Standing::Ready | Standing::Pending, true) => &mut totals.turns_waiting,
                    (Standing::Held, true) => &mut totals.turns_running,
                    (Standing::Ready, false) => &mut totals.depth,
                    (Standing::Pending, false) => &mut totals.pending,
                    (Standing::Held, false) => &mut totals.held,
                    (Standing::Later | Standing::Done, _) => continue,
                };
                *count += 1;
                if is_turn || work.standing(now) == Standing::Held {
                    continue;
                }
                let queued_at = work.settled(now).work.queued_at;
                totals.oldest_queued_at =
                    Some(totals.oldest_queued_at.map_or(queued_at, |oldest| oldest.min(queued_at)));
            }
            totals
        })
    }

    fn response(&self, key: ResponseKey) -> Answer<'_, Option<StoredResponse>> {
        self.answer(|tables, now| tables.responses.get(&key).filter(|r| r.holds(now)).cloned())
    }
}

fn seen_token(tables: &Tables, token: &Token) -> Seen<Token> {
    let last_used_at = tables.used.get(&CredentialId::Token(token.id)).copied();
    Seen { item: token.clone(), last_used_at }
}

fn seen_key(tables: &Tables, key: &Key) -> Seen<Key> {
    let last_used_at = tables.used.get(&CredentialId::Key(key.id)).copied();
    Seen { item: key.clone(), last_used_at }
}

fn item(tables: &Tables, work: &Work, now: Timestamp) -> Item {
    let body = tables.bodies.get(&work.id).cloned().unwrap_or_default();
    Item { work: work.settled(now).work, body }
}

/// Cuts a page out of all rows, which come in ascending order of their ids.
fn cut<T, K: Copy + Ord>(
    rows: impl DoubleEndedIterator<Item = T>,
    id: impl Fn(&T) -> K,
    page: Page<K>,
) -> Listing<T> {
    let mut rows: Vec<T> = match page.order {
        Order::Ascending => rows.collect(),
        Order::Descending => rows.rev().collect(),
    };
    let precedes = |a: K, b: K| match page.order {
        Order::Ascending => a < b,
        Order::Descending => b < a,
    };
    match page.cursor {
        Cursor::Start => {}
        Cursor::After(position) => rows.retain(|row| precedes(position, id(row))),
        Cursor::Before(position) => rows.retain(|row| precedes(id(row), position)),
    }
    let more = rows.len() > page.limit;
    match page.cursor {
        Cursor::Before(_) => {
            rows.drain(..rows.len().saturating_sub(page.limit));
        }
        Cursor::Start | Cursor::After(_) => rows.truncate(page.limit),
    }
    Listing { items: rows, more }
}

fn fold_of(tables: &Tables, session: SessionId) -> Fold {
    tables.logs.get(&session).map(|log| log.fold.clone()).unwrap_or_default()
}

/// The order of a list of events: the log, then what waits.
fn in_order(event: &Event) -> (u64, EventId) {
    (event.place.map_or(u64::MAX, |place| place.seq), event.id)
}

fn gathered(events: Vec<Event>, most: usize, bytes: usize) -> Listing<Event> {
    let mut haul = Haul::new(most, bytes);
    for event in events {
        if !haul.add(event) {
            break;
        }
    }
    haul.listing()
}

fn passes(filter: &EventFilter, event: &Event) -> bool {
    let of_kind = filter.kinds.is_empty() || filter.kinds.iter().any(|k| k == event.kind.as_str());
    let in_time = match event.place {
        None => filter.takes_waiting(),
        Some(place) => {
            filter.from.is_none_or(|from| place.at >= from)
                && filter.to.is_none_or(|to| place.at <= to)
        }
    };
    of_kind && in_time
}
