//! Account tokens: what a person or a program calls the API with.

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{Client, Cursor, Page, Reply, Result};

/// An account token, without its secret.
#[derive(Clone, Debug, Deserialize)]
pub struct Token {
    /// `tok_…`.
    pub id: String,
    /// The account that it acts for.
    pub account_id: String,
    /// What people call it.
    pub name: String,
    /// What it may do, such as `work:read`.
    pub scopes: Vec<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; `None`: it does not expire.
    pub expires_at: Option<String>,
    /// RFC 3339; `None`: never used.
    pub last_used_at: Option<String>,
    /// RFC 3339; `None`: not revoked.
    pub revoked_at: Option<String>,
}

/// A token that was just made.
#[derive(Clone, Debug, Deserialize)]
pub struct IssuedToken {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// The secret, `pt-…`. The server shows it this once.
    #[serde(rename = "token")]
    pub secret: SecretString,
}

/// A token to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    /// What people call it.
    pub name: String,
    /// The account that it acts for; `None`: the caller's. Another needs the scope `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// What it may do; `None`: all but `admin`. Nobody can hand out a scope that they lack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// RFC 3339; `None`: it does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

#[derive(Serialize)]
struct TokenQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

impl Client {
    /// Makes a token.
    pub async fn create_token(&self, new: &NewToken) -> Result<Reply<IssuedToken>> {
        self.send_json(self.native(Method::POST, &["tokens"])?, new).await
    }

    /// One page of an account's tokens, the caller's own unless another is named.
    pub async fn list_tokens(
        &self,
        account_id: Option<&str>,
        cursor: &Cursor,
    ) -> Result<Reply<Page<Token>>> {
        let request = self.native(Method::GET, &["tokens"])?;
        self.send(request.query(&TokenQuery { account_id }).query(cursor)).await
    }

    /// Revokes a token for good; a revoked one stays as it is.
    pub async fn revoke_token(&self, token_id: &str) -> Result<Reply<Token>> {
        self.send(self.native(Method::POST, &["tokens", token_id, "revoke"])?).await
    }
}
