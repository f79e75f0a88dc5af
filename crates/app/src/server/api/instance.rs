//! `/v1/instance`, `/health`, `/ready`: what runs here, and whether its readings are current.

use anyhow::Result;
use axum::http::StatusCode;
use freehold_kernel::Shard;
use freehold_kernel::field::Kind;
use freehold_kernel::market::Segment;
use freehold_kernel::measure::Window;
use freehold_kernel::time::{Day, Millis, format_instant};
use freehold_pipeline::books::{Books, read};
use serde_json::{Value, json};

use crate::server::answer::{Answer, json_answer, problem};
use crate::server::{Asked, Server};

/// Homes or events below which a reading is shown as thin, and below which it is not ranked.
pub(crate) const NORMAL_FROM: u64 = 30;
/// See [`NORMAL_FROM`].
pub(crate) const FEW_FROM: u64 = 10;

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    Ok(json_answer(&value(
        asked.server,
        &read(&asked.server.books),
    )))
}

/// What runs here.
pub(crate) fn value(server: &Server, books: &Books) -> Value {
    let engine = &books.engine;
    let plan = engine.plan();
    let clock = engine.shards()[0].clock();
    let now = (server.clock)();
    let feeds = server.feeds.iter().map(|feed| {
        json!({"feed": feed.name, "kind": feed.kind, "mode": feed.mode, "uses": feed.uses, "simulated": feed.simulated})
    });
    let segments = Segment::of_families(plan.segments);
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "position": engine.position(),
        "time": format_instant(now),
        "clock_now": instant(clock.now),
        "today": day(clock.today),
        "virtual": server.is_virtual,
        "zone": server.time_zone,
        "first_day": first_day(books),
        "lag_ms": server.hub.lag_ms(now),
        "state": server.hub.state(now),
        "final_through": final_through(books),
        "horizon_days": plan.horizon_days,
        "levels": plan.levels.iter().map(|level| level.name.as_str()).collect::<Vec<_>>(),
        "kinds": Kind::ALL.map(Kind::name),
        "segments": segments.iter().map(|segment| segment.name()).collect::<Vec<_>>(),
        "windows": Window::ALL.map(Window::name),
        "thresholds": {"normal": NORMAL_FROM, "few": FEW_FROM},
        "feeds": feeds.collect::<Vec<_>>(),
        "flush_ms": crate::server::live::FLUSH_MS,
        "beat_ms": crate::server::live::BEAT_MS,
    })
}

/// The first day of which anything is known.
fn first_day(books: &Books) -> Value {
    let oldest = books.engine.shards().iter().filter_map(Shard::oldest_event);
    oldest
        .min()
        .map_or(Value::Null, |time| day(Day::of_utc(time)))
}

/// The last day that no later event changes, where there is one.
pub(crate) fn final_through(books: &Books) -> Value {
    let engine = &books.engine;
    let clock = engine.shards()[0].clock();
    if clock.now == Millis::MIN {
        return Value::Null;
    }
    let horizon = engine.plan().horizon_days as i32;
    day(clock.closed_through().plus(-horizon))
}

/// A moment, where the clock has begun.
pub(crate) fn instant(millis: Millis) -> Value {
    if millis == Millis::MIN || millis == Millis::MAX {
        Value::Null
    } else {
        json!(format_instant(millis))
    }
}

/// A day, where there is one.
pub(crate) fn day(day: Day) -> Value {
    if day.0.unsigned_abs() > 3_000_000 {
        Value::Null
    } else {
        json!(day.to_string())
    }
}

/// Well: the server answers, and all of the instance's work can be done.
pub(crate) fn health(asked: &Asked<'_>) -> Result<Answer> {
    let troubles = asked.server.troubles.all();
    if troubles.is_empty() {
        return Ok(json_answer(&json!({"alive": true})));
    }
    let told = troubles
        .iter()
        .map(|(work, why)| format!("{}: {why}", work.name()));
    let why = told.collect::<Vec<_>>().join("; ");
    Ok(problem(StatusCode::SERVICE_UNAVAILABLE, &why, None))
}

/// Readings are current: the books are published and no further behind than the stated limit.
pub(crate) fn ready(asked: &Asked<'_>) -> Result<Answer> {
    let server = asked.server;
    let now = (server.clock)();
    Ok(match server.hub.behind(now) {
        None => json_answer(&json!({"ready": true, "lag_ms": server.hub.lag_ms(now)})),
        Some(why) => problem(StatusCode::SERVICE_UNAVAILABLE, &why, None),
    })
}
