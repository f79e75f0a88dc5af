//! What a feed looks like to the pipeline: a [`Source`] hands over raw chunks with the cursor behind them,
//! a [`Parser`] turns a chunk into records on any worker thread. Not how chunks become durable (`log`).

use std::sync::Arc;

use freehold_kernel::record::{FeedId, SnapshotEnd};
use freehold_kernel::time::Millis;

/// An opaque place in a feed: everything up to it has been handed over. Stored durably with the rows
/// before it, and given back at the next start.
pub type Cursor = Vec<u8>;

/// A feed that can be polled. Never blocks for long, keeps no threads of its own, and forgets nothing:
/// opened again at a cursor it goes on with the first byte behind it.
pub trait Source: Send {
    /// The feed that this source reads.
    fn feed(&self) -> FeedId;

    /// Begins behind `cursor` (the start when `None`), and, when `until` is given, ends exactly at that
    /// earlier-reached cursor: a bounded read that must hand over the same rows as the first time did.
    ///
    /// # Errors
    /// When the cursor is not this source's, or what it names cannot be read again.
    fn open(&mut self, cursor: Option<&[u8]>, until: Option<&[u8]>) -> Result<(), SourceError>;

    /// The next piece. `now` is wall-clock time in milliseconds. With `finish`, whatever is there is
    /// complete: a last line without a line end is taken, a half-written compressed file is refused.
    ///
    /// # Errors
    /// Every error names its remedy by its kind; polling again after a `Retry` is always allowed.
    fn poll(&mut self, now: Millis, finish: bool) -> Result<Poll, SourceError>;

    /// True when rows come in order of event time, so that a merge may stream them.
    fn is_sorted_by_time(&self) -> bool {
        false
    }
}

/// What a poll found.
#[derive(Debug)]
pub enum Poll {
    /// A piece of the feed.
    Piece(Piece),
    /// Nothing now; there may be more later.
    Idle,
    /// Nothing ever again.
    Ended,
}

/// A piece of a feed with the cursor behind it.
#[derive(Debug)]
pub struct Piece {
    /// What it holds.
    pub content: Content,
    /// Where the feed stands after it.
    pub cursor: Cursor,
    /// Set when a full snapshot ends with this piece.
    pub snapshot_end: Option<SnapshotEnd>,
}

/// Rows, still raw or parsed already.
#[derive(Debug)]
pub enum Content {
    /// Bytes that a worker is to parse.
    Raw(Chunk),
    /// Records that the source made itself.
    Parsed(Parsed),
}

/// Whole rows of one feed, as received, and what parses them.
pub struct Chunk {
    /// Whole rows; for delimited text the last may lack its line end.
    pub bytes: Vec<u8>,
    /// Where they stood.
    pub place: Place,
    /// Turns them into records.
    pub parser: Arc<dyn Parser>,
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunk")
            .field("len", &self.bytes.len())
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Where a chunk stood in its feed: enough to read it again and to tell a person where a row is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file's path as configured, or the request that fetched it.
    pub name: Arc<str>,
    /// Offset of the first byte, in the decompressed content.
    pub offset: u64,
    /// Number of the first line, from 1; 0 where lines mean nothing.
    pub line: u64,
}

/// Parses chunks. Pure: the same chunk gives the same records on every thread and at every time.
pub trait Parser: Send + Sync {
    /// Appends a record for each row of the chunk: an observation, or a refusal that says why not.
    /// Never fails as a whole and never panics on any bytes.
    fn parse(&self, chunk: &Chunk, out: &mut Parsed);
}

/// Records made of a chunk.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Encoded records (see `freehold_kernel::record`): observations and refusals only.
    pub records: Vec<u8>,
    /// How many records they are.
    pub count: u32,
}

/// Why a source could not go on, and what the caller must do.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {cause}{}", .hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
pub struct SourceError {
    /// What to do about it.
    pub kind: SourceErrorKind,
    /// What was being done, to what: `read /data/a.csv`.
    pub doing: String,
    /// What went wrong.
    pub cause: String,
    /// What a person may try.
    pub hint: Option<String>,
}

/// What the caller must do about a [`SourceError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// Try again later; nothing is lost.
    Retry,
    /// A person must change the configuration or the files; other feeds go on.
    FixConfig,
    /// The stored cursor is not of this source: a bug, or a foreign data directory.
    BadCursor,
}
