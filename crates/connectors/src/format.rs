//! The seam between following files and reading rows: a [`Format`] says how a file's bytes fall into rows
//! and makes the parser for each file. `files` knows no fields; `mapping` knows no files.

use std::sync::Arc;

use freehold_kernel::record::SnapshotEnd;
use freehold_pipeline::source::Parser;

/// How bytes fall into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// A row ends at a line feed.
    Lines,
    /// A row ends at a line feed outside of quotes (RFC 4180, quotes doubled inside).
    Quoted {
        /// The quote character.
        quote: u8,
    },
}

/// A feed's declared format.
pub trait Format: Send + Sync {
    /// How its bytes fall into rows.
    fn framing(&self) -> Framing;

    /// Looks at a file's name and first bytes (decompressed), and says where its rows start.
    /// `whole` is true when `head` is all that the file will ever hold.
    ///
    /// # Errors
    /// [`FileProblem::NeedMore`] when the head ends before the header does (never when `whole`);
    /// [`FileProblem::Unfit`] when the file does not fit the declaration.
    fn open_file(&self, name: &str, head: &[u8], whole: bool) -> Result<OpenedFile, FileProblem>;
}

/// What a [`Format`] made of a file's beginning.
pub struct OpenedFile {
    /// Bytes before the first row: banner and header.
    pub preamble_bytes: u64,
    /// Lines before the first row.
    pub preamble_lines: u64,
    /// Parses the file's rows.
    pub parser: Arc<dyn Parser>,
    /// Where each file is a full snapshot: the control record that ends it.
    pub snapshot_end: Option<SnapshotEnd>,
}

/// Why a file cannot be opened (yet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// The header is not complete yet.
    NeedMore,
    /// The file does not fit the declaration.
    Unfit {
        /// The canonical field or configuration key at fault.
        field: String,
        /// What was found and what was wanted.
        reason: String,
        /// What a person may try.
        hint: Option<String>,
    },
}
