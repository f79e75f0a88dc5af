//! A mapping as a [`Format`]: opens files and makes their parsers.

use std::sync::Arc;

use freehold_kernel::record::{FeedId, Refused, SnapshotEnd, put_refused};
use freehold_pipeline::source::{Chunk, Parsed, Parser};

use super::apply::{Applier, RowProblem, text_of};
use super::config::{Header, MappingConfig, RowFormat};
use super::csv::{Columns, each_record, first_record};
use super::json::{Paths, Scanner};
use super::rule::Part;
use crate::format::{FileProblem, Format, Framing, OpenedFile};

/// A feed's mapping in use.
#[derive(Debug, Clone)]
pub struct FeedFormat {
    config: Arc<MappingConfig>,
    feed: FeedId,
    rows: RowFormat,
}

impl FeedFormat {
    /// The format of a feed whose files are named like `path`, which decides where the mapping does not.
    #[must_use]
    pub fn new(config: Arc<MappingConfig>, feed: FeedId, path: &str) -> Self {
        let name = path.trim_end_matches(".gz").trim_end_matches(".zst");
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let rows = config.format.unwrap_or_else(|| {
            if ends(&[".ndjson", ".jsonl", ".json"]) {
                RowFormat::Ndjson
            } else {
                RowFormat::Delimited {
                    delimiter: if ends(&[".tsv", ".tab"]) { b'\t' } else { b',' },
                    quote: config.quote,
                }
            }
        });
        Self { config, feed, rows }
    }

    /// Values of slots that a file's name gives.
    fn fixed(&self, name: &str) -> Vec<Option<String>> {
        let captures = self
            .config
            .file_name_pattern
            .as_ref()
            .and_then(|pattern| pattern.captures(name));
        let of = |slot: &String| Some(captures.as_ref()?.name(slot)?.as_str().to_owned());
        self.config.slots.names.iter().map(of).collect()
    }

    fn columns(&self, header: &[String], fixed: &[Option<String>]) -> Result<Columns, FileProblem> {
        let find = |name: &str| {
            let exact = header.iter().position(|column| column == name);
            exact.or_else(|| {
                header
                    .iter()
                    .position(|column| column.eq_ignore_ascii_case(name))
            })
        };
        let mut of_slots = Vec::new();
        for (name, fixed) in self.config.slots.names.iter().zip(fixed) {
            let column = find(name);
            if column.is_none() && fixed.is_none() && !self.config.allow_missing_columns {
                let hint = crate::settings::closest(name, header.iter().map(String::as_str));
                return Err(FileProblem::Unfit {
                    field: self.field_of(name),
                    reason: format!(
                        "there is no column {name:?}; the header has {}",
                        header.join(", ")
                    ),
                    hint: Some(hint.map_or_else(
                        || "correct the mapping, or set allow_missing_columns = true".into(),
                        |hint| format!("did you mean {hint:?}?"),
                    )),
                });
            }
            of_slots.push(column);
        }
        Ok(Columns {
            of_slots,
            count: header.len(),
        })
    }

    /// The canonical field that a column fills.
    fn field_of(&self, column: &str) -> String {
        let slot = self
            .config
            .slots
            .names
            .iter()
            .position(|name| name == column);
        let uses = |rule: &&super::rule::Rule| match &rule.origin {
            super::rule::Origin::Slot(own) => Some(*own) == slot,
            super::rule::Origin::Template(parts) => parts
                .iter()
                .any(|part| matches!(part, Part::Slot(own) if Some(*own) == slot)),
            super::rule::Origin::Constant(_) => false,
        };
        self.config
            .rules
            .iter()
            .find(uses)
            .map_or_else(|| column.to_owned(), |rule| rule.name.clone())
    }

    /// The snapshot that a file is, where files are snapshots.
    fn snapshot_end(&self, fixed: &[Option<String>]) -> Result<Option<SnapshotEnd>, FileProblem> {
        let Some(rule) = &self.config.snapshot else {
            return Ok(None);
        };
        let unfit = |reason: String| FileProblem::Unfit {
            field: "snapshot.time".into(),
            reason,
            hint: Some("give file_name_pattern a named group for it".into()),
        };
        let cells: Vec<Option<&str>> = fixed.iter().map(Option::as_deref).collect();
        let mut scratch = String::new();
        let text = text_of(&self.config, &rule.time, &cells, &mut scratch);
        let text = text.ok_or_else(|| {
            unfit("the file's name does not say when the snapshot was taken".into())
        })?;
        let moment = Applier::new(&self.config, self.feed).moment(&rule.time, text);
        let (time, day) = moment.map_err(|problem| unfit(problem.reason))?;
        Ok(Some(SnapshotEnd {
            feed: self.feed,
            time,
            day,
            shrink_percent_max: rule.shrink_percent_max,
            forced: false,
        }))
    }
}

impl Format for FeedFormat {
    fn framing(&self) -> Framing {
        match self.rows {
            RowFormat::Ndjson => Framing::Lines,
            RowFormat::Delimited { quote, .. } => Framing::Quoted { quote },
        }
    }

    fn open_file(&self, name: &str, head: &[u8], whole: bool) -> Result<OpenedFile, FileProblem> {
        let file_name = name.rsplit('/').next().unwrap_or(name);
        let fixed = self.fixed(file_name);
        let mut start = if head.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let mut lines = 0;
        for _ in 0..self.config.skip_lines {
            match memchr::memchr(b'\n', &head[start..]) {
                Some(offset) => start += offset + 1,
                None if whole => start = head.len(),
                None => return Err(FileProblem::NeedMore),
            }
            lines += 1;
        }
        let mut columns = None;
        if let RowFormat::Delimited { delimiter, quote } = self.rows {
            let first = match first_record(
                &head[start..],
                (delimiter, quote),
                whole,
                self.config.is_latin_1,
            ) {
                None if !whole && self.config.header != Header::No => {
                    return Err(FileProblem::NeedMore);
                }
                first => first.unwrap_or_default(),
            };
            let is_header = match self.config.header {
                Header::Yes => true,
                Header::No => false,
                Header::Auto => first.0 == self.config.columns,
            };
            if is_header && first.0.is_empty() && whole {
                // An empty file has no header and no rows.
                columns = Some(Columns {
                    of_slots: vec![None; fixed.len()],
                    count: 0,
                });
            } else {
                let named = if is_header {
                    &first.0
                } else {
                    &self.config.columns
                };
                columns = Some(self.columns(named, &fixed)?);
            }
            if is_header {
                lines += memchr::memchr_iter(b'\n', &head[start..start + first.1]).count() as u64;
                start += first.1;
            }
        }
        let snapshot_end = self.snapshot_end(&fixed)?;
        let parser = FileParser {
            format: self.clone(),
            columns,
            fixed,
        };
        Ok(OpenedFile {
            preamble_bytes: start as u64,
            preamble_lines: lines,
            parser: Arc::new(parser),
            snapshot_end,
        })
    }
}

/// Appends the refusal of a row: its problem, its bytes, the lines before it in the chunk, the records.
type Refuse<'r> = dyn Fn(&RowProblem, &[u8], u64, &mut Vec<u8>) + 'r;

/// Parses the rows of one file.
struct FileParser {
    format: FeedFormat,
    columns: Option<Columns>,
    fixed: Vec<Option<String>>,
}

impl Parser for FileParser {
    fn parse(&self, chunk: &Chunk, out: &mut Parsed) {
        let config = &*self.format.config;
        let decoded: Vec<u8>;
        let bytes = if config.is_latin_1 {
            decoded = chunk
                .bytes
                .iter()
                .map(|byte| char::from(*byte))
                .collect::<String>()
                .into_bytes();
            &decoded
        } else {
            &chunk.bytes
        };
        let mut applier = Applier::new(config, self.format.feed);
        let mut count = 0;
        let refuse = |problem: &RowProblem, raw: &[u8], line: u64, records: &mut Vec<u8>| {
            let place = format!("{}:{}", chunk.place.name, chunk.place.line + line);
            let (field, reason) = (problem.field.as_str(), problem.reason.as_str());
            put_refused(
                records,
                &Refused {
                    feed: self.format.feed,
                    place: &place,
                    field,
                    reason,
                    raw,
                },
            );
        };
        match (self.format.rows, &self.columns) {
            (RowFormat::Delimited { delimiter, quote }, Some(columns)) => {
                let each = &mut |found: super::csv::Found<'_>, records: &mut Vec<u8>| {
                    count += 1;
                    if let Err(problem) = &found.outcome {
                        refuse(problem, found.raw, found.line, records);
                    }
                };
                each_record(
                    bytes,
                    (delimiter, quote),
                    columns,
                    &self.fixed,
                    &mut applier,
                    &mut out.records,
                    each,
                );
            }
            _ => count = self.parse_lines(bytes, &mut applier, &mut out.records, &refuse),
        }
        out.count += count;
    }
}

impl FileParser {
    fn parse_lines(
        &self,
        bytes: &[u8],
        applier: &mut Applier<'_>,
        records: &mut Vec<u8>,
        refuse: &Refuse<'_>,
    ) -> u32 {
        let names = &self.format.config.slots.names;
        let paths = names.iter().map(String::as_str).enumerate();
        let mut scanner = Scanner::new(Paths::of(paths), names.len());
        let has_nul = memchr::memchr(0, bytes).is_some();
        // One check for all lines; a chunk that is not UTF-8 as a whole is looked at line by line.
        let whole = std::str::from_utf8(bytes).ok();
        let mut count = 0;
        let mut start = 0;
        for (number, end) in memchr::memchr_iter(b'\n', bytes)
            .chain([bytes.len()])
            .enumerate()
        {
            let raw = &bytes[start.min(end)..end];
            let line = match whole {
                Some(text) => text.get(start.min(end)..end),
                None => std::str::from_utf8(raw).ok(),
            };
            start = end + 1;
            let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
            if raw.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            count += 1;
            let outcome = match line {
                None => Err(RowProblem::row("the row is not UTF-8")),
                Some(line) if has_nul && line.contains('\0') => {
                    Err(RowProblem::row("the row holds a NUL byte"))
                }
                Some(line) => self.parse_line(line, &mut scanner, applier, records),
            };
            if let Err(problem) = outcome {
                refuse(&problem, raw, number as u64, records);
            }
        }
        count
    }

    #[inline]
    fn parse_line(
        &self,
        line: &str,
        scanner: &mut Scanner,
        applier: &mut Applier<'_>,
        records: &mut Vec<u8>,
    ) -> Result<(), RowProblem> {
        scanner.scan(line).map_err(|bad| {
            RowProblem::row(format!(
                "it is no JSON object: at byte {}, wanted {}",
                bad.at + 1,
                bad.wanted
            ))
        })?;
        const CELLS: usize = 16;
        let mut few = [None; CELLS];
        let many: Vec<Option<&str>>;
        let of = |slot: usize| {
            self.fixed[slot]
                .as_deref()
                .or_else(|| scanner.cell(line, slot))
        };
        let cells = if self.fixed.len() <= CELLS {
            for (slot, cell) in few.iter_mut().enumerate().take(self.fixed.len()) {
                *cell = of(slot);
            }
            &few[..]
        } else {
            many = (0..self.fixed.len()).map(of).collect();
            &many
        };
        applier.row(cells, records)
    }
}
