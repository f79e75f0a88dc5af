//! `/v1/feeds`: what became of every feed's rows, and how each feed is doing.

use anyhow::Result;
use freehold_pipeline::books::{Books, read};
use freehold_pipeline::driver::{SharedLog, lock};
use serde_json::{Value, json};

use super::instance::instant;
use crate::output::Cell;
use crate::query::{EachRow, Mark, Table};
use crate::server::answer::{Answer, json_answer, object};
use crate::server::list::list;
use crate::server::{Asked, Form, Server};

const COLUMNS: &[&str] = &[
    "feed",
    "kind",
    "mode",
    "uses",
    "simulated",
    "state",
    "received",
    "accepted",
    "duplicate",
    "stale",
    "late",
    "held",
    "rejected",
    "tombstones",
    "off_by",
    "today_received",
    "today_accepted",
    "today_duplicate",
    "today_stale",
    "today_late",
    "today_held",
    "today_rejected",
    "rate",
    "lag_p50_ms",
    "lag_p99_ms",
    "last_received",
    "last_event",
    "silent_seconds",
    "stale_after_seconds",
    "error",
];

struct FeedTable<'a>(&'a Server);

impl Table for FeedTable<'_> {
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }

    fn each(
        &self,
        books: &Books,
        _: &SharedLog,
        after: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        let mut is_told = after.is_some();
        for (name, cells) in rows(self.0, books) {
            if is_told {
                is_told = after.and_then(|mark| mark.first()) != Some(&name);
                continue;
            }
            if !each(cells, &|| vec![name.clone()])? {
                break;
            }
        }
        Ok(())
    }
}

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    if asked.form == Form::Csv {
        return list(asked, &FeedTable(asked.server));
    }
    let books = read(&asked.server.books);
    Ok(json_answer(&value(asked.server, &books)))
}

/// Every feed, and the sums over all.
pub(crate) fn value(server: &Server, books: &Books) -> Value {
    let rows = rows(server, books)
        .into_iter()
        .map(|(_, cells)| object(COLUMNS, &cells));
    json!({
        "position": books.engine.position(),
        "as_of": null,
        "rows": rows.collect::<Vec<_>>(),
        "next": null,
        "totals": crate::server::live::ledger(server, books),
    })
}

/// How a feed is doing, in a word.
pub(crate) fn state_of(server: &Server, number: usize, name: &str) -> &'static str {
    let statuses = lock(&server.statuses);
    let status = statuses.iter().find(|status| status.name == name);
    let Some(facts) = server.feeds.iter().find(|feed| feed.name == name) else {
        return "ended";
    };
    let silent = server.hub.silent_ms(number, (server.clock)());
    match status {
        Some(status) if status.error.is_some() => "failing",
        Some(status) if status.ended => "ended",
        _ if facts
            .stale_after_ms
            .is_some_and(|limit| silent.is_none_or(|silent| silent > limit)) =>
        {
            "stale"
        }
        _ if server.hub.lag_ms((server.clock)()) > 5_000 => "lagging",
        _ if silent.is_some_and(|silent| silent < 60_000) => "live",
        _ => "quiet",
    }
}

fn rows(server: &Server, books: &Books) -> Vec<(String, Vec<Cell>)> {
    let ledgers = books.engine.ledgers();
    let plan = books.engine.plan();
    let now = (server.clock)();
    let text = |value: Value| value.as_str().map_or(Cell::Empty, Cell::text);
    let each = plan
        .feeds
        .iter()
        .zip(ledgers)
        .enumerate()
        .map(|(number, (rule, ledger))| {
            let facts = server.feeds.iter().find(|feed| feed.name == rule.name);
            let status = lock(&server.statuses)
                .iter()
                .find(|status| status.name == rule.name)
                .cloned();
            let activity = server.hub.activity(number);
            let newest = books
                .engine
                .shards()
                .iter()
                .filter_map(|shard| shard.newest_events().get(number))
                .max();
            let lag = |percent| {
                let is_live = facts.is_some_and(|facts| facts.is_live);
                Cell::optional(books.lag().percentile(percent).filter(|_| is_live))
            };
            let uses = [(rule.analytics, "analytics"), (rule.display, "display")];
            let uses: Vec<&str> = uses
                .into_iter()
                .filter_map(|(may, name)| may.then_some(name))
                .collect();
            let counts = ledger.counts();
            let mut cells = vec![
                Cell::text(&rule.name),
                Cell::text(facts.map_or("gone", |facts| facts.kind)),
                Cell::text(facts.map_or("gone", |facts| facts.mode)),
                Cell::text(uses.join(" ")),
                Cell::Number(facts.is_some_and(|facts| facts.simulated).to_string()),
                Cell::text(state_of(server, number, &rule.name)),
            ];
            cells.extend(counts.map(Cell::number));
            cells.push(Cell::number(ledger.imbalance()));
            let today = activity.today(&counts);
            cells.extend(today.iter().take(7).map(Cell::number));
            cells.extend([
                Cell::number((activity.rate * 10.0).round() / 10.0),
                lag(50.0),
                lag(99.0),
                activity
                    .last_received
                    .map_or(Cell::Empty, |at| text(instant(at))),
                newest.map_or(Cell::Empty, |at| text(instant(*at))),
                Cell::optional(activity.last_received.map(|at| ((now - at).max(0)) / 1000)),
                Cell::optional(
                    facts
                        .and_then(|facts| facts.stale_after_ms)
                        .map(|limit| limit / 1000),
                ),
                status
                    .and_then(|status| status.error)
                    .map_or(Cell::Empty, Cell::text),
            ]);
            (rule.name.clone(), cells)
        });
    each.collect()
}
