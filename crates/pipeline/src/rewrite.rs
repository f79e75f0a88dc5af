//! Writes a log anew with some rows read in another way, or without some rows: same records, same places, same receipt times,
//! but for the rows of one feed. Not where raw bytes come from (the caller reads them again).

use freehold_kernel::record::{Control, FeedId, RawRecord, Record, put_control};
use freehold_kernel::time::Millis;
use xxhash_rust::xxh3::xxh3_128;

use crate::batch::{Batch, Draft, Provenance, Receipt};
use crate::decision::Decision;
use crate::log::{Log, LogError};
use crate::source::Parsed;

/// A log could not be written anew.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError<E> {
    /// Either log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Rows could not be read again.
    #[error(transparent)]
    Reparse(E),
    /// A batch does not say where its rows stood.
    #[error("the batch at offset {offset} holds other rows than its provenance says: a bug")]
    Provenance {
        /// Offset of the batch.
        offset: u64,
    },
}

/// Copies every batch of `old` to `new`; the rows of `feed` are those that `reparse` gives for their chunks
/// (`None` keeps a chunk as it is). Returns how many rows were read again.
///
/// # Errors
/// When a log fails, or rows cannot be read again. `new` is then of no use.
pub fn rewrite<E>(
    old: &dyn Log,
    new: &mut dyn Log,
    feed: FeedId,
    reparse: &mut dyn FnMut(&Provenance) -> Result<Option<Parsed>, E>,
) -> Result<u64, RewriteError<E>> {
    let mut at = old.first_offset();
    let mut rows = 0;
    while let Some((offset, batch)) = old.read(at)? {
        at = offset + batch.count;
        let draft = rewrite_batch(offset, &batch, feed, &mut rows, reparse)?;
        new.append(&draft)?;
    }
    Ok(rows)
}

fn rewrite_batch<E>(
    offset: u64,
    batch: &Batch,
    feed: FeedId,
    rows: &mut u64,
    reparse: &mut dyn FnMut(&Provenance) -> Result<Option<Parsed>, E>,
) -> Result<Draft, RewriteError<E>> {
    let bad = || RewriteError::Provenance { offset };
    let mut draft = Draft {
        cursors: batch.cursors.clone(),
        provenance: batch.provenance.clone(),
        ..Draft::new(batch.receipt)
    };
    let mut pieces = draft
        .provenance
        .iter_mut()
        .filter(|piece| piece.feed == feed);
    // Old records of the piece at hand that are still to be passed over or kept.
    let (mut left, mut is_replaced) = (0, false);
    for stamped in batch.stamped() {
        let (raw, _) = stamped.map_err(|_| bad())?;
        if raw.row_feed() == Some(feed) {
            while left == 0 {
                let piece = pieces.next().ok_or_else(bad)?;
                left = piece.records;
                is_replaced = false;
                if left > 0
                    && let Some(parsed) = reparse(piece).map_err(RewriteError::Reparse)?
                {
                    is_replaced = true;
                    *rows += u64::from(parsed.count);
                    draft.records.extend_from_slice(&parsed.records);
                    draft.count += u64::from(parsed.count);
                    piece.records = u64::from(parsed.count);
                }
            }
            left -= 1;
            if is_replaced {
                continue;
            }
        }
        draft.records.extend_from_slice(raw.bytes());
        draft.count += 1;
    }
    Ok(draft)
}

/// What is to be taken out of a log.
#[derive(Debug, Clone, Copy)]
pub struct Purge<'a> {
    /// The feed's number.
    pub feed: FeedId,
    /// Its name.
    pub name: &'a str,
    /// Only this listing of it.
    pub key: Option<&'a [u8]>,
    /// Why; it stays in the log.
    pub reason: &'a str,
    /// Wall-clock time of the decision.
    pub at: Millis,
}

/// Copies every batch of `old` to `new` without what is to go; then says that this was done, as a decision. In the place of
/// each record stands an empty one, so that every other keeps its position. Returns how many are gone.
///
/// Of a listing, refused rows of its feed that hold its key anywhere are taken for its own.
///
/// # Errors
/// When a log fails. `new` is then of no use.
pub fn purge(old: &dyn Log, new: &mut dyn Log, what: &Purge<'_>) -> Result<u64, LogError> {
    let mut at = old.first_offset();
    let mut gone = 0;
    while let Some((offset, batch)) = old.read(at)? {
        at = offset + batch.count;
        let mut draft = Draft {
            cursors: batch.cursors.clone(),
            provenance: batch.provenance.clone(),
            ..Draft::new(batch.receipt)
        };
        let mut rows = 0;
        for stamped in batch.stamped() {
            let bad = |cause| LogError::Batch {
                file: "log.redb".into(),
                offset,
                cause,
            };
            let (raw, _) = stamped.map_err(|cause| bad(cause.into()))?;
            draft.count += 1;
            if !what.takes(&raw) {
                draft.records.extend_from_slice(raw.bytes());
                continue;
            }
            gone += 1;
            rows += u64::from(raw.row_feed().is_some());
            let empty = Control {
                name: PURGED,
                payload: b"",
            };
            put_control(&mut draft.records, &empty);
        }
        // Chunks are found by the rows that came of them: of a chunk of which rows are gone nobody can say which those were.
        if rows > 0 {
            draft.provenance.retain(|piece| piece.feed != what.feed);
        }
        new.append(&draft)?;
    }
    if gone == 0 {
        return Ok(0);
    }
    let mut said = Draft::new(Receipt::At(what.at));
    if let Some((_, last)) = at
        .checked_sub(1)
        .map(|at| old.read(at))
        .transpose()?
        .flatten()
        && let Receipt::Running(_) = last.receipt
    {
        let newest = last.stamped().flatten().last();
        said.receipt = newest.map_or(last.receipt, |(_, receipt)| Receipt::Running(receipt));
    }
    for number in 0..old.facts().feeds.len() {
        let feed = FeedId(number as u16);
        if let Some(cursor) = old.cursor(feed)? {
            said.cursors.push((feed, cursor));
        }
    }
    Decision::Purge {
        feed: what.name.to_owned(),
        // Not the key itself: that is what had to go.
        key_hash: what.key.map(|key| format!("{:032x}", xxh3_128(key))),
        records: gone,
        at: what.at,
        reason: what.reason.to_owned(),
    }
    .put(&mut said.records);
    said.count = 1;
    new.append(&said)?;
    Ok(gone)
}

/// The name of the empty records that stand where others were.
const PURGED: &str = "purged";

impl Purge<'_> {
    fn takes(&self, raw: &RawRecord<'_>) -> bool {
        match raw.decode() {
            Some(Record::Observation(row)) => {
                row.feed == self.feed && self.key.is_none_or(|key| key == row.key)
            }
            Some(Record::Refused(row)) => {
                let holds = |key: &[u8]| row.raw.windows(key.len().max(1)).any(|part| part == key);
                row.feed == self.feed && self.key.is_none_or(holds)
            }
            Some(Record::SnapshotEnd(end)) => end.feed == self.feed && self.key.is_none(),
            Some(Record::Control(control)) => match Decision::read(&control) {
                Some(Decision::Correct { feed, key, .. }) => {
                    feed == self.name && self.key.is_none_or(|own| own == key.as_bytes())
                }
                _ => false,
            },
            Some(Record::Tick(_)) | None => false,
        }
    }
}
