//! Live readings: a thread reads what is watched a few times a second, and each stream sends what changed since
//! it last sent. A reader that is slow gets newer readings, never a queue.

mod activity;
mod hub;
mod rail;
mod stream;

pub(crate) use hub::{FLUSH_MS, Hub, ledger, watch};
pub(crate) use stream::{BEAT_MS, answer};
