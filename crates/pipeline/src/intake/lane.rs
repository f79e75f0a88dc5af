//! One history among others that are merged by event time. A source that is not sorted is read whole, up to
//! where it stands, and sorted; its cursor then says from where to where it was read and how many rows of
//! the sorted sequence are done, so that a restart makes the same sequence again.

use freehold_kernel::record::{Records, put_snapshot_end};
use freehold_kernel::time::Millis;
use freehold_kernel::varint::{Reader, put_bytes, put_u64};

use super::parse::parse_all;
use crate::source::{Cursor, Poll, Source, SourceError, SourceErrorKind};

const FORM: u8 = 1;

/// Pieces that are read before they are parsed together.
const PIECES_TOGETHER: usize = 16;

/// A record of the lane: its time and where its bytes lie.
#[derive(Debug, Clone, Copy)]
struct Item {
    time: Millis,
    piece: u32,
    start: u32,
    len: u32,
}

/// A history in order of event time.
pub(super) struct Lane {
    source: Box<dyn Source>,
    opened: bool,
    failed: bool,
    ended: bool,
    /// Cursor behind which the items begin; `None` is the feed's start.
    start: Option<Cursor>,
    /// Cursor at which they end, where the source had to be read whole.
    end: Option<Cursor>,
    /// Cursor behind the items, where a sorted source is read piece by piece.
    behind_items: Option<Cursor>,
    done: u64,
    pieces: Vec<Vec<u8>>,
    items: Vec<Item>,
    skip: u64,
    retry_at: Millis,
}

impl Lane {
    pub(super) fn new(source: Box<dyn Source>, cursor: Option<Cursor>) -> Self {
        let stored = cursor.as_deref().map(decode);
        let failed = matches!(stored, Some(None));
        let (start, end, done) = stored.flatten().unwrap_or_default();
        Self {
            source,
            opened: false,
            failed,
            ended: false,
            start,
            end,
            behind_items: None,
            done: 0,
            pieces: Vec::new(),
            items: Vec::new(),
            skip: done,
            retry_at: Millis::MIN,
        }
    }

    /// Where the lane stands.
    pub(super) fn cursor(&self) -> Cursor {
        let mut out = vec![FORM];
        let all_done = self.end.is_some() && self.done as usize == self.items.len();
        let (start, end, done) = match &self.end {
            Some(end) if all_done => (Some(end), None, 0),
            end => (self.start.as_ref(), end.as_ref(), self.done),
        };
        for part in [start, end] {
            out.push(u8::from(part.is_some()));
            if let Some(part) = part {
                put_bytes(&mut out, part);
            }
        }
        put_u64(&mut out, done);
        out
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Event time of the next record; refused rows come first, having none. `None` when there is nothing.
    pub(super) fn head_time(
        &mut self,
        now: Millis,
        workers: usize,
    ) -> Result<Option<Millis>, SourceError> {
        if (self.done as usize) >= self.items.len() {
            self.refill(now, workers)?;
        }
        Ok(self.items.get(self.done as usize).map(|item| item.time))
    }

    /// Appends the next record and gives the number appended.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) -> u64 {
        let Some(item) = self.items.get(self.done as usize) else {
            return 0;
        };
        out.extend_from_slice(
            &self.pieces[item.piece as usize][item.start as usize..][..item.len as usize],
        );
        self.done += 1;
        1
    }

    fn refill(&mut self, now: Millis, workers: usize) -> Result<(), SourceError> {
        if self.failed {
            return Err(SourceError {
                kind: SourceErrorKind::BadCursor,
                doing: "open a history".into(),
                cause: "its stored cursor cannot be read".into(),
                hint: Some("start a new data directory".into()),
            });
        }
        if self.ended || now < self.retry_at {
            return Ok(());
        }
        let filled = self.fill(now, workers);
        if filled.is_err() {
            self.opened = false;
            self.retry_at = now.saturating_add(super::RETRY_AFTER_MS);
        }
        filled
    }

    fn fill(&mut self, now: Millis, workers: usize) -> Result<(), SourceError> {
        if !self.opened {
            self.source
                .open(self.start.as_deref(), self.end.as_deref())?;
            self.opened = true;
        } else if let Some(end) = self.end.take() {
            // All that was read is done: go on behind it.
            self.source.open(Some(&end), None)?;
            self.start = Some(end);
        }
        let bounded = self.end.is_some();
        let mut behind = self.end.clone();
        if self.source.is_sorted_by_time() && !self.items.is_empty() {
            self.start = self.behind_items.take();
        }
        self.items.clear();
        self.pieces.clear();
        self.done = 0;
        let mut together = Vec::new();
        loop {
            match self.source.poll(now, true)? {
                Poll::Piece(piece) => {
                    behind = Some(piece.cursor.clone());
                    together.push((self.source.feed(), piece));
                    if together.len() >= PIECES_TOGETHER {
                        self.keep(std::mem::take(&mut together), workers);
                    }
                    if self.source.is_sorted_by_time() {
                        break;
                    }
                }
                Poll::Idle => break,
                Poll::Ended => {
                    // A bounded read ends where it was to end; the source itself may go on.
                    self.ended = !bounded && together.is_empty() && self.items.is_empty();
                    break;
                }
            }
        }
        self.keep(together, workers);
        if self.source.is_sorted_by_time() {
            self.behind_items = behind;
        } else {
            self.items.sort_by_key(|item| item.time);
            self.end = behind.filter(|_| !self.items.is_empty());
        }
        self.done = self.skip.min(self.items.len() as u64);
        self.skip -= self.done;
        Ok(())
    }

    fn keep(
        &mut self,
        pieces: Vec<(freehold_kernel::record::FeedId, crate::source::Piece)>,
        workers: usize,
    ) {
        for (_, parsed) in parse_all(pieces, workers) {
            let mut bytes = parsed.parsed.records;
            if let Some(end) = parsed.snapshot_end {
                put_snapshot_end(&mut bytes, &end);
            }
            let number = self.pieces.len() as u32;
            let mut records = Records::new(&bytes);
            let mut start = 0;
            while let Some(Ok(raw)) = records.next_raw() {
                let len = raw.bytes().len() as u32;
                let time = raw.event_time().or(parsed
                    .snapshot_end
                    .filter(|_| raw.is_for_all())
                    .map(|end| end.time));
                self.items.push(Item {
                    time: time.unwrap_or(Millis::MIN),
                    piece: number,
                    start,
                    len,
                });
                start += len;
            }
            self.pieces.push(bytes);
        }
    }
}

type Parts = (Option<Cursor>, Option<Cursor>, u64);

fn decode(bytes: &[u8]) -> Option<Parts> {
    let mut reader = Reader::new(bytes);
    if reader.byte()? != FORM {
        return None;
    }
    let mut part = || -> Option<Option<Cursor>> {
        Some(if reader.byte()? != 0 {
            Some(reader.bytes()?.to_vec())
        } else {
            None
        })
    };
    let (start, end) = (part()?, part()?);
    Some((start, end, reader.u64()?))
}
