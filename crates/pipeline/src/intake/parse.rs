//! Parses pieces on several threads and gives them back in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use freehold_kernel::record::FeedId;

use super::ParsedPiece;
use crate::source::{Content, Piece};

/// Parses every piece. The result does not depend on the number of workers.
pub(super) fn parse_all(
    pieces: Vec<(FeedId, Piece)>,
    workers: usize,
) -> Vec<(FeedId, ParsedPiece)> {
    let raw = pieces
        .iter()
        .filter(|(_, piece)| matches!(piece.content, Content::Raw(_)))
        .count();
    if workers <= 1 || raw <= 1 {
        return pieces
            .into_iter()
            .map(|(feed, piece)| (feed, ParsedPiece::of(piece)))
            .collect();
    }
    let slots: Vec<Slot> = pieces
        .into_iter()
        .map(|(feed, piece)| Slot {
            feed,
            work: Mutex::new(Work::Todo(piece)),
        })
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
            // Each slot is taken by one worker; nobody else holds its lock.
            if let Ok(mut work) = slot.work.lock()
                && let Work::Todo(piece) = std::mem::replace(&mut *work, Work::Taken)
            {
                *work = Work::Done(ParsedPiece::of(piece));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..workers.min(raw) {
            scope.spawn(work);
        }
        work();
    });
    let done = slots.into_iter().map(|slot| {
        let work = slot
            .work
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match work {
            Work::Done(parsed) => (slot.feed, parsed),
            Work::Todo(_) | Work::Taken => {
                unreachable!("every slot is worked off before the scope ends")
            }
        }
    });
    done.collect()
}

struct Slot {
    feed: FeedId,
    work: Mutex<Work>,
}

enum Work {
    Todo(Piece),
    Taken,
    Done(ParsedPiece),
}
