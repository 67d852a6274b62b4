//! Filling in the working set from the tables in memory.

use leasehold_model::log::TURN_QUEUE;
use std::time::Duration;

use leasehold_model::rows::{Keys, Rows};
use leasehold_model::{AgentId, EnvironmentId, SessionId, Timestamp, Work, WorkId};

use super::tables::Tables;

pub(super) fn load(tables: &Tables, keys: &Keys, now: Timestamp, rows: &mut Rows) {
    let Keys {
        any_account,
        accounts,
        tokens,
        keys: environment_keys,
        environments,
        facts,
        residents,
        agents,
        agent_versions,
        sessions,
        snapshots,
        live_work,
        logs,
        work,
        sessions_of_work,
        bodies,
        ready,
        responses,
    } = keys;
    if *any_account {
        rows.any_account = !tables.accounts.is_empty();
    }
    for id in accounts {
        tables.accounts.get(id).inspect(|row| rows.accounts.load(*id, (*row).clone()));
    }
    for id in tokens {
        tables.tokens.get(id).inspect(|row| rows.tokens.load(*id, (*row).clone()));
    }
    for id in environment_keys {
        tables.keys.get(id).inspect(|row| rows.keys.load(*id, (*row).clone()));
    }
    for id in environments {
        tables.environments.get(id).inspect(|row| rows.environments.load(*id, (*row).clone()));
    }
    for id in facts {
        if let Some(environment) = tables.environments.get(id) {
            rows.loaded_facts.insert(*id, environment.facts());
        }
    }
    for id in residents {
        let all = tables.sessions.values().filter(|s| s.environment == *id).map(|s| s.id);
        rows.residents.insert(*id, all.collect());
    }
    for id in sessions {
        tables.sessions.get(id).inspect(|row| rows.sessions.load(*id, (*row).clone()));
    }
    load_agents(tables, agents, agent_versions, rows);
    load_snapshots(tables, snapshots, rows);
    for session in live_work {
        let live = |w: &&Work| {
            w.session == *session && w.environment != TURN_QUEUE && w.stopped_at().is_none()
        };
        if let Some(work) = tables.work.values().find(live) {
            rows.live_work.insert(*session, work.id);
            rows.work.load(work.id, work.clone());
        }
    }
    load_logs(tables, logs, rows);
    for id in work {
        tables.work.get(id).inspect(|row| rows.work.load(*id, (*row).clone()));
    }
    load_sessions_of_work(tables, sessions_of_work, rows);
    for id in bodies {
        tables.bodies.get(id).inspect(|row| rows.bodies.load(*id, (*row).clone()));
    }
    load_ready(tables, ready, now, rows);
    for key in responses {
        tables.responses.get(key).inspect(|row| rows.responses.load(key.clone(), (*row).clone()));
    }
}

fn load_ready(
    tables: &Tables,
    ready: &[(EnvironmentId, Duration)],
    now: Timestamp,
    rows: &mut Rows,
) {
    for (environment, window) in ready {
        let candidates = rows.candidates.entry(*environment).or_default();
        let available = |w: &&Work| w.environment == *environment && w.available(now, *window);
        for work in tables.work.values().filter(available) {
            candidates.insert(work.id);
            rows.work.load(work.id, work.clone());
            if let Some(body) = tables.bodies.get(&work.id) {
                rows.bodies.load(work.id, body.clone());
            }
        }
    }
}

fn load_agents(tables: &Tables, ids: &[AgentId], versions: &[(AgentId, u32)], rows: &mut Rows) {
    for id in ids {
        tables.agents.get(id).inspect(|row| rows.agents.load(*id, (*row).clone()));
    }
    for key in versions {
        load_agent_version(tables, *key, rows);
    }
}

fn load_snapshots(tables: &Tables, sessions: &[SessionId], rows: &mut Rows) {
    for id in sessions {
        tables.snapshots.get(id).inspect(|row| rows.snapshots.load(*id, (*row).clone()));
        let named = tables.sessions.get(id).map(|session| &session.agent);
        let version = named.and_then(|agent| Some((AgentId::parse(&agent.id)?, agent.version)));
        version.inspect(|key| load_agent_version(tables, *key, rows));
    }
}

fn load_agent_version(tables: &Tables, key: (AgentId, u32), rows: &mut Rows) {
    let row = tables.agent_versions.get(&key);
    row.inspect(|row| rows.agent_versions.load(key, (*row).clone()));
}

/// A log comes with the head of its turn.
fn load_logs(tables: &Tables, logs: &[SessionId], rows: &mut Rows) {
    for session in logs {
        if let Some(log) = tables.logs.get(session) {
            rows.logs.load(*session, log.clone());
            if let Some(turn) = log.turn.and_then(|turn| tables.work.get(&turn)) {
                rows.work.load(turn.id, turn.clone());
            }
        }
    }
}

fn load_sessions_of_work(tables: &Tables, sessions_of_work: &[WorkId], rows: &mut Rows) {
    for id in sessions_of_work {
        if let Some(session) = tables.work.get(id).map(|work| work.session) {
            load_logs(tables, &[session], rows);
            tables
                .sessions
                .get(&session)
                .inspect(|row| rows.sessions.load(session, (*row).clone()));
        }
    }
}
