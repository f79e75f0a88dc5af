//! A feed under test: a directory, a format of one record a line, and a driver that keeps every row.

use std::sync::Arc;
use std::time::Duration;

use freehold_kernel::record::{FeedId, Record, Records, SnapshotEnd};
use freehold_kernel::time::{Day, Millis};
use freehold_pipeline::source::{Chunk, Content, Parsed, Parser, Piece, Poll, Source, SourceError};

use crate::files::scratch::TempDir;
use crate::files::{FileSource, FileSourceConfig};
use crate::format::{FileProblem, Format, Framing, OpenedFile};

pub(super) const FEED: FeedId = FeedId(3);
pub(super) const SETTLE: Millis = 10_000;

/// Rows as they are; a header line where `header` says so.
pub(super) struct LineFormat {
    pub(super) framing: Framing,
    pub(super) header: Option<&'static str>,
    pub(super) is_snapshot: bool,
}

impl LineFormat {
    pub(super) const LINES: Self = Self {
        framing: Framing::Lines,
        header: None,
        is_snapshot: false,
    };
}

struct NoParser;

impl Parser for NoParser {
    fn parse(&self, _: &Chunk, _: &mut Parsed) {}
}

impl Format for LineFormat {
    fn framing(&self) -> Framing {
        self.framing
    }

    fn open_file(&self, _: &str, head: &[u8], whole: bool) -> Result<OpenedFile, FileProblem> {
        let mut preamble = 0;
        if let Some(header) = self.header {
            let Some(end) = memchr::memchr(b'\n', head) else {
                if !whole {
                    return Err(FileProblem::NeedMore);
                }
                return Err(unfit("no header"));
            };
            if &head[..end] != header.as_bytes() {
                return Err(unfit("another header"));
            }
            preamble = end as u64 + 1;
        }
        Ok(OpenedFile {
            preamble_bytes: preamble,
            preamble_lines: u64::from(self.header.is_some()),
            parser: Arc::new(NoParser),
            snapshot_end: self.is_snapshot.then_some(SnapshotEnd {
                feed: FEED,
                time: 5,
                day: Day(0),
                shrink_percent_max: 20,
                forced: false,
            }),
        })
    }
}

fn unfit(reason: &str) -> FileProblem {
    FileProblem::Unfit {
        field: "ListingKey".to_owned(),
        reason: reason.to_owned(),
        hint: Some("look at the header".to_owned()),
    }
}

/// A directory and a source over it.
pub(super) struct Feed {
    pub(super) dir: TempDir,
    pub(super) config: FileSourceConfig,
    format: Arc<LineFormat>,
    source: FileSource,
    pub(super) now: Millis,
    /// Behind the last piece handed over.
    pub(super) cursor: Option<Vec<u8>>,
    pub(super) snapshot_ends: usize,
}

/// What a run of polls gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Got {
    /// Each row, without its line end.
    pub(super) rows: Vec<String>,
    /// Each refusal: place and reason.
    pub(super) refused: Vec<(String, String)>,
    pub(super) errors: Vec<String>,
}

impl Feed {
    pub(super) fn new(name: &str, pattern: &str, format: LineFormat) -> Self {
        let dir = TempDir::new(name);
        let mut config = FileSourceConfig::new(FEED, "test", vec![dir.path(pattern)]);
        config.settle = Duration::from_millis(SETTLE as u64);
        let format = Arc::new(format);
        let source = FileSource::new(config.clone(), format.clone());
        Self {
            dir,
            config,
            format,
            source,
            // Later than any file's time of change.
            now: 1 << 50,
            cursor: None,
            snapshot_ends: 0,
        }
    }

    /// Applies a changed configuration: a new source at the last cursor.
    pub(super) fn restart(&mut self) {
        self.restart_at(self.cursor.clone(), None).expect("opened");
    }

    pub(super) fn restart_at(
        &mut self,
        cursor: Option<Vec<u8>>,
        until: Option<Vec<u8>>,
    ) -> Result<(), SourceError> {
        self.source = FileSource::new(self.config.clone(), self.format.clone());
        self.cursor = cursor;
        self.source.open(self.cursor.as_deref(), until.as_deref())
    }

    /// One poll; a piece moves the cursor.
    pub(super) fn poll(&mut self, finish: bool) -> Result<Poll, SourceError> {
        let poll = self.source.poll(self.now, finish)?;
        if let Poll::Piece(piece) = &poll {
            self.cursor = Some(piece.cursor.clone());
            self.snapshot_ends += usize::from(piece.snapshot_end.is_some());
        }
        Ok(poll)
    }

    /// Polls until there is nothing more; time stands still.
    pub(super) fn drain(&mut self, finish: bool) -> Got {
        let mut got = Got::default();
        loop {
            match self.poll(finish) {
                Ok(Poll::Piece(piece)) => got.add(&piece),
                Ok(Poll::Idle | Poll::Ended) => return got,
                Err(error) => {
                    got.errors.push(error.to_string());
                    return got;
                }
            }
        }
    }

    /// Drains without `finish`; the rows alone, and nothing else may be there.
    pub(super) fn rows(&mut self) -> Vec<String> {
        self.only_rows(false)
    }

    /// Drains with `finish`; the rows alone, and nothing else may be there.
    pub(super) fn last_rows(&mut self) -> Vec<String> {
        self.only_rows(true)
    }

    fn only_rows(&mut self, finish: bool) -> Vec<String> {
        let got = self.drain(finish);
        assert_eq!((got.refused, got.errors), (vec![], vec![]));
        got.rows
    }

    /// Lets files settle.
    pub(super) fn settle(&mut self) {
        self.now += SETTLE;
    }

    /// A path as places name it, shown relative to the directory.
    pub(super) fn place(&self, name: &str) -> String {
        self.dir.path(name)
    }
}

impl Got {
    pub(super) fn add(&mut self, piece: &Piece) {
        match &piece.content {
            Content::Raw(chunk) => {
                let text = String::from_utf8_lossy(&chunk.bytes);
                self.rows.extend(text.lines().map(str::to_owned));
            }
            Content::Parsed(parsed) => {
                for record in Records::new(&parsed.records) {
                    let Record::Refused(refused) = record.expect("a record") else {
                        panic!("followers make refusals only");
                    };
                    assert_eq!(refused.feed, FEED);
                    self.refused
                        .push((refused.place.to_owned(), refused.reason.to_owned()));
                }
            }
        }
    }
}
