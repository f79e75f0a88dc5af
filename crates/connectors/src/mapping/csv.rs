//! Rows of delimited text (RFC 4180): splits records into cells by slot. Quoting is csv-core's work.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::apply::{Applier, RowProblem};

/// Which slots each column of a file fills, and how many columns there are.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// For each slot its column; `None` when the file lacks it.
    pub(super) of_slots: Vec<Option<usize>>,
    /// Columns of the header.
    pub(super) count: usize,
}

/// One record as it was found.
pub(super) struct Found<'a> {
    /// The record's bytes.
    pub(super) raw: &'a [u8],
    /// Lines before it in the chunk.
    pub(super) line: u64,
    pub(super) outcome: Result<(), RowProblem>,
}

/// When open quotes made so many times the bytes of a chunk be read again, the lines that are left are refused
/// unread.
const READ_AGAIN_MAX: usize = 64;

/// Calls `each` for every record that is not blank; observations are appended to `out` before it.
pub(super) fn each_record(
    bytes: &[u8],
    (delimiter, quote): (u8, u8),
    columns: &Columns,
    fixed: &[Option<String>],
    applier: &mut Applier<'_>,
    out: &mut Vec<u8>,
    each: &mut dyn FnMut(Found<'_>, &mut Vec<u8>),
) {
    let new_reader = || {
        ReaderBuilder::new()
            .delimiter(delimiter)
            .quote(quote)
            .build()
    };
    let mut reader = new_reader();
    let mut text = vec![0u8; 4096];
    let mut ends = vec![0usize; columns.count.max(8) + 8];
    let mut at = 0;
    let mut line_base = 0;
    let mut read_again = 0;
    while at < bytes.len() && read_again <= bytes.len() * READ_AGAIN_MAX {
        let line = line_base + reader.line() - 1;
        let start = at;
        let Some((text_len, cell_count)) =
            read_record(&mut reader, bytes, &mut at, &mut text, &mut ends)
        else {
            break;
        };
        // Blank lines, and the line feed that a carriage return left, come before the record.
        let blank = bytes[start..at]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let line = line + memchr::memchr_iter(b'\n', &bytes[start..start + blank]).count() as u64;
        let mut raw = &bytes[start + blank..at];
        if raw.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let first_line = memchr::memchr(b'\n', raw).map_or(raw.len(), |feed| feed + 1);
        let has_many_lines = first_line < raw.len();
        let is_open =
            has_many_lines && at == bytes.len() && ends_in_quotes(raw, (delimiter, quote));
        let outcome = if is_open {
            Err(RowProblem::row("a quote in the row is not closed"))
        } else {
            let (text, ends) = (&text[..text_len], &ends[..cell_count]);
            row(text, ends, columns, fixed, applier, out)
        };
        if is_open || (has_many_lines && cell_count != columns.count) {
            // A quote that is not closed swallows rows up to the next one: only its own line is refused, and
            // reading goes on behind it.
            raw = &raw[..first_line];
            read_again += at - (start + blank + first_line);
            at = start + blank + first_line;
            line_base = line + 1;
            reader = new_reader();
        }
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        each(
            Found {
                raw: raw.strip_suffix(b"\r").unwrap_or(raw),
                line,
                outcome,
            },
            out,
        );
    }
    for (line, raw) in (line_base..).zip(bytes[at..].split(|byte| *byte == b'\n')) {
        if !raw.iter().all(u8::is_ascii_whitespace) {
            let outcome = Err(RowProblem::row(
                "too many quotes before the row are not closed",
            ));
            each(Found { raw, line, outcome }, out);
        }
    }
}

/// Whether a record ends inside of quotes, as csv-core reads it: a quote opens at the start of a cell only.
fn ends_in_quotes(raw: &[u8], (delimiter, quote): (u8, u8)) -> bool {
    let mut inside = false;
    let mut at_start = true;
    for byte in raw {
        if *byte == quote && (inside || at_start) {
            // A doubled quote closes and opens again.
            inside = !inside;
            at_start = !inside;
        } else if !inside {
            at_start = *byte == delimiter;
        }
    }
    inside
}

fn row(
    text: &[u8],
    ends: &[usize],
    columns: &Columns,
    fixed: &[Option<String>],
    applier: &mut Applier<'_>,
    out: &mut Vec<u8>,
) -> Result<(), RowProblem> {
    if ends.len() != columns.count {
        return Err(RowProblem::row(format!(
            "found {} fields, wanted {}",
            ends.len(),
            columns.count
        )));
    }
    let text = std::str::from_utf8(text).map_err(|_| RowProblem::row("the row is not UTF-8"))?;
    if text.contains('\0') {
        return Err(RowProblem::row("the row holds a NUL byte"));
    }
    let cell = |column: usize| {
        let from = if column == 0 { 0 } else { ends[column - 1] };
        text.get(from..ends[column])
    };
    let slots = columns.of_slots.iter().zip(fixed);
    let cells: Vec<Option<&str>> = slots
        .map(|(column, fixed)| fixed.as_deref().or_else(|| column.and_then(cell)))
        .collect();
    applier.row(&cells, out)
}

/// Reads one record from `at` on; gives the lengths of its text and of its ends.
fn read_record(
    reader: &mut Reader,
    bytes: &[u8],
    at: &mut usize,
    text: &mut Vec<u8>,
    ends: &mut Vec<usize>,
) -> Option<(usize, usize)> {
    let (mut text_len, mut cell_count) = (0, 0);
    loop {
        let (result, read, wrote, ended) = reader.read_record(
            &bytes[*at..],
            &mut text[text_len..],
            &mut ends[cell_count..],
        );
        *at += read;
        text_len += wrote;
        cell_count += ended;
        match result {
            ReadRecordResult::Record => return Some((text_len, cell_count)),
            ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            // An empty input tells the reader that a last line without its end is complete.
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::End => return None,
        }
    }
}

/// The cells of the first record that is not blank, trimmed, with the length of its bytes and of those before
/// it; `None` when it is not complete.
pub(super) fn first_record(
    bytes: &[u8],
    (delimiter, quote): (u8, u8),
    whole: bool,
    is_latin_1: bool,
) -> Option<(Vec<String>, usize)> {
    let mut start = 0;
    let end = loop {
        let mut in_quotes = false;
        let end = bytes[start..].iter().position(|byte| {
            in_quotes ^= *byte == quote;
            *byte == b'\n' && !in_quotes
        });
        let end = match end {
            Some(end) => start + end + 1,
            None if whole && start < bytes.len() => bytes.len(),
            None => return None,
        };
        if !bytes[start..end].iter().all(u8::is_ascii_whitespace) {
            break end;
        }
        start = end;
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .quote(quote)
        .build();
    let (mut text, mut ends, mut at) = (vec![0; 4096], vec![0; 64], start);
    let (text_len, cell_count) =
        read_record(&mut reader, &bytes[..end], &mut at, &mut text, &mut ends)?;
    // A record ends at a lone carriage return too, and leaves the line feed after one.
    if bytes.get(at) == Some(&b'\n') {
        at += 1;
    }
    let mut from = 0;
    let cells = ends[..cell_count].iter().map(|end| {
        let cell = &text[from..*end.min(&text_len)];
        from = *end;
        let cell: String = if is_latin_1 {
            cell.iter().map(|byte| char::from(*byte)).collect()
        } else {
            String::from_utf8_lossy(cell).into_owned()
        };
        cell.trim().trim_start_matches('\u{feff}').to_owned()
    });
    Some((cells.collect(), at))
}

#[cfg(test)]
mod tests {
    use super::ends_in_quotes;

    #[test]
    fn only_quotes_that_open_a_cell_can_stay_open() {
        for (raw, expected) in [
            ("a,\"b", true),
            ("a,\"b\"", false),
            ("a,8\" pipe\n", false),
            ("a,\"b\"\"\n", true),
            ("\"a\"x\",\"\"", false),
            ("\"a\"x\"\",\"", true),
        ] {
            assert_eq!(
                ends_in_quotes(raw.as_bytes(), (b',', b'"')),
                expected,
                "{raw}"
            );
        }
    }
}
