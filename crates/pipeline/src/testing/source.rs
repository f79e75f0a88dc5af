//! A feed that says what a script says, in pieces of any size.

use std::sync::{Arc, Mutex, PoisonError};

use freehold_kernel::record::{FeedId, SnapshotEnd};
use freehold_kernel::time::Millis;

use super::random::Random;
use crate::source::{Content, Parsed, Piece, Poll, Source, SourceError, SourceErrorKind};

/// What a feed will say: encoded records, some of which end a snapshot.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// One encoded record each.
    pub records: Vec<Vec<u8>>,
    /// A snapshot that ends behind record number (from 1).
    pub snapshot_ends: Vec<(usize, SnapshotEnd)>,
}

/// Reads a [`Script`].
pub struct ScriptedSource {
    feed: FeedId,
    script: Arc<Script>,
    at: usize,
    until: usize,
    random: Arc<Mutex<Random>>,
    piece_max: u64,
    sorted: bool,
}

impl ScriptedSource {
    /// A feed that says `script` in pieces of at most `piece_max` records.
    #[must_use]
    pub fn new(feed: FeedId, script: Arc<Script>, seed: u64, piece_max: u64, sorted: bool) -> Self {
        let until = script.records.len();
        let random = Arc::new(Mutex::new(Random::new(seed)));
        Self {
            feed,
            script,
            at: 0,
            until,
            random,
            piece_max,
            sorted,
        }
    }

    fn place(&self, cursor: &[u8]) -> Result<usize, SourceError> {
        let number = cursor.try_into().map(u64::from_le_bytes).ok();
        number
            .and_then(|at| usize::try_from(at).ok())
            .filter(|at| *at <= self.script.records.len())
            .ok_or_else(|| SourceError {
                kind: SourceErrorKind::BadCursor,
                doing: "open a script".into(),
                cause: "the cursor is no place in it".into(),
                hint: None,
            })
    }
}

impl Source for ScriptedSource {
    fn feed(&self) -> FeedId {
        self.feed
    }

    fn open(&mut self, cursor: Option<&[u8]>, until: Option<&[u8]>) -> Result<(), SourceError> {
        self.at = cursor.map_or(Ok(0), |cursor| self.place(cursor))?;
        self.until = until.map_or(Ok(self.script.records.len()), |until| self.place(until))?;
        Ok(())
    }

    fn poll(&mut self, _: Millis, _: bool) -> Result<Poll, SourceError> {
        if self.at >= self.until {
            return Ok(Poll::Ended);
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let mut to = (self.at + 1 + random.below(self.piece_max) as usize).min(self.until);
        let end = self
            .script
            .snapshot_ends
            .iter()
            .find(|(behind, _)| (self.at + 1..=to).contains(behind));
        to = end.map_or(to, |(behind, _)| *behind);
        let mut parsed = Parsed::default();
        for record in &self.script.records[self.at..to] {
            parsed.records.extend_from_slice(record);
            parsed.count += 1;
        }
        self.at = to;
        Ok(Poll::Piece(Piece {
            content: Content::Parsed(parsed),
            cursor: (to as u64).to_le_bytes().to_vec(),
            snapshot_end: end.map(|(_, end)| *end),
        }))
    }

    fn is_sorted_by_time(&self) -> bool {
        self.sorted
    }
}
