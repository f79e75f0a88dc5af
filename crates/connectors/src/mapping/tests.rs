//! What mappings make of rows: each rule, the oddities of real feeds, and any bytes at all.

mod forms;
mod properties;
mod rules;

use std::sync::Arc;

use freehold_kernel::record::{FeedId, Record, Records, decode_area, decode_local};
use freehold_pipeline::source::{Chunk, Parsed, Place};

use super::{FeedFormat, MappingConfig};
use crate::format::{FileProblem, Format};
use crate::settings::{Problems, Section};

/// The least that every row needs, for `id` and `at`.
const LEAST: &str = "
map.ListingKey = \"id\"
map.ModificationTimestamp = \"at\"
map.StandardStatus = { constant = \"Active\" }
";

/// A mapping with [`LEAST`], or the mistakes in it.
fn mapping(text: &str) -> Result<MappingConfig, Vec<String>> {
    whole_mapping(&format!("{text}\n{LEAST}"))
}

fn whole_mapping(text: &str) -> Result<MappingConfig, Vec<String>> {
    let mut problems = Problems::default();
    let mut section = Section::new("feed[0]", text.parse().expect("TOML"));
    let config = MappingConfig::read(&mut section, "America/New_York", &mut problems);
    section.finish(&mut problems);
    if problems.0.is_empty() {
        Ok(config)
    } else {
        Err(problems.0.iter().map(ToString::to_string).collect())
    }
}

fn format(text: &str, path: &str) -> FeedFormat {
    FeedFormat::new(
        Arc::new(mapping(text).expect("a good mapping")),
        FeedId(0),
        path,
    )
}

/// The rows of a whole file, as one chunk.
fn parsed(format: &FeedFormat, path: &str, bytes: &[u8]) -> Result<Parsed, FileProblem> {
    let opened = format.open_file(path, bytes, true)?;
    let start = usize::try_from(opened.preamble_bytes).expect("small");
    let chunk = Chunk {
        bytes: bytes[start..].to_vec(),
        place: Place {
            name: path.into(),
            offset: opened.preamble_bytes,
            line: opened.preamble_lines + 1,
        },
        parser: Arc::clone(&opened.parser),
    };
    let mut parsed = Parsed::default();
    opened.parser.parse(&chunk, &mut parsed);
    assert_eq!(
        Records::new(&parsed.records).count(),
        parsed.count as usize,
        "the count agrees with the records"
    );
    Ok(parsed)
}

/// A row in few words: its key with fields, or where and why it is refused.
fn told(record: &Record<'_>) -> String {
    match record {
        Record::Observation(row) => {
            let mut words = vec![String::from_utf8_lossy(row.key).into_owned()];
            let terms = row.terms;
            words.extend(terms.list_price.map(|cents| format!("list {cents}")));
            words.extend(terms.close_price.map(|cents| format!("close {cents}")));
            words.extend(terms.close_date.map(|day| format!("closed {day}")));
            for (field, payload) in row.profile.fields() {
                words.push(match field.name() {
                    "LivingArea" => {
                        let (hundredths, unit) = decode_area(payload).expect("an area");
                        format!("{hundredths} {}", unit.name())
                    }
                    name => match (decode_local(payload), row.profile.text(field)) {
                        (Some((own, text)), _) if own.starts_with("X_") => format!("{own} {text}"),
                        (_, Some(text)) => format!("{name} {text}"),
                        _ => format!("{name} {payload:?}"),
                    },
                });
            }
            words.join(", ")
        }
        Record::Refused(refused) => {
            format!("{} {}: {}", refused.place, refused.field, refused.reason)
        }
        other => panic!("a parser gives rows only, not {other:?}"),
    }
}

/// All rows of a file in few words.
fn rows(more: &str, path: &str, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let parsed = parsed(&format(more, path), path, bytes.as_ref()).expect("the file fits");
    Records::new(&parsed.records)
        .map(|record| told(&record.expect("a whole record")))
        .collect()
}
