//! A small delimited text as rows of cells: for look-up tables, not for feeds.

use super::csv::first_record;

/// The rows of a text that are not blank, with trimmed cells; quoted cells may hold delimiters and line ends.
#[must_use]
pub fn read_table(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut rest = text.as_bytes();
    let mut rows = Vec::new();
    while let Some((cells, len)) = first_record(rest, (delimiter, b'"'), true, false) {
        rows.push(cells);
        rest = &rest[len..];
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::read_table;

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        let text = "\u{feff}zip,name\r\n\r\n07030,\"Hoboken, NJ\"\r\n1,\"two\nlines \"\"x\"\"\"";
        let rows = read_table(text, b',');
        let expected: [[&str; 2]; 3] = [
            ["zip", "name"],
            ["07030", "Hoboken, NJ"],
            ["1", "two\nlines \"x\""],
        ];
        assert_eq!(rows, expected);
        assert!(read_table("", b',').is_empty() && read_table("\n \n", b',').is_empty());
    }
}
