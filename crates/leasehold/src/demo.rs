//! `leasehold demo`: the life of a lease and of a session, played by real processes against a real
//! server.
//!
//! Two workers run as processes of their own. One takes an item and is killed while it holds it;
//! the item lapses by itself; the other takes it; the first returns with what it knew and is
//! refused. Then a user talks to the agent of the session, a scripted model, and the second worker
//! runs the command that it calls for. Every step is checked, and only a play in which all of it
//! happened is a success.
//!
//! * [`worker`] is what such a process does, [`process`] is how it is started and heard,
//!   [`message`] is what they say to each other.
//! * [`play`] is the story, [`promise`] the list of what must have happened, [`view`] the screen.
//!
//! Who starts the server and removes its folder is not known here.

use secrecy::SecretString;

mod message;
mod play;
mod process;
mod promise;
mod view;
mod worker;

pub(crate) use worker::DemoWorkerArgs;
pub(crate) use worker::run as run_worker;

/// Plays the story against the server at `url`, on behalf of `token`, which may do everything.
///
/// # Errors
/// If the story could not be played to its end, or if any of its promises was broken. The summary
/// has been printed then.
pub(crate) async fn run(url: &str, token: SecretString) -> anyhow::Result<()> {
    let mut play = play::Play::prepare(url, token).await?;
    let outcome = tokio::select! {
        outcome = play.perform() => outcome,
        signal = tokio::signal::ctrl_c() => {
            signal?;
            Err(anyhow::anyhow!("interrupted"))
        }
    };
    play.conclude(outcome)
}
