//! Any JSON is one line that reads the same, and nothing breaks out of its line.

use proptest::prelude::*;
use serde_json::Value;

use super::{HEARTBEAT, encode};
use crate::{Decoder, Frame};

fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

/// What a reader makes of a stream.
fn decoded(stream: &str) -> Vec<Frame> {
    let (mut decoder, mut bytes) = (Decoder::new(1 << 20), stream.as_bytes());
    std::iter::from_fn(|| decoder.decode(&mut bytes).unwrap()).collect()
}

#[test]
fn a_frame_has_its_id_its_name_and_one_line_of_data() {
    let written = encode(Some("evt_1"), "agent.message", "{\"a\":\r\n[1,\n2]}");
    assert_eq!(
        lines(&written),
        ["id: evt_1", "event: agent.message", "data: {\"a\":  [1, 2]}", "", ""]
    );
    assert_eq!(lines(&encode(None, "error", "{}")), ["event: error", "data: {}", "", ""]);
    assert_eq!(lines(HEARTBEAT), [": heartbeat", "", ""]);
}

#[test]
fn a_sign_of_life_is_no_frame_and_parts_none() {
    let frame = encode(Some("evt_1"), "agent.message", "{}");
    let stream = [HEARTBEAT, &frame, HEARTBEAT, HEARTBEAT, &frame].concat();
    assert_eq!(decoded(&stream), decoded(&frame.repeat(2)));
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
        let written = encode(Some("evt_1"), "agent.message", &spaced(&value, &space));
        prop_assert_eq!(lines(&written).len(), 5);
        let [Frame { id, event, data }] = decoded(&written).try_into().unwrap();
        prop_assert_eq!(id.as_deref(), Some("evt_1"));
        prop_assert_eq!(event.as_deref(), Some("agent.message"));
        prop_assert_eq!(serde_json::from_str::<Value>(&data).unwrap(), value);
    }

    #[test]
    fn nothing_breaks_out_of_its_line(
        id in "[a-z\r\n: ]{0,6}", event in "[a-z\r\n: ]{0,6}", data in "(\\PC|[\r\n: ]){0,20}",
    ) {
        let given = |text: &str| {
            Some(text.replace(['\r', '\n'], " ")).filter(|text| !text.is_empty())
        };
        let (id_read, event_read) = (given(&id), given(&event));
        let data_read = given(&data).unwrap_or_default();
        let frame = Frame { id: id_read, event: event_read, data: data_read };
        prop_assert_eq!(decoded(&encode(Some(&id), &event, &data)), [frame.clone()]);
        prop_assert_eq!(decoded(&encode(None, &event, &data)), [Frame { id: None, ..frame }]);
    }
}
