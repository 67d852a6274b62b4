//! What belongs to one environment: its keys, its settings, the history of its work.

use http::StatusCode;
use leasehold_model::KeyId;
use leasehold_model::environment::ops::LimitAttempts;
use leasehold_model::refusal::Resource;
use leasehold_model::token::Scope;
use leasehold_model::token::ops::{CreateKey, RevokeKey};
use leasehold_store::Order;

use super::super::DIALECT;
use super::super::attempt::HistoryWire;
use super::super::documents::{self, KeyList, UpdateSettings};
use super::super::key::{self, IssuedKeyWire, KeyWire};
use super::super::settings::{self, SettingsWire};
use super::{LIMIT, no_randomness};
use crate::call::{Call, Outcome, Reply};
use crate::dialect::q::list;
use crate::failure::Failure;
use crate::page;
use crate::route::{Access, Route};
use crate::secret;

const READ: Access = Access::account(Scope::EnvironmentsRead);
const WRITE: Access = Access::account(Scope::EnvironmentsWrite);
const KEYS: &str = "/environments/{environment_id}/keys";
const SETTINGS: &str = "/environments/{environment_id}/settings";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&DIALECT, KEYS, "createEnvironmentKey", create_key)
            .summary("Make an environment key; its secret is shown this once")
            .access(WRITE)
            .unkept()
            .body::<documents::CreateKey>()
            .answers::<IssuedKeyWire>(StatusCode::CREATED),
        Route::get(&DIALECT, KEYS, "listEnvironmentKeys", list_keys)
            .summary("List the keys of an environment, newest first")
            .access(READ)
            .pages(100)
            .answers::<KeyList>(StatusCode::OK),
        Route::post(
            &DIALECT,
            "/environments/{environment_id}/keys/{key_id}/revoke",
            "revokeEnvironmentKey",
            revoke_key,
        )
        .summary("Revoke an environment key; a second time changes nothing")
        .access(WRITE)
        .answers::<KeyWire>(StatusCode::OK),
        Route::get(&DIALECT, SETTINGS, "retrieveEnvironmentSettings", retrieve_settings)
            .summary("Retrieve the settings of an environment")
            .access(READ)
            .answers::<SettingsWire>(StatusCode::OK),
        Route::post(&DIALECT, SETTINGS, "updateEnvironmentSettings", update_settings)
            .summary("Set or lift the limit of attempts")
            .access(WRITE)
            .body::<UpdateSettings>()
            .answers::<SettingsWire>(StatusCode::OK),
        Route::get(
            &DIALECT,
            "/environments/{environment_id}/work/{work_id}/attempts",
            "listWorkAttempts",
            attempts,
        )
        .summary("The history of a work item: every attempt and how it ended")
        .access(Access::account(Scope::WorkRead).or_key())
        .answers::<HistoryWire>(StatusCode::OK),
    ]
}

async fn create_key(call: Call) -> Outcome {
    let (environment, facts) = call.environment().await?;
    let key::Create { name, expires_at } = key::create(call.json()?)?;
    let secret = secret::environment_key().map_err(|error| no_randomness(&error))?;
    let hash = secret::hash(&secret);
    let op = CreateKey { account: facts.account, environment, name, hash, expires_at };
    call.submit(op, move |made| {
        let wire = IssuedKeyWire { details: KeyWire::of(made, None), key: secret.clone() };
        Reply::json(StatusCode::CREATED, &wire)
    })
    .await
}

async fn list_keys(call: Call) -> Outcome {
    let (environment, _) = call.environment().await?;
    let page = page::read(call.query(), LIMIT, Order::Descending, KeyId::parse)?;
    let listing = call.views().keys(environment, page).await?;
    Ok(list::reply(&listing, &page, |k| k.item.id.to_string(), KeyWire::seen))
}

async fn revoke_key(call: Call) -> Outcome {
    let (environment, facts) = call.environment().await?;
    call.json()?;
    let key = call.id("key_id").ok_or_else(|| Failure::not_found(Resource::Key))?;
    let last_used_at = call.views().key(key).await?.and_then(|seen| seen.last_used_at);
    let op = RevokeKey { account: facts.account, environment, key };
    call.submit(op, move |revoked| Reply::ok(&KeyWire::of(revoked, last_used_at))).await
}

async fn retrieve_settings(call: Call) -> Outcome {
    let (environment, facts) = call.environment().await?;
    Ok(Reply::ok(&SettingsWire::of(environment, facts.max_attempts)))
}

async fn update_settings(call: Call) -> Outcome {
    let (environment, facts) = call.environment().await?;
    let max_attempts = settings::max_attempts(call.json()?)?;
    let op = LimitAttempts { account: facts.account, environment, max_attempts };
    call.submit(op, |changed| Reply::ok(&SettingsWire::of(changed.id, changed.max_attempts))).await
}

async fn attempts(call: Call) -> Outcome {
    let environment = call.queue().await?;
    let history = call.views().history(environment, call.work()?).await?;
    let history = history.ok_or_else(|| Failure::not_found(Resource::Work))?;
    Ok(Reply::ok(&HistoryWire::from(&history)))
}
