//! `cargo xtask test`: the table of steps, which of them run, and how it went.
//!
//! A step that fails does not keep later ones from running, so that one run shows every failure;
//! only a step that needs what a failed one should have made is left out, and counts as failed.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::process;
use crate::report;
use crate::workspace::Workspace;
use crate::{clients, tidy};

/// One step of the tests.
pub(crate) struct Step {
    /// The name that `--only` and `--skip` take.
    pub(crate) name: &'static str,
    /// What it does, in a few words.
    what: &'static str,
    /// Steps that must have passed before this one; they stand earlier in the table.
    needs: &'static [&'static str],
    action: Action,
}

/// How a step does its work.
enum Action {
    /// Runs cargo with these arguments.
    Cargo(&'static [&'static str]),
    /// Calls a function. `Ok(false)` means that it has already said what is wrong.
    Call(fn(&Workspace) -> anyhow::Result<bool>),
}

/// All steps, in the order in which they run: quick verdicts first.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        what: "the code is formatted",
        needs: &[],
        action: Action::Cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "clippy",
        what: "the lints hold",
        needs: &[],
        action: Action::Cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Step {
        name: "doc",
        what: "the links in the docs lead somewhere",
        needs: &[],
        action: Action::Call(doc),
    },
    Step {
        name: "build",
        what: "the binary and the Rust tests build",
        needs: &[],
        action: Action::Cargo(&["build", "--workspace", "--bins", "--tests", "--locked"]),
    },
    Step {
        name: "tidy",
        what: "the house rules hold",
        needs: &["build"],
        action: Action::Call(tidy::run),
    },
    Step {
        name: "rust",
        what: "the Rust tests pass",
        needs: &["build"],
        action: Action::Call(rust),
    },
    Step {
        name: "demo",
        what: "the README's first command keeps its promises",
        needs: &["build"],
        action: Action::Cargo(&["run", "--locked", "--", "demo"]),
    },
    Step {
        name: "python",
        what: "the vendors' Python clients work",
        needs: &["build"],
        action: Action::Call(clients::python),
    },
    Step {
        name: "typescript",
        what: "the vendor's TypeScript client works",
        needs: &["build"],
        action: Action::Call(clients::typescript),
    },
    Step {
        name: "schemathesis",
        what: "the server keeps to its OpenAPI documents",
        needs: &["build"],
        action: Action::Call(clients::schemathesis),
    },
];

/// The documentation, private items included, every warning an error.
fn doc(workspace: &Workspace) -> anyhow::Result<bool> {
    let mut cargo = process::cargo(&workspace.root);
    cargo.args(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
    process::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(true)
}

/// The Rust tests, with nextest where it is installed.
fn rust(workspace: &Workspace) -> anyhow::Result<bool> {
    let nextest = process::succeeds(process::cargo(&workspace.root).args(["nextest", "--version"]));
    let runner: &[&str] = if nextest { &["nextest", "run"] } else { &["test", "--no-fail-fast"] };
    let mut cargo = process::cargo(&workspace.root);
    process::run(cargo.args(runner).args(["--workspace", "--locked"]))?;
    Ok(true)
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// Did not run, because this step, which it needs, did not pass.
    Blocked(&'static str),
}

/// A step that is over.
struct Finished {
    name: &'static str,
    outcome: Outcome,
    elapsed: Duration,
}

/// Runs the selected steps; whether all of them passed. An empty `only` selects all.
pub(crate) fn run(workspace: &Workspace, only: &[String], skip: &[String]) -> anyhow::Result<bool> {
    let selected = select(STEPS, only, skip)?;
    let started = Instant::now();
    let mut finished: Vec<Finished> = Vec::new();
    for (number, step) in selected.iter().enumerate() {
        let place = format!("[{}/{}]", number + 1, selected.len());
        report::headline(&format!("{place} {}: {}", step.name, step.what));
        let before = Instant::now();
        let outcome = match blocker(step, &finished) {
            Some(name) => Outcome::Blocked(name),
            None => attempt(workspace, step),
        };
        let elapsed = before.elapsed();
        let result = Finished { name: step.name, outcome, elapsed };
        report::line(&format!("--- {}", row(&result)));
        finished.push(result);
    }
    report::headline("summary");
    for result in &finished {
        report::line(&row(result));
    }
    report::line(&verdict(&finished, started.elapsed()));
    Ok(finished.iter().all(|result| result.outcome == Outcome::Passed))
}

fn attempt(workspace: &Workspace, step: &Step) -> Outcome {
    let result = match step.action {
        Action::Cargo(arguments) => {
            process::run(process::cargo(&workspace.root).args(arguments)).map(|()| true)
        }
        Action::Call(function) => function(workspace),
    };
    match result {
        Ok(true) => Outcome::Passed,
        Ok(false) => Outcome::Failed,
        Err(error) => {
            report::failure(&format!("{error:#}"));
            Outcome::Failed
        }
    }
}

/// The steps to run, in the order of the table: those of `only` and all that they need, without
/// those of `skip`. An error if that leaves none.
fn select<'a>(
    steps: &'a [Step],
    only: &[String],
    skip: &[String],
) -> anyhow::Result<Vec<&'a Step>> {
    let listed = |names: &[String], step: &Step| names.iter().any(|name| name == step.name);
    let mut needed: Vec<&str> = Vec::new();
    let mut selected = Vec::new();
    for step in steps.iter().rev() {
        let wanted = only.is_empty() || listed(only, step) || needed.contains(&step.name);
        if wanted && !listed(skip, step) {
            needed.extend(step.needs);
            selected.push(step);
        }
    }
    if selected.is_empty() {
        bail!("--only and --skip leave no step to run");
    }
    selected.reverse();
    Ok(selected)
}

/// The first step that `step` needs and that ran without passing. One that was left out by the
/// caller blocks nothing: what it makes may be there from an earlier run.
fn blocker(step: &Step, finished: &[Finished]) -> Option<&'static str> {
    let spoiled = |name: &&&'static str| {
        let mut before = finished.iter().filter(|result| result.name == **name);
        before.any(|result| result.outcome != Outcome::Passed)
    };
    step.needs.iter().find(spoiled).copied()
}

fn row(result: &Finished) -> String {
    let outcome = match result.outcome {
        Outcome::Passed => "ok".to_owned(),
        Outcome::Failed => "FAILED".to_owned(),
        Outcome::Blocked(name) => format!("NOT RUN ({name} failed)"),
    };
    format!("{:<14}{:>14}  {outcome}", result.name, report::duration(result.elapsed))
}

fn verdict(finished: &[Finished], elapsed: Duration) -> String {
    let failed: Vec<&str> = finished
        .iter()
        .filter(|result| result.outcome != Outcome::Passed)
        .map(|result| result.name)
        .collect();
    let (total, elapsed) = (finished.len(), report::duration(elapsed));
    if failed.is_empty() {
        format!("xtask test: all {total} steps passed in {elapsed}")
    } else {
        let names = failed.join(", ");
        format!("xtask test: {} of {total} steps failed in {elapsed}: {names}", failed.len())
    }
}

#[cfg(test)]
mod tests;
