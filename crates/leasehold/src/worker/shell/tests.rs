//! What comes of real commands.

use std::path::Path;
use std::time::Duration;

use super::{OUTPUT, Outcome, Shell};

async fn run(command: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    Shell::new(folder.path()).run(command).await
}

fn printed(text: &str) -> Outcome {
    Outcome { text: text.to_owned(), is_error: false }
}

#[tokio::test]
async fn both_outputs_come_in_their_order() {
    let outcome = run("echo one; echo two >&2; printf three").await;
    assert_eq!(outcome, printed("one\ntwo\nthree"));
    assert_eq!(run("true").await, printed("(no output)"));
    assert_eq!(run("cat").await, printed("(no output)"));
}

#[tokio::test]
async fn a_failure_is_told_with_what_was_printed() {
    let outcome = run("echo almost; exit 3").await;
    assert_eq!(outcome, Outcome::failed("almost\n[exit status: 3]"));
    let outcome = run("no-such-program").await;
    assert!(outcome.is_error && outcome.text.contains("not found"), "{outcome:?}");
    let outcome = Shell::new(Path::new("/no/such/folder")).run("true").await;
    assert!(outcome.is_error && outcome.text.contains("cannot be started"), "{outcome:?}");
}

#[tokio::test]
async fn a_command_runs_in_the_folder_and_sees_no_variable_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::new(folder.path());
    assert_eq!(shell.run("pwd > here").await, printed("(no output)"));
    let here = std::fs::read_to_string(folder.path().join("here")).unwrap();
    let same = |path: &Path| path.canonicalize().unwrap();
    assert_eq!(same(Path::new(here.trim())), same(folder.path()));
    // Cargo gives a test a dozen variables of its own.
    let outcome = shell.run("compgen -e | grep CARGO").await;
    assert!(outcome.is_error, "{outcome:?}");
}

#[tokio::test]
async fn the_end_of_a_long_output_is_kept() {
    let outcome = run("yes 0123456 | head -c 1000000; echo; echo the end").await;
    assert!(outcome.text.starts_with("[output truncated]\n"), "{:.60}", outcome.text);
    assert!(outcome.text.ends_with("0123456\n\nthe end"));
    assert!(outcome.text.len() <= OUTPUT + 20 && outcome.text.len() > OUTPUT - 20);
}

#[tokio::test]
async fn time_runs_out_for_a_command_and_for_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell { time: Duration::from_millis(300), ..Shell::new(folder.path()) };
    let outcome = shell.run("echo begun; sleep 1000 & sleep 1000").await;
    assert_eq!(outcome, Outcome::failed("begun\n[timed out after 0 s]"));
}

#[tokio::test]
async fn what_is_left_in_the_background_ends_with_the_command() {
    let outcome = run("sleep 1000 & echo $!").await;
    assert!(!outcome.is_error);
    let pid = outcome.text.trim();
    let gone = || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // A zombie is dead; nobody has collected it yet.
        state.is_empty() || state.contains(") Z ")
    };
    // The signal is on its way when the command returns.
    let waited = async {
        while !gone() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waited).await.unwrap();
}
