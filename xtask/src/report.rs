//! Everything that xtask itself prints; the tools that it starts print for themselves.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool's output")]

use std::time::Duration;

/// Prints the headline of a step.
pub(crate) fn headline(text: &str) {
    println!("\n=== {text}");
}

/// Prints one line.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints a failure to standard error.
pub(crate) fn failure(text: &str) {
    eprintln!("error: {text}");
}

/// A duration as a person reads it: `0.4 s`, `59.9 s`, `3 min 07 s`.
pub(crate) fn duration(elapsed: Duration) -> String {
    let tenths = (elapsed.as_millis() + 50) / 100;
    if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        let seconds = (elapsed.as_millis() + 500) / 1000;
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_and_never_show_sixty_seconds() {
        for (millis, expected) in [
            (0, "0.0 s"),
            (449, "0.4 s"),
            (59_949, "59.9 s"),
            (59_950, "1 min 00 s"),
            (187_000, "3 min 07 s"),
            (3_599_600, "60 min 00 s"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), expected, "{millis} ms");
        }
    }
}
