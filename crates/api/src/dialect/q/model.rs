//! Models as dialect Q writes them (other-resources §1).

use leasehold_model::catalogue::{Effort, ModelCard, Prices};
use serde::Serialize;
use utoipa::ToSchema;

/// A model that agents may use.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelInfo)]
pub(super) struct ModelWire {
    /// The name that agents use.
    id: String,
    /// Always `model`.
    #[schema(pattern = "^model$")]
    r#type: &'static str,
    display_name: String,
    /// Always true: what is off is not listed.
    is_enabled: bool,
    /// Always false.
    is_new: bool,
    /// What it speaks: `anthropic`, `openai` or `scripted`.
    source: &'static str,
    /// What an agent may ask for; absent if the model does not let itself be told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    efforts: Vec<&'static str>,
    /// What holds if the agent does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    default_effort: Option<&'static str>,
    /// Tokens of a conversation, the answer included.
    default_context_window: u32,
    /// The one above; it cannot be changed.
    available_context_windows: [u32; 1],
    /// Tokens of a conversation.
    max_input_tokens: u32,
    /// Tokens of an answer.
    max_tokens: u32,
    /// What a million tokens cost, if the operator says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    prices_usd: Option<PricesWire>,
}

/// What a million tokens cost, in USD.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelPrices)]
struct PricesWire {
    /// Read afresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    input: Option<f64>,
    /// Written by the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    output: Option<f64>,
    /// Read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    cache_read: Option<f64>,
    /// Written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    cache_write: Option<f64>,
}

/// All models; the list has one page.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelList)]
pub(super) struct ModelList {
    pub(super) data: Vec<ModelWire>,
    /// Always null.
    pub(super) next_page: Option<String>,
    pub(super) first_id: Option<String>,
    pub(super) last_id: Option<String>,
    /// Always false.
    pub(super) has_more: bool,
}

impl From<&ModelCard> for ModelWire {
    fn from(card: &ModelCard) -> Self {
        let ModelCard {
            id,
            display_name,
            source,
            efforts,
            default_effort,
            context_window,
            max_tokens,
            prices,
        } = card;
        Self {
            id: id.clone(),
            r#type: "model",
            display_name: display_name.clone(),
            is_enabled: true,
            is_new: false,
            source,
            efforts: efforts.iter().map(|effort| effort.as_str()).collect(),
            default_effort: default_effort.map(Effort::as_str),
            default_context_window: *context_window,
            available_context_windows: [*context_window],
            max_input_tokens: *context_window,
            max_tokens: *max_tokens,
            prices_usd: (*prices != Prices::default()).then(|| PricesWire::from(*prices)),
        }
    }
}

impl From<Prices> for PricesWire {
    fn from(prices: Prices) -> Self {
        let Prices { input, output, cache_read, cache_write } = prices;
        Self { input, output, cache_read, cache_write }
    }
}
