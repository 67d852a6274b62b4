//! Accounts: the owners of everything else. An administrator makes them.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{Client, Cursor, Page, Reply, Result};

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// `acct_…`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// RFC 3339.
    pub created_at: String,
}

#[derive(Serialize)]
struct NewAccount<'a> {
    name: &'a str,
}

impl Client {
    /// Makes an account. Needs the scope `admin`.
    pub async fn create_account(&self, name: &str) -> Result<Reply<Account>> {
        let request = self.native(Method::POST, &["accounts"])?;
        self.send_json(request, &NewAccount { name }).await
    }

    /// One page of the accounts. Needs the scope `admin`.
    pub async fn list_accounts(&self, cursor: &Cursor) -> Result<Reply<Page<Account>>> {
        self.send(self.native(Method::GET, &["accounts"])?.query(cursor)).await
    }

    /// One account. Needs the scope `admin`.
    pub async fn retrieve_account(&self, account_id: &str) -> Result<Reply<Account>> {
        self.send(self.native(Method::GET, &["accounts", account_id])?).await
    }
}
