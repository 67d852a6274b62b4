//! Models that a server offers in tests. Nobody answers for them.

use leasehold_model::catalogue::{Effort, ModelCard, Models, Prices};

/// `model-large`, which lets itself be told, and `model-small`, which does not.
pub fn models() -> Models {
    let large = ModelCard {
        id: "model-large".to_owned(),
        display_name: "Large".to_owned(),
        source: "anthropic",
        efforts: vec![Effort::Low, Effort::High],
        default_effort: Some(Effort::High),
        context_window: 200_000,
        max_tokens: 32_000,
        prices: Prices { input: Some(3.0), output: Some(15.0), ..Prices::default() },
    };
    let small = ModelCard {
        id: "model-small".to_owned(),
        display_name: "Small".to_owned(),
        source: "scripted",
        efforts: Vec::new(),
        default_effort: None,
        context_window: 8_192,
        max_tokens: 4_096,
        prices: Prices::default(),
    };
    [large, small].into_iter().collect()
}
