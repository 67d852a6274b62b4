//! Which variables a session may have.

use super::*;

#[track_caller]
fn refused(variables: &[(&str, &str)], hosting: Kind) -> bool {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    check(&variables.iter().map(owned).collect(), Some(hosting)).is_err()
}

#[test]
fn a_variable_has_a_name_that_a_shell_takes() {
    for (name, good) in [
        ("PATH", true),
        ("_x1", true),
        ("SERVER_ENDPOINTS", true),
        ("caw_x", true),
        ("", false),
        ("1X", false),
        ("A-B", false),
        ("GRÖSSE", false),
        ("A B", false),
        ("SERVER_ENDPOINT", false),
        ("USER_ID", false),
        ("WORK_DIR", false),
        ("CAW_X", false),
        ("QODER_TOKEN", false),
    ] {
        assert_eq!(refused(&[(name, "")], Kind::Cloud), !good, "{name}");
    }
}

#[test]
fn variables_are_bounded_and_the_clients_machines_get_none() {
    assert!(!refused(&[("A", &"x".repeat(MAX_BYTES - 1))], Kind::Cloud));
    assert!(refused(&[("A", &"x".repeat(MAX_BYTES))], Kind::Cloud));
    let many = |count: usize| (0..count).map(|n| (format!("A{n}"), String::new())).collect();
    assert!(check(&many(MAX_VARIABLES), Some(Kind::Cloud)).is_ok());
    assert!(check(&many(MAX_VARIABLES + 1), Some(Kind::Cloud)).is_err());
    assert!(!refused(&[], Kind::SelfHosted));
    assert!(refused(&[("A", "1")], Kind::SelfHosted));
}
