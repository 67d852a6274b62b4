//! Settings of an environment that the vendors' APIs have no member for.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{Client, Reply, Result};

/// The settings of one environment.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// The environment.
    pub environment_id: String,
    /// After how many acknowledged attempts a lapsing item is stopped; `None`: never.
    pub max_attempts: Option<u32>,
}

#[derive(Serialize)]
struct NewSettings {
    max_attempts: Option<u32>,
}

impl Client {
    /// An environment's settings.
    pub async fn retrieve_settings(&self, environment_id: &str) -> Result<Reply<Settings>> {
        let path = ["environments", environment_id, "settings"];
        self.send(self.native(Method::GET, &path)?).await
    }

    /// Sets how many attempts an item gets, 1..=1000, or `None` for no limit.
    pub async fn set_max_attempts(
        &self,
        environment_id: &str,
        max_attempts: Option<u32>,
    ) -> Result<Reply<Settings>> {
        let path = ["environments", environment_id, "settings"];
        self.send_json(self.native(Method::POST, &path)?, &NewSettings { max_attempts }).await
    }
}
