//! What the writer tells whoever keeps the metrics.

use std::time::Duration;

/// One batch, after it was answered.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// How many operations it had.
    pub ops: usize,
    /// How long loading and deciding took.
    pub decide: Duration,
    /// How long saving and committing took; `None` if nothing was to be written.
    pub commit: Option<Duration>,
}

/// Is told what the writer does. Called on the writer's thread: it must be quick.
pub trait Observer: Send + Sync {
    /// A batch was carried out.
    fn batch(&self, batch: Batch);
    /// An operation was refused; the name is [`leasehold_model::Refusal::name`].
    fn refused(&self, name: &'static str);
    /// A batch could not be committed.
    fn failed(&self);
    /// This many leases lapsed.
    fn lapsed(&self, leases: u64);
}

/// Tells nobody.
pub struct Silent;

impl Observer for Silent {
    fn batch(&self, _batch: Batch) {}
    fn refused(&self, _name: &'static str) {}
    fn failed(&self) {}
    fn lapsed(&self, _leases: u64) {}
}
