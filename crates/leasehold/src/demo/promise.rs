//! What must have happened by the end of the play.

use std::collections::BTreeMap;

/// One promise. The order is that of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Promise {
    Held,
    Exclusive,
    Killed,
    Lapsed,
    Counted,
    TakenOver,
    BeatRefused,
    StopRefused,
    Called,
    Ran,
    Streamed,
    Answered,
    Untouched,
    Finished,
    Recorded,
}

impl Promise {
    const ALL: [Self; 15] = [
        Self::Held,
        Self::Exclusive,
        Self::Killed,
        Self::Lapsed,
        Self::Counted,
        Self::TakenOver,
        Self::BeatRefused,
        Self::StopRefused,
        Self::Called,
        Self::Ran,
        Self::Streamed,
        Self::Answered,
        Self::Untouched,
        Self::Finished,
        Self::Recorded,
    ];

    const fn text(self) -> &'static str {
        match self {
            Self::Held => "worker-a took the item and held it by heartbeats",
            Self::Exclusive => "meanwhile worker-b could not get it",
            Self::Killed => "worker-a was killed while it held the item",
            Self::Lapsed => "the item was free at the end of the lease, with nobody polling",
            Self::Counted => "at that instant the statistics counted it",
            Self::TakenOver => "worker-b took it over",
            Self::BeatRefused => "worker-a came back: its heartbeat was refused",
            Self::StopRefused => "worker-a came back: its stop was refused",
            Self::Called => "asked for something, the agent called for a command",
            Self::Ran => "worker-b ran it under its lease and posted what it printed",
            Self::Streamed => "the agent's answer came piece by piece, and then as a whole",
            Self::Answered => "the answer tells what the command printed, and the turn is over",
            Self::Untouched => "worker-b's lease was not touched by any of that",
            Self::Finished => "worker-b finished the item",
            Self::Recorded => "the history tells it: attempt 1 lapsed, attempt 2 stopped",
        }
    }
}

/// Which promises were kept so far.
#[derive(Default)]
pub(super) struct Ledger {
    seen: BTreeMap<Promise, (bool, String)>,
}

impl Ledger {
    /// Notes whether a promise was kept and what was seen.
    pub(super) fn note(&mut self, promise: Promise, kept: bool, seen: impl Into<String>) {
        self.seen.insert(promise, (kept, seen.into()));
    }

    /// How many were broken or never came to the test, of how many.
    pub(super) fn broken(&self) -> (usize, usize) {
        let kept = self.seen.values().filter(|(kept, _)| *kept).count();
        (Promise::ALL.len() - kept, Promise::ALL.len())
    }

    /// A line for each promise.
    pub(super) fn render(&self) -> String {
        let line = |promise| match self.seen.get(&promise) {
            Some((true, seen)) => format!("  ✓ {} ({seen})\n", promise.text()),
            Some((false, seen)) => format!("  ✗ {} ({seen})\n", promise.text()),
            None => format!("  ✗ {} (did not come to it)\n", promise.text()),
        };
        Promise::ALL.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, Promise};

    #[test]
    fn what_was_not_seen_counts_as_broken() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.broken(), (15, 15));
        ledger.note(Promise::Held, true, "2 beats");
        ledger.note(Promise::Lapsed, false, "late");
        assert_eq!(ledger.broken(), (14, 15));
        let text = ledger.render();
        assert!(text.starts_with("  ✓ worker-a took the item"), "{text}");
        assert_eq!(text.matches('✗').count(), 14);
    }

    #[test]
    fn every_promise_can_be_kept() {
        let mut ledger = Ledger::default();
        Promise::ALL.into_iter().for_each(|promise| ledger.note(promise, true, "seen"));
        assert_eq!(ledger.broken(), (0, 15));
    }
}
