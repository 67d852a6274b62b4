//! The clock of a server that was started with one to be moved by hand.

use http::StatusCode;
use leasehold_model::token::Scope;

use super::super::DIALECT;
use super::super::clock::{ClockWire, step};
use super::super::documents::Advance;
use crate::call::{Call, Outcome, Reply};
use crate::failure::{Failure, Problem};
use crate::route::{Access, Route};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&DIALECT, "/clock", "retrieveClock", retrieve)
            .summary("Where the manual clock stands; 404 on the machine's clock")
            .access(Access::account(Scope::EnvironmentsRead))
            .answers::<ClockWire>(StatusCode::OK)
            .refuses(&[404]),
        Route::post(&DIALECT, "/clock/advance", "advanceClock", advance)
            .summary("Move the manual clock forward; 404 on the machine's clock")
            .access(Access::account(Scope::EnvironmentsWrite))
            .unkept()
            .body::<Advance>()
            .answers::<ClockWire>(StatusCode::OK)
            .refuses(&[404]),
    ]
}

async fn retrieve(call: Call) -> Outcome {
    call.authorize()?;
    let store = call.app.store();
    if !store.clock().is_manual() {
        return Err(no_clock());
    }
    Ok(Reply::ok(&ClockWire::at(store.now())))
}

async fn advance(call: Call) -> Outcome {
    call.authorize()?;
    let store = call.app.store();
    if !store.clock().is_manual() {
        return Err(no_clock());
    }
    let step = step(call.json()?)?;
    let now = store.clock().advance(step).ok_or_else(no_clock)?;
    Ok(Reply::ok(&ClockWire::at(now)))
}

fn no_clock() -> Failure {
    Problem::not_found("This server's clock is the machine's; it cannot be moved.").into()
}
