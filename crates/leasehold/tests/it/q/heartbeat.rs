//! Heartbeats in dialect Q (work §7).

use futures_util::future::join_all;
use leasehold_testkit::{Item, Reply, TestServer, on_each_backend};
use serde_json::{Value, json};

/// The 412 that a stock worker parses, member by member (work §7.8).
#[track_caller]
fn assert_precondition(reply: &Reply, expected: &str, state: &str, beat: Option<&str>, ttl: u16) {
    let error = reply.refused(412, "precondition_failed_error");
    let actual = beat.unwrap_or("NULL");
    assert_eq!(
        error,
        json!({
            "type": "precondition_failed_error",
            "message":
                format!("Heartbeat precondition failed: expected {expected}, actual was {actual}"),
            "param": "expected_last_heartbeat",
            "details": {
                "current_state": {
                    "state": state,
                    "last_heartbeat": beat,
                    "lease_updated_at": beat,
                    "lease_extended": false,
                    "ttl_seconds": ttl,
                },
                "error_visibility": "user_facing",
                "error_code": "heartbeat_precondition_failed",
            },
        })
    );
}

fn beat(body: &Value) -> String {
    body["last_heartbeat"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_beat_activates_and_the_echo_renews() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        server.advance_seconds(1);
        let first = item.first_beat().await.expect(200);
        assert_eq!(
            first,
            json!({
                "type": "work_heartbeat",
                "last_heartbeat": "2026-07-02T09:20:01.004310Z",
                "lease_extended": true,
                "state": "active",
                "ttl_seconds": 300,
            })
        );
        let now = item.now().await;
        assert_eq!(now["state"], "active");
        assert_eq!(now["started_at"], "2026-07-02T09:20:01Z");
        assert_eq!(now["latest_heartbeat_at"], first["last_heartbeat"]);

        server.advance_seconds(2);
        let second = item.echo(&beat(&first)).await.expect(200);
        assert_eq!(second["last_heartbeat"], "2026-07-02T09:20:03.004310Z");
        assert_eq!(item.now().await["started_at"], "2026-07-02T09:20:01Z");

        let newest = Some("2026-07-02T09:20:03.004310Z");
        let stale = item.echo(&beat(&first)).await;
        assert_precondition(&stale, "2026-07-02T09:20:01.004310Z", "active", newest, 300);
        assert_precondition(&item.first_beat().await, "NO_HEARTBEAT", "active", newest, 300);
        // Nothing was written by the refusals.
        assert_eq!(item.now().await["latest_heartbeat_at"], second["last_heartbeat"]);
        // Without a precondition a held item is renewed by anybody with access.
        item.beat("").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn beats_rise_strictly_while_the_clock_stands() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let mut last = item.hold().await;
        for micros in 4_311..4_320 {
            let next = beat(&item.echo(&last).await.expect(200));
            assert_eq!(next, format!("2026-07-02T09:20:00.00{micros}Z"));
            last = next;
        }
    })
    .await;
}

#[tokio::test]
async fn an_echo_is_compared_as_an_instant() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.hold().await;
        for (micros, same) in [
            (4_310, "2026-07-02T09:20:00.00431Z"),
            (4_311, "2026-07-02T09:20:00.004311000Z"),
            (4_312, "2026-07-02t09:20:00.004312z"),
            (4_313, "2026-07-02T11:20:00.004313%2B02:00"),
            // A plus sign that a form decoder has taken away.
            (4_314, "2026-07-02T11:20:00.004314+02:00"),
            (4_315, "2026-07-02T04:20:00.004315-05:00"),
        ] {
            let next = item.echo(same).await.expect(200);
            assert_eq!(beat(&next), format!("2026-07-02T09:20:00.00{}Z", micros + 1));
        }
        for other in [
            // Finer than any beat is.
            "2026-07-02T09:20:00.0043161Z",
            "2026-07-02T09:20:00Z",
            "2026-07-02T09:20:00.004315Z",
            "2030-01-01T00:00:00Z",
        ] {
            item.echo(other).await.refused(412, "precondition_failed_error");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_whatever_the_state() {
    on_each_backend(async |server: &TestServer| {
        let queued = server.q().item().await;
        let stopped = server.q().item().await;
        stopped.stop().await.expect(200);
        for item in [queued, stopped] {
            for ttl in ["0", "-5", "1.5", "abc", "", "1e2", "%20"] {
                item.beat(&format!("?desired_ttl_seconds={ttl}"))
                    .await
                    .invalid("desired_ttl_seconds");
            }
            item.beat("?desired_ttl_seconds=20&desired_ttl_seconds=20")
                .await
                .invalid("desired_ttl_seconds");
            for wrong in ["yesterday", "", "no_heartbeat", "2026-07-02", "2026-07-02T09:20:00", "1"]
            {
                item.echo(wrong).await.invalid("expected_last_heartbeat");
            }
            let twice = "NO_HEARTBEAT&expected_last_heartbeat=NO_HEARTBEAT";
            item.echo(twice).await.invalid("expected_last_heartbeat");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wish_for_a_ttl_is_clamped_and_does_not_stick() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        for (wish, granted) in [
            ("?desired_ttl_seconds=1", 10),
            ("?desired_ttl_seconds=10", 10),
            ("?desired_ttl_seconds=11", 11),
            ("?desired_ttl_seconds=600", 600),
            ("?desired_ttl_seconds=9999", 600),
            ("?desired_ttl_seconds=99999999999999999999999", 600),
            ("", 300),
        ] {
            assert_eq!(item.beat(wish).await.expect(200)["ttl_seconds"], granted, "{wish}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_queued_or_stopped_item_has_no_beat() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        for query in ["", "?expected_last_heartbeat=NO_HEARTBEAT"] {
            let error = item.beat(query).await.refused(409, "invalid_request_error");
            let current = json!({
                "state": "queued",
                "last_heartbeat": null,
                "lease_updated_at": null,
                "lease_extended": false,
                "ttl_seconds": 120,
            });
            assert_eq!(error["details"]["current_state"], current);
        }
        item.force_stop().await.expect(200);
        for query in ["", "?expected_last_heartbeat=NO_HEARTBEAT"] {
            item.beat(query).await.refused(409, "invalid_request_error");
        }
        item.echo("2026-07-02T09:20:00Z").await.refused(409, "invalid_request_error");
    })
    .await;
}

#[tokio::test]
async fn a_starting_item_has_no_beat_to_echo() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        let echo = "2026-07-02T09:20:00.000000Z";
        assert_precondition(&item.echo(echo).await, echo, "starting", None, 120);
        // The beat without a precondition is the first one as well.
        assert_eq!(item.beat("").await.expect(200)["state"], "active");
    })
    .await;
}

#[tokio::test]
async fn a_stopping_item_tells_every_worker_to_end() {
    on_each_backend(async |server: &TestServer| {
        let never_beat = server.q().item().await;
        never_beat.ack().await.expect(200);
        never_beat.stop().await.expect(200);
        let beaten = server.q().item().await;
        beaten.ack().await.expect(200);
        let last = beat(&beaten.beat("?desired_ttl_seconds=60").await.expect(200));
        beaten.stop().await.expect(200);
        for (item, last, ttl) in [(never_beat, "", 120), (beaten, last.as_str(), 60)] {
            let before = item.now().await;
            for query in [
                "",
                "?expected_last_heartbeat=NO_HEARTBEAT",
                "?expected_last_heartbeat=2020-01-01T00:00:00Z&desired_ttl_seconds=600",
            ] {
                let told = json!({
                    "type": "work_heartbeat",
                    "last_heartbeat": last,
                    "lease_extended": false,
                    "state": "stopping",
                    "ttl_seconds": ttl,
                });
                assert_eq!(item.beat(query).await.expect(200), told);
            }
            assert_eq!(item.now().await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_queued_at_that_very_instant() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        let held = beat(&item.beat("?desired_ttl_seconds=10").await.expect(200));
        server.advance(std::time::Duration::from_micros(9_999_999));
        assert_eq!(item.now().await["state"], "active");
        server.advance(std::time::Duration::from_micros(1));
        assert_lapsed(&item, &held).await;

        let again = item.poll().await.expect(200);
        assert_eq!((&again["id"], &again["state"]), (&json!(item.id), &json!("queued")));
        item.ack().await.expect(200);
        // Somebody else has accepted it: from now on the old echo does not match.
        item.echo(&held).await.refused(412, "precondition_failed_error");
        let renewed = beat(&item.first_beat().await.expect(200));
        assert!(renewed > held);
        item.echo(&held).await.refused(412, "precondition_failed_error");
    })
    .await;
}

async fn assert_lapsed(item: &Item<'_>, held: &str) {
    let now = item.now().await;
    assert_eq!(now["state"], "queued");
    for cleared in ["acknowledged_at", "started_at", "latest_heartbeat_at", "stopped_at"] {
        assert_eq!(now[cleared], Value::Null, "{cleared}");
    }
    let error = item.echo(held).await.refused(409, "invalid_request_error");
    assert_eq!(error["details"]["current_state"]["state"], "queued");
    assert_eq!(error["details"]["current_state"]["last_heartbeat"], Value::Null);
}

#[tokio::test]
async fn an_item_that_was_accepted_and_never_beaten_lapses_after_two_minutes() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        server.advance_seconds(119);
        assert_eq!(item.now().await["state"], "starting");
        server.advance_seconds(1);
        let now = item.now().await;
        assert_eq!((&now["state"], &now["acknowledged_at"]), (&json!("queued"), &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn of_fifty_first_beats_at_once_one_is_taken() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        let all = join_all((0..50).map(|_| item.first_beat().into_future())).await;
        let mut statuses: Vec<u16> = all.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        assert_eq!(statuses[1..], [412; 49]);
    })
    .await;
}
