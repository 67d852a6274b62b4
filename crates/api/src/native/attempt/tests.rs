//! Histories as they are shown.

use leasehold_model::work::{Work, WorkerId};
use leasehold_model::{EnvironmentId, SessionId, Timestamp, WorkId};
use serde_json::{Value, json};

use super::*;

#[test]
fn a_history_tells_who_had_the_item_and_how_it_ended() {
    let now = Timestamp::from_micros(1_782_983_403_004_310);
    let work = Work::queued(WorkId::MIN, EnvironmentId::MIN, SessionId::MIN, now);
    let attempt = |number, end| Attempt {
        number,
        worker: WorkerId::new("w1"),
        delivered_at: Some(now),
        acknowledged_at: None,
        first_beat: None,
        last_beat: Some(now),
        end,
    };
    let attempts = vec![attempt(1, Some((now, Outcome::Lapsed))), attempt(2, None)];
    let shown = serde_json::to_value(HistoryWire::from(&History { work, attempts })).unwrap();
    assert_eq!(shown["stop_reason"], Value::Null);
    assert_eq!(shown["data"][1]["outcome"], "open");
    assert_eq!(
        shown["data"][0],
        json!({
            "type": "work_attempt",
            "attempt": 1,
            "worker_id": "w1",
            "delivered_at": "2026-07-02T09:10:03.00431Z",
            "acknowledged_at": null,
            "first_heartbeat_at": null,
            "last_heartbeat_at": "2026-07-02T09:10:03.004310Z",
            "ended_at": "2026-07-02T09:10:03.00431Z",
            "outcome": "lapsed"
        })
    );
}
