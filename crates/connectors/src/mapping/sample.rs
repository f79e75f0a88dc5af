//! Shows how the first rows of a file are read: raw, canonical, or why not. For `check`.

use freehold_kernel::record::{Record, Records};
use freehold_pipeline::source::{Chunk, Parsed, Place};

use super::feed_format::FeedFormat;
use crate::format::{FileProblem, Format, Framing};

/// One row of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampledRow {
    /// The row as received.
    pub raw: String,
    /// Its encoded record.
    pub record: Vec<u8>,
}

/// Reads up to `limit` rows of a file's first bytes.
///
/// # Errors
/// When the file does not fit the mapping.
pub fn sample(
    format: &FeedFormat,
    name: &str,
    bytes: &[u8],
    limit: usize,
) -> Result<Vec<SampledRow>, FileProblem> {
    let opened = format.open_file(name, bytes, true)?;
    let mut rest = &bytes[usize::try_from(opened.preamble_bytes)
        .unwrap_or(bytes.len())
        .min(bytes.len())..];
    let mut line = opened.preamble_lines + 1;
    let mut rows = Vec::new();
    while !rest.is_empty() && rows.len() < limit {
        let len = row_len(format.framing(), rest);
        let (raw, behind) = rest.split_at(len);
        let place = Place {
            name: name.into(),
            offset: 0,
            line,
        };
        let mut parsed = Parsed::default();
        opened.parser.parse(
            &Chunk {
                bytes: raw.to_vec(),
                place,
                parser: opened.parser.clone(),
            },
            &mut parsed,
        );
        for record in Records::new(&parsed.records).flatten() {
            if matches!(record, Record::Observation(_) | Record::Refused(_)) {
                let raw = String::from_utf8_lossy(raw).trim_end().to_owned();
                rows.push(SampledRow {
                    raw,
                    record: parsed.records.clone(),
                });
            }
        }
        line += memchr::memchr_iter(b'\n', raw).count() as u64;
        rest = behind;
    }
    Ok(rows)
}

fn row_len(framing: Framing, bytes: &[u8]) -> usize {
    let mut in_quotes = false;
    let end = bytes.iter().position(|byte| {
        if let Framing::Quoted { quote } = framing {
            in_quotes ^= *byte == quote;
        }
        *byte == b'\n' && !in_quotes
    });
    end.map_or(bytes.len(), |end| end + 1)
}
