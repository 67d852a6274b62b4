//! The server's clock, where it can be set: under `leasehold dev --manual-clock` alone.

use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{Client, Reply, Result};

/// What the server's clock shows.
#[derive(Clone, Debug, Deserialize)]
pub struct Clock {
    /// RFC 3339 with six decimals.
    pub now: String,
}

#[derive(Serialize)]
struct Advance {
    seconds: f64,
}

impl Client {
    /// What the manual clock shows; 404 on a server without one.
    pub async fn clock(&self) -> Result<Reply<Clock>> {
        self.send(self.native(Method::GET, &["clock"])?).await
    }

    /// Moves the manual clock forward; 404 on a server without one.
    pub async fn advance_clock(&self, by: Duration) -> Result<Reply<Clock>> {
        let request = self.native(Method::POST, &["clock", "advance"])?;
        self.send_json(request, &Advance { seconds: by.as_secs_f64() }).await
    }
}
