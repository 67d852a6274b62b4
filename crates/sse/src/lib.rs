//! Server-Sent Events: the one reader and the one writer of the house.
//!
//! The format is that of the HTML standard. The api writes it ([`encode`], [`HEARTBEAT`]), the
//! client reads what the api wrote, and the agent reads what models stream, both with a
//! [`Decoder`] that is told how much it may hold. Not known here: what frames mean, and how their
//! bytes travel.

mod decoder;
#[doc(hidden)]
pub mod decoders;
mod encoder;

pub use decoder::{Decoder, Frame, TooLong};
pub use encoder::{HEARTBEAT, encode};
