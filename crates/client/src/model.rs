//! Models: what the operator's endpoints offer to agents.

use reqwest::Method;
use serde::Deserialize;

use crate::{Client, Page, Reply, Result};

/// A model; what else it has is in [`Reply::json`].
#[derive(Clone, Debug, Deserialize)]
pub struct Model {
    /// By which agents name it.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub display_name: String,
    /// How hard it can be told to think.
    #[serde(default)]
    pub efforts: Vec<String>,
    /// How much it can read, in tokens.
    pub max_input_tokens: Option<u64>,
    /// How much it can write, in tokens.
    pub max_tokens: Option<u64>,
}

impl Client {
    /// All models; the list has one page.
    pub async fn list_models(&self) -> Result<Reply<Page<Model>>> {
        self.send(self.cloud(Method::GET, &["models"])?).await
    }
}
