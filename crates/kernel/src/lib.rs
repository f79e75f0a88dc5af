//! The pure heart of Freehold: three books that turn observations into markets. Time, randomness and I/O come
//! in as values: this crate touches no clock, disk, network, environment, thread or random source, and its
//! `clippy.toml` keeps it so.
//!
//! The way of a row: [`record`] (how it is stored) → [`listing`] (its place among the listing's versions) →
//! [`home`] (what the home posts) → [`market`] (exact values per leaf and area) → [`measure`] (readings).
//! A [`Shard`] holds the three books and takes one record after the other.

pub mod appraisal;
mod as_of;
pub mod change;
pub mod clock;
mod digest;
pub mod evidence;
pub mod field;
pub mod home;
mod key_index;
pub mod ledger;
pub mod listing;
pub mod market;
pub mod measure;
pub mod plan;
pub mod plant;
pub mod prints;
pub mod quarantine;
pub mod record;
pub mod robust;
pub mod series;
mod shard;
pub mod state;
pub mod stock;
pub mod time;
pub mod varint;
mod walk;
mod watch;

pub use as_of::{AsOf, Knowledge};
pub use digest::Digest;
pub use key_index::hash_key;
pub use shard::{Shard, SnapshotShrink};
pub use watch::VERDICTS_KEPT;
