//! A small worker: it takes the items of an environment one by one and runs the shell commands that
//! their sessions ask for, each as a process of its own in a scratch folder.
//!
//! It is a client like any other and speaks the protocol of the stock workers, in dialect Q. It
//! knows the tool `bash` alone: calls of other tools are left to whoever has them.
//!
//! * [`item`] is a work item in hand, held by heartbeats.
//! * [`attachment`] carries the session of an item: [`calls`] says what is to be run and when it is
//!   over, [`shell`] runs it.

use std::path::Path;
use std::time::Duration;

use leasehold_client::backoff::Backoff;
use leasehold_client::work::Poll;
use leasehold_client::{Client, Error};

pub(crate) mod attachment;
mod calls;
pub(crate) mod item;
pub(crate) mod shell;
#[cfg(test)]
mod stage;

use attachment::{Attachment, Note};
use item::{Item, LeaseEnd};
use shell::Shell;

/// How long a poll may wait; the most that a server allows (work §6.1).
pub(crate) const BLOCK: Duration = Duration::from_millis(999);
/// How long a session may have nothing to do before its item is given back (worker protocol §5.5).
pub(crate) const IDLE: Duration = Duration::from_secs(60);

/// Works for an environment until something ends it that waiting does not mend. What it does for
/// its sessions goes to `report`.
///
/// # Errors
/// The refusal of a poll, such as that of a key that was revoked.
pub(crate) async fn work(
    client: &Client,
    environment: &str,
    name: &str,
    folder: &Path,
    report: impl Fn(&Note) + Sync,
) -> Result<(), Error> {
    let poll =
        Poll { worker_id: Some(name.to_owned()), block: Some(BLOCK), reclaim_older_than: None };
    let mut backoff = Backoff::between(Duration::from_secs(1), Duration::from_secs(60));
    loop {
        let taken = match Item::poll(client, environment, &poll).await {
            Ok(Some(item)) => take(client, item, name).await,
            Ok(None) => Ok(None),
            Err(error) if !may_pass(&error) => return Err(error),
            Err(error) => Err(error),
        };
        match taken {
            Ok(item) => {
                backoff.reset();
                if let Some(item) = item {
                    carry(item, folder, &report).await;
                }
            }
            Err(error) => {
                report(&Note::Trouble(error.to_string()));
                tokio::time::sleep(backoff.pause(fastrand::f64())).await;
            }
        }
    }
}

/// Accepts an item; one that cannot be accepted is stopped, so that it does not come again.
async fn take(client: &Client, item: Item, name: &str) -> Result<Option<Item>, Error> {
    match item.ack(client, name).await {
        Ok(()) => Ok(Some(item)),
        Err(error) if may_pass(&error) => Err(error),
        Err(error) => {
            item.stop().await?;
            Err(error)
        }
    }
}

/// Carries an item to its end.
async fn carry(mut item: Item, folder: &Path, report: &(impl Fn(&Note) + Sync)) {
    let attachment = Attachment {
        client: item.client().clone(),
        session: item.session().to_owned(),
        shell: Shell::new(folder),
        idle: IDLE,
    };
    let lost = tokio::select! {
        end = item.hold() => matches!(end, LeaseEnd::Lost),
        outcome = attachment.run(report) => {
            if let Err(error) = outcome {
                report(&Note::Trouble(error.to_string()));
            }
            false
        }
    };
    // Whoever lost the lease must not touch what is another's by now.
    if !lost && let Err(error) = item.stop().await {
        report(&Note::Trouble(error.to_string()));
    }
}

/// Whether a call may be repeated: a worker takes a conflict for something that passes too (worker
/// protocol §7).
fn may_pass(error: &Error) -> bool {
    error.is_transient() || error.status() == Some(409)
}
