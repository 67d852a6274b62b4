//! What is written reads back, and only RFC 3339 is read.

use super::*;

const AT: Timestamp = Timestamp::from_micros(1_782_983_722_407_130);

#[test]
fn three_precisions() {
    assert_eq!(secs(AT), "2026-07-02T09:15:22Z");
    assert_eq!(micros_trim(AT), "2026-07-02T09:15:22.40713Z");
    assert_eq!(micros6(AT), "2026-07-02T09:15:22.407130Z");
    let whole = AT.whole_second();
    assert_eq!(micros_trim(whole), "2026-07-02T09:15:22Z");
    assert_eq!(micros6(whole), "2026-07-02T09:15:22.000000Z");
    let late = Timestamp::from_micros(999_999);
    assert_eq!(secs(late), "1970-01-01T00:00:00Z");
    assert_eq!(secs(Timestamp::from_micros(-1)), "1969-12-31T23:59:59Z");
    assert_eq!(micros6(Timestamp::from_micros(-1)), "1969-12-31T23:59:59.999999Z");
    assert_eq!(micros6(Timestamp::from_micros(i64::MAX)).len(), 27);
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
        "2026-07-02T09:15:22.407130000000000000000Z",
    ] {
        assert_eq!(parse_written(text), Some(Written { at: AT, finer: false }), "{text}");
    }
}

#[test]
fn what_is_finer_than_a_microsecond_is_cut_and_told() {
    for text in ["2026-07-02T09:15:22.4071301Z", "2026-07-02T09:15:22.407130001Z"] {
        let written = parse_written(text).unwrap();
        assert_eq!(written, Written { at: AT, finer: true }, "{text}");
        assert_eq!(written.ceiling(), AT.next());
    }
}

#[test]
fn everything_written_reads_back() {
    for micros in [0, 1, 10, 999_999, 1_000_000, -1, AT.micros(), 253_402_207_199_999_998] {
        let at = Timestamp::from_micros(micros);
        assert_eq!(parse(&micros6(at)), Some(at));
        assert_eq!(parse(&micros_trim(at)), Some(at));
        assert_eq!(parse(&secs(at)), Some(at.whole_second()));
    }
}

#[test]
fn anything_else_is_refused() {
    for text in [
        "",
        "yesterday",
        "2026-07-02",
        "2026-07-02T09:15:22",
        "2026-07-02 09:15:22Z",
        "2026-07-02T09:15Z",
        "2026-07-02T09:15:22.Z",
        "2026-07-02T09:15:22Z[UTC]",
        "2026-13-02T09:15:22Z",
        "2026-02-30T09:15:22Z",
        "2026-07-02T25:15:22Z",
        "2026-07-02T09:15:22+25:99",
        "20260702T091522Z",
        "2026-07-02T09:15:22+0200",
        "2026-07-02T09:15:22.407130Z ",
        "12026-07-02T09:15:22Z",
        "-2026-07-02T09:15:22Z",
        "0000-01-01T00:00:00+00:01",
        "٢٠٢٦-07-02T09:15:22Z",
    ] {
        assert_eq!(parse_written(text), None, "{text:?}");
    }
}
