//! The models that the operator offers, as agents and clients see them.
//!
//! Not known here: how a model is reached. That is the agent crate's matter.

use std::sync::Arc;

pub use crate::agent::model_spec::Effort;

/// One model, as far as it is anybody's business.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelCard {
    /// The name that agents use.
    pub id: String,
    /// The name for people.
    pub display_name: String,
    /// What it speaks: `anthropic`, `openai` or `scripted`.
    pub source: &'static str,
    /// What an agent may ask for; empty if the model does not let itself be told.
    pub efforts: Vec<Effort>,
    /// What holds if the agent does not say; one of `efforts`.
    pub default_effort: Option<Effort>,
    /// How many tokens a conversation may have, the answer included.
    pub context_window: u32,
    /// The most tokens of one answer.
    pub max_tokens: u32,
    /// What a token costs, if the operator says.
    pub prices: Prices,
}

/// Prices in USD per million tokens; `None`: not said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    /// Of tokens read afresh.
    pub input: Option<f64>,
    /// Of tokens written by the model.
    pub output: Option<f64>,
    /// Of tokens read from the provider's cache.
    pub cache_read: Option<f64>,
    /// Of tokens written to the provider's cache.
    pub cache_write: Option<f64>,
}

/// All models on offer, in the operator's order. Clones share the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models(Arc<[ModelCard]>);

impl Models {
    /// The model of a name.
    pub fn get(&self, id: &str) -> Option<&ModelCard> {
        self.0.iter().find(|card| card.id == id)
    }

    /// Whether a model has a price, so that what it costs can be kept within a budget.
    pub fn is_priced(&self, id: &str) -> bool {
        self.get(id).is_some_and(|card| card.prices.input.is_some() && card.prices.output.is_some())
    }

    /// All of them, in the operator's order.
    pub fn iter(&self) -> std::slice::Iter<'_, ModelCard> {
        self.0.iter()
    }
}

impl FromIterator<ModelCard> for Models {
    fn from_iter<I: IntoIterator<Item = ModelCard>>(cards: I) -> Self {
        Self(cards.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Models {
    type Item = &'a ModelCard;
    type IntoIter = std::slice::Iter<'a, ModelCard>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
