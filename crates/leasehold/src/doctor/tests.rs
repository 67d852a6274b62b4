//! The whole examination, on folders in good and in bad order.

use leasehold_store::{Settings, sqlite};

use super::*;
use crate::server::folder;

fn config(data: &std::path::Path) -> Config {
    Config { listen: ([127, 0, 0, 1], 0).into(), max_connections: 1, ..Config::defaults(data) }
}

fn severity(findings: &[Finding], check: &str) -> Option<Severity> {
    findings.iter().find(|finding| finding.check == check).map(|finding| finding.severity)
}

#[test]
fn a_fresh_machine_is_fine_and_nothing_is_left_behind() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let findings = examine(&config(&data));
    assert!(findings.iter().all(|finding| finding.severity != Severity::Bad), "{findings:?}");
    assert!(!data.exists());
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_database_of_a_running_server_is_whole() {
    let data = tempfile::tempdir().unwrap();
    let path = folder::database(data.path());
    let store = sqlite::open(&path, Settings::default()).unwrap();
    let (used, finding) = database::examine(data.path());
    assert_eq!((used, finding.severity), (database::Use::Running, Severity::Ok));
    store.close().await;
    assert_eq!(database::examine(data.path()).0, database::Use::Idle);
}

#[test]
fn a_file_that_is_not_ours_is_bad_and_not_touched() {
    let data = tempfile::tempdir().unwrap();
    let text = "this is somebody's letter, not a database ".repeat(9);
    std::fs::write(folder::database(data.path()), &text).unwrap();
    let findings = examine(&config(data.path()));
    assert_eq!(severity(&findings, "database"), Some(Severity::Bad));
    assert_eq!(std::fs::read_to_string(folder::database(data.path())).unwrap(), text);
    let shown = render(&findings);
    assert!(shown.contains("BAD      database: "), "{shown}");
    assert!(shown.contains("\n         name another folder with --data"), "{shown}");
}
