//! Replays the fuzzing corpora of what this crate decodes.

use leasehold_api::decoders;
use leasehold_testkit::corpus::replay;

#[test]
fn timestamps() {
    replay("timestamp", decoders::timestamp);
}

#[test]
fn ids() {
    replay("id", decoders::id);
}

#[test]
fn queries() {
    replay("query", decoders::query);
}

#[test]
fn bodies() {
    replay("body", decoders::body);
}

#[test]
fn events() {
    replay("events", decoders::events);
}
