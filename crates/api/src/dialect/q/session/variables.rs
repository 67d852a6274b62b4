//! Environment variables as dialect Q's clients write them: an object, or text (sessions §3).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::body::{Invalid, Members};

const NAME: &str = "environment_variables";

/// Reads `environment_variables`; `None` if it is absent, empty if it is `null`.
pub(super) fn read(members: &mut Members) -> Result<Option<BTreeMap<String, String>>, Invalid> {
    match members.take(NAME) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(BTreeMap::new())),
        Some(Value::Object(map)) => {
            let text = |(name, value): (String, Value)| match value {
                Value::String(value) => Ok((name, value)),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_) => {
                    Err(Invalid::new(format!("{NAME}.{name}"), "must be a string"))
                }
            };
            map.into_iter().map(text).collect::<Result<_, _>>().map(Some)
        }
        Some(Value::String(text)) => written(&text).map(Some),
        Some(Value::Array(items)) if items.is_empty() => Ok(Some(BTreeMap::new())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
            Err(Invalid::new(NAME, "must be an object of strings, or 'NAME=value' in lines"))
        }
    }
}

/// `NAME=value`, parted by semicolons or ends of lines; of a repeated name the last one counts.
fn written(text: &str) -> Result<BTreeMap<String, String>, Invalid> {
    let pairs = text.split([';', '\n']).map(|pair| pair.trim_end_matches('\r'));
    pairs
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
            None => Err(Invalid::new(NAME, "must have a '=' in each of its parts")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variables(value: &Value) -> Result<Option<Vec<(String, String)>>, Invalid> {
        let mut members = Members::body(json!({ NAME: value })).unwrap();
        read(&mut members).map(|map| map.map(|map| map.into_iter().collect()))
    }

    #[test]
    fn variables_are_an_object_or_text() {
        let pairs = |pairs: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            Ok(Some(pairs.iter().map(owned).collect()))
        };
        for (value, expected) in [
            (json!({"A": "1", "B": ""}), pairs(&[("A", "1"), ("B", "")])),
            (json!("A=1;B=x=y"), pairs(&[("A", "1"), ("B", "x=y")])),
            (json!("A=1\r\n\n B= 2;"), pairs(&[("A", "1"), ("B", " 2")])),
            (json!(""), pairs(&[])),
            (json!(null), pairs(&[])),
        ] {
            assert_eq!(variables(&value), expected, "{value}");
        }
        for (value, param) in [
            (json!("A"), NAME),
            (json!(1), NAME),
            (json!(["A=1"]), NAME),
            (json!({"A": 1}), "environment_variables.A"),
        ] {
            assert_eq!(variables(&value).unwrap_err().param(), param, "{value}");
        }
    }
}
