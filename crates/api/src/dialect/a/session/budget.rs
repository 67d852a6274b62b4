//! Budgets as dialect A writes them: cents (sessions §3).

use leasehold_model::session::budget::Budget;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// What a session may cost, by the price list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Budget)]
pub(in crate::dialect::a) struct BudgetWire {
    /// Always `limit`.
    #[schema(pattern = "^limit$")]
    r#type: String,
    max_list_cost: AmountWire,
}

/// An amount of money.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MonetaryAmount)]
pub(in crate::dialect::a) struct AmountWire {
    /// Cents, without leading zeros.
    #[schema(pattern = "^[1-9][0-9]{0,13}$")]
    amount: String,
    /// Always `USD`.
    #[schema(pattern = "^USD$")]
    currency: String,
}

impl From<Budget> for BudgetWire {
    fn from(budget: Budget) -> Self {
        let (amount, currency) = (budget.hundredths.to_string(), "USD".to_owned());
        Self { r#type: "limit".to_owned(), max_list_cost: AmountWire { amount, currency } }
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
    let mut cost = Members::of(members.required("max_list_cost")?, "budget.max_list_cost")?;
    members.finish()?;
    let amount = cost.required_word("amount")?;
    if cost.required_word("currency")? != "USD" {
        return Err(Invalid::new("budget.max_list_cost.currency", "must be 'USD'"));
    }
    cost.finish()?;
    let budget = cents(&amount).map(|hundredths| Budget { hundredths });
    budget.map(Some).ok_or_else(|| {
        let problem = "must be a positive whole number of cents without leading zeros, as a string";
        Invalid::new("budget.max_list_cost.amount", problem)
    })
}

fn cents(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    let cents = text.parse().ok().filter(|cents| *cents <= Budget::MAX.hundredths);
    cents.filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_budget_is_in_cents() {
        for (amount, good) in [
            ("2500", true),
            ("1", true),
            ("99999999999999", true),
            ("100000000000000", false),
            ("0", false),
            ("025", false),
            ("+1", false),
            ("-1", false),
            ("1.5", false),
            ("", false),
        ] {
            let cost = json!({"amount": amount, "currency": "USD"});
            let read = read(json!({"type": "limit", "max_list_cost": cost}));
            match read {
                Ok(Some(budget)) if good => {
                    assert_eq!(BudgetWire::from(budget).max_list_cost.amount, amount);
                }
                Err(invalid) if !good => {
                    assert_eq!(invalid.param(), "budget.max_list_cost.amount", "{amount}");
                }
                other => panic!("{amount}: {other:?}"),
            }
        }
        for (value, param) in [
            (json!("x"), "budget"),
            (json!({"type": "wish"}), "budget.type"),
            (json!({"type": "limit"}), "budget.max_list_cost"),
            (
                json!({"type": "limit", "max_list_cost": {"amount": "1", "currency": "EUR"}}),
                "budget.max_list_cost.currency",
            ),
        ] {
            assert_eq!(read(value.clone()).unwrap_err().param(), param, "{value}");
        }
    }
}
