//! Models through the public door: a catalogue from a file, and a server on the other side that
//! speaks the real wire format, or breaks it; the tools of the server in the same way.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anthropic;
mod catalogue;
mod failures;
#[cfg(feature = "mcp")]
mod mcp;
mod openai;
mod stub;
mod talk;
mod tls;
mod web_fetch;
