//! The OpenAPI document, made from the table of endpoints that also routes and checks.

use serde_json::{Map, Value, json};

use super::endpoints::{ENDPOINTS, Endpoint, Gives, STREAM};
use super::params::{Param, Shape};

/// The document.
pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        paths.insert(endpoint.path.to_owned(), path(endpoint, false));
        if endpoint.gives == Gives::Rows {
            paths.insert(format!("{}.csv", endpoint.path), path(endpoint, true));
        }
    }
    paths.insert("/v1/stream".into(), stream());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Freehold",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Exact, live property-market metrics. Every answer is of one position of the log.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {"Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                "detail": {"type": "string"}, "parameter": {"type": "string"},
            },
        }}},
    })
}

fn path(endpoint: &Endpoint, is_csv: bool) -> Value {
    let mut params: Vec<Value> = names_of(endpoint.path)
        .into_iter()
        .map(|name| json!({"name": name, "in": "path", "required": true, "description": "A name, percent-encoded", "schema": {"type": "string", "minLength": 1}}))
        .collect();
    params.extend(endpoint.params.iter().map(|param| param_value(param)));
    let good = match (endpoint.gives, is_csv) {
        (Gives::Rows, true) => json!({"text/csv": {"schema": {"type": "string"}}}),
        (Gives::Metrics, _) => json!({"text/plain": {"schema": {"type": "string"}}}),
        (Gives::Rows, false) => json!({"application/json": {"schema": {
            "type": "object",
            "required": ["position", "rows", "next"],
            "properties": {
                "position": {"type": "integer"},
                "rows": {"type": "array", "items": {"type": "object"}},
                "next": {"type": ["string", "null"]},
            },
        }}}),
        (Gives::Document, _) => json!({"application/json": {"schema": {"type": "object"}}}),
    };
    let mut answers = answers(endpoint.about, &good);
    if endpoint.path.contains('{') {
        answers["404"] = problem("Nothing has this name");
    }
    if endpoint.path == "/ready" {
        answers["503"] = problem("Readings are not current");
    }
    if endpoint.path == "/v1/trace" {
        answers["404"] = problem("The log holds no such record");
    }
    json!({"get": {
        "summary": endpoint.about,
        "operationId": operation(endpoint.path, is_csv),
        "parameters": params,
        "responses": answers,
    }})
}

fn stream() -> Value {
    let params: Vec<Value> = STREAM.iter().map(|param| param_value(param)).collect();
    let events = json!({"text/event-stream": {"schema": {"type": "string"}}});
    json!({"get": {
        "summary": "Live readings as server-sent events: snapshot, readings, beat, ledger, reset",
        "operationId": "stream",
        "parameters": params,
        "responses": answers("Events until either side ends", &events),
    }})
}

/// What every address may answer, with what it gives when all is well.
fn answers(about: &str, good: &Value) -> Value {
    json!({
        "200": {"description": about, "content": good},
        "400": problem("A parameter is wrong; the detail says what and what is known"),
        "401": problem("The token is missing or wrong, where one is configured"),
        "413": problem("The request has a body; nothing here takes one"),
        "421": problem("The Host header names another machine, where no token is configured"),
        // Refused with the bytes of the head, of which nothing is known yet: without a body.
        "414": {"description": "The address is too long"},
        "431": {"description": "The headers are too large"},
    })
}

fn problem(about: &str) -> Value {
    json!({"description": about, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}})
}

fn param_value(param: &Param) -> Value {
    let schema = match param.shape {
        Shape::Text | Shape::Names => json!({"type": "string"}),
        Shape::Repeated => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Number(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::Flag => json!({"type": "boolean"}),
    };
    json!({"name": param.name, "in": "query", "required": false, "description": param.about, "schema": schema})
}

/// The names in braces of a path.
fn names_of(path: &str) -> Vec<&str> {
    let parts = path.split('/').filter_map(|part| part.strip_prefix('{'));
    parts.filter_map(|part| part.strip_suffix('}')).collect()
}

fn operation(path: &str, is_csv: bool) -> String {
    let words = path
        .split(['/', '{', '}'])
        .filter(|word| !word.is_empty() && *word != "v1");
    let name = words.collect::<Vec<_>>().join("_");
    if is_csv { format!("{name}_csv") } else { name }
}
