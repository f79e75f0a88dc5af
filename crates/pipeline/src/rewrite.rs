//! Writes a log anew with some rows read in another way: same records, same places, same receipt times, but
//! for the rows of one feed. Not where raw bytes come from (the caller reads them again).

use freehold_kernel::record::FeedId;

use crate::batch::{Batch, Draft, Provenance};
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
