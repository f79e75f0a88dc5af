//! Turns rows of delimited text or JSON into canonical records, by declaration. Knows no files (`files` does)
//! and no single feed: what a feed's columns mean is configuration.

mod apply;
mod config;
mod csv;
mod date;
mod draft;
mod feed_format;
mod json;
mod number;
mod rule;
mod sample;
mod table;
#[cfg(test)]
mod tests;

pub use config::{KEYS, KeyDoc, MappingConfig};
pub use draft::draft;
pub use feed_format::FeedFormat;
pub use sample::{SampledRow, sample};
pub use table::read_table;
