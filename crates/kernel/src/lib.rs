//! The pure heart of Freehold. Time, randomness and I/O come in as values: this crate touches no clock,
//! disk, network, environment, thread or random source, and `clippy.toml` keeps it so.

pub mod field;
pub mod record;
pub mod time;
pub mod varint;
