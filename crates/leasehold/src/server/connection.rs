//! One connection, from its accept to its end.

use std::error::Error;
use std::pin::pin;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use leasehold_api::Metrics;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::activity::{Activity, Patience, Phase, WatchedService, WatchedStream};

/// Serves the requests of a connection one after the other, until the client leaves, is too slow,
/// or `closing` says that the server ends; then the request at hand is still answered.
pub(super) async fn serve<S, B>(
    stream: TcpStream,
    service: S,
    patience: Patience,
    metrics: Metrics,
    mut closing: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>> + 'static,
    B: Body + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Answers are small and wanted now; without this they may wait for an acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let activity = Activity::new();
    let stream = WatchedStream { stream, activity: activity.clone() };
    let service = WatchedService { service, activity: activity.clone() };
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // Looked at this often, a limit is exceeded by no more than the shortest of them.
    let step = patience.least();
    let mut alarm = pin!(sleep_until(Instant::now() + step));
    let mut last_chance = None;
    loop {
        tokio::select! {
            // Clients go away in all sorts of ways; none of them is news.
            _ = connection.as_mut() => return,
            _ = closing.wait_for(|closing| *closing), if last_chance.is_none() => {
                connection.as_mut().graceful_shutdown();
                // How long requests may still take is decided by whoever closes.
                last_chance = Some(LastChance::Unbounded);
            }
            () = alarm.as_mut() => {
                let now = Instant::now();
                if activity.is_stalled(patience) {
                    metrics.slow_reader();
                    return;
                }
                match (activity.deadline(patience), last_chance) {
                    (Some(deadline), None) if deadline <= now => {
                        if activity.phase() == Phase::Head {
                            return;
                        }
                        // The client may still be reading its last answer.
                        connection.as_mut().graceful_shutdown();
                        last_chance = Some(LastChance::Until(now + patience.head));
                        alarm.as_mut().reset(now + patience.head);
                    }
                    (_, Some(LastChance::Until(end))) if end <= now => return,
                    (deadline, _) => {
                        let look_again = now + step;
                        let next = deadline.filter(|at| *at > now).unwrap_or(look_again);
                        alarm.as_mut().reset(next.min(look_again));
                    }
                }
            }
        }
    }
}

/// What is left for a connection that takes no more requests.
#[derive(Clone, Copy)]
enum LastChance {
    /// As long as the server lives.
    Unbounded,
    /// Until this instant.
    Until(Instant),
}
