//! Which sessions a list is asked for (sessions §6).

use super::*;

fn read(text: &str) -> Result<Option<SessionFilter>, Invalid> {
    wanted(Query::new(Some(text))).map(|(filter, _)| filter)
}

#[test]
fn nothing_asked_is_all_that_are_in_use_newest_first() {
    let (filter, order) = wanted(Query::new(None)).unwrap();
    assert_eq!(filter, Some(SessionFilter::default()));
    assert_eq!(order, Order::Descending);
    assert_eq!(wanted(Query::new(Some("order=asc"))).unwrap().1, Order::Ascending);
}

#[test]
fn what_no_session_can_be_is_an_empty_list() {
    for text in ["statuses[]=canceling", "deployment_id=d", "memory_store_id=m"] {
        assert_eq!(read(text), Ok(None), "{text}");
    }
    let both = read("statuses[]=canceling&statuses%5B%5D=running").unwrap().unwrap();
    assert_eq!(both.statuses, [Status::Running]);
}

#[test]
fn what_is_not_a_filter_is_refused_by_name() {
    for (text, blamed) in [
        ("statuses[]=asleep", "statuses[]"),
        ("agent_version=1", "agent_version"),
        ("agent_id=a&agent_version=0", "agent_version"),
        ("include_archived=yes", "include_archived"),
        ("created_at[gt]=now", "created_at[gt]"),
        ("order=newest", "order"),
    ] {
        match read(text) {
            Err(Invalid::Parameter { param, .. }) => assert_eq!(param, blamed, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}
