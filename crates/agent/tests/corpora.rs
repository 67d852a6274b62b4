//! Replays the fuzzing corpus of what this crate decodes.

use leasehold_agent::decoders;
use leasehold_testkit::corpus::replay;

#[test]
fn answers() {
    replay("answers", decoders::answers);
}
