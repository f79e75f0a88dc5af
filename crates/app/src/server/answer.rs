//! What goes back: JSON or CSV with the position that it is of, or a problem that says what was wrong.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::output::Cell;
use crate::query::BadQuestion;

/// An answer on its way out.
pub(crate) type Answer = Response<Body>;

/// Nothing here has this name.
#[derive(Debug)]
pub(crate) struct NotFound(pub(crate) String);

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotFound {}

/// A body with its type.
pub(crate) fn body(status: StatusCode, kind: &'static str, bytes: Vec<u8>) -> Answer {
    let mut answer = Response::new(Body::from(bytes));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A JSON document.
pub(crate) fn json_answer(value: &Value) -> Answer {
    body(
        StatusCode::OK,
        "application/json",
        serde_json::to_vec(value).unwrap_or_default(),
    )
}

/// What was wrong, as RFC 9457 has it.
pub(crate) fn problem(status: StatusCode, detail: &str, parameter: Option<&str>) -> Answer {
    let mut value = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
    });
    if let Some(parameter) = parameter {
        value["parameter"] = json!(parameter);
    }
    // What was asked may stand in the detail: nothing that takes it for HTML finds an element there.
    let text = value.to_string().replace('<', "\\u003c");
    body(status, "application/problem+json", text.into_bytes())
}

/// What an error is to whoever asked: the status, the detail, and the parameter that is to blame.
pub(crate) fn fault_of(error: &anyhow::Error) -> (StatusCode, String, Option<&str>) {
    if let Some(bad) = error.downcast_ref::<BadQuestion>() {
        let detail = format!("parameter {}: {}", bad.parameter, bad.cause);
        return (StatusCode::BAD_REQUEST, detail, Some(&bad.parameter));
    }
    if let Some(NotFound(detail)) = error.downcast_ref() {
        return (StatusCode::NOT_FOUND, detail.clone(), None);
    }
    let detail = format!("{error:#}");
    (StatusCode::INTERNAL_SERVER_ERROR, detail, None)
}

/// The problem that an error is.
pub(crate) fn problem_of(error: &anyhow::Error) -> Answer {
    let (status, detail, parameter) = fault_of(error);
    problem(status, &detail, parameter)
}

/// A number as a JSON number, by its exact decimal text.
pub(crate) fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// A cell as JSON.
pub(crate) fn cell_value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Number(text) => number(text),
        Cell::Text(text) => Value::String(text.clone()),
    }
}

/// Cells as a JSON object.
pub(crate) fn object(columns: &[&str], cells: &[Cell]) -> Value {
    let pairs = columns.iter().zip(cells);
    Value::Object(
        pairs
            .map(|(name, cell)| ((*name).to_owned(), cell_value(cell)))
            .collect(),
    )
}

/// A text that no spreadsheet takes for a formula.
pub(crate) fn neutral(cell: Cell) -> Cell {
    match cell {
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) => {
            Cell::Text(format!("'{text}"))
        }
        other => other,
    }
}
