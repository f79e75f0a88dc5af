//! Rows of a feed's files, read again where they stood: to apply a corrected mapping, and to show what a record
//! was made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use freehold_connectors::files::{Compression, each_row, read_range};
use freehold_connectors::format::{FileProblem, Format};
use freehold_connectors::mapping::FeedFormat;
use freehold_kernel::record::FeedId;
use freehold_pipeline::batch::Provenance;
use freehold_pipeline::source::{Chunk, Parsed, Parser};
use xxhash_rust::xxh3::xxh3_64;

use crate::commands::init::head_of;
use crate::config::FileFeed;

/// Reads chunks of one feed again, each with its file's parser.
pub(crate) struct RowsAgain<'a> {
    files: &'a FileFeed,
    feed: FeedId,
    parsers: BTreeMap<String, Arc<dyn Parser>>,
}

impl<'a> RowsAgain<'a> {
    pub(crate) fn new(files: &'a FileFeed, feed: FeedId) -> Self {
        Self {
            files,
            feed,
            parsers: BTreeMap::new(),
        }
    }

    /// The rows of `piece` as they were read first; `None` when they stood in no file.
    pub(crate) fn chunk(&mut self, piece: &Provenance) -> Result<Option<Chunk>> {
        if piece.place.name.is_empty() {
            return Ok(None);
        }
        let name = piece.place.name.to_string();
        let end = piece.place.offset + piece.bytes;
        let bytes = read_range(&name, piece.place.offset, end, Compression::Auto)?;
        if xxh3_64(&bytes) != piece.hash {
            bail!(
                "{name} no longer holds the rows that were read from it at byte {}: restore the file first",
                piece.place.offset
            );
        }
        let parser = self.parser(&name)?;
        Ok(Some(Chunk {
            bytes,
            place: piece.place.clone(),
            parser,
        }))
    }

    /// The row that record `number` of `piece` was made of, without its line end.
    pub(crate) fn row(&mut self, piece: &Provenance, number: u64) -> Result<Option<Vec<u8>>> {
        let Some(chunk) = self.chunk(piece)? else {
            return Ok(None);
        };
        let framing = self.files.format(self.feed).framing();
        let mut before = 0;
        for row in each_row(&chunk.bytes, framing) {
            let alone = Chunk {
                bytes: row.to_vec(),
                place: chunk.place.clone(),
                parser: Arc::clone(&chunk.parser),
            };
            before += u64::from(parsed(&alone).count);
            if before > number {
                let end = row.len()
                    - row
                        .iter()
                        .rev()
                        .take_while(|byte| b"\r\n".contains(byte))
                        .count();
                return Ok(Some(row[..end].to_vec()));
            }
        }
        bail!(
            "{} gives fewer records at byte {} than it did: was its mapping changed?",
            piece.place.name,
            piece.place.offset
        )
    }

    fn parser(&mut self, name: &str) -> Result<Arc<dyn Parser>> {
        if let Some(parser) = self.parsers.get(name) {
            return Ok(Arc::clone(parser));
        }
        let head = head_of(Path::new(name))?;
        let format: FeedFormat = self.files.format(self.feed);
        let opened = format
            .open_file(name, &head, true)
            .map_err(|problem| match problem {
                FileProblem::Unfit { field, reason, .. } => anyhow!("{name}: {field}: {reason}"),
                FileProblem::NeedMore => anyhow!("{name} ends before its header does"),
            })?;
        self.parsers
            .insert(name.to_owned(), Arc::clone(&opened.parser));
        Ok(opened.parser)
    }
}

/// The records that a chunk makes.
pub(crate) fn parsed(chunk: &Chunk) -> Parsed {
    let mut parsed = Parsed::default();
    chunk.parser.parse(chunk, &mut parsed);
    parsed
}
