//! Models through the public door: a catalogue from a file, and a server on the other side that
//! speaks the real wire format, or breaks it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anthropic;
mod catalogue;
mod failures;
mod openai;
mod stub;
mod talk;
