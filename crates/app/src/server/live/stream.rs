//! `/v1/stream`: server-sent events. Each stream sends, at each flush, the readings that changed since it last
//! sent; how many updates each folds is told with it.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use freehold_kernel::field::Kind;
use freehold_kernel::market::Segment;
use freehold_kernel::measure::{MEASURES, Window};
use freehold_kernel::time::format_instant;
use freehold_pipeline::books::{Books, read};
use freehold_pipeline::driver::lock;
use serde_json::json;
use xxhash_rust::xxh3::xxh3_64;

use super::hub::Watched;
use crate::query::markets::MarketsFilter;
use crate::query::{BadQuestion, check_known};
use crate::server::answer::Answer;
use crate::server::api::instance::{day, final_through, instant};
use crate::server::api::lists::markets_filter;
use crate::server::{Asked, Server};

/// Time between two beats.
pub(crate) const BEAT_MS: u64 = 5_000;

/// A message is no longer than this.
const MESSAGE_BYTES_MAX: usize = 8 << 10;

/// The most readings that one stream watches.
const WATCHED_MAX: usize = 20_000;

/// One open stream.
struct Stream {
    server: Arc<Server>,
    filter: MarketsFilter,
    /// [`Hub::areas`](super::Hub::areas) when `watched` was made.
    areas: usize,
    watched: Vec<Arc<Watched>>,
    /// Updates of each reading's market that this stream has told.
    told: Vec<Option<u64>>,
    /// Every change of its readings up to this one was told.
    change: u64,
    /// Position of the newest reading that was told.
    position: u64,
    /// Of the newest flush that was looked at.
    looked_at: u64,
    flushes: tokio::sync::watch::Receiver<u64>,
    beat_at: Instant,
    ledger: i64,
    /// The next event of the rail, for a reader that wants them.
    event: Option<u64>,
    greeting: Option<String>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.server.hub.unwatch(&self.watched);
        self.server.requests.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Opens a stream of the readings that a request asks for; `last_id` is what the reader got last.
pub(crate) fn answer(
    server: &Arc<Server>,
    asked: &Asked<'_>,
    last_id: Option<&str>,
) -> Result<Answer> {
    let filter = markets_filter(asked);
    let books = read(&server.books);
    let areas = server.hub.areas();
    let wanted = wanted(&filter, &books)?;
    let last_id = last_id.or(asked.params.text("last_event_id"));
    let watched = server.hub.watch(&books, wanted);
    let position = books.engine.position();
    drop(books);
    server.requests.streams.fetch_add(1, Ordering::Relaxed);
    let resumed = last_id.map(|id| resume(server, id, &filter, &watched));
    let (from, greeting) = match resumed {
        Some(Ok(change)) => (Some(change), None),
        Some(Err(reason)) => (
            None,
            Some(event("reset", None, &json!({"reason": reason}).to_string())),
        ),
        None => (None, None),
    };
    let told = {
        let slots = server.hub.slots();
        let told = watched
            .iter()
            .map(|key| from.and_then(|from| slots.get(key)?.updates_at(from)));
        told.collect()
    };
    let flushes = server.hub.flushes.subscribe();
    let mut stream = Stream {
        server: Arc::clone(server),
        filter,
        areas,
        watched,
        told,
        change: from.unwrap_or(0),
        position: 0,
        looked_at: position,
        flushes,
        beat_at: Instant::now(),
        ledger: -1,
        event: asked
            .params
            .flag("events")
            .then(|| lock(&server.hub.rail).next()),
        greeting,
    };
    let first = stream.first(from.is_some());
    let chunks =
        futures_util::stream::unfold((stream, Some(first)), |(mut stream, first)| async move {
            let text = match first {
                Some(first) => first,
                None => stream.next().await?,
            };
            Some((Ok::<Bytes, Infallible>(Bytes::from(text)), (stream, None)))
        });
    let mut answer = Response::new(Body::from_stream(chunks));
    *answer.status_mut() = StatusCode::OK;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("X-Accel-Buffering", HeaderValue::from_static("no"));
    Ok(answer)
}

/// The id of a message: the process, the newest change that was told, and what was asked.
fn id_of(server: &Server, change: u64, filter: &MarketsFilter) -> String {
    let question = xxh3_64(format!("{filter:?}").as_bytes()) as u32;
    format!("{}.{change}.{question:x}", server.hub.boot)
}

/// The change behind which a reader can go on, or why it cannot.
fn resume(
    server: &Server,
    id: &str,
    filter: &MarketsFilter,
    watched: &[Arc<Watched>],
) -> Result<u64, String> {
    let mut parts = id.split('.');
    let change = parts.nth(1).and_then(|text| text.parse::<u64>().ok());
    let (Some(change), Some(_), None) = (change, parts.next(), parts.next()) else {
        return Err(format!("{id:?} is no id of this stream"));
    };
    if !id.starts_with(&format!("{}.", server.hub.boot)) {
        return Err("the instance was started again since".into());
    }
    let slots = server.hub.slots();
    if change > server.hub.change() {
        return Err("the id is of a change that has not come yet".into());
    }
    if id != id_of(server, change, filter) {
        return Err("the id is of a stream that asked for something else".into());
    }
    let is_known = |key: &Arc<Watched>| {
        slots
            .get(key)
            .is_some_and(|slot| slot.updates_at(change).is_some())
    };
    if watched.iter().all(is_known) {
        Ok(change)
    } else {
        Err("the id is too old to go on from".into())
    }
}

/// Every reading that a filter names.
fn wanted(filter: &MarketsFilter, books: &Books) -> Result<Vec<Watched>> {
    filter.check_names(books)?;
    let plan = books.engine.plan();
    let view = books.engine.view();
    let or = |list: &[String], default: &str| {
        if list.is_empty() {
            vec![default.to_owned()]
        } else {
            list.to_vec()
        }
    };
    let (kinds, segments) = (or(&filter.kind, "sale"), or(&filter.segment, "all"));
    let measures: Vec<_> = MEASURES
        .iter()
        .filter(|measure| {
            filter.measure.is_empty() || filter.measure.iter().any(|id| id == measure.id)
        })
        .collect();
    let mut all = Vec::new();
    for (level, area) in filter.areas(books, &view) {
        for kind in Kind::ALL
            .into_iter()
            .filter(|kind| kinds.iter().any(|name| name == kind.name()))
        {
            for segment in Segment::of_families(plan.segments) {
                if !segments.contains(&segment.name()) {
                    continue;
                }
                for measure in &measures {
                    let variants = measure.variants.iter().filter(|variant| {
                        if filter.variant.is_empty() {
                            **variant == measure.variants[0]
                        } else {
                            filter.variant.iter().any(|name| name == **variant)
                        }
                    });
                    for variant in variants {
                        for window in measure.windows() {
                            let is_wanted = if filter.window.is_empty() {
                                *window == crate::server::api::series::default_window(measure)
                            } else {
                                filter.window.iter().any(|name| name == window.name())
                            };
                            if !is_wanted || matches!(window, Window::Day | Window::Month) {
                                continue;
                            }
                            all.push(Watched {
                                level,
                                area: area.into(),
                                kind,
                                segment,
                                measure: measure.id,
                                variant,
                                window: *window,
                            });
                        }
                    }
                }
            }
        }
        if all.len() > WATCHED_MAX {
            return Err(BadQuestion::at(
                "area",
                format!(
                    "a stream watches at most {WATCHED_MAX} readings: name areas, measures or windows"
                ),
            ));
        }
    }
    for name in &filter.window {
        check_known(
            "window",
            std::slice::from_ref(name),
            ["now", "30d", "90d", "all"].into_iter(),
        )?;
    }
    Ok(all)
}

impl Stream {
    /// What is sent at once: the readings as they are, or those that changed since the reader left.
    fn first(&mut self, is_resumed: bool) -> String {
        let mut text = self.greeting.take().unwrap_or_default();
        text.push_str(&self.beat());
        if is_resumed {
            text.push_str(&self.readings("readings"));
        } else {
            text.push_str(&self.readings("snapshot"));
        }
        text.push_str(&self.ledger());
        text
    }

    /// Waits until there is something to send; `None` when the server stops.
    async fn next(&mut self) -> Option<String> {
        loop {
            let until_beat = self.beat_at.saturating_duration_since(Instant::now());
            let woken = tokio::time::timeout(until_beat, self.flushes.changed()).await;
            if self.server.hub.stop.load(Ordering::Relaxed) {
                return None;
            }
            let mut text = String::new();
            match woken {
                Err(_) => text.push_str(&self.beat()),
                Ok(Err(_)) => return None,
                Ok(Ok(())) => {
                    self.take_new_areas();
                    text.push_str(&self.readings("readings"));
                    text.push_str(&self.ledger());
                    text.push_str(&self.events());
                }
            }
            if !text.is_empty() {
                return Some(text);
            }
        }
    }

    /// Watches areas that came since, where the filter lets them through.
    fn take_new_areas(&mut self) {
        let areas = self.server.hub.areas();
        if areas == self.areas {
            return;
        }
        self.areas = areas;
        let books = read(&self.server.books);
        // One that names too many by now goes on with those it has.
        let mut wanted = wanted(&self.filter, &books).unwrap_or_default();
        let known: HashSet<&Watched> = self.watched.iter().map(|key| &**key).collect();
        wanted.retain(|key| !known.contains(key));
        let new = self.server.hub.watch(&books, wanted);
        self.told.resize(self.told.len() + new.len(), None);
        self.watched.extend(new);
    }

    fn beat(&mut self) -> String {
        self.beat_at = Instant::now() + Duration::from_millis(BEAT_MS);
        let books = read(&self.server.books);
        let clock = books.engine.shards()[0].clock();
        let now = (self.server.clock)();
        let value = json!({
            "time": format_instant(now),
            "position": books.engine.position(),
            "lag_ms": self.server.hub.lag_ms(now),
            "clock_now": instant(clock.now),
            "today": day(clock.today),
            "final_through": final_through(&books),
            "state": self.server.hub.state(now),
        });
        event("beat", None, &value.to_string())
    }

    fn events(&mut self) -> String {
        let Some(from) = self.event else {
            return String::new();
        };
        let rail = lock(&self.server.hub.rail);
        self.event = Some(rail.next());
        let rows = rail.since(from);
        drop(rail);
        if rows.is_empty() {
            return String::new();
        }
        event("events", None, &json!({"rows": rows}).to_string())
    }

    fn ledger(&mut self) -> String {
        let number = self.server.hub.ledger_number.load(Ordering::Relaxed);
        if number == self.ledger || number == 0 {
            return String::new();
        }
        self.ledger = number;
        let held = read(&self.server.hub.ledger);
        event("ledger", None, &held)
    }

    /// Readings that changed since the last ones, in messages of bounded size.
    fn readings(&mut self, name: &str) -> String {
        let mut rows: Vec<String> = Vec::new();
        let mut newest = self.position;
        let is_snapshot = name == "snapshot";
        let change = {
            let slots = self.server.hub.slots();
            for (key, told) in self.watched.iter().zip(&mut self.told) {
                let Some(slot) = slots.get(key) else { continue };
                // One that was never told is new to this stream.
                if slot.change <= self.change && told.is_some() && !is_snapshot {
                    continue;
                }
                newest = newest.max(slot.position);
                let merged = told.map_or(0, |told| slot.updates.saturating_sub(told));
                *told = Some(slot.updates);
                rows.push(format!(
                    "{},\"updates\":{},\"merged\":{merged}}}",
                    slot.text, slot.updates
                ));
            }
            self.server.hub.change()
        };
        self.change = change;
        // What changed now did not in flushes that were looked at before.
        let (received, looked_at) = self.server.hub.received_since(self.looked_at);
        self.looked_at = self.looked_at.max(looked_at);
        if rows.is_empty() && !is_snapshot {
            return String::new();
        }
        self.position = newest;
        let sent = (self.server.clock)();
        let received = received.unwrap_or(sent);
        let id = id_of(&self.server, change, &self.filter);
        let head =
            format!("{{\"position\":{newest},\"received\":{received},\"sent\":{sent},\"rows\":[");
        let mut text = String::new();
        let mut message = head.clone();
        let mut count = 0u64;
        let mut end = |message: &mut String, is_last: bool, text: &mut String| {
            message.push_str("]}");
            // Only the last message of a flush carries the id: whoever resumes gets the flush again, whole.
            text.push_str(&event(name, is_last.then_some(id.as_str()), message));
            *message = head.clone();
            count += 1;
        };
        for row in &rows {
            if message.len() + row.len() + 3 > MESSAGE_BYTES_MAX && message.len() > head.len() {
                end(&mut message, false, &mut text);
            }
            if message.len() > head.len() {
                message.push(',');
            }
            message.push_str(row);
        }
        end(&mut message, true, &mut text);
        self.server
            .requests
            .stream_messages
            .fetch_add(count, Ordering::Relaxed);
        text
    }
}

fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    format!("{id}event: {name}\ndata: {data}\n\n")
}
