//! What can go wrong with a store, told apart by what the caller can do about it.

use std::path::PathBuf;

use leasehold_model::Refusal;

/// Why an operation or a view has no result.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rules say no. An answer, not an accident.
    #[error("refused: {}", .0.name())]
    Refused(Refusal),
    /// Too many operations are waiting; try again in a moment.
    #[error("too many operations are waiting for the writer")]
    Overloaded,
    /// The store could not do it.
    #[error("the store is not available")]
    Unavailable {
        /// Why, for the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row holds what no version of this program writes.
    #[error("damaged row in {table}: {what}")]
    Corrupt {
        /// In which table.
        table: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

impl StoreError {
    /// The store is closing or closed.
    pub(crate) fn closed() -> Self {
        Self::unavailable("the store is closed")
    }

    /// An accident with this cause.
    pub(crate) fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable { source: source.into() }
    }
}

/// Why a file was not opened. The file has not been changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use by another process", .path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is not a file of this program.
    #[error("{} is not a Leasehold data file: {what}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A newer version of this program has written it.
    #[error(
        "{} was written by a newer version of Leasehold (schema {found}, this binary knows up to \
         {known}); start that version or a newer one",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// It is damaged.
    #[error("{} is damaged: {what}; restore a backup", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The file system or the database said no.
    #[error("cannot open {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
