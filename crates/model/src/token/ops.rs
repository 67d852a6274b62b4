//! Operations on accounts, account tokens and environment keys.

use super::{Account, Key, Scopes, SecretHash, Token, Validity};
use crate::id::{AccountId, EnvironmentId, KeyId, TokenId};
use crate::op::{Context, Op};
use crate::refusal::{Refusal, Resource};
use crate::rows::{Keys, Rows};
use crate::time::Timestamp;

/// Makes an account.
#[derive(Clone, Debug)]
pub struct CreateAccount {
    /// What people call it.
    pub name: String,
}

impl Op for CreateAccount {
    type Reply = Account;

    fn needs(&self, _keys: &mut Keys) {}

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Account, Refusal> {
        let account =
            Account { id: context.mint(), name: self.name.clone(), created_at: context.now() };
        rows.accounts.put(account.id, account.clone());
        Ok(account)
    }
}

/// Makes a token of an account that exists.
#[derive(Clone, Debug)]
pub struct CreateToken {
    /// Whose it will be.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// By what it is recognised.
    pub hash: SecretHash,
    /// From when on it is not good any more.
    pub expires_at: Option<Timestamp>,
}

impl Op for CreateToken {
    type Reply = Token;

    fn needs(&self, keys: &mut Keys) {
        keys.accounts.push(self.account);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Token, Refusal> {
        rows.accounts.get(&self.account).ok_or(Refusal::NotFound(Resource::Account))?;
        let token = Token {
            id: context.mint(),
            account: self.account,
            name: self.name.clone(),
            scopes: self.scopes,
            hash: self.hash,
            validity: Validity {
                created_at: context.now(),
                expires_at: self.expires_at,
                revoked_at: None,
            },
        };
        rows.tokens.put(token.id, token.clone());
        Ok(token)
    }
}

/// Revokes a token; a second time changes nothing.
#[derive(Clone, Debug)]
pub struct RevokeToken {
    /// Whose token it must be; `None` for an administrator.
    pub account: Option<AccountId>,
    /// Which token.
    pub token: TokenId,
}

impl Op for RevokeToken {
    type Reply = Token;

    fn needs(&self, keys: &mut Keys) {
        keys.tokens.push(self.token);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Token, Refusal> {
        let mut token =
            rows.tokens.get(&self.token).ok_or(Refusal::NotFound(Resource::Token))?.clone();
        if self.account.is_some_and(|account| account != token.account) {
            return Err(Refusal::NotYours(Resource::Token));
        }
        if token.validity.revoked_at.is_none() {
            token.validity.revoked_at = Some(context.now());
            rows.tokens.put(token.id, token.clone());
        }
        Ok(token)
    }
}

/// Makes a key of an environment that exists.
#[derive(Clone, Debug)]
pub struct CreateKey {
    /// Who asks.
    pub account: AccountId,
    /// The environment that it will be good for.
    pub environment: EnvironmentId,
    /// What people call it.
    pub name: String,
    /// By what it is recognised.
    pub hash: SecretHash,
    /// From when on it is not good any more.
    pub expires_at: Option<Timestamp>,
}

impl Op for CreateKey {
    type Reply = Key;

    fn needs(&self, keys: &mut Keys) {
        keys.facts.push(self.environment);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Key, Refusal> {
        let facts = rows.facts(self.environment).ok_or(Refusal::NotFound(Resource::Environment))?;
        if facts.account != self.account {
            return Err(Refusal::NotYours(Resource::Environment));
        }
        let key = Key {
            id: context.mint(),
            environment: self.environment,
            account: self.account,
            name: self.name.clone(),
            hash: self.hash,
            validity: Validity {
                created_at: context.now(),
                expires_at: self.expires_at,
                revoked_at: None,
            },
        };
        rows.keys.put(key.id, key.clone());
        Ok(key)
    }
}

/// Revokes a key of an environment; a second time changes nothing.
#[derive(Clone, Debug)]
pub struct RevokeKey {
    /// Who asks.
    pub account: AccountId,
    /// The environment through which it is named.
    pub environment: EnvironmentId,
    /// Which key.
    pub key: KeyId,
}

impl Op for RevokeKey {
    type Reply = Key;

    fn needs(&self, keys: &mut Keys) {
        keys.keys.push(self.key);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Key, Refusal> {
        let mut key = rows
            .keys
            .get(&self.key)
            .filter(|key| key.environment == self.environment)
            .ok_or(Refusal::NotFound(Resource::Key))?
            .clone();
        if key.account != self.account {
            return Err(Refusal::NotYours(Resource::Key));
        }
        if key.validity.revoked_at.is_none() {
            key.validity.revoked_at = Some(context.now());
            rows.keys.put(key.id, key.clone());
        }
        Ok(key)
    }
}

/// Makes the first account and its administrator token, if there is no account yet.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// The account's name.
    pub name: String,
    /// By what the administrator's token is recognised.
    pub hash: SecretHash,
}

impl Op for Bootstrap {
    /// Whether it was done; `false` if somebody else had been first.
    type Reply = bool;

    fn needs(&self, keys: &mut Keys) {
        keys.any_account = true;
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<bool, Refusal> {
        if rows.has_accounts() {
            return Ok(false);
        }
        let account = CreateAccount { name: self.name.clone() }.decide(context, rows)?;
        CreateToken {
            account: account.id,
            name: "administrator".to_owned(),
            scopes: Scopes::all(),
            hash: self.hash,
            expires_at: None,
        }
        .decide(context, rows)?;
        Ok(true)
    }
}
