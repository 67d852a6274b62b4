//! Budgets as dialect Q writes them: credits with at most two decimals (sessions §3).

use leasehold_model::session::budget::Budget;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// What a session may cost.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Budget)]
pub(in crate::dialect::q) struct BudgetWire {
    /// Always `limit`.
    #[schema(pattern = "^limit$")]
    r#type: String,
    /// Credits, a positive decimal number of at most twelve digits and two decimals.
    #[schema(pattern = r"^[0-9]{1,12}(\.[0-9]{1,2})?$")]
    max_credit_cost: String,
}

impl From<Budget> for BudgetWire {
    fn from(budget: Budget) -> Self {
        let (whole, rest) = (budget.hundredths / 100, budget.hundredths % 100);
        Self { r#type: "limit".to_owned(), max_credit_cost: format!("{whole}.{rest:02}") }
    }
}

/// Reads a budget; `null` is none.
pub(super) fn read(value: Value) -> Result<Option<Budget>, Invalid> {
    if value.is_null() {
        return Ok(None);
    }
    let mut members = Members::of(value, "budget")?;
    if members.required_word("type")? != "limit" {
        return Err(Invalid::new("budget.type", "must be 'limit'"));
    }
    let cost = members.required_word("max_credit_cost")?;
    members.finish()?;
    let budget = hundredths(&cost).map(|hundredths| Budget { hundredths });
    budget.map(Some).ok_or_else(|| {
        let problem =
            "must be a positive decimal number of at most 12 digits and 2 decimals, as a string";
        Invalid::new("budget.max_credit_cost", problem)
    })
}

fn hundredths(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_digits(whole, 12) || !is_digits(rest, 2) {
        return None;
    }
    let rest: u64 = format!("{rest:0<2}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    Some(whole * 100 + rest).filter(|hundredths| *hundredths > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credits_have_two_decimals() {
        for (cost, shown) in [
            ("12.50", Some("12.50")),
            ("12.5", Some("12.50")),
            ("7", Some("7.00")),
            ("0.01", Some("0.01")),
            ("999999999999.99", Some("999999999999.99")),
            ("1000000000000", None),
            ("0", None),
            ("0.00", None),
            ("-1", None),
            ("1.", None),
            (".5", None),
            ("1.005", None),
            ("1e3", None),
            ("", None),
        ] {
            let read = read(json!({"type": "limit", "max_credit_cost": cost}));
            let budget = read.ok().flatten();
            let budget = budget.map(|budget| BudgetWire::from(budget).max_credit_cost);
            assert_eq!(budget.as_deref(), shown, "{cost}");
        }
    }

    #[test]
    fn what_is_no_budget_is_refused_by_name() {
        for (value, param) in [
            (json!(1), "budget"),
            (json!({}), "budget.type"),
            (json!({"type": "wish", "max_credit_cost": "1"}), "budget.type"),
            (json!({"type": "limit"}), "budget.max_credit_cost"),
            (json!({"type": "limit", "max_credit_cost": 1}), "budget.max_credit_cost"),
            (json!({"type": "limit", "max_credit_cost": "1", "x": 1}), "budget.x"),
        ] {
            assert_eq!(read(value.clone()).unwrap_err().param(), param, "{value}");
        }
        assert_eq!(read(Value::Null), Ok(None));
    }
}
