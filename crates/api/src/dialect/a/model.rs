//! Models as dialect A writes them (other-resources §1).

use leasehold_model::catalogue::ModelCard;
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
    /// RFC 3339; the epoch, since the day of release is not known.
    created_at: &'static str,
    /// Always `active`: what is off is not listed.
    #[schema(pattern = "^active$")]
    lifecycle: &'static str,
    /// Tokens of a conversation, the answer included.
    max_input_tokens: u32,
    /// Tokens of an answer.
    max_tokens: u32,
}

/// All models; the list has one page. The vendor's own list of models has cursors by id, its other
/// lists have `next_page`: here are both.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelList)]
pub(super) struct ModelList {
    pub(super) data: Vec<ModelWire>,
    pub(super) first_id: Option<String>,
    pub(super) last_id: Option<String>,
    /// Always false.
    pub(super) has_more: bool,
    /// Always null.
    pub(super) next_page: Option<String>,
}

impl From<&ModelCard> for ModelWire {
    fn from(card: &ModelCard) -> Self {
        Self {
            id: card.id.clone(),
            r#type: "model",
            display_name: card.display_name.clone(),
            created_at: "1970-01-01T00:00:00Z",
            lifecycle: "active",
            max_input_tokens: card.context_window,
            max_tokens: card.max_tokens,
        }
    }
}
