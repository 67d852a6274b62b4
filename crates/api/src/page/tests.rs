//! Limits, cursors, and the ends of a page (conventions §6).

use leasehold_model::EnvironmentId;

use super::*;

const REFUSED: LimitRule = LimitRule { most: 100, above: Above::Refused };
const CAPPED: LimitRule = LimitRule { most: 100, above: Above::Capped };
const ID: &str = "env_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";

fn read_with(text: &str, rule: LimitRule) -> Result<Page<EnvironmentId>, Invalid> {
    read(Query::new(Some(text)), rule, Order::Descending, EnvironmentId::parse)
}

#[test]
fn limits_are_refused_or_capped() {
    for (text, limit) in [("", 20), ("limit=1", 1), ("limit=100", 100)] {
        assert_eq!(read_with(text, REFUSED).unwrap().limit, limit, "{text}");
        assert_eq!(read_with(text, CAPPED).unwrap().limit, limit, "{text}");
    }
    for text in ["limit=0", "limit=-1", "limit=x", "limit=1.5", "limit=", "limit=1&limit=1"] {
        assert!(read_with(text, REFUSED).is_err(), "{text}");
        assert!(read_with(text, CAPPED).is_err(), "{text}");
    }
    for text in ["limit=101", "limit=99999999999999999999999"] {
        assert!(read_with(text, REFUSED).is_err(), "{text}");
        assert_eq!(read_with(text, CAPPED).unwrap().limit, 100, "{text}");
    }
}

#[test]
fn one_cursor_at_most_and_an_empty_one_is_none() {
    let id = EnvironmentId::parse(ID).unwrap();
    let cursor = |text: &str| read_with(text, REFUSED).map(|page| page.cursor);
    assert_eq!(cursor(""), Ok(Cursor::Start));
    assert_eq!(cursor("page=&after_id=&before_id="), Ok(Cursor::Start));
    assert_eq!(cursor(&format!("page={ID}&after_id=")), Ok(Cursor::After(id)));
    assert_eq!(cursor(&format!("after_id={ID}")), Ok(Cursor::After(id)));
    assert_eq!(cursor(&format!("before_id={ID}")), Ok(Cursor::Before(id)));
    for text in [
        format!("page={ID}&after_id={ID}"),
        format!("before_id={ID}&after_id={ID}"),
        "page=env_1".into(),
        "page=work_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f".into(),
        ID.to_uppercase().replace("ENV_", "page=env_"),
    ] {
        assert!(cursor(&text).is_err(), "{text}");
    }
}

#[test]
fn the_next_page_is_the_last_id_if_there_is_more_in_that_direction() {
    let id = EnvironmentId::MIN;
    let of = |items: Vec<u32>, more, cursor| {
        let page = Page { cursor, limit: 2, order: Order::Ascending };
        ends(&Listing { items, more }, &page, u32::to_string)
    };
    let more = of(vec![1, 2], true, Cursor::Start);
    assert_eq!(more.next_page.as_deref(), Some("2"));
    assert_eq!((more.first_id.as_deref(), more.last_id.as_deref()), (Some("1"), Some("2")));
    assert!(more.has_more);
    assert_eq!(of(vec![1], false, Cursor::After(id)).next_page, None);
    let before = of(vec![1], true, Cursor::Before(id));
    assert_eq!((before.next_page, before.has_more), (None, true));
    let none = Ends { next_page: None, first_id: None, last_id: None, has_more: false };
    assert_eq!(of(vec![], false, Cursor::Start), none);
}
