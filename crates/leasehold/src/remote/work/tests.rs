//! What a history looks like.

use leasehold_client::attempt::Attempts;
use serde_json::json;

use super::history;

#[test]
fn a_history_shows_who_had_it_and_how_it_ended() {
    let attempts: Attempts = serde_json::from_value(json!({
        "work_id": "work_1", "state": "active", "stop_reason": null,
        "data": [
            {"attempt": 1, "worker_id": "ada", "delivered_at": "2026-07-02T23:59:58.5Z",
             "acknowledged_at": "2026-07-02T23:59:58.504311Z",
             "first_heartbeat_at": "2026-07-02T23:59:59.000000Z",
             "last_heartbeat_at": "2026-07-02T23:59:59.000000Z",
             "ended_at": "2026-07-03T00:00:09Z", "outcome": "lapsed"},
            {"attempt": 2, "worker_id": null, "delivered_at": null, "acknowledged_at": null,
             "first_heartbeat_at": null, "last_heartbeat_at": null, "ended_at": null,
             "outcome": "vanished"},
        ],
    }))
    .unwrap();
    let expected = "\
attempts (UTC; times without a date are of 2026-07-02)
ATTEMPT  WORKER  DELIVERED   ACKED         FIRST BEAT    LAST BEAT     ENDED                OUTCOME
1        ada     23:59:58.5  23:59:58.504  23:59:59.000  23:59:59.000  2026-07-03 00:00:09  lapsed
2        -       -           -             -             -             -                    vanished
";
    assert_eq!(history(&attempts, "2026-07-02T23:59:00Z"), expected);
}

#[test]
fn an_item_that_nobody_took_has_no_table() {
    let attempts = json!({"work_id": "w", "state": "queued", "stop_reason": null, "data": []});
    let attempts: Attempts = serde_json::from_value(attempts).unwrap();
    assert_eq!(history(&attempts, "2026-07-02T23:59:00Z"), "no attempts yet\n");
}
