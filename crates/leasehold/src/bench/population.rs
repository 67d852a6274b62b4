//! Setting up: held, waiting and stopped items, made over many connections.
//!
//! None of this is measured. Each connection keeps one request under way, so the server's batches are
//! as large as the number of connections.

use std::sync::Arc;

use anyhow::Result;

use super::fleet::{self, Quota};
use super::requests::{Held, Requests, Worker};
use super::target::Target;

/// Enough connections for large batches, few enough to be light.
const CONNECTIONS: usize = 128;

/// An environment whose queue is filled.
#[derive(Clone)]
pub(crate) struct Population {
    target: Target,
    requests: Arc<Requests>,
}

impl Population {
    /// Works on an environment of a server.
    pub(crate) fn new(target: &Target, environment: &str) -> Self {
        let requests = Arc::new(Requests::new(target, environment));
        Self { target: target.clone(), requests }
    }

    /// Makes items and takes their leases for ten minutes, the longest that there is.
    pub(crate) async fn hold(&self, count: u64) -> Result<Vec<Held>> {
        let quota = Quota::new(count, "items held");
        let tasks = (0..CONNECTIONS).map(|_| {
            let (population, quota) = (self.clone(), quota.clone());
            async move {
                let mut worker = population.worker().await?;
                let mut held = Vec::new();
                while quota.take() {
                    held.push(worker.take_one().await?);
                }
                Ok(held)
            }
        });
        Ok(fleet::run(tasks).await?.into_iter().flatten().collect())
    }

    /// Makes items that nobody takes.
    pub(crate) async fn queue(&self, count: u64) -> Result<()> {
        let quota = Quota::new(count, "items queued");
        let tasks = (0..CONNECTIONS).map(|_| {
            let (population, quota) = (self.clone(), quota.clone());
            async move {
                let mut worker = population.worker().await?;
                while quota.take() {
                    worker.create().await?;
                }
                Ok(())
            }
        });
        fleet::run(tasks).await?;
        Ok(())
    }

    /// Makes items and stops them at once.
    pub(crate) async fn stop(&self, count: u64) -> Result<()> {
        let quota = Quota::new(count, "items stopped");
        let tasks = (0..CONNECTIONS).map(|_| {
            let (population, quota) = (self.clone(), quota.clone());
            async move {
                let mut worker = population.worker().await?;
                while quota.take() {
                    worker.create().await?;
                    let work = worker.poll().await?;
                    worker.stop(&work).await?;
                }
                Ok(())
            }
        });
        fleet::run(tasks).await?;
        Ok(())
    }

    /// One more connection to the same environment.
    pub(crate) async fn worker(&self) -> Result<Worker> {
        Worker::open(&self.target, Arc::clone(&self.requests)).await
    }
}

/// Deals the items out at random, since renewals arrive in no order of the items, one share for each
/// connection. Where there are fewer items than connections, fewer shares come back.
pub(crate) fn shares(mut items: Vec<Held>, connections: usize) -> Vec<Vec<Held>> {
    fastrand::shuffle(&mut items);
    let each = items.len().div_ceil(connections.max(1)).max(1);
    items.chunks(each).map(<[Held]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_in_one_share() {
        let items: Vec<Held> =
            (0..10).map(|number| Held { work: [number; 37], last: [b'0'; 27] }).collect();
        let shares = shares(items.clone(), 4);
        assert_eq!(shares.len(), 4);
        let mut all: Vec<u8> = shares.iter().flatten().map(|held| held.work[0]).collect();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<u8>>());
        assert_eq!(super::shares(items, 64).len(), 10);
        assert!(super::shares(Vec::new(), 4).is_empty());
    }
}
