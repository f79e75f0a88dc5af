//! Rows for people and programs: CSV, JSON, NDJSON or an aligned table, from one description of columns.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// RFC 4180 with a header line.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// Aligned columns for a terminal.
    Table,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A number, written as it is to be shown.
    Number(String),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn number(number: impl ToString) -> Self {
        Self::Number(number.to_string())
    }

    /// A number, or nothing.
    pub(crate) fn optional(number: Option<impl ToString>) -> Self {
        number.map_or(Self::Empty, Self::number)
    }

    fn shown(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}

/// Dollars of cents, exactly.
pub(crate) fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    match cents % 100 {
        0 => format!("{sign}{}", cents / 100),
        rest => format!("{sign}{}.{rest:02}", cents / 100),
    }
}

/// Writes rows in one form as they come; a table is aligned when it is finished.
pub(crate) struct Rows<'a> {
    out: &'a mut dyn Write,
    format: Format,
    columns: &'static [&'static str],
    count: u64,
    kept: Vec<Vec<Cell>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn begin(
        out: &'a mut dyn Write,
        format: Format,
        columns: &'static [&'static str],
    ) -> Self {
        Self {
            out,
            format,
            columns,
            count: 0,
            kept: Vec::new(),
        }
    }

    /// What stands before the first row; nothing is written before there is one, or none for certain.
    fn head(&mut self) -> io::Result<()> {
        match self.format {
            Format::Csv => writeln!(self.out, "{}", self.columns.join(",")),
            Format::Json => write!(self.out, "["),
            Format::Ndjson | Format::Table => Ok(()),
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len());
        if self.count == 0 {
            self.head()?;
        }
        match self.format {
            Format::Csv => {
                for (number, cell) in cells.iter().enumerate() {
                    if number > 0 {
                        self.out.write_all(b",")?;
                    }
                    write_csv(self.out, cell.shown())?;
                }
                self.out.write_all(b"\n")?;
            }
            Format::Json => {
                self.out
                    .write_all(if self.count == 0 { b"\n" } else { b",\n" })?;
                self.object(&cells)?;
            }
            Format::Ndjson => {
                self.object(&cells)?;
                self.out.write_all(b"\n")?;
            }
            Format::Table => self.kept.push(cells),
        }
        self.count += 1;
        Ok(())
    }

    fn object(&mut self, cells: &[Cell]) -> io::Result<()> {
        write_object(self.out, self.columns, cells)
    }

    pub(crate) fn end(mut self) -> io::Result<()> {
        if self.count == 0 {
            self.head()?;
        }
        match self.format {
            Format::Json => self.out.write_all(b"\n]\n"),
            Format::Table => self.table(),
            Format::Csv | Format::Ndjson => Ok(()),
        }
    }

    fn table(self) -> io::Result<()> {
        let width = |column: usize| {
            let cells = self
                .kept
                .iter()
                .map(|row| row[column].shown().chars().count());
            cells.chain([self.columns[column].len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut line = String::new();
        for (name, width) in self.columns.iter().zip(&widths) {
            line.push_str(&format!("{name:<width$}  "));
        }
        writeln!(self.out, "{}", line.trim_end())?;
        for row in &self.kept {
            line.clear();
            for (cell, width) in row.iter().zip(&widths) {
                let text = cell.shown();
                match cell {
                    Cell::Number(_) => line.push_str(&format!("{text:>width$}  ")),
                    Cell::Empty | Cell::Text(_) => line.push_str(&format!("{text:<width$}  ")),
                }
            }
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Writes cells as one JSON object.
pub(crate) fn write_object(
    mut out: &mut (impl Write + ?Sized),
    columns: &[&str],
    cells: &[Cell],
) -> io::Result<()> {
    out.write_all(b"{")?;
    for (number, (name, cell)) in columns.iter().zip(cells).enumerate() {
        let comma = if number > 0 { "," } else { "" };
        write!(out, "{comma}\"{name}\":")?;
        match cell {
            Cell::Empty => out.write_all(b"null")?,
            Cell::Number(number) => out.write_all(number.as_bytes())?,
            Cell::Text(text) => serde_json::to_writer(&mut out, text)?,
        }
    }
    out.write_all(b"}")
}

fn write_csv(out: &mut dyn Write, text: &str) -> io::Result<()> {
    if text.contains(['"', ',', '\n', '\r']) {
        write!(out, "\"{}\"", text.replace('"', "\"\""))
    } else {
        out.write_all(text.as_bytes())
    }
}

/// Says something to the person who asked.
#[expect(
    clippy::print_stdout,
    reason = "the answer goes to the person who asked"
)]
pub(crate) fn println(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let mut out = Vec::new();
        let mut rows = Rows::begin(&mut out, format, &["area", "value"]);
        rows.row(vec![Cell::text("King, WA"), Cell::number(5)])
            .expect("a vector");
        rows.row(vec![Cell::text("a \"b\""), Cell::Empty])
            .expect("a vector");
        rows.end().expect("a vector");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_four_forms() {
        assert_eq!(
            written(Format::Csv),
            "area,value\n\"King, WA\",5\n\"a \"\"b\"\"\",\n"
        );
        let json = "[\n{\"area\":\"King, WA\",\"value\":5},\n{\"area\":\"a \\\"b\\\"\",\"value\":null}\n]\n";
        assert_eq!(written(Format::Json), json);
        assert_eq!(
            written(Format::Table),
            "area      value\nKing, WA      5\na \"b\"\n"
        );
        assert_eq!(written(Format::Ndjson).lines().count(), 2);
    }

    #[test]
    fn dollars_keep_their_cents() {
        assert_eq!(dollars(25_000_000), "250000");
        assert_eq!(dollars(-105), "-1.05");
    }
}
