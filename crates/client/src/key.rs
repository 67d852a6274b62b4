//! Environment keys: what a worker calls the Work API with. A key opens one environment.

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{Client, Cursor, Page, Reply, Result};

/// An environment key, without its secret.
#[derive(Clone, Debug, Deserialize)]
pub struct Key {
    /// `ekey_…`.
    pub id: String,
    /// The environment that it opens.
    pub environment_id: String,
    /// What people call it.
    pub name: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; `None`: it does not expire.
    pub expires_at: Option<String>,
    /// RFC 3339; `None`: never used.
    pub last_used_at: Option<String>,
    /// RFC 3339; `None`: not revoked.
    pub revoked_at: Option<String>,
}

/// A key that was just made.
#[derive(Clone, Debug, Deserialize)]
pub struct IssuedKey {
    /// The key.
    #[serde(flatten)]
    pub key: Key,
    /// The secret, `ek-…`. The server shows it this once.
    #[serde(rename = "key")]
    pub secret: SecretString,
}

/// A key to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// RFC 3339; `None`: it does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

impl Client {
    /// Makes a key.
    pub async fn create_key(&self, environment_id: &str, new: &NewKey) -> Result<Reply<IssuedKey>> {
        let request = self.native(Method::POST, &["environments", environment_id, "keys"])?;
        self.send_json(request, new).await
    }

    /// One page of an environment's keys.
    pub async fn list_keys(
        &self,
        environment_id: &str,
        cursor: &Cursor,
    ) -> Result<Reply<Page<Key>>> {
        let request = self.native(Method::GET, &["environments", environment_id, "keys"])?;
        self.send(request.query(cursor)).await
    }

    /// Revokes a key for good; a revoked one stays as it is.
    pub async fn revoke_key(&self, environment_id: &str, key_id: &str) -> Result<Reply<Key>> {
        let path = ["environments", environment_id, "keys", key_id, "revoke"];
        self.send(self.native(Method::POST, &path)?).await
    }
}
