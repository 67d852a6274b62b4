//! The calls on models (other-resources §1).

use http::StatusCode;
use leasehold_model::refusal::Resource;
use leasehold_model::token::Scope;

use super::super::DIALECT;
use super::super::model::{ModelList, ModelWire};
use crate::call::{Call, Outcome, Reply};
use crate::failure::Failure;
use crate::route::{Access, Route};

const READ: Access = Access::account(Scope::AgentsRead);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&DIALECT, "/models", "listModels", list)
            .summary("List the models that agents may use")
            .access(READ)
            .answers::<ModelList>(StatusCode::OK),
        Route::get(&DIALECT, "/models/{model_id}", "retrieveModel", retrieve)
            .summary("Retrieve a model")
            .access(READ)
            .answers::<ModelWire>(StatusCode::OK),
    ]
}

/// All there are: cursors and limits of a list that has one page change nothing.
async fn list(call: Call) -> Outcome {
    call.authorize()?;
    let models = &call.app.settings().models;
    let first_id = models.iter().next().map(|card| card.id.clone());
    let last_id = models.iter().last().map(|card| card.id.clone());
    let data = models.iter().map(ModelWire::from).collect();
    Ok(Reply::ok(&ModelList { data, first_id, last_id, has_more: false, next_page: None }))
}

async fn retrieve(call: Call) -> Outcome {
    call.authorize()?;
    let id = call.segment("model_id");
    let card = id.and_then(|id| call.app.settings().models.get(&id));
    let card = card.ok_or_else(|| Failure::not_found(Resource::Model))?;
    Ok(Reply::ok(&ModelWire::from(card)))
}
