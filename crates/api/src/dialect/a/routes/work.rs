//! The eight calls of the Work API, with dialect A's column of work §11.

use http::StatusCode;
use leasehold_model::WorkId;
use leasehold_model::environment::Facts;
use leasehold_model::environment::config::Kind;
use leasehold_model::refusal::Resource;
use leasehold_model::token::Scope;
use leasehold_model::work::heartbeat::Unheld;
use leasehold_model::work::ops::{Ack, Renew, StopWork, UpdateWork};
use leasehold_store::Order;

use super::super::DIALECT;
use super::super::list;
use super::super::queue;
use super::super::work::heartbeat::{self, HeartbeatWire};
use super::super::work::{self, StatsWire, StopBody, UpdateBody, WorkList, WorkWire};
use crate::call::{Call, Outcome, Reply};
use crate::failure::Failure;
use crate::lease;
use crate::route::{Access, Route, integer, text};

const ALL: &str = "/environments/{environment_id}/work";
const ONE: &str = "/environments/{environment_id}/work/{work_id}";
const READ: Access = Access::account(Scope::WorkRead);
const WRITE: Access = Access::account(Scope::WorkWrite);

/// The least window of a poll, in milliseconds (work §11).
const LEAST_WINDOW: i64 = 1;

/// What the window of a poll is.
const WINDOW: &str =
    "For how long a delivery that nobody accepted keeps an item back; 5000 if absent.";

pub(super) fn routes() -> Vec<Route> {
    let worker = "The name that the worker gives itself; `Worker-ID` will do as well.";
    vec![
        Route::get(&DIALECT, ALL, "listWork", list)
            .summary("List work items, oldest first; environment keys alone may")
            .access(Access::no_account().or_key())
            .query("limit", integer(1, Some(1_000)), "How many at most; 20 if absent.")
            .query("page", text(), "The `next_page` of the page before.")
            .answers::<WorkList>(StatusCode::OK),
        Route::get(&DIALECT, "/environments/{environment_id}/work/poll", "pollWork", poll)
            .summary("Take the oldest available work item, or null")
            .access(WRITE.or_key())
            .query("block_ms", integer(1, Some(999)), "How long to wait; absent: not at all.")
            .query("reclaim_older_than_ms", integer(1, None), WINDOW)
            .header("Anthropic-Worker-ID", worker)
            .answers_or_null::<WorkWire>(StatusCode::OK),
        Route::get(&DIALECT, "/environments/{environment_id}/work/stats", "workStats", stats)
            .summary("The statistics of the queue")
            .access(READ.or_key())
            .answers::<StatsWire>(StatusCode::OK),
        Route::get(&DIALECT, ONE, "retrieveWork", retrieve)
            .summary("Retrieve a work item")
            .access(READ)
            .answers::<WorkWire>(StatusCode::OK),
        Route::post(&DIALECT, ONE, "updateWork", update)
            .summary("Change a work item's metadata")
            .access(WRITE)
            .body::<UpdateBody>()
            .answers::<WorkWire>(StatusCode::OK),
        Route::post(&DIALECT, "/environments/{environment_id}/work/{work_id}/ack", "ackWork", ack)
            .summary("Accept a work item; may be repeated")
            .access(WRITE.or_key().or_claim())
            .header("Anthropic-Worker-ID", worker)
            .answers::<WorkWire>(StatusCode::OK)
            .refuses(&[409]),
        Route::post(
            &DIALECT,
            "/environments/{environment_id}/work/{work_id}/heartbeat",
            "heartbeatWork",
            beat,
        )
        .summary("Take or renew the lease of a work item")
        .access(WRITE.or_key().or_claim())
        .query(
            "expected_last_heartbeat",
            text(),
            "`NO_HEARTBEAT`, or the `last_heartbeat` of the answer before; absent: no condition.",
        )
        .query(
            "desired_ttl_seconds",
            integer(1, None),
            "How long the lease is to last, clamped to 10-600.",
        )
        .header("Anthropic-Worker-ID", worker)
        .answers::<HeartbeatWire>(StatusCode::OK)
        .refuses(&[409, 412]),
        Route::post(
            &DIALECT,
            "/environments/{environment_id}/work/{work_id}/stop",
            "stopWork",
            stop,
        )
        .summary("Ask a work item to end, or end it at once")
        .access(WRITE.or_key().or_claim())
        .header("Anthropic-Worker-ID", worker)
        .optional_body::<StopBody>()
        .answers::<WorkWire>(StatusCode::OK)
        .refuses(&[409]),
    ]
}

async fn list(call: Call) -> Outcome {
    let environment = queue::queue(&call).await?;
    let page = list::read(call.query(), Order::Ascending, WorkId::parse)?;
    let listing = call.views().items(environment, page).await?;
    let next_page =
        listing.items.last().filter(|_| listing.more).map(|last| last.work.id.to_string());
    let data = listing.items.iter().map(WorkWire::of).collect();
    Ok(Reply::ok(&WorkList { data, next_page }))
}

async fn poll(call: Call) -> Outcome {
    let environment = queue::polled(&call).await?;
    lease::poll(&call, environment, LEAST_WINDOW, |item, secret| {
        Reply::ok(&WorkWire::delivered(item, secret))
    })
    .await
}

async fn stats(call: Call) -> Outcome {
    let (environment, Facts { kind, .. }) = queue::environment(&call).await?;
    Ok(Reply::ok(&match kind {
        Kind::Cloud => StatsWire::without_queue(),
        Kind::SelfHosted => {
            let stats = call.views().stats(environment).await?;
            StatsWire::of(stats, call.app.store().workers_polling(environment))
        }
    }))
}

async fn retrieve(call: Call) -> Outcome {
    let environment = queue::queue(&call).await?;
    let found = call.views().item(environment, call.work()?).await?;
    let item = found.ok_or_else(|| Failure::not_found(Resource::Work))?;
    Ok(Reply::ok(&WorkWire::of(&item)))
}

async fn update(call: Call) -> Outcome {
    let environment = queue::queue(&call).await?;
    let metadata = work::update(call.json()?)?;
    let op = UpdateWork { environment, work: call.work()?, metadata };
    call.submit(op, |item| Reply::ok(&WorkWire::of(item))).await
}

async fn ack(call: Call) -> Outcome {
    let environment = queue::queue(&call).await?;
    call.json()?;
    let caller = call.caller()?;
    let op = Ack { environment, work: call.work()?, caller };
    call.submit(op, |item| Reply::ok(&WorkWire::of(item))).await
}

async fn beat(call: Call) -> Outcome {
    let environment = queue::queue(&call).await?;
    call.json()?;
    let default = call.app.default_ttl();
    let unheld = Unheld::Claim { limit: None };
    let heartbeat = lease::heartbeat(call.query(), call.caller()?, default, unheld)?;
    let op = heartbeat::Renewal(Renew { environment, work: call.work()?, heartbeat });
    call.submit(op, |beat| Reply::ok(&HeartbeatWire::from(beat))).await
}

async fn stop(call: Call) -> Outcome {
    let environment = queue::queue(&call).await?;
    let how = work::stop(call.json()?)?;
    let caller = call.caller()?;
    let op = StopWork { environment, work: call.work()?, how, caller };
    call.submit(op, |item| Reply::ok(&WorkWire::of(item))).await
}
