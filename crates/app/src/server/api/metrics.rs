//! `/metrics`: counts and gauges in Prometheus' text form. Label values are feeds of the configuration and
//! fixed words, so that their number is bounded.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use anyhow::Result;
use axum::http::StatusCode;
use freehold_kernel::ledger::Ledger;
use freehold_pipeline::books::read;

use super::feeds::state_of;
use crate::server::Asked;
use crate::server::answer::{Answer, body};

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let server = asked.server;
    let mut out = String::new();
    let books = read(&server.books);
    let head = |out: &mut String, name: &str, kind: &str, help: &str| {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    };
    head(
        &mut out,
        "freehold_build_info",
        "gauge",
        "The running version.",
    );
    let _ = writeln!(
        out,
        "freehold_build_info{{version=\"{}\"}} 1",
        env!("CARGO_PKG_VERSION")
    );
    head(
        &mut out,
        "freehold_feed_rows_total",
        "counter",
        "Rows of a feed by class of the ledger.",
    );
    let ledgers = books.engine.ledgers();
    let feeds = &books.engine.plan().feeds;
    for (rule, ledger) in feeds.iter().zip(&ledgers) {
        for (class, count) in Ledger::CLASSES.iter().zip(ledger.counts()) {
            let _ = writeln!(
                out,
                "freehold_feed_rows_total{{feed=\"{}\",class=\"{class}\"}} {count}",
                escape(&rule.name)
            );
        }
    }
    head(
        &mut out,
        "freehold_feed_imbalance",
        "gauge",
        "Received less the sum of classes: 0, or rows were lost.",
    );
    for (rule, ledger) in feeds.iter().zip(&ledgers) {
        let _ = writeln!(
            out,
            "freehold_feed_imbalance{{feed=\"{}\"}} {}",
            escape(&rule.name),
            ledger.imbalance()
        );
    }
    head(
        &mut out,
        "freehold_feed_up",
        "gauge",
        "1 unless the feed is failing or stale.",
    );
    for (number, rule) in feeds.iter().enumerate() {
        let is_up = !matches!(state_of(server, number, &rule.name), "failing" | "stale");
        let _ = writeln!(
            out,
            "freehold_feed_up{{feed=\"{}\"}} {}",
            escape(&rule.name),
            u8::from(is_up)
        );
    }
    let lag = |percent| books.lag().percentile(percent).unwrap_or(0) as f64 / 1000.0;
    head(
        &mut out,
        "freehold_publish_lag_seconds",
        "gauge",
        "Receipt to publication since the start, by quantile.",
    );
    for (quantile, percent) in [("0.5", 50.0), ("0.99", 99.0)] {
        let _ = writeln!(
            out,
            "freehold_publish_lag_seconds{{quantile=\"{quantile}\"}} {}",
            lag(percent)
        );
    }
    let listings: usize = books
        .engine
        .shards()
        .iter()
        .map(|shard| shard.listings().len())
        .sum();
    let position = books.engine.position();
    drop(books);
    let requests = &server.requests;
    let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let plain = [
        (
            "freehold_position",
            "counter",
            "Records applied.",
            position as f64,
        ),
        (
            "freehold_listings",
            "gauge",
            "Listings held.",
            listings as f64,
        ),
        (
            "freehold_live_lag_seconds",
            "gauge",
            "Receipt of the oldest record of the last flush to that flush, or to now of one that waits for the books.",
            server.hub.lag_ms((server.clock)()) as f64 / 1000.0,
        ),
        (
            "freehold_connections",
            "gauge",
            "Open connections.",
            load(&requests.connections) as f64,
        ),
        (
            "freehold_connections_refused_total",
            "counter",
            "Connections over the limit.",
            load(&requests.refused_connections) as f64,
        ),
        (
            "freehold_streams",
            "gauge",
            "Open event streams.",
            load(&requests.streams) as f64,
        ),
        (
            "freehold_stream_messages_total",
            "counter",
            "Messages sent on event streams.",
            load(&requests.stream_messages) as f64,
        ),
        (
            "process_resident_memory_bytes",
            "gauge",
            "Resident memory.",
            resident_bytes() as f64,
        ),
        (
            "process_start_time_seconds",
            "gauge",
            "Start of the process.",
            server.started as f64 / 1000.0,
        ),
    ];
    for (name, kind, help, value) in plain {
        head(&mut out, name, kind, help);
        let _ = writeln!(out, "{name} {value}");
    }
    head(
        &mut out,
        "freehold_http_answers_total",
        "counter",
        "Answers by class of status.",
    );
    for (class, counter) in ["2xx", "3xx", "4xx", "5xx"].iter().zip(&requests.by_class) {
        let _ = writeln!(
            out,
            "freehold_http_answers_total{{class=\"{class}\"}} {}",
            load(counter)
        );
    }
    Ok(body(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        out.into_bytes(),
    ))
}

fn escape(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// Resident memory of this process; 0 where the system does not say.
pub(crate) fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
