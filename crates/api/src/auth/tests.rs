//! Which headers show a credential (conventions §3).

use http::HeaderValue;

use super::*;

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn shown(list: &[(&'static str, &str)], takes_api_key: bool) -> Option<String> {
    presented(&headers(list), takes_api_key).map(str::to_owned)
}

#[test]
fn the_scheme_is_bearer_in_any_case_and_one_space() {
    for value in ["Bearer pt-x", "bearer pt-x", "BEARER pt-x"] {
        assert_eq!(shown(&[("authorization", value)], false).as_deref(), Some("pt-x"), "{value}");
    }
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  pt-x",
        "Bearer pt-x ",
        "Bearer a b",
        "Basic pt-x",
        "pt-x",
        " Bearer pt-x",
        "Bearer\tpt-x",
        "Bearer: pt-x",
    ] {
        assert_eq!(shown(&[("authorization", value)], true), None, "{value:?}");
    }
}

#[test]
fn two_authorizations_are_none() {
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer a")];
    assert_eq!(shown(&twice, true), None);
}

#[test]
fn an_api_key_counts_where_it_is_taken_and_alone() {
    let key = ("x-api-key", "pt-x");
    assert_eq!(shown(&[key], true).as_deref(), Some("pt-x"));
    assert_eq!(shown(&[key], false), None);
    assert_eq!(shown(&[key, key], true), None);
    assert_eq!(shown(&[("x-api-key", "")], true), None);
    let both = [key, ("authorization", "Bearer pt-y")];
    assert_eq!(shown(&both, true).as_deref(), Some("pt-y"));
    assert_eq!(shown(&both, false).as_deref(), Some("pt-y"));
    assert_eq!(shown(&[key, ("authorization", "Basic x")], true), None);
    assert_eq!(shown(&[], true), None);
}
