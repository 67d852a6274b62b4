//! How a lease is asked for: the parts of poll and heartbeat that the dialects spell alike.

use std::time::Duration;

use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue, StatusCode};
use leasehold_model::EnvironmentId;
use leasehold_model::work::heartbeat::{Expected, Heartbeat, Unheld};
use leasehold_model::work::ops::{Item, Poll};
use leasehold_model::work::{Caller, RECLAIM_WINDOW, Ttl};

use crate::body::Invalid;
use crate::call::{Call, Outcome, Reply};
use crate::query::Query;
use crate::time::parse_written;

/// The longest that a poll may block, in milliseconds (work §6.1).
const LONGEST_BLOCK: i64 = 999;
/// The longest window of a poll, in milliseconds: a day; a longer one is this one.
const LONGEST_WINDOW: u64 = 86_400_000;

/// Reads the query of a heartbeat (work §7.1).
///
/// # Errors
/// If the echo is neither the sentinel nor a timestamp, or the wish is no positive integer.
pub(crate) fn heartbeat(
    query: Query<'_>,
    caller: Caller,
    default: Ttl,
    unheld: Unheld,
) -> Result<Heartbeat, Invalid> {
    const ECHO: &str = "expected_last_heartbeat";
    const WISH: &str = "desired_ttl_seconds";
    let expected = match query.one(ECHO)?.as_deref() {
        None => Expected::Any,
        Some("NO_HEARTBEAT") => Expected::NoHeartbeat,
        Some(text) => match parse_written(text) {
            Some(written) if written.finer => Expected::Never,
            Some(written) => Expected::Beat(written.at),
            None => {
                let problem = "must be NO_HEARTBEAT or an RFC 3339 timestamp";
                return Err(Invalid::new(ECHO, problem));
            }
        },
    };
    let refused = || Invalid::new(WISH, "must be a positive integer");
    let ttl = match query.integer(WISH).map_err(|_| refused())? {
        None => default,
        Some(wish) if wish > 0 => Ttl::clamped(wish.unsigned_abs()),
        Some(_) => return Err(refused()),
    };
    Ok(Heartbeat { expected, ttl, caller, unheld })
}

/// Polls a queue (work §6.1). `least_window` is the least that `reclaim_older_than_ms` may be; `wire`
/// writes an item and the secret that proves its claim.
pub(crate) async fn poll(
    call: &Call,
    environment: EnvironmentId,
    least_window: i64,
    wire: fn(&Item, String) -> Reply,
) -> Outcome {
    let query = call.query();
    let block = millis(query, "block_ms", 1, Some(LONGEST_BLOCK))?.unwrap_or(Duration::ZERO);
    let window = millis(query, "reclaim_older_than_ms", least_window, None)?
        .map_or(RECLAIM_WINDOW, |window| window.min(Duration::from_millis(LONGEST_WINDOW)));
    let store = call.app.store();
    let note = |worker| store.pollers().note(environment, &worker, store.now());
    let worker = call.worker()?.map(note);
    let polled = store.poll(Poll { environment, window, worker }, block).await?;
    call.app.metrics().poll_wait(polled.waited);
    let reply = match polled.item {
        None => Reply::written(StatusCode::OK, "null"),
        Some(item) => {
            let secret = call.app.claims().secret(item.work.id, item.work.deliveries);
            let reply = wire(&item, secret);
            match item.body.traceparent.and_then(|trace| HeaderValue::from_str(&trace).ok()) {
                None => reply,
                Some(trace) => reply.with(HeaderName::from_static("traceparent"), trace),
            }
        }
    };
    Ok(reply.with(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

fn millis(
    query: Query<'_>,
    name: &str,
    least: i64,
    most: Option<i64>,
) -> Result<Option<Duration>, Invalid> {
    let refused = || match most {
        Some(most) => Invalid::new(name, &format!("must be an integer from {least} to {most}")),
        None => Invalid::new(name, &format!("must be an integer of at least {least}")),
    };
    match query.integer(name).map_err(|_| refused())? {
        None => Ok(None),
        Some(millis) if millis >= least && most.is_none_or(|most| millis <= most) => {
            Ok(Some(Duration::from_millis(millis.unsigned_abs())))
        }
        Some(_) => Err(refused()),
    }
}

#[cfg(test)]
mod tests;
