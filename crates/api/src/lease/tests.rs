//! What heartbeats say, and what is refused (work §7.1, §7.5).

use leasehold_model::Timestamp;

use super::*;

fn asked(query: &str) -> Result<(Expected, u16), Invalid> {
    let query = Query::new(Some(query));
    let heartbeat = heartbeat(query, Caller::default(), Ttl::DEFAULT, Unheld::Refuse)?;
    Ok((heartbeat.expected, heartbeat.ttl.seconds()))
}

fn lenient(query: &str) -> Result<(Expected, u16), ()> {
    asked(query).map_err(drop)
}

#[test]
fn a_heartbeat_says_what_it_believes() {
    let beat = Expected::Beat(Timestamp::from_micros(1_782_983_403_004_310));
    for (query, expected) in [
        ("beta=true", Expected::Any),
        ("expected_last_heartbeat=NO_HEARTBEAT", Expected::NoHeartbeat),
        ("expected_last_heartbeat=2026-07-02T09:10:03.004310Z", beat),
        ("expected_last_heartbeat=2026-07-02T11:10:03.00431+02:00", beat),
        ("expected_last_heartbeat=2026-07-02T09:10:03.0043101Z", Expected::Never),
    ] {
        assert_eq!(asked(query), Ok((expected, 300)), "{query}");
    }
}

#[test]
fn a_wish_is_clamped() {
    for (wish, granted) in [("1", 10), ("10", 10), ("600", 600), ("99999999999999999999", 600)] {
        let query = format!("desired_ttl_seconds={wish}");
        assert_eq!(asked(&query), Ok((Expected::Any, granted)), "{wish}");
    }
}

#[test]
fn what_is_malformed_is_refused() {
    for query in [
        "expected_last_heartbeat=",
        "expected_last_heartbeat=no_heartbeat",
        "expected_last_heartbeat=yesterday",
        "expected_last_heartbeat=NO_HEARTBEAT&expected_last_heartbeat=NO_HEARTBEAT",
        "desired_ttl_seconds=",
        "desired_ttl_seconds=0",
        "desired_ttl_seconds=-5",
        "desired_ttl_seconds=1.5",
        "desired_ttl_seconds=abc",
    ] {
        assert!(asked(query).is_err(), "{query}");
    }
}

#[test]
fn an_echo_is_decoded() {
    let expecting = |text: &str| lenient(&format!("expected_last_heartbeat={text}")).map(|r| r.0);
    let beat = Expected::Beat(Timestamp::from_micros(1_782_983_722_407_130));
    assert_eq!(lenient(""), Ok((Expected::Any, 300)));
    assert_eq!(expecting("NO_HEARTBEAT"), Ok(Expected::NoHeartbeat));
    assert_eq!(expecting("2026-07-02T09%3A15%3A22.407130Z"), Ok(beat));
    assert_eq!(expecting("2026-07-02T09:15:22.407130+00:00"), Ok(beat));
    assert_eq!(expecting("2026-07-02T09:15:22.4071301Z"), Ok(Expected::Never));
    for text in ["", "yesterday", "no_heartbeat", "NULL", "2026-07-02T09:15:22"] {
        assert_eq!(expecting(text), Err(()), "{text:?}");
    }
    assert_eq!(expecting("NO_HEARTBEAT&expected_last_heartbeat=NO_HEARTBEAT"), Err(()));
}

#[test]
fn a_wish_is_a_positive_integer() {
    let ttl = |text: &str| lenient(&format!("desired_ttl_seconds={text}")).map(|r| r.1);
    for (text, seconds) in [("1", 10), ("60", 60), ("9999", 600), ("99999999999999999999", 600)] {
        assert_eq!(ttl(text), Ok(seconds), "{text}");
    }
    for text in ["0", "-5", "1.5", "abc", ""] {
        assert_eq!(ttl(text), Err(()), "{text:?}");
    }
}
