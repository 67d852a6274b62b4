//! Which of our crates may build on which. A new edge is a decision.

use serde_json::Value;

use super::Finding;

/// What one of our crates may depend on.
struct Edges {
    name: &'static str,
    /// Crates that its code may use.
    code: &'static [&'static str],
    /// Crates that its tests may use besides.
    tests: &'static [&'static str],
}

const EDGES: &[Edges] = &[
    Edges { name: "leasehold-model", code: &[], tests: &[] },
    Edges { name: "leasehold-sse", code: &[], tests: &["leasehold-testkit"] },
    Edges { name: "leasehold-store", code: &["leasehold-model"], tests: &["leasehold-testkit"] },
    Edges {
        name: "leasehold-api",
        code: &["leasehold-model", "leasehold-sse", "leasehold-store"],
        tests: &["leasehold-testkit"],
    },
    Edges {
        name: "leasehold-agent",
        code: &["leasehold-model", "leasehold-sse", "leasehold-store"],
        tests: &["leasehold-testkit"],
    },
    Edges { name: "leasehold-client", code: &["leasehold-sse"], tests: &[] },
    Edges {
        name: "leasehold-testkit",
        code: &["leasehold-api", "leasehold-client", "leasehold-model", "leasehold-store"],
        tests: &[],
    },
    Edges {
        name: "leasehold",
        code: &[
            "leasehold-agent",
            "leasehold-api",
            "leasehold-client",
            "leasehold-model",
            "leasehold-store",
        ],
        tests: &["leasehold-sse", "leasehold-testkit"],
    },
    Edges { name: "xtask", code: &[], tests: &[] },
];

/// Checks the output of `cargo metadata`.
pub(super) fn check(metadata: &Value) -> Vec<Finding> {
    let packages = ours(metadata);
    let mut found = Vec::new();
    for package in &packages {
        let name = text(package, "name");
        let Some(edges) = EDGES.iter().find(|edges| edges.name == name) else {
            found.push(Finding::new(name, "the crate is not in the table of edges"));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let target = text(dependency, "name");
            if !packages.iter().any(|package| text(package, "name") == target) {
                continue;
            }
            let for_tests = text(dependency, "kind") == "dev";
            let allowed =
                edges.code.contains(&target) || (for_tests && edges.tests.contains(&target));
            if !allowed {
                let kind = if for_tests { "tests of " } else { "" };
                let message = format!("{kind}{name} may not build on {target}");
                found.push(Finding::new(name, message));
            }
        }
    }
    found
}

/// The packages of the workspace itself: those that come from no registry.
fn ours(metadata: &Value) -> Vec<&Value> {
    let ours = |package: &&Value| package.get("source").is_none_or(Value::is_null);
    list(metadata, "packages").iter().filter(ours).collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A workspace of `name` and everything that it may meet.
    fn found(name: &str, dependencies: &Value) -> Vec<String> {
        let empty = |edges: &Edges| json!({"name": edges.name, "source": null, "dependencies": []});
        let others = EDGES.iter().filter(|edges| edges.name != name).map(empty);
        let package = json!({"name": name, "source": null, "dependencies": dependencies});
        let serde = json!({"name": "serde", "source": "registry+x", "dependencies": []});
        let packages: Vec<Value> = others.chain([package, serde]).collect();
        check(&json!({"packages": packages})).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn edges_of_the_table_and_libraries_are_fine() {
        let dependencies = json!([
            {"name": "leasehold-model", "kind": null},
            {"name": "serde", "kind": null},
            {"name": "leasehold-testkit", "kind": "dev"},
        ]);
        assert_eq!(found("leasehold-store", &dependencies), Vec::<String>::new());
    }

    #[test]
    fn an_edge_against_the_direction_is_refused() {
        let dependencies = json!([{"name": "leasehold-store", "kind": null}]);
        assert_eq!(
            found("leasehold-client", &dependencies),
            ["leasehold-client: leasehold-client may not build on leasehold-store"]
        );
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        let dependencies = json!([{"name": "leasehold-testkit", "kind": null}]);
        assert_eq!(
            found("leasehold", &dependencies),
            ["leasehold: leasehold may not build on leasehold-testkit"]
        );
    }

    #[test]
    fn a_new_crate_needs_a_line_in_the_table() {
        assert_eq!(
            found("leasehold-console", &json!([])),
            ["leasehold-console: the crate is not in the table of edges"]
        );
    }
}
