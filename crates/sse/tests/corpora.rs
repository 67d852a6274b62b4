//! Replays the fuzzing corpus of what this crate decodes.

use leasehold_sse::decoders;
use leasehold_testkit::corpus::replay;

#[test]
fn streams() {
    replay("sse", decoders::sse);
}
