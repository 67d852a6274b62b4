//! The list of models (other-resources §1).

use http::StatusCode;
use leasehold_model::token::Scope;

use super::super::DIALECT;
use super::super::model::{ModelList, ModelWire};
use crate::call::{Call, Outcome, Reply};
use crate::route::{Access, Route};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&DIALECT, "/models", "listModels", list)
            .summary("List the models that agents may use")
            .access(Access::account(Scope::AgentsRead))
            .answers::<ModelList>(StatusCode::OK),
    ]
}

/// All there are: cursors and limits of a list that has one page change nothing.
async fn list(call: Call) -> Outcome {
    call.authorize()?;
    let models = &call.app.settings().models;
    let data = models.iter().map(ModelWire::from).collect();
    let first_id = models.iter().next().map(|card| card.id.clone());
    let last_id = models.iter().last().map(|card| card.id.clone());
    Ok(Reply::ok(&ModelList { data, next_page: None, first_id, last_id, has_more: false }))
}
