//! Metadata: bounds, and what a merge patch does (conventions §11).

use std::collections::BTreeMap;

use leasehold_model::metadata::MetadataProblem;
use leasehold_model::{Metadata, MetadataPatch, Refusal};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn numbered(keys: usize) -> BTreeMap<String, String> {
    (0..keys).map(|n| (format!("k{n}"), String::new())).collect()
}

fn patch(pairs: &[(&str, Option<&str>)]) -> MetadataPatch {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
}

#[track_caller]
fn check(map: BTreeMap<String, String>, problem: Option<MetadataProblem>) {
    let refusal = Metadata::new(map).err();
    assert_eq!(refusal, problem.map(Refusal::Metadata));
}

#[test]
fn the_bounds_are_counted_in_characters() {
    check(BTreeMap::new(), None);
    check(numbered(16), None);
    check(numbered(17), Some(MetadataProblem::TooManyKeys));
    check(map(&[("", "v")]), Some(MetadataProblem::EmptyKey));
    check(map(&[("k", "")]), None);
    check(map(&[(&"ü".repeat(64), "v")]), None);
    check(map(&[(&"ü".repeat(65), "v")]), Some(MetadataProblem::KeyTooLong));
    check(map(&[("k", &"ü".repeat(512))]), None);
    check(map(&[("k", &"ü".repeat(513))]), Some(MetadataProblem::ValueTooLong));
}

#[test]
fn a_patch_sets_removes_and_leaves_alone() {
    let stored = Metadata::new(map(&[("a", "1"), ("b", "2")])).unwrap();
    for (change, result) in [
        (patch(&[]), map(&[("a", "1"), ("b", "2")])),
        (patch(&[("a", Some("9"))]), map(&[("a", "9"), ("b", "2")])),
        (patch(&[("c", Some(""))]), map(&[("a", "1"), ("b", "2"), ("c", "")])),
        (patch(&[("a", None)]), map(&[("b", "2")])),
        (patch(&[("z", None)]), map(&[("a", "1"), ("b", "2")])),
        (patch(&[("a", None), ("b", None)]), map(&[])),
    ] {
        assert_eq!(stored.patched(&change).unwrap().map(), &result, "{change:?}");
    }
}

#[test]
fn the_bounds_hold_for_the_result_of_a_patch() {
    let full = Metadata::new(numbered(16)).unwrap();
    assert!(full.patched(&patch(&[("k0", None), ("new", Some("v"))])).is_ok());
    let seventeen = full.patched(&patch(&[("new", Some("v"))]));
    assert_eq!(seventeen, Err(Refusal::Metadata(MetadataProblem::TooManyKeys)));
    let seventeen_keys = (0..17).map(|n| (format!("k{n}"), None)).collect();
    assert!(full.patched(&seventeen_keys).unwrap().is_empty(), "a patch may name more than 16");
}
