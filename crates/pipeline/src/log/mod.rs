//! The log: batches in order, durable before anything else sees them. What rests on it (books, sinks,
//! checkpoints) can always be made again from it.

mod embedded;

pub use embedded::EmbeddedLog;

use freehold_kernel::record::FeedId;

use crate::batch::{BadBatch, Batch, Draft};
use crate::source::Cursor;
use crate::store::StoreError;

/// A feed as the log declared it: its number is its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FeedDeclaration {
    /// The feed's name.
    pub name: String,
    /// A fingerprint of how its rows are read: mapping and format.
    pub mapping: String,
}

/// What the log says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct LogFacts {
    /// Counts up when the base is rewritten.
    pub generation: u64,
    /// Feeds by number.
    pub feeds: Vec<FeedDeclaration>,
    /// Fingerprint of the plan under which it was last read.
    pub plan: String,
    /// Whether a virtual clock stamps it; decided once.
    pub virtual_clock: Option<bool>,
}

/// The log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file beneath.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored batch is damaged.
    #[error("{file}: the batch at offset {offset} cannot be read: {cause}")]
    Batch {
        /// The log's file.
        file: String,
        /// Offset of its first record.
        offset: u64,
        /// What is wrong with it.
        cause: BadBatch,
    },
    /// What was asked for has been trimmed away.
    #[error("offset {wanted} was trimmed from the log, which begins at {first}")]
    Trimmed {
        /// The offset asked for.
        wanted: u64,
        /// The first that is left.
        first: u64,
    },
}

impl LogError {
    /// Whether the disk refused, so that the same may succeed later.
    #[must_use]
    pub fn is_of_disk(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_of_disk())
    }
}

/// A log of batches. Offsets count records from 0 and never restart.
pub trait Log: Send {
    /// Offset of the first record that is left.
    fn first_offset(&self) -> u64;

    /// Offset that the next record will get.
    fn next_offset(&self) -> u64;

    /// Appends a batch; when this returns, it and its cursors are durable. Returns its offset and the batch.
    ///
    /// # Errors
    /// When it is not durable. Nothing of it is visible then, and the same draft may be given again.
    fn append(&mut self, draft: &Draft) -> Result<(u64, Batch), LogError>;

    /// The batch that holds `offset`, with the offset of its first record; `None` at the end.
    ///
    /// # Errors
    /// When it is damaged or trimmed.
    fn read(&self, offset: u64) -> Result<Option<(u64, Batch)>, LogError>;

    /// Offsets of the batches that hold refused rows.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn refused_batches(&self) -> Result<Vec<u64>, LogError>;

    /// Where a feed stands.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn cursor(&self, feed: FeedId) -> Result<Option<Cursor>, LogError>;

    /// What the log says about itself.
    fn facts(&self) -> &LogFacts;

    /// Changes what the log says about itself, durably.
    ///
    /// # Errors
    /// When the change is not durable.
    fn set_facts(&mut self, facts: LogFacts) -> Result<(), LogError>;

    /// Drops whole batches before `offset`.
    ///
    /// # Errors
    /// When they cannot be dropped.
    fn trim(&mut self, offset: u64) -> Result<(), LogError>;
}
