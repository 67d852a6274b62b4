//! How instants are written and read on the wire (conventions §12).

use leasehold_model::Timestamp;

/// Microseconds with trailing zeros dropped: `2026-07-02T09:15:22.40713Z`.
pub(crate) fn micros_trim(at: Timestamp) -> String {
    let mut text = micros6(at);
    let fraction = text.find('.').unwrap_or(text.len());
    let digits = text.trim_end_matches('Z').trim_end_matches('0').len();
    text.truncate(if digits == fraction + 1 { fraction } else { digits });
    text.push('Z');
    text
}

/// Whole seconds, cut down: `2026-07-02T09:15:22Z`.
pub(crate) fn secs(at: Timestamp) -> String {
    written(at.whole_second(), 0)
}

/// Exactly six decimals, so that the echo of a heartbeat is the same text (work §7.4).
pub(crate) fn micros6(at: Timestamp) -> String {
    written(at, 6)
}

fn written(at: Timestamp, decimals: usize) -> String {
    let instant = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::MAX);
    format!("{instant:.decimals$}")
}

/// An instant that a client wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The instant, cut down to the microsecond.
    pub(crate) at: Timestamp,
    /// Whether something was cut off: it lies between `at` and the next microsecond.
    pub(crate) finer: bool,
}

impl Written {
    /// The least instant of the store that is not before this one.
    pub(crate) fn ceiling(self) -> Timestamp {
        if self.finer { self.at.next() } else { self.at }
    }
}

/// Reads an RFC 3339 timestamp to the microsecond; what is finer is cut off.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    parse_written(text).map(|written| written.at)
}

/// 0000-01-01T00:00:00Z: RFC 3339 writes no year before it, though an offset can lead there.
const EARLIEST: Timestamp = Timestamp::from_micros(-62_167_219_200_000_000);

/// Reads an RFC 3339 timestamp with any offset. A space where the offset begins is a `+` that a
/// form decoder took away.
pub(crate) fn parse_written(text: &str) -> Option<Written> {
    const SECONDS: usize = "2026-07-02T09:15:22".len();
    if !text.is_ascii() {
        return None;
    }
    let (civil, rest) = text.split_at_checked(SECONDS)?;
    if !has_shape(civil.as_bytes(), b"dddd-dd-ddTdd:dd:dd") {
        return None;
    }
    let (fraction, offset) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            rest.split_at_checked(digits)?
        }
    };
    let well_formed = has_shape(offset.as_bytes(), b"Z") || has_shape(offset.as_bytes(), b"+dd:dd");
    if !well_formed {
        return None;
    }
    let (kept, cut) = fraction.split_at_checked(6).unwrap_or((fraction, ""));
    let plain = format!("{civil}.{kept:0<6}{}", offset.replace(' ', "+"));
    let instant: jiff::Timestamp = plain.parse().ok()?;
    let at = Timestamp::from_micros(instant.as_microsecond());
    (at >= EARLIEST).then_some(Written { at, finer: cut.bytes().any(|digit| digit != b'0') })
}

/// Compares with a pattern in which `d` is a digit, `T` and `Z` are letters of either case, and `+`
/// is a sign or the space that a form decoder leaves of one.
fn has_shape(text: &[u8], pattern: &[u8]) -> bool {
    text.len() == pattern.len()
        && text.iter().zip(pattern).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            b'+' => matches!(byte, b'+' | b'-' | b' '),
            wanted => byte.eq_ignore_ascii_case(wanted),
        })
}

#[cfg(test)]
mod tests;
