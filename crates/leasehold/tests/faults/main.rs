//! The server as a process that is killed, starved of disk and lied to by its disk.
//!
//! What a client was answered is written into a ledger; after each accident the server is started
//! again on the same files and held against the ledger.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod child;
mod disk;
mod kill;
mod ledger;
mod load;
