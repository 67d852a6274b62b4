//! Accounts: administrators make and see them.

use http::StatusCode;
use leasehold_model::AccountId;
use leasehold_model::refusal::Resource;
use leasehold_model::token::Scope;
use leasehold_store::Order;

use super::super::DIALECT;
use super::super::account::{self, AccountWire};
use super::super::documents::{AccountList, CreateAccount};
use super::LIMIT;
use crate::call::{Call, Outcome, Reply};
use crate::dialect::q::list;
use crate::failure::Failure;
use crate::page;
use crate::route::{Access, Route};

const ADMIN: Access = Access::account(Scope::Admin);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&DIALECT, "/accounts", "createAccount", create)
            .summary("Make an account")
            .access(ADMIN)
            .body::<CreateAccount>()
            .answers::<AccountWire>(StatusCode::CREATED),
        Route::get(&DIALECT, "/accounts", "listAccounts", list_accounts)
            .summary("List accounts, newest first")
            .access(ADMIN)
            .pages(100)
            .answers::<AccountList>(StatusCode::OK),
        Route::get(&DIALECT, "/accounts/{account_id}", "retrieveAccount", retrieve)
            .summary("Retrieve an account")
            .access(ADMIN)
            .answers::<AccountWire>(StatusCode::OK),
    ]
}

async fn create(call: Call) -> Outcome {
    call.authorize()?;
    let op = account::create(call.json()?)?;
    call.submit(op, |made| Reply::json(StatusCode::CREATED, &AccountWire::from(made))).await
}

async fn list_accounts(call: Call) -> Outcome {
    call.authorize()?;
    let page = page::read(call.query(), LIMIT, Order::Descending, AccountId::parse)?;
    let listing = call.views().accounts(page).await?;
    Ok(list::reply(&listing, &page, |a| a.id.to_string(), |a| AccountWire::from(a)))
}

async fn retrieve(call: Call) -> Outcome {
    call.authorize()?;
    let missing = || Failure::not_found(Resource::Account);
    let id = call.id("account_id").ok_or_else(missing)?;
    let account = call.views().account(id).await?.ok_or_else(missing)?;
    Ok(Reply::ok(&AccountWire::from(&account)))
}
