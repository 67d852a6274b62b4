//! Frames, and that any JSON is one line of them.

use proptest::prelude::*;
use serde_json::Value;

use super::{HEARTBEAT, error, frame};

fn lines(bytes: &[u8]) -> Vec<&str> {
    std::str::from_utf8(bytes).unwrap().split('\n').collect()
}

#[test]
fn a_frame_has_its_id_its_name_and_one_line_of_data() {
    let written = frame("evt_1", "agent.message", "{\"a\":\r\n[1,\n2]}");
    assert_eq!(
        lines(&written),
        ["id: evt_1", "event: agent.message", "data: {\"a\":  [1, 2]}", "", ""]
    );
    assert_eq!(lines(&error("{}")), ["event: error", "data: {}", "", ""]);
    assert_eq!(lines(&HEARTBEAT), [": heartbeat", "", ""]);
}

/// JSON with white space wherever it may be.
fn spaced(value: &Value, space: &str) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| spaced(item, space)).collect();
            format!("{space}[{space}{}{space}]", items.join(&format!("{space},{space}")))
        }
        Value::Object(map) => {
            let member = |(key, item): (&String, &Value)| {
                format!("{space}{}{space}:{}", Value::from(key.as_str()), spaced(item, space))
            };
            let members: Vec<String> = map.iter().map(member).collect();
            format!("{space}{{{}{space}}}{space}", members.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            format!("{space}{value}{space}")
        }
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[\r\n\u{2028}\u{85}:\"\\\\ ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".*", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_one_line_that_says_the_same(value in json(), space in "[ \t\r\n]{0,3}") {
        let written = frame("evt_1", "agent.message", &spaced(&value, &space));
        let lines = lines(&written);
        prop_assert_eq!(lines.len(), 5);
        prop_assert!(!lines[2].contains('\r'));
        let data = lines[2].strip_prefix("data: ").unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(data).unwrap(), value);
    }
}
