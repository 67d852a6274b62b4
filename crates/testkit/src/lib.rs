//! A whole server in the test's own process: a store, a manual clock and the API's router, asked
//! without a socket.
//!
//! [`TestServer`] is the server, [`Client`] one caller of one dialect, [`Request`] and [`Reply`] what
//! goes to and fro, [`Item`] the work item that most tests are about, [`EventStream`] a stream that
//! stays open, [`Runner`] who lets a model speak; [`corpus`] replays what fuzzing found. Everything
//! here panics with the answer in its message when it is not the expected one: it is for tests alone.

mod client;
pub mod corpus;
mod item;
mod models;
mod reply;
mod request;
mod runner;
mod server;
mod stream;

pub use client::{Client, Dialect};
pub use item::Item;
pub use models::models;
pub use reply::Reply;
pub use request::Request;
pub use runner::Runner;
pub use server::{Backend, TestServer, on_each_backend};
pub use stream::{EventStream, Frame};
