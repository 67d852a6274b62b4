//! Every dependency comes from the registry under a license that goes with ours.

use std::iter::Peekable;
use std::vec::IntoIter;

use serde_json::Value;

use super::Finding;

/// Licenses that an Apache-2.0 program may be built from without further duties.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks the output of `cargo metadata`.
pub(super) fn check(metadata: &Value) -> Vec<Finding> {
    let packages =
        metadata.get("packages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut found = Vec::new();
    for package in packages {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let name = text("name").unwrap_or("");
        match text("source") {
            None => continue,
            Some(REGISTRY) => {}
            Some(source) => {
                found.push(Finding::new(name, format!("comes from {source}, not from crates.io")));
            }
        }
        let license = text("license").unwrap_or("none");
        if !acceptable(license) {
            found.push(Finding::new(name, format!("its license is not accepted: {license}")));
        }
    }
    found
}

/// Whether an SPDX expression can be met with accepted licenses alone.
fn acceptable(expression: &str) -> bool {
    // Old manifests write `A/B` for `A OR B`.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut words: Words<'_> = words.into_iter().peekable();
    any(&mut words) && words.next().is_none()
}

/// What is left of an expression.
type Words<'a> = Peekable<IntoIter<&'a str>>;

/// `A OR B OR …`
fn any(words: &mut Words<'_>) -> bool {
    let mut met = all(words);
    while words.next_if_eq(&"OR").is_some() {
        met = all(words) || met;
    }
    met
}

/// `A AND B AND …`
fn all(words: &mut Words<'_>) -> bool {
    let mut met = one(words);
    while words.next_if_eq(&"AND").is_some() {
        met = one(words) && met;
    }
    met
}

/// A license, with an exception or without, or an expression in parentheses.
fn one(words: &mut Words<'_>) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let met = any(words);
        return words.next() == Some(")") && met;
    }
    // An exception only ever permits more.
    if words.next_if_eq(&"WITH").is_some() {
        words.next();
    }
    ACCEPTED.contains(&word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_are_met_by_accepted_licenses() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only OR MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT/Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("(GPL-2.0-only AND MIT) OR (GPL-2.0-only OR (ISC))", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0 AND (MIT", false),
            ("none", false),
            ("", false),
        ] {
            assert_eq!(acceptable(expression), expected, "{expression}");
        }
    }

    #[test]
    fn only_what_comes_from_elsewhere_is_judged() {
        let metadata = json!({"packages": [
            {"name": "ours", "source": null, "license": null},
            {"name": "good", "source": REGISTRY, "license": "MIT"},
            {"name": "bare", "source": REGISTRY, "license": null},
            {"name": "forked", "source": "git+https://example.com/forked", "license": "MIT"},
        ]});
        let found: Vec<String> = check(&metadata).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "bare: its license is not accepted: none",
                "forked: comes from git+https://example.com/forked, not from crates.io",
            ]
        );
    }
}
