//! Models: how one is named, and whether it is on offer (agents §3.1).

use leasehold_model::agent::model_spec::{Effort, ModelSpec, Speed};
use leasehold_model::catalogue::Models;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Manner, Windows};
use crate::body::{Invalid, Members};

/// Refuses a model that is not on offer, and what it cannot do; `param` names the member that names
/// it.
pub(super) fn check(models: &Models, model: &ModelSpec, param: &str) -> Result<(), Invalid> {
    let Some(card) = models.get(&model.id) else {
        let message = format!("There is no model '{}' here.", model.id);
        return Err(Invalid::said(param, message));
    };
    if model.effort.is_some_and(|effort| !card.efforts.contains(&effort)) {
        let problem = "must be an effort that the model knows";
        return Err(Invalid::new(format!("{param}.effort"), problem));
    }
    if model.context_window.is_some_and(|window| window != u64::from(card.context_window)) {
        let problem = format!("must be {}, which is what the model has", card.context_window);
        return Err(Invalid::new(format!("{param}.context_window"), &problem));
    }
    Ok(())
}

/// The effort of a model that is told none.
pub(super) fn default_effort(models: &Models, model: &ModelSpec) -> Option<Effort> {
    models.get(&model.id)?.default_effort
}

/// A model: its id alone, or its id and how to use it.
#[derive(Deserialize, ToSchema)]
#[schema(as = ModelParams)]
#[serde(untagged)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) enum ModelParams {
    /// The model as it is.
    #[schema(title = "ModelId")]
    Id(String),
    /// The model and how to use it.
    #[schema(title = "ModelConfig")]
    Config(ModelConfigParams),
}

/// A model and how to use it.
#[derive(Deserialize, ToSchema)]
#[schema(as = ModelConfigParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct ModelConfigParams {
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// `low`, `medium`, `high`, `xhigh` or `max`; or an object with that as its `type`.
    #[schema(value_type = Option<Object>)]
    effort: Option<Value>,
    /// `standard` or `fast`.
    #[schema(pattern = "^(standard|fast)$")]
    speed: Option<String>,
    /// A region.
    #[schema(max_length = 64)]
    inference_geo: Option<String>,
}

/// Reads a model that the member `path` names.
pub(super) fn read(value: Value, path: &str, manner: &Manner) -> Result<ModelSpec, Invalid> {
    if let Value::String(id) = value {
        return Ok(ModelSpec::named(id));
    }
    let mut members = Members::of(value, path)
        .map_err(|_| Invalid::new(path, "must be a model's id or an object"))?;
    let id = match members.required("id")? {
        Value::String(id) => id,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return Err(Invalid::new(members.name("id"), "must be a string"));
        }
    };
    let effort = effort(&mut members)?;
    let speed =
        match members.optional_word("speed")? {
            None => None,
            Some(word) => Some(Speed::parse(&word).ok_or_else(|| {
                Invalid::new(members.name("speed"), "must be 'standard' or 'fast'")
            })?),
        };
    let context_window = match manner.windows {
        Windows::Known => members.optional_count("context_window")?,
        Windows::Unknown => None,
    };
    let inference_geo = members.optional_word("inference_geo")?;
    members.finish()?;
    Ok(ModelSpec { id, effort, speed, context_window, inference_geo })
}

/// A word, or an object with the word as its type.
fn effort(members: &mut Members) -> Result<Option<Effort>, Invalid> {
    let name = members.name("effort");
    let wrong = || Invalid::new(&name, "must be 'low', 'medium', 'high', 'xhigh' or 'max'");
    let word = match members.take("effort") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(word)) => word,
        Some(Value::Object(map)) => {
            let mut inner = Members::of(Value::Object(map), &name)?;
            let word = inner.required("type")?;
            inner.finish()?;
            word.as_str().ok_or_else(wrong)?.to_owned()
        }
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => return Err(wrong()),
    };
    Effort::parse(&word).map(Some).ok_or_else(wrong)
}
