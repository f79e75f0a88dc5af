//! How far a file was consumed, and what it looked like then: all that the cursor keeps of it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use super::digest::Digest;

/// What tells two states of a file apart without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stat {
    pub(super) device: u64,
    pub(super) inode: u64,
    /// Bytes as stored.
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
}

impl Stat {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: metadata
                .mtime()
                .saturating_mul(1_000_000_000)
                .saturating_add(metadata.mtime_nsec()),
        }
    }

    /// The same file object, whatever it holds by now.
    pub(super) fn is_same_file(self, other: Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// The same file object with more in it.
    pub(super) fn has_grown_from(self, before: Self) -> bool {
        self.is_same_file(before) && self.size > before.size
    }
}

/// What stands right before the offset reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tail {
    /// A line end, or nothing.
    #[default]
    Clean,
    /// A row that was taken without its line end.
    Unterminated,
    /// A part of a row that was refused for its length; the rest of its line is to be skipped.
    Skipping,
}

/// How far a file was consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// The file as it was when its consumed part was last known to be the one consumed.
    pub(super) stat: Stat,
    /// Decompressed bytes consumed.
    pub(super) offset: u64,
    /// Line ends among them.
    pub(super) lines: u64,
    /// Their hash.
    pub(super) digest: Digest,
    pub(super) tail: Tail,
    /// Nothing is left to hand over while the file stays as `stat` says.
    pub(super) is_finished: bool,
    /// It is finished because its stream is cut or corrupt, which was refused.
    pub(super) is_stopped: bool,
    /// The end of its snapshot was handed over.
    pub(super) is_snapshot_ended: bool,
    /// Only its head and its last block were compared since it changed: the whole is to be compared
    /// once it is quiet.
    pub(super) is_suspect: bool,
}

impl Mark {
    /// At the start of a file.
    pub(super) fn start(stat: Stat) -> Self {
        Self {
            stat,
            ..Self::default()
        }
    }

    /// Number of the line that the offset lies in, from 1.
    pub(super) fn line(&self) -> u64 {
        self.lines + 1
    }

    /// The file is another than `stat`, so that what was finished is not.
    pub(super) fn reopen(&mut self, stat: Stat) {
        self.stat = stat;
        self.is_finished = false;
        self.is_stopped = false;
    }
}
