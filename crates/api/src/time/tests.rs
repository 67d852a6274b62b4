//! What is written reads back, and only RFC 3339 is read.

use super::*;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

#[test]
fn three_precisions() {
    let instant = at(1_782_983_722_407_130);
    assert_eq!(secs(instant), "2026-07-02T09:15:22Z");
    assert_eq!(micros_trim(instant), "2026-07-02T09:15:22.40713Z");
    assert_eq!(micros6(instant), "2026-07-02T09:15:22.407130Z");
    let whole = at(1_782_983_722_000_000);
    assert_eq!(micros_trim(whole), "2026-07-02T09:15:22Z");
    assert_eq!(micros6(whole), "2026-07-02T09:15:22.000000Z");
    assert_eq!(micros6(at(-1)), "1969-12-31T23:59:59.999999Z");
}

#[test]
fn any_offset_is_the_same_instant() {
    for text in [
        "2026-07-02T09:15:22.40713Z",
        "2026-07-02T09:15:22.407130Z",
        "2026-07-02t09:15:22.407130z",
        "2026-07-02T11:15:22.407130+02:00",
        "2026-07-02T11:15:22.407130 02:00",
        "2026-07-02T08:15:22.407130-01:00",
        "2026-07-02T09:15:22.407130000Z",
    ] {
        let written = Written { at: at(1_782_983_722_407_130), finer: false };
        assert_eq!(parse_written(text), Some(written), "{text}");
    }
}

#[test]
fn finer_than_a_microsecond_never_matches() {
    for text in ["2026-07-02T09:15:22.4071301Z", "2026-07-02T09:15:22.407130001Z"] {
        assert!(parse_written(text).unwrap().finer, "{text}");
    }
}

#[test]
fn anything_else_is_refused() {
    for text in [
        "",
        "yesterday",
        "no_heartbeat",
        "2026-07-02",
        "2026-07-02T09:15:22",
        "2026-07-02 09:15:22Z",
        "2026-07-02T09:15Z",
        "2026-07-02T09:15:22.Z",
        "2026-07-02T09:15:22Z[UTC]",
        "2026-13-02T09:15:22Z",
        "2026-07-02T25:15:22Z",
        "20260702T091522Z",
        "2026-07-02T09:15:22+0200",
        "2026-07-02T09:15:22.407130Z ",
        "٢٠٢٦-07-02T09:15:22Z",
    ] {
        assert_eq!(parse_written(text), None, "{text:?}");
    }
}
