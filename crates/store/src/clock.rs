//! Where `now` comes from.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use leasehold_model::Timestamp;
use tokio::sync::Notify;

/// How far the wall clock may run ahead of the monotonic one before it is believed: more than the
/// clock's own corrections, less than a machine's sleep.
const LEAP: Duration = Duration::from_secs(2);

/// The clock of a store. It never goes back.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    /// The machine's.
    System(Mutex<Anchor>),
    /// One that stands still until it is moved.
    Manual { micros: AtomicI64, moved: Notify },
}

/// Wall time is read once; from then on time passes monotonically, so a wall clock that is set back
/// neither freezes leases nor revives them. If the wall clock leaps ahead (the machine slept), the
/// anchor follows.
struct Anchor {
    wall: Timestamp,
    since: Instant,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        let anchor = Anchor { wall: wall(), since: Instant::now() };
        Self(Arc::new(Source::System(Mutex::new(anchor))))
    }

    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        let micros = AtomicI64::new(start.micros());
        Self(Arc::new(Source::Manual { micros, moved: Notify::new() }))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match self.0.as_ref() {
            Source::System(anchor) => {
                let mut anchor = anchor.lock().unwrap_or_else(|broken| broken.into_inner());
                let steady = anchor.wall.plus(anchor.since.elapsed());
                let wall = wall();
                if wall.since(steady) <= LEAP {
                    return steady;
                }
                *anchor = Anchor { wall, since: Instant::now() };
                wall
            }
            Source::Manual { micros, .. } => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Never answer less than `floor` again: a store that opens a file starts behind what is in it.
    pub(crate) fn start_after(&self, floor: Timestamp) {
        if floor <= self.now() {
            return;
        }
        match self.0.as_ref() {
            Source::System(anchor) => {
                let mut anchor = anchor.lock().unwrap_or_else(|broken| broken.into_inner());
                *anchor = Anchor { wall: floor, since: Instant::now() };
            }
            Source::Manual { micros, .. } => {
                micros.fetch_max(floor.micros(), Ordering::SeqCst);
            }
        }
    }

    /// Moves a manual clock forward and says where it stands; `None` for the machine's clock.
    pub fn advance(&self, by: Duration) -> Option<Timestamp> {
        match self.0.as_ref() {
            Source::System(_) => None,
            Source::Manual { micros, moved } => {
                let step = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
                let before = micros.fetch_add(step, Ordering::SeqCst);
                moved.notify_waiters();
                moved.notify_one();
                Some(Timestamp::from_micros(before.saturating_add(step)))
            }
        }
    }

    /// Whether it is moved by hand.
    pub fn is_manual(&self) -> bool {
        matches!(self.0.as_ref(), Source::Manual { .. })
    }

    /// Waits until the clock stands at `at` or later.
    pub async fn sleep_until(&self, at: Timestamp) {
        while self.now() < at {
            self.wait_until(Some(at)).await;
        }
    }

    /// Waits until the clock stands at `at`, or was moved, or at the most for an hour: the caller
    /// looks again. Without an instant it waits for a move alone.
    pub(crate) async fn wait_until(&self, at: Option<Timestamp>) {
        const LONGEST: Duration = Duration::from_secs(3_600);
        match self.0.as_ref() {
            Source::System(_) => {
                let left = at.map_or(LONGEST, |at| at.since(self.now()).min(LONGEST));
                tokio::time::sleep(left).await;
            }
            Source::Manual { moved, .. } => {
                // A move from here on is not missed, the look included.
                let moved = moved.notified();
                if at.is_none_or(|at| at > self.now()) {
                    moved.await;
                }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
fn wall() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
