//! The page of the states says what the code does.

use std::path::Path;

#[test]
fn the_page_of_the_states_is_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/states.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let generated = leasehold_model::states::table();
    let differs = written.lines().zip(generated.lines()).find(|(left, right)| left != right);
    assert!(
        written == generated,
        "docs/states.md is out of date; run `cargo xtask states`. First difference: {differs:#?}"
    );
}
