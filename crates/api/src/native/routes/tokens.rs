//! Account tokens. People manage those of their own account, administrators those of all.

use http::StatusCode;
use leasehold_model::refusal::Resource;
use leasehold_model::token::Scope;
use leasehold_model::token::ops::{CreateToken, RevokeToken};
use leasehold_model::{AccountId, TokenId};
use leasehold_store::Order;

use super::super::DIALECT;
use super::super::documents::{self, TokenList};
use super::super::token::{self, IssuedTokenWire, TokenWire};
use super::{LIMIT, is_admin, no_randomness};
use crate::auth::Principal;
use crate::body::Invalid;
use crate::call::{Call, Outcome, Reply};
use crate::dialect::q::list;
use crate::failure::Failure;
use crate::page;
use crate::route::{Access, Route, text};
use crate::secret;

const READ: Access = Access::account(Scope::EnvironmentsRead);
const WRITE: Access = Access::account(Scope::EnvironmentsWrite);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&DIALECT, "/tokens", "createToken", create)
            .summary("Make an account token; its secret is shown this once")
            .access(WRITE)
            .unkept()
            .body::<documents::CreateToken>()
            .answers::<IssuedTokenWire>(StatusCode::CREATED)
            .refuses(&[404]),
        Route::get(&DIALECT, "/tokens", "listTokens", list_tokens)
            .summary("List the tokens of an account, newest first")
            .access(READ)
            .pages(100)
            .query("account_id", text(), "Of this account; administrators alone.")
            .answers::<TokenList>(StatusCode::OK),
        Route::post(&DIALECT, "/tokens/{token_id}/revoke", "revokeToken", revoke)
            .summary("Revoke a token; a second time changes nothing")
            .access(WRITE)
            .answers::<TokenWire>(StatusCode::OK),
    ]
}

/// A token hands out no more than its maker has.
async fn create(call: Call) -> Outcome {
    let own = call.authorize()?;
    let token::Create { name, account, scopes, expires_at } = token::create(call.json()?)?;
    let account = account.unwrap_or(own);
    let held = match call.principal {
        Principal::Account { scopes, .. } => scopes,
        Principal::Key { .. } | Principal::Claim(_) => return Err(Failure::forbidden()),
    };
    if !held.covers(scopes) || (account != own && !is_admin(&call)) {
        return Err(Failure::forbidden());
    }
    let secret = secret::account_token().map_err(|error| no_randomness(&error))?;
    let hash = secret::hash(&secret);
    let op = CreateToken { account, name, scopes, hash, expires_at };
    call.submit(op, move |made| {
        let wire = IssuedTokenWire { details: TokenWire::of(made, None), token: secret.clone() };
        Reply::json(StatusCode::CREATED, &wire)
    })
    .await
}

async fn list_tokens(call: Call) -> Outcome {
    let own = call.authorize()?;
    let page = page::read(call.query(), LIMIT, Order::Descending, TokenId::parse)?;
    let of = match call.query().one("account_id")? {
        None => own,
        Some(text) => AccountId::parse(&text)
            .ok_or_else(|| Invalid::new("account_id", "must be an account's id"))?,
    };
    if of != own && !is_admin(&call) {
        return Err(Failure::forbidden());
    }
    let listing = call.views().tokens(of, page).await?;
    Ok(list::reply(&listing, &page, |t| t.item.id.to_string(), TokenWire::seen))
}

async fn revoke(call: Call) -> Outcome {
    let own = call.authorize()?;
    call.json()?;
    let token = call.id("token_id").ok_or_else(|| Failure::not_found(Resource::Token))?;
    let account = (!is_admin(&call)).then_some(own);
    let last_used_at = call.views().token(token).await?.and_then(|seen| seen.last_used_at);
    let op = RevokeToken { account, token };
    call.submit(op, move |revoked| Reply::ok(&TokenWire::of(revoked, last_used_at))).await
}
