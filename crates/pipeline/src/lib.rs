//! Sources, the durable log, the epoch driver, checkpoints and recovery around the kernel.
//!
//! The way of a row: [`source`] → [`intake`] (polls, parses on several threads, stamps times and ticks) →
//! [`log`] (durable) → [`engine`] (the kernel's shards) → [`sink`] (what is published) and [`checkpoint`].
//! [`driver`] takes these steps in turn; [`recovery`] decides where it starts; [`books`] are what others may read
//! meanwhile.

pub mod batch;
pub mod books;
pub mod changes;
pub mod checkpoint;
pub mod core;
pub mod decision;
pub mod disk;
pub mod driver;
pub mod engine;
pub mod intake;
pub mod lag;
pub mod log;
pub mod recovery;
pub mod rewrite;
pub mod sink;
pub mod source;
mod store;
pub mod testing;
pub mod touched;
pub mod trouble;
pub mod verify;

pub use store::{StoreError, StoreErrorKind, panic_becomes_error};
