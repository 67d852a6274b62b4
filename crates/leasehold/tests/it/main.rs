//! The API over HTTP, request by request: every rule of the wire as a client meets it.
//!
//! * [`q`], [`a`] and [`native`] follow the paths; [`conventions`] is what all paths share.
//! * [`credentials`] is who may call what, [`claims`] whose call counts,
//!   [`admission`] how long a stream is open to whom.
//! * [`bad_events`] is what is not taken into a session.
//! * [`long_poll`] is waiting for work; [`models`] is what agents may think with; [`probes`] is what needs no credential.
//! * [`coverage`] fails for a route that has no case for a missing token, a foreign one and a success.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test fails by panicking")]

mod a;
mod admission;
mod agents;
mod bad_events;
mod claims;
mod conventions;
mod coverage;
mod credentials;
mod long_poll;
mod models;
mod native;
mod outcomes;
mod probes;
mod q;
mod running;
