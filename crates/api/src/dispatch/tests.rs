//! The route table: every row can be reached, and the documents show what is served.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::openapi;

fn found(method: &Method, path: &str) -> Option<&'static str> {
    match TABLE.find(method, path) {
        Found::Route(route, _) => Some(route.operation),
        Found::Methods(_) | Found::Nothing => None,
    }
}

#[test]
fn every_row_can_be_reached_and_its_parameters_are_known() {
    for route in routes() {
        let path: Vec<&str> = route
            .label
            .split('/')
            .map(|part| part.strip_prefix('{').map_or(part, |_| "x"))
            .collect();
        let path = path.join("/");
        let Found::Route(reached, node) = TABLE.find(&route.method, &path) else {
            panic!("{route:?} cannot be reached");
        };
        assert_eq!(format!("{reached:?}"), format!("{route:?}"));
        let named = route.label.matches('{').count();
        assert_eq!(node.parameters.len(), named, "{route:?} has a parameter that is not known");
    }
}

#[test]
fn a_literal_segment_wins_but_keeps_the_methods_of_the_template() {
    let queue = "/api/v1/cloud/environments/env_1/work";
    assert_eq!(found(&Method::GET, &format!("{queue}/poll")), Some("pollWork"));
    assert_eq!(found(&Method::GET, &format!("{queue}/stats")), Some("workStats"));
    assert_eq!(found(&Method::POST, &format!("{queue}/poll")), Some("updateWork"));
    assert_eq!(found(&Method::GET, &format!("{queue}/work_1")), Some("retrieveWork"));
    assert_eq!(found(&Method::HEAD, &format!("{queue}/poll")), None);
    assert_eq!(found(&Method::GET, &format!("{queue}/")), None);
    assert_eq!(found(&Method::GET, queue), Some("listWork"));
}

#[test]
fn each_document_shows_each_route_and_no_reference_leads_nowhere() {
    let mut shown = 0;
    for text in [openapi::q(), openapi::a(), openapi::leasehold()] {
        let document: Value = serde_json::from_str(text).unwrap();
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                shown += 1;
                let name = operation["operationId"].as_str().unwrap().to_owned();
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{name}");
                assert!(names.insert(name), "{method} {path}: an operation's name comes twice");
            }
        }
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(!document["components"]["schemas"][name].is_null(), "{name} is not there");
        }
    }
    assert_eq!(shown, routes().len());
}

#[test]
fn an_answer_tells_the_log_how_its_request_is_named() {
    for dialect in DIALECTS {
        let asked = HeaderMap::new();
        let request_id = (dialect.request_id)(&asked);
        let answer = response(dialect, &request_id, Err(Problem::not_found("Nothing.")));
        assert_eq!(name(answer.headers()), Some(request_id.as_str()));
    }
}
