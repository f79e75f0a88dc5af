//! Lists: a table's rows in pages, as JSON or CSV, each page of one position.

use std::time::{Duration, Instant};

use anyhow::Result;
use axum::http::{HeaderValue, StatusCode};
use freehold_pipeline::books::{Books, read};
use serde_json::{Value, json};

use super::answer::{Answer, body, json_answer, neutral, object};
use super::{Asked, Form};
use crate::output::{Cell, Format, Rows};
use crate::query::{Mark, Table, bad_mark};

/// The most rows of a page.
pub(crate) const ROWS_MAX: u64 = 10_000;
const ROWS_JSON: u64 = 100;

/// A page ends after this much work, whatever its limit: the next epoch waits meanwhile.
const WORK_MAX: Duration = Duration::from_millis(250);

/// Rows of one page.
pub(crate) struct Page {
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) next: Option<Mark>,
}

/// Answers with a page of `table`.
pub(crate) fn list(asked: &Asked<'_>, table: &dyn Table) -> Result<Answer> {
    let books = read(&asked.server.books);
    let after = asked.params.text("cursor").map(read_cursor).transpose()?;
    let page = page(asked, &books, table, after.as_ref())?;
    let position = books.engine.position();
    drop(books);
    write(asked, table.columns(), page, position, json!({}))
}

fn page(asked: &Asked<'_>, books: &Books, table: &dyn Table, after: Option<&Mark>) -> Result<Page> {
    let limit = limit(asked);
    // To make a past state takes as long for few rows as for many: it is not counted.
    let mut started = None;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut last: Option<Mark> = None;
    let mut has_more = false;
    table.each(books, &asked.server.log, after, &mut |cells, mark| {
        if rows.len() as u64 >= limit {
            has_more = true;
            return Ok(false);
        }
        rows.push(cells);
        let started = started.get_or_insert_with(Instant::now);
        if rows.len() as u64 == limit {
            last = Some(mark());
        } else if rows.len().is_multiple_of(16) && started.elapsed() > WORK_MAX {
            last = Some(mark());
            has_more = true;
            return Ok(false);
        }
        Ok(true)
    })?;
    Ok(Page {
        rows,
        next: last.filter(|_| has_more),
    })
}

/// The number of rows that is asked for.
pub(crate) fn limit(asked: &Asked<'_>) -> u64 {
    asked.params.number("limit").unwrap_or(match asked.form {
        Form::Json => ROWS_JSON,
        Form::Csv => ROWS_MAX,
    })
}

/// Writes a page; `more` is what a JSON answer holds beside the rows.
pub(crate) fn write(
    asked: &Asked<'_>,
    columns: &'static [&'static str],
    page: Page,
    position: u64,
    more: Value,
) -> Result<Answer> {
    let next = page.next.as_ref().map(cursor_text);
    match asked.form {
        Form::Json => {
            let rows = page.rows.iter().map(|cells| object(columns, cells));
            let mut value = more;
            value["position"] = json!(position);
            value["as_of"] = json!(asked.params.text("as_of"));
            value["rows"] = Value::Array(rows.collect());
            value["next"] = json!(next);
            Ok(json_answer(&value))
        }
        Form::Csv => {
            let mut bytes = Vec::new();
            let mut rows = Rows::begin(&mut bytes, Format::Csv, columns);
            for cells in page.rows {
                rows.row(cells.into_iter().map(neutral).collect())?;
            }
            rows.end()?;
            let mut answer = body(StatusCode::OK, "text/csv; charset=utf-8", bytes);
            let headers = answer.headers_mut();
            headers.insert("Freehold-Position", HeaderValue::from(position));
            if let Some(next) = next
                && let Ok(link) = HeaderValue::from_str(&format!(
                    "<{}>; rel=\"next\"",
                    address_with_cursor(asked, &next)
                ))
            {
                headers.insert("Link", link);
            }
            Ok(answer)
        }
    }
}

/// The request's own address with another cursor.
fn address_with_cursor(asked: &Asked<'_>, cursor: &str) -> String {
    let pairs = form_urlencoded::parse(asked.query.as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(name, _)| name != "cursor"));
    query.append_pair("cursor", cursor);
    format!("{}?{}", asked.path, query.finish())
}

/// A mark as a cursor: hexadecimal, so that it needs no escaping anywhere.
pub(crate) fn cursor_text(mark: &Mark) -> String {
    let bytes = serde_json::to_vec(mark).unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The mark of a cursor.
pub(crate) fn read_cursor(text: &str) -> Result<Mark> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return Err(bad_mark());
    }
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|pair| {
        let pair = std::str::from_utf8(pair).map_err(|_| bad_mark())?;
        u8::from_str_radix(pair, 16).map_err(|_| bad_mark())
    });
    let bytes = bytes.collect::<Result<Vec<u8>>>()?;
    serde_json::from_slice(&bytes).map_err(|_| bad_mark())
}
