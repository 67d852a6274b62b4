//! Filters and cursors of the list of sessions.

use super::*;

fn wanted(query: &str) -> Result<Wanted, Invalid> {
    read(Query::new(Some(query)))
}

#[test]
fn nothing_asked_is_all_that_are_in_use_newest_first() {
    let wanted = wanted("beta=true").unwrap();
    assert_eq!(wanted.order, Order::Descending);
    assert_eq!(wanted.filter, Some(SessionFilter::default()));
}

#[test]
fn every_filter_narrows() {
    let query = "agent_id=agent_1&agent_version=2&include_archived=true&statuses%5B%5D=idle\
                 &statuses[]=running&order=asc&created_at[gt]=1970-01-01T00:00:01Z";
    let wanted = wanted(query).unwrap();
    assert_eq!(wanted.order, Order::Ascending);
    let filter = wanted.filter.unwrap();
    assert_eq!((filter.agent.as_deref(), filter.agent_version), (Some("agent_1"), Some(2)));
    assert!(filter.include_archived);
    assert_eq!(filter.statuses, [Status::Idle, Status::Running]);
    assert_eq!(filter.created_from.unwrap().micros(), 1_000_001);
}

#[test]
fn what_no_session_can_be_is_an_empty_list() {
    for query in ["deployment_id=dep_1", "memory_store_id=memstore_1"] {
        assert_eq!(wanted(query).unwrap().filter, None, "{query}");
    }
}

#[test]
fn what_is_not_a_filter_is_refused() {
    for query in [
        "order=up",
        "agent_version=1",
        "agent_id=agent_1&agent_version=0",
        "agent_id=agent_1&agent_version=x",
        "include_archived=1",
        "statuses[]=canceling",
        "created_at[lte]=yesterday",
    ] {
        assert!(wanted(query).is_err(), "{query}");
    }
}

#[test]
fn a_cursor_is_good_for_its_own_order_alone() {
    let id = SessionId::MIN;
    let cursor = cursor(Order::Ascending, id);
    assert_eq!(parse_cursor(Order::Ascending, &cursor), Some(id));
    assert_eq!(parse_cursor(Order::Descending, &cursor), None);
    assert_eq!(parse_cursor(Order::Descending, "desc_sesn_1"), None);
}
