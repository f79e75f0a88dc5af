//! Where rows end in a buffer that starts at a row. Not what is in them.

use memchr::{memchr_iter, memrchr, memrchr2};

use crate::format::Framing;

/// Finds the last row end of a growing buffer; looks at each byte once.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowEnds {
    framing: Framing,
    scanned: usize,
    inside_quotes: bool,
    end: usize,
}

impl RowEnds {
    /// For a buffer whose first byte starts a row.
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            framing,
            scanned: 0,
            inside_quotes: false,
            end: 0,
        }
    }

    /// The end of the last whole row of `buffer`, which has only grown since; 0 when there is none.
    pub(super) fn last(&mut self, buffer: &[u8]) -> usize {
        let fresh = &buffer[self.scanned..];
        match self.framing {
            Framing::Lines => {
                if let Some(at) = memrchr(b'\n', fresh) {
                    self.end = self.scanned + at + 1;
                }
            }
            Framing::Quoted { quote } => {
                // Parity by a vectorised count; then back from the end, which is a row's length as a rule.
                let odd = memchr_iter(quote, fresh).count() % 2 == 1;
                self.inside_quotes ^= odd;
                let mut inside = self.inside_quotes;
                let mut before = fresh;
                while let Some(at) = memrchr2(quote, b'\n', before) {
                    if before[at] == quote {
                        inside = !inside;
                    } else if !inside {
                        self.end = self.scanned + at + 1;
                        break;
                    }
                    before = &before[..at];
                }
            }
        }
        self.scanned = buffer.len();
        self.end
    }

    /// The buffer lost its first `len` bytes, which were whole rows.
    pub(super) fn taken(&mut self, len: usize) {
        if len == self.end {
            self.scanned -= len;
            self.end = 0;
        } else {
            *self = Self::new(self.framing);
        }
    }
}

/// Each row of `bytes`, which begin with one, with its line end; the last may lack it.
pub fn each_row(bytes: &[u8], framing: Framing) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let mut is_quoted = false;
        let end = rest.iter().position(|byte| {
            match framing {
                Framing::Quoted { quote } if *byte == quote => is_quoted = !is_quoted,
                Framing::Quoted { .. } | Framing::Lines => {}
            }
            *byte == b'\n' && !is_quoted
        });
        let (row, behind) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        rest = behind;
        (!row.is_empty()).then_some(row)
    })
}

/// The longest prefix of `rows` in which no row, its line end apart, is longer than `row_bytes_max`;
/// shorter than `rows` only where a longer row follows.
pub(super) fn fitting_prefix(rows: &[u8], framing: Framing, row_bytes_max: usize) -> usize {
    let mut start = 0;
    while rows.len() - start > row_bytes_max {
        let window = &rows[start..rows.len().min(start + row_bytes_max + 1)];
        match RowEnds::new(framing).last(window) {
            0 if window.len() <= row_bytes_max => break,
            0 => return start,
            end => start += end,
        }
    }
    rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const QUOTED: Framing = Framing::Quoted { quote: b'"' };

    fn slow_ends(bytes: &[u8], framing: Framing) -> Vec<usize> {
        let mut inside = false;
        let mut ends = Vec::new();
        for (at, byte) in bytes.iter().enumerate() {
            match framing {
                Framing::Quoted { quote } if *byte == quote => inside = !inside,
                _ if *byte == b'\n' && !inside => ends.push(at + 1),
                _ => {}
            }
        }
        ends
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(b"ab,\"\n".to_vec()), 0..80)
    }

    proptest! {
        #[test]
        fn the_last_end_is_the_slow_one_however_the_buffer_grew(
            bytes in text(), cut in 0usize..80, quoted: bool,
        ) {
            let framing = if quoted { QUOTED } else { Framing::Lines };
            let mut ends = RowEnds::new(framing);
            let first = ends.last(&bytes[..cut.min(bytes.len())]);
            let mut rest = &bytes[..];
            if first > 0 {
                ends.taken(first);
                rest = &bytes[first..];
            }
            let expected = slow_ends(&bytes, framing).last().copied().unwrap_or(0);
            let found = ends.last(rest);
            prop_assert_eq!(if found == 0 { first } else { first + found }, expected);
        }

        #[test]
        fn rows_are_what_lies_between_ends(bytes in text(), quoted: bool) {
            let framing = if quoted { QUOTED } else { Framing::Lines };
            let mut ends = slow_ends(&bytes, framing);
            if ends.last() != Some(&bytes.len()) && !bytes.is_empty() {
                ends.push(bytes.len());
            }
            let rows: Vec<&[u8]> = each_row(&bytes, framing).collect();
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let expected: Vec<&[u8]> = starts.zip(&ends).map(|(start, end)| &bytes[start..*end]).collect();
            prop_assert_eq!(rows, expected);
        }

        #[test]
        fn the_fitting_prefix_stops_at_the_first_long_row(
            bytes in text(), max in 1usize..12, quoted: bool,
        ) {
            let framing = if quoted { QUOTED } else { Framing::Lines };
            let ends = slow_ends(&bytes, framing);
            let whole = &bytes[..ends.last().copied().unwrap_or(0)];
            let mut start = 0;
            let mut expected = whole.len();
            for end in ends {
                if end - start - 1 > max {
                    expected = start;
                    break;
                }
                start = end;
            }
            prop_assert_eq!(fitting_prefix(whole, framing, max), expected);
        }
    }
}
