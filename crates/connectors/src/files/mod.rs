//! Follows files and directories: finds, decompresses, splits into whole rows, survives rotation. Does not parse rows (`mapping`).

mod bounded;
mod cursor;
mod digest;
mod discover;
mod gzip;
mod mark;
mod opening;
mod pattern;
mod problem;
mod range;
mod reader;
mod rows;
#[cfg(test)]
mod scratch;
mod source;
mod stream;
mod sweep;
#[cfg(test)]
mod tests;
mod tracked;

use std::time::Duration;

use freehold_kernel::record::FeedId;

pub use range::read_range;
pub use rows::each_row;
pub use source::FileSource;

/// Which files a feed reads, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSourceConfig {
    /// The feed's number.
    pub feed: FeedId,
    /// The feed's name, for messages.
    pub feed_name: String,
    /// Files, directories (their own files, less hidden and temporary ones) and glob patterns.
    pub paths: Vec<String>,
    /// How the files are stored.
    pub compression: Compression,
    /// The longest row that is taken, its line end apart.
    pub line_bytes_max: usize,
    /// About how many bytes of rows are handed over at once.
    pub chunk_bytes: usize,
    /// How long a file must stay unchanged until its last line counts as complete without a line end.
    pub settle: Duration,
}

/// The first file that configured paths name now.
#[must_use]
pub fn first_file(paths: &[String]) -> Option<String> {
    discover::discover(paths)
        .files
        .keys()
        .next()
        .map(|name| name.to_string())
}

impl FileSourceConfig {
    /// The usual limits: rows and chunks of 1 MiB, 10 seconds until a file is settled.
    #[must_use]
    pub fn new(feed: FeedId, feed_name: impl Into<String>, paths: Vec<String>) -> Self {
        Self {
            feed,
            feed_name: feed_name.into(),
            paths,
            compression: Compression::Auto,
            line_bytes_max: 1 << 20,
            chunk_bytes: 1 << 20,
            settle: Duration::from_secs(10),
        }
    }
}

/// How a feed's files are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Each by its name's ending (`.gz`, `.zst`), else by its first bytes.
    #[default]
    Auto,
    /// As they are.
    None,
    /// Gzip, any number of members.
    Gzip,
    /// Zstandard, any number of frames.
    Zstd,
}
