//! A batch: records of one append with the feeds' cursors behind them, under one checksum. Not where it is
//! kept (`log`).
//!
//! Layout: `checksum u64 | form u8 | receipt mode u8, i64 | count varint | cursors | places | records`.

use std::sync::Arc;

use freehold_kernel::plant::{Bug, is_planted};
use freehold_kernel::record::{BadRecord, FeedId, RawRecord, Records};
use freehold_kernel::time::Millis;
use freehold_kernel::varint::{Reader, put_bytes, put_i64, put_u64};
use xxhash_rust::xxh3::xxh3_64;

use crate::source::{Cursor, Place};

const FORM: u8 = 1;

/// How each record's receipt time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// All records were received at this instant.
    At(Millis),
    /// A virtual clock: the greatest event time so far, which was this before the batch.
    Running(Millis),
}

/// Rows of one chunk: where they stood and how many records they made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The feed.
    pub feed: FeedId,
    /// Where the chunk stood.
    pub place: Place,
    /// Length of the chunk in bytes.
    pub bytes: u64,
    /// A hash of the chunk's bytes.
    pub hash: u64,
    /// How many records it made.
    pub records: u64,
}

/// A batch that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// How receipt times are known.
    pub receipt: Receipt,
    /// Encoded records.
    pub records: Vec<u8>,
    /// How many they are.
    pub count: u64,
    /// Where feeds stand after the batch.
    pub cursors: Vec<(FeedId, Cursor)>,
    /// Where the rows stood.
    pub provenance: Vec<Provenance>,
}

impl Draft {
    /// An empty draft.
    #[must_use]
    pub fn new(receipt: Receipt) -> Self {
        Self {
            receipt,
            records: Vec::new(),
            count: 0,
            cursors: Vec::new(),
            provenance: Vec::new(),
        }
    }

    /// True when appending it would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.cursors.is_empty()
    }

    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.records.len() + 128);
        out.extend_from_slice(&[0; 8]);
        out.push(FORM);
        let (mode, at) = match self.receipt {
            Receipt::At(at) => (0, at),
            Receipt::Running(at) => (1, at),
        };
        out.push(mode);
        put_i64(&mut out, at);
        put_u64(&mut out, self.count);
        put_u64(&mut out, self.cursors.len() as u64);
        for (feed, cursor) in &self.cursors {
            put_u64(&mut out, u64::from(feed.0));
            put_bytes(&mut out, cursor);
        }
        put_u64(&mut out, self.provenance.len() as u64);
        for piece in &self.provenance {
            put_u64(&mut out, u64::from(piece.feed.0));
            put_bytes(&mut out, piece.place.name.as_bytes());
            put_u64(&mut out, piece.place.offset);
            put_u64(&mut out, piece.place.line);
            put_u64(&mut out, piece.bytes);
            out.extend_from_slice(&piece.hash.to_le_bytes());
            put_u64(&mut out, piece.records);
        }
        out.extend_from_slice(&self.records);
        let checksum = xxh3_64(&out[8..]);
        out[..8].copy_from_slice(&checksum.to_le_bytes());
        out
    }
}

/// A batch as the log holds it.
#[derive(Debug, Clone)]
pub struct Batch {
    bytes: Arc<Vec<u8>>,
    records_at: usize,
    /// How receipt times are known.
    pub receipt: Receipt,
    /// How many records there are.
    pub count: u64,
    /// Where feeds stand after the batch.
    pub cursors: Vec<(FeedId, Cursor)>,
    /// Where the rows stood.
    pub provenance: Vec<Provenance>,
}

/// Why stored bytes are not a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBatch {
    /// The checksum does not fit.
    #[error("its checksum does not fit its bytes")]
    Checksum,
    /// Of a form that this program does not read.
    #[error("it is of form {0}, where this program reads form {FORM}")]
    Form(u8),
    /// The checksum fits, the bytes do not: a bug.
    #[error("its bytes do not make a batch")]
    Bytes,
    /// One of its records is damaged.
    #[error(transparent)]
    Record(#[from] BadRecord),
}

impl Batch {
    /// Reads stored bytes.
    ///
    /// # Errors
    /// When they are damaged or of another form.
    pub fn decode(bytes: Arc<Vec<u8>>) -> Result<Self, BadBatch> {
        let (checksum, rest) = bytes.split_first_chunk::<8>().ok_or(BadBatch::Checksum)?;
        if xxh3_64(rest) != u64::from_le_bytes(*checksum) && !is_planted(Bug::SkipChecksum) {
            return Err(BadBatch::Checksum);
        }
        Self::parse(Arc::clone(&bytes))
    }

    /// What [`Draft::encode`] just made, without checking it again.
    pub(crate) fn trusted(bytes: Arc<Vec<u8>>) -> Result<Self, BadBatch> {
        Self::parse(bytes)
    }

    fn parse(bytes: Arc<Vec<u8>>) -> Result<Self, BadBatch> {
        let mut reader = Reader::new(bytes.get(8..).ok_or(BadBatch::Checksum)?);
        let form = reader.byte().ok_or(BadBatch::Bytes)?;
        if form != FORM {
            return Err(BadBatch::Form(form));
        }
        let parts = (|| {
            let mode = reader.byte()?;
            let at = reader.i64()?;
            let receipt = if mode == 0 {
                Receipt::At(at)
            } else {
                Receipt::Running(at)
            };
            let count = reader.u64()?;
            let mut cursors = Vec::new();
            for _ in 0..reader.u64()? {
                cursors.push((
                    FeedId(u16::try_from(reader.u64()?).ok()?),
                    reader.bytes()?.to_vec(),
                ));
            }
            let mut provenance = Vec::new();
            for _ in 0..reader.u64()? {
                provenance.push(Provenance {
                    feed: FeedId(u16::try_from(reader.u64()?).ok()?),
                    place: Place {
                        name: std::str::from_utf8(reader.bytes()?).ok()?.into(),
                        offset: reader.u64()?,
                        line: reader.u64()?,
                    },
                    bytes: reader.u64()?,
                    hash: u64::from_le_bytes(reader.array()?),
                    records: reader.u64()?,
                });
            }
            Some((receipt, count, cursors, provenance))
        })();
        let (receipt, count, cursors, provenance) = parts.ok_or(BadBatch::Bytes)?;
        let records_at = bytes.len() - reader.rest().len();
        Ok(Self {
            bytes,
            records_at,
            receipt,
            count,
            cursors,
            provenance,
        })
    }

    /// The encoded records.
    #[must_use]
    pub fn records(&self) -> &[u8] {
        &self.bytes[self.records_at..]
    }

    /// The chunk that record `number` of the batch (from 0) was made of, and the record's number in it; `None` for
    /// ticks and decisions, and where rows of several histories were merged, of which no chunk is kept.
    #[must_use]
    pub fn chunk_of(&self, number: u64) -> Option<(&Provenance, u64)> {
        let number = usize::try_from(number).ok()?;
        let mut feeds = self.stamped().map(|row| row.ok()?.0.row_feed());
        let before: Vec<Option<FeedId>> = feeds.by_ref().take(number).collect();
        let feed = feeds.next()??;
        let of_feed = before.iter().filter(|known| **known == Some(feed));
        let mut left = of_feed.count() as u64;
        for piece in self.provenance.iter().filter(|piece| piece.feed == feed) {
            if left < piece.records {
                return Some((piece, left));
            }
            left -= piece.records;
        }
        None
    }

    /// Each record with its receipt time.
    #[must_use]
    pub fn stamped(&self) -> Stamped<'_> {
        Stamped {
            records: Records::new(self.records()),
            receipt: self.receipt,
        }
    }
}

/// Walks the records of a batch with their receipt times.
#[derive(Debug, Clone)]
pub struct Stamped<'a> {
    records: Records<'a>,
    receipt: Receipt,
}

impl<'a> Iterator for Stamped<'a> {
    type Item = Result<(RawRecord<'a>, Millis), BadRecord>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let raw = match self.records.next_raw()? {
            Ok(raw) => raw,
            Err(bad) => return Some(Err(bad)),
        };
        let at = match &mut self.receipt {
            Receipt::At(at) => *at,
            Receipt::Running(at) => {
                if let Some(time) = raw.event_time() {
                    *at = time.max(*at);
                }
                *at
            }
        };
        Some(Ok((raw, at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use freehold_kernel::record::{Refused, Tick, put_refused, put_tick};

    #[test]
    fn a_batch_comes_back_and_a_flipped_bit_is_found() {
        let mut draft = Draft::new(Receipt::At(99));
        put_tick(
            &mut draft.records,
            &Tick {
                time: 7,
                zone_days: &[0],
            },
        );
        draft.count = 1;
        draft.cursors.push((FeedId(3), vec![1, 2, 3]));
        draft.provenance.push(Provenance {
            feed: FeedId(3),
            place: Place {
                name: "a.csv".into(),
                offset: 10,
                line: 2,
            },
            bytes: 40,
            hash: 5,
            records: 1,
        });
        let bytes = draft.encode();
        let batch = Batch::decode(Arc::new(bytes.clone())).expect("undamaged");
        assert_eq!((batch.receipt, batch.count), (draft.receipt, 1));
        assert_eq!(batch.cursors, draft.cursors);
        assert_eq!(batch.provenance, draft.provenance);
        assert_eq!(batch.records(), draft.records);
        assert_eq!(batch.chunk_of(0), None, "a tick is of no chunk");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Batch::decode(Arc::new(flipped)).is_err());
        }
    }

    #[test]
    fn a_row_is_found_in_its_chunk_past_ticks_and_rows_of_other_feeds() {
        let mut draft = Draft::new(Receipt::At(99));
        let refuse = |draft: &mut Draft, feed| {
            let feed = FeedId(feed);
            let row = Refused {
                feed,
                place: "",
                field: "",
                reason: "",
                raw: b"",
            };
            put_refused(&mut draft.records, &row);
            draft.count += 1;
        };
        let chunk = |feed, offset, records| Provenance {
            feed: FeedId(feed),
            place: Place {
                name: "a.csv".into(),
                offset,
                line: 1,
            },
            bytes: 40,
            hash: 5,
            records,
        };
        draft.provenance = vec![
            chunk(1, 0, 1),
            chunk(2, 0, 1),
            chunk(1, 40, 0),
            chunk(1, 80, 2),
        ];
        [1, 2, 1]
            .into_iter()
            .for_each(|feed| refuse(&mut draft, feed));
        put_tick(
            &mut draft.records,
            &Tick {
                time: 7,
                zone_days: &[0],
            },
        );
        draft.count += 1;
        refuse(&mut draft, 1);
        let batch = Batch::decode(Arc::new(draft.encode())).expect("undamaged");
        let found = |number| {
            batch
                .chunk_of(number)
                .map(|(piece, row)| (piece.feed.0, piece.place.offset, row))
        };
        let expected = [
            Some((1, 0, 0)),
            Some((2, 0, 0)),
            Some((1, 80, 0)),
            None,
            Some((1, 80, 1)),
            None,
        ];
        assert_eq!([0, 1, 2, 3, 4, 5].map(found), expected);
    }

    proptest::proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = Batch::decode(Arc::new(bytes.clone()));
            // With a checksum that fits, the rest is read as well.
            let mut checked = xxh3_64(&bytes).to_le_bytes().to_vec();
            checked.extend_from_slice(&bytes);
            if let Ok(batch) = Batch::decode(Arc::new(checked)) {
                let _ = (batch.stamped().count(), batch.chunk_of(3));
            }
        }
    }
}
