//! Ids read back as written, and the mint never repeats or falls behind.

use super::*;

#[test]
fn an_id_reads_back_as_written() {
    let id: WorkId = Mint::new(1).next(Timestamp::from_micros(1_782_983_722_123_456));
    let text = id.to_string();
    assert_eq!(WorkId::parse(&text), Some(id));
    assert_eq!(text.len(), "work_".len() + 32);
    assert_eq!(id.minted_at(), Timestamp::from_micros(1_782_983_722_123_000));
}

#[test]
fn only_the_prefix_and_32_lower_case_digits_are_an_id() {
    for text in [
        "",
        "work_",
        "work_019f5a11c0de7abc9def0123456789a",
        "work_019f5a11c0de7abc9def0123456789abc",
        "work_019F5A11c0de7abc9def0123456789ab",
        "env_019f5a11c0de7abc9def0123456789ab",
        "WORK_019f5a11c0de7abc9def0123456789ab",
        "work_019f5a11c0de7abc9def0123456789aé",
    ] {
        assert_eq!(WorkId::parse(text), None, "{text:?}");
    }
}

#[test]
fn ids_carry_version_and_variant() {
    let mut mint = Mint::new(7);
    for step in 0..1_000 {
        let id: WorkId = mint.next(Timestamp::from_micros(step * 100));
        let hex = id.hex();
        assert_eq!(hex.as_bytes()[12], b'7', "{hex}");
        assert!(matches!(hex.as_bytes()[16], b'8'..=b'b'), "{hex}");
    }
}

#[test]
fn ids_rise_within_a_millisecond_when_the_clock_goes_back_and_after_a_restart() {
    let mut mint = Mint::new(3);
    let mut last = WorkId::MIN;
    for now in [5_000_000, 5_000_000, 5_000_001, 4_000_000, 0, 9_000_000] {
        for _ in 0..10_000 {
            let id = mint.next(Timestamp::from_micros(now));
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }
    let mut restarted = Mint::new(4);
    restarted.start_after(last);
    assert!(restarted.next::<kind::Work>(Timestamp::ZERO) > last);
}
