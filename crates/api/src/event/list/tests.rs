//! Which part of a log a query asks for.

use leasehold_model::EventId;
use leasehold_store::{Cursor, EventFilter, Order, Page};

use super::{Wanted, wanted};
use crate::event::Manner;
use crate::event::tests::{LENIENT, STRICT};
use crate::query::Query;

const ID: &str = "evt_019f2220c20477fba8bc38be24f1eaf9";

fn read(query: &str, manner: &Manner) -> Result<Wanted, String> {
    let query = query.replace("ID", ID);
    wanted(Query::new(Some(&query)), manner).map_err(|invalid| invalid.param().to_owned())
}

fn page(limit: usize, order: Order, cursor: Cursor<EventId>) -> Page<EventId> {
    Page { cursor, limit, order }
}

#[test]
fn what_is_not_said_is_the_dialects_own() {
    let whole = |limit| page(limit, Order::Ascending, Cursor::Start);
    for (manner, limit) in [(&LENIENT, 20), (&STRICT, 1_000)] {
        let wanted = read("beta=true", manner).unwrap();
        let plain = Wanted { filter: EventFilter::default(), page: whole(limit), cursor: None };
        assert_eq!(wanted, plain);
    }
}

#[test]
fn a_part_is_what_the_query_says() {
    let id = EventId::parse(ID).unwrap();
    for (query, expected, name) in [
        ("limit=1000&page=", page(1_000, Order::Ascending, Cursor::Start), None),
        ("order=desc&page=ID", page(20, Order::Descending, Cursor::After(id)), Some("page")),
        ("after_id=ID", page(20, Order::Ascending, Cursor::After(id)), Some("after_id")),
        ("before_id=ID", page(20, Order::Ascending, Cursor::Before(id)), Some("before_id")),
    ] {
        let wanted = read(query, &LENIENT).unwrap();
        assert_eq!((wanted.page, wanted.cursor), (expected, name), "{query}");
    }
    let kinds = read("types[]=a,%20b&types[]=c", &STRICT).unwrap().filter.kinds;
    assert_eq!(kinds, ["a", "b", "c"]);
    // A parameter of another dialect says nothing.
    assert_eq!(read("before_id=x", &STRICT).unwrap().cursor, None);
}

#[test]
fn what_is_wrong_is_named() {
    for (query, param) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("order=up", "order"),
        ("page=evt_1", "page"),
        ("page=sevt_019f2220c20477fba8bc38be24f1eaf9", "page"),
        ("page=ID&before_id=ID", "before_id"),
        ("created_at[lt]=then", "created_at[lt]"),
    ] {
        assert_eq!(read(query, &LENIENT).map(|_| ()), Err(param.to_owned()), "{query}");
    }
}
