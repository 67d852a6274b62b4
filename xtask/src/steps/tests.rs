//! Which steps run, which are blocked, and what the last line says.

use super::*;

fn names(only: &[&str], skip: &[&str]) -> Vec<&'static str> {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let selected = select(STEPS, &owned(only), &owned(skip)).unwrap();
    selected.iter().map(|step| step.name).collect()
}

fn finished(name: &'static str, outcome: Outcome) -> Finished {
    Finished { name, outcome, elapsed: Duration::from_millis(1500) }
}

fn step(name: &str) -> &'static Step {
    STEPS.iter().find(|step| step.name == name).unwrap()
}

#[test]
fn what_a_step_needs_stands_before_it() {
    for (at, step) in STEPS.iter().enumerate() {
        for need in step.needs {
            let before = STEPS.iter().take(at).any(|earlier| earlier.name == *need);
            assert!(before, "{} needs {need}, which does not stand before it", step.name);
        }
        let same_name = STEPS.iter().filter(|other| other.name == step.name).count();
        assert_eq!(same_name, 1, "{} is in the table once", step.name);
    }
}

#[test]
fn without_flags_every_step_runs() {
    let all: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    assert_eq!(names(&[], &[]), all);
}

#[test]
fn only_brings_what_it_needs_and_skip_takes_away() {
    assert_eq!(names(&["python", "fmt"], &[]), ["fmt", "build", "python"]);
    assert_eq!(names(&["python"], &["build"]), ["python"]);
    assert!(!names(&[], &["python"]).contains(&"python"));
}

#[test]
fn a_selection_of_nothing_is_an_error() {
    let error = select(STEPS, &["fmt".to_owned()], &["fmt".to_owned()]).err().unwrap();
    assert_eq!(error.to_string(), "--only and --skip leave no step to run");
}

#[test]
fn a_failed_need_blocks_and_a_skipped_one_does_not() {
    assert_eq!(blocker(step("python"), &[finished("build", Outcome::Failed)]), Some("build"));
    assert_eq!(blocker(step("python"), &[finished("build", Outcome::Passed)]), None);
    assert_eq!(blocker(step("python"), &[finished("clippy", Outcome::Failed)]), None);
    assert_eq!(blocker(step("python"), &[]), None);
}

#[test]
fn the_last_line_counts_and_names_what_failed() {
    let good = [finished("fmt", Outcome::Passed), finished("build", Outcome::Passed)];
    let last = verdict(&good, Duration::from_secs(61));
    assert_eq!(last, "xtask test: all 2 steps passed in 1 min 01 s");
    let bad = [finished("build", Outcome::Failed), finished("rust", Outcome::Blocked("build"))];
    let last = verdict(&bad, Duration::from_secs(3));
    assert_eq!(last, "xtask test: 2 of 2 steps failed in 3.0 s: build, rust");
    let [_, blocked] = &bad;
    assert_eq!(row(blocked), "rust                   1.5 s  NOT RUN (build failed)");
}
