//! `/v1/trace`: one record of the log, from the row that it was made of to the numbers that it touches.

use anyhow::Result;
use freehold_kernel::Shard;
use freehold_kernel::listing::{ListingId, Verdict};
use freehold_kernel::market::Segment;
use freehold_kernel::measure::MEASURES;
use freehold_kernel::record::{FeedId, Observation, Profile, RawRecord, Record};
use freehold_kernel::time::{Millis, format_instant};
use freehold_pipeline::batch::Batch;
use freehold_pipeline::books::{Books, read};
use freehold_pipeline::driver::lock;
use freehold_pipeline::log::LogError;
use serde_json::{Value, json};

use super::instance::instant;
use super::series::default_window;
use crate::output::{Cell, dollars};
use crate::query::Table;
use crate::query::changes::{COLUMNS as CHANGE_COLUMNS, ChangesFilter};
use crate::query::markets::{Head, reading_id};
use crate::rows_again::RowsAgain;
use crate::server::Asked;
use crate::server::answer::{Answer, NotFound, json_answer, number, object};

/// A record where it stands in the log.
struct Found<'a> {
    position: u64,
    first: u64,
    batch: &'a Batch,
    raw: RawRecord<'a>,
    receipt: Millis,
}

/// How many batches of the log are looked at for the newest row: more than a day's ticks and decisions.
const NEWEST_WITHIN: usize = 1_000;

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let applied = read(&asked.server.books).engine.position();
    match asked.params.number("position") {
        Some(position) => at(asked, position, applied),
        None => newest(asked, applied),
    }
}

/// The record at a position.
fn at(asked: &Asked<'_>, position: u64, applied: u64) -> Result<Answer> {
    let not_there = || {
        let last = applied
            .checked_sub(1)
            .map_or_else(String::new, |last| format!("; the last is at {last}"));
        NotFound(format!(
            "the log holds no applied record at position {position}{last}"
        ))
    };
    if position >= applied {
        return Err(not_there().into());
    }
    let (first, batch) = lock(&asked.server.log)
        .read(position)?
        .ok_or_else(not_there)?;
    let (raw, receipt) = batch
        .stamped()
        .nth((position - first) as usize)
        .ok_or_else(not_there)??;
    let found = Found {
        position,
        first,
        batch: &batch,
        raw,
        receipt,
    };
    let record = raw.decode().ok_or_else(not_there)?;
    Ok(json_answer(&value(asked, &found, &record)?))
}

/// The newest row of a feed that may be displayed. Behind it the log may hold ticks, ends of snapshots and decisions.
fn newest(asked: &Asked<'_>, applied: u64) -> Result<Answer> {
    let is_shown: Vec<bool> = {
        let books = read(&asked.server.books);
        let feeds = books.engine.plan().feeds.iter();
        feeds.map(|rule| rule.display).collect()
    };
    let may_be_shown = |raw: &RawRecord<'_>| {
        let feed = raw.row_feed().map(|feed| usize::from(feed.0));
        feed.and_then(|feed| is_shown.get(feed)) == Some(&true)
    };
    let mut end = applied;
    for _ in 0..NEWEST_WITHIN {
        let Some(last) = end.checked_sub(1) else {
            break;
        };
        let batch = match lock(&asked.server.log).read(last) {
            Err(LogError::Trimmed { .. }) => break,
            batch => batch?,
        };
        let Some((first, batch)) = batch else {
            break;
        };
        let mut row = None;
        for (position, stamped) in (first..end).zip(batch.stamped()) {
            let (raw, _) = stamped?;
            if may_be_shown(&raw) {
                row = Some(position);
            }
        }
        if let Some(position) = row {
            return at(asked, position, applied);
        }
        end = first;
    }
    let nothing = "the log's newest batches hold no row of a feed that may be displayed";
    Err(NotFound(nothing.into()).into())
}

fn value(asked: &Asked<'_>, found: &Found<'_>, record: &Record<'_>) -> Result<Value> {
    let books = read(&asked.server.books);
    let plan = books.engine.plan();
    let mut value = json!({
        "position": found.position,
        "receipt": instant(found.receipt),
        "what": what(record),
    });
    let feed = feed_of(record);
    let Some(rule) = feed.and_then(|feed| plan.feeds.get(usize::from(feed.0))) else {
        return Ok(value);
    };
    value["feed"] = json!(rule.name);
    if matches!(record, Record::SnapshotEnd(_)) {
        return Ok(value);
    }
    if !rule.display {
        value["hidden"] = json!("the feed may not be displayed");
        return Ok(value);
    }
    match record {
        Record::Refused(refused) => {
            value["verdict"] = json!("rejected");
            value["place"] = json!(refused.place);
            value["field"] = json!(refused.field);
            value["reason"] = json!(refused.reason);
            value["raw"] = json!(String::from_utf8_lossy(refused.raw));
        }
        Record::Observation(row) => {
            observation(asked, &books, found, row, &mut value)?;
            drop(books);
            // Files are read without anybody waiting for it.
            match raw_row(asked, found, row.feed) {
                Ok(text) => value["raw"] = json!(text),
                Err(why) => {
                    value["raw"] = Value::Null;
                    value["raw_missing"] = json!(why);
                }
            }
        }
        Record::Tick(_) | Record::SnapshotEnd(_) | Record::Control(_) => {}
    }
    Ok(value)
}

fn what(record: &Record<'_>) -> &'static str {
    match record {
        Record::Observation(_) => "observation",
        Record::Refused(_) => "refused",
        Record::Tick(_) => "tick",
        Record::SnapshotEnd(_) => "snapshot_end",
        Record::Control(_) => "decision",
    }
}

fn feed_of(record: &Record<'_>) -> Option<FeedId> {
    match record {
        Record::Observation(row) => Some(row.feed),
        Record::Refused(refused) => Some(refused.feed),
        Record::SnapshotEnd(end) => Some(end.feed),
        Record::Tick(_) | Record::Control(_) => None,
    }
}

/// The class of the ledger in which a verdict counts.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Rejected => "rejected",
        Verdict::Duplicate => "duplicate",
        Verdict::Stale => "stale",
        Verdict::Late => "late",
        Verdict::First | Verdict::Newest | Verdict::Inserted => "accepted",
    }
}

fn observation(
    asked: &Asked<'_>,
    books: &Books,
    found: &Found<'_>,
    row: &Observation<'_>,
    value: &mut Value,
) -> Result<()> {
    value["listing"] = json!(String::from_utf8_lossy(row.key));
    value["parsed"] = json!({
        "ModificationTimestamp": format_instant(row.event_time),
        "local_date": row.event_day.to_string(),
        "StandardStatus": row.terms.status.name(),
        "ListPrice": row.terms.list_price.map(|cents| number(&dollars(cents))),
        "ClosePrice": row.terms.close_price.map(|cents| number(&dollars(cents))),
        "fields": profile_fields(row.profile),
    });
    match books.engine.verdict(found.position, &found.raw) {
        Some(verdict) => value["verdict"] = json!(class(verdict)),
        None => {
            value["verdict"] = Value::Null;
            value["verdict_missing"] = json!(format!(
                "verdicts of the newest {} records since the process began are remembered",
                freehold_kernel::VERDICTS_KEPT
            ));
        }
    }
    let mut shards = books.engine.shards().iter();
    let listing = shards.find_map(|shard| Some((shard, shard.listings().find(row.feed, row.key)?)));
    if let Some((shard, id)) = listing {
        let mut is_held = false;
        let listing = shard.listings().get(id);
        listing.each_version(|version| is_held |= version.time == row.event_time);
        value["held_as_version"] = json!(is_held);
        value["markets"] = json!(readings_of(books, shard, id));
    }
    if books.changes().is_some() {
        value["changes"] = changes(asked, books, found.position)?;
    }
    Ok(())
}

/// The changes that the record caused.
fn changes(asked: &Asked<'_>, books: &Books, position: u64) -> Result<Value> {
    let filter = ChangesFilter {
        from: position,
        ..ChangesFilter::default()
    };
    let mut rows = Vec::new();
    filter.each(books, &asked.server.log, None, &mut |cells, _| {
        let is_its_own = matches!(&cells[0], Cell::Number(at) if *at == position.to_string());
        if is_its_own {
            rows.push(object(CHANGE_COLUMNS, &cells));
        }
        Ok(is_its_own)
    })?;
    Ok(Value::Array(rows))
}

/// The row as it was received, or why it is not to be had.
fn raw_row(asked: &Asked<'_>, found: &Found<'_>, feed: FeedId) -> Result<String, String> {
    let name = {
        let books = read(&asked.server.books);
        let rule = books.engine.plan().feeds.get(usize::from(feed.0));
        rule.map(|rule| rule.name.clone()).unwrap_or_default()
    };
    let facts = asked.server.feeds.iter().find(|known| known.name == name);
    let Some(files) = facts.and_then(|facts| facts.files.as_ref()) else {
        return Err("the feed is read from no file".into());
    };
    let Some((piece, row)) = found.batch.chunk_of(found.position - found.first) else {
        return Err(
            "rows of histories are merged by time: the log does not say where each stood".into(),
        );
    };
    match RowsAgain::new(files, feed).row(piece, row) {
        Ok(Some(row)) => Ok(String::from_utf8_lossy(&row).into_owned()),
        Ok(None) => Err("the row stood in no file".into()),
        Err(error) => Err(format!("{error:#}")),
    }
}

fn profile_fields(profile: Profile<'_>) -> Value {
    use freehold_kernel::field::ProfileField;
    let texts = [
        ProfileField::UnparsedAddress,
        ProfileField::UnitNumber,
        ProfileField::City,
        ProfileField::CountyOrParish,
        ProfileField::StateOrProvince,
        ProfileField::PostalCode,
        ProfileField::ParcelNumber,
    ];
    let fields = texts
        .into_iter()
        .filter_map(|field| Some((field.name().to_owned(), json!(profile.text(field)?))));
    Value::Object(fields.collect())
}

/// The ids of today's readings of the markets in which a listing stands now: all homes first, then its segments.
fn readings_of(books: &Books, shard: &Shard, id: ListingId) -> Vec<String> {
    let listing = shard.listings().get(id);
    let Some(leaf) = listing.leaf() else {
        return Vec::new();
    };
    let plan = books.engine.plan();
    let today = books.engine.view().today().to_string();
    let (kind, areas) = shard.markets().leaf_names(leaf);
    let areas: Vec<&str> = areas.collect();
    let mut ids = Vec::new();
    for segment in Segment::of_families(plan.segments) {
        if !segment.holds(listing.tag()) {
            continue;
        }
        let segment = segment.name();
        for (level, area) in plan.levels.iter().zip(&areas) {
            let head = Head {
                level: &level.name,
                area,
                segment: &segment,
                kind,
            };
            ids.extend(MEASURES.iter().map(|measure| {
                reading_id(
                    head,
                    (measure, measure.variants[0], default_window(measure)),
                    &today,
                )
            }));
        }
    }
    ids
}
