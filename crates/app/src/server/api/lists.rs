//! Lists that the command line has, too: the same tables, in pages.

use anyhow::Result;
use freehold_kernel::Shard;
use freehold_kernel::field::Kind;
use freehold_kernel::listing::ListingId;
use freehold_kernel::market::NO_VALUE;
use freehold_kernel::record::FeedId;
use freehold_kernel::time::{Day, format_instant};
use freehold_pipeline::books::{Books, read};
use serde_json::{Value, json};

use crate::output::{Cell, dollars};
use crate::query::changes::{COLUMNS as CHANGE_COLUMNS, ChangesFilter};
use crate::query::feeds::RefusedFilter;
use crate::query::homes::{COLUMNS as HOME_COLUMNS, HomesFilter, displayable, home, name_of};
use crate::query::listings::{COLUMNS as LISTING_COLUMNS, ListingsFilter, cells};
use crate::query::markets::{MarketsFilter, parse_day};
use crate::query::{BadQuestion, Table, check_feed};
use crate::server::Asked;
use crate::server::answer::{Answer, NotFound, json_answer, number, object};
use crate::server::list::list;

pub(crate) fn markets(asked: &Asked<'_>) -> Result<Answer> {
    list(asked, &markets_filter(asked))
}

/// The filter of readings that a request asks for.
pub(crate) fn markets_filter(asked: &Asked<'_>) -> MarketsFilter {
    let params = &asked.params;
    MarketsFilter {
        level: params.names("level"),
        area: params.all("area"),
        segment: params.names("segment"),
        kind: params.names("kind"),
        measure: params.names("measure"),
        variant: params.names("variant"),
        window: params.names("window"),
        date: params.owned("date"),
        as_of: params.owned("as_of"),
        time_zone: Some(asked.server.time_zone.clone()),
    }
}

pub(crate) fn listings(asked: &Asked<'_>) -> Result<Answer> {
    let params = &asked.params;
    let filter = ListingsFilter {
        feed: params.owned("feed"),
        key: params.owned("key"),
        level: params.owned("level"),
        area: params.owned("area"),
        history: params.flag("history"),
    };
    list(asked, &filter)
}

pub(crate) fn homes(asked: &Asked<'_>) -> Result<Answer> {
    let params = &asked.params;
    let filter = HomesFilter {
        listings_min: params.number("listings_min").unwrap_or(1) as usize,
        level: params.owned("level"),
        area: params.owned("area"),
    };
    list(asked, &filter)
}

pub(crate) fn changes(asked: &Asked<'_>) -> Result<Answer> {
    let filter = ChangesFilter {
        change: asked.params.names("change"),
        from: asked.params.number("from").unwrap_or(0),
        limit: None,
    };
    list(asked, &filter)
}

pub(crate) fn refused(asked: &Asked<'_>) -> Result<Answer> {
    let feed = asked.names.first().cloned();
    {
        let books = read(&asked.server.books);
        check_feed(&books, feed.as_ref()).map_err(|error| NotFound(error.to_string()))?;
    }
    list(asked, &RefusedFilter { feed })
}

/// A listing that may be shown, by the names in the path.
fn find<'a>(asked: &Asked<'_>, books: &'a Books) -> Result<(&'a Shard, ListingId)> {
    let [feed, key] = asked.names.as_slice() else {
        return Err(NotFound("a listing has a feed and a key".into()).into());
    };
    let rules = &books.engine.plan().feeds;
    let number = rules
        .iter()
        .position(|rule| rule.name == *feed && rule.display)
        .ok_or_else(|| {
            NotFound(format!(
                "there is no feed {feed:?} whose listings may be shown"
            ))
        })?;
    let found = books.engine.shards().iter().find_map(|shard| {
        let id = shard
            .listings()
            .find(FeedId(number as u16), key.as_bytes())?;
        Some((shard, id))
    });
    Ok(found.ok_or_else(|| NotFound(format!("feed {feed} has no listing {key:?}")))?)
}

pub(crate) fn listing(asked: &Asked<'_>) -> Result<Answer> {
    let books = read(&asked.server.books);
    let (shard, id) = find(asked, &books)?;
    let listing = shard.listings().get(id);
    let mut versions: Vec<Value> = Vec::new();
    listing.each_version(|version| {
        versions.push(object(
            LISTING_COLUMNS,
            &cells(&asked.names[0], listing, version),
        ));
    });
    let members = shard.homes().home_of(shard.listings(), id);
    Ok(json_answer(&json!({
        "position": books.engine.position(),
        "listing": versions.last(),
        "versions": versions,
        "home": displayable(&books, shard, &members).iter().map(|id| name_of(&books, shard, *id)).min(),
        "changes": changes_of_home(&books, asked, shard, &members)?,
    })))
}

pub(crate) fn one_home(asked: &Asked<'_>) -> Result<Answer> {
    let books = read(&asked.server.books);
    let (shard, id) = find(asked, &books)?;
    let members = shard.homes().home_of(shard.listings(), id);
    let shown = displayable(&books, shard, &members);
    let homes = Kind::ALL.into_iter().filter_map(|kind| {
        let row = home(&books, shard, &shown, kind)?;
        let derived = shard.derive_home(&shown, kind, &|_| true)?;
        let events = derived.events.iter().map(|(event, times)| {
            json!({
                "event": event.what.name(),
                "day": event.day.to_string(),
                "times": times,
                "price": (event.what == freehold_kernel::market::What::Close && event.price != NO_VALUE)
                    .then(|| number(&dollars(event.price as i64))),
            })
        });
        let mut value = object(HOME_COLUMNS, &row);
        value["events"] = Value::Array(events.collect());
        Some(value)
    });
    let homes: Vec<Value> = homes.collect();
    Ok(json_answer(&json!({
        "position": books.engine.position(),
        "homes": homes,
        "listings": shown.iter().map(|id| name_of(&books, shard, *id)).collect::<Vec<_>>(),
        "changes": changes_of_home(&books, asked, shard, &members)?,
    })))
}

/// Change rows that are looked through for one home's.
const CHANGES_LOOKED_AT: u64 = 200_000;

/// The newest change rows of a home.
fn changes_of_home(
    books: &Books,
    asked: &Asked<'_>,
    shard: &Shard,
    members: &[ListingId],
) -> Result<Value> {
    if books.changes().is_none() {
        return Ok(Value::Null);
    }
    let names: Vec<String> = members
        .iter()
        .map(|id| name_of(books, shard, *id))
        .collect();
    let filter = ChangesFilter {
        from: books.engine.position().saturating_sub(CHANGES_LOOKED_AT),
        ..ChangesFilter::default()
    };
    let mut rows = Vec::new();
    filter.each(books, &asked.server.log, None, &mut |cells, _| {
        if matches!(&cells[1], Cell::Text(home) if names.contains(home)) {
            rows.push(object(CHANGE_COLUMNS, &cells));
        }
        Ok(rows.len() < 1000)
    })?;
    Ok(Value::Array(rows))
}

/// One record of the log: what it said, what became of it, and which readings it touches.
pub(crate) fn trace(asked: &Asked<'_>) -> Result<Answer> {
    use freehold_kernel::record::Record;
    use freehold_pipeline::driver::lock;
    let position = asked.params.number("position").ok_or_else(|| {
        BadQuestion::at("position", "the position of a record in the log is needed")
    })?;
    let books = read(&asked.server.books);
    let not_there = || {
        NotFound(format!(
            "the log holds no applied record at position {position}"
        ))
    };
    if position >= books.engine.position() {
        return Err(not_there().into());
    }
    let (first, batch) = lock(&asked.server.log)
        .read(position)?
        .ok_or_else(not_there)?;
    let (raw, receipt) = batch
        .stamped()
        .nth((position - first) as usize)
        .ok_or_else(not_there)??;
    let plan = books.engine.plan();
    let name = |feed: FeedId| {
        plan.feeds
            .get(usize::from(feed.0))
            .map(|rule| rule.name.clone())
    };
    let may_be_shown = |feed: FeedId| {
        plan.feeds
            .get(usize::from(feed.0))
            .is_some_and(|rule| rule.display)
    };
    let mut value = json!({
        "position": position,
        "receipt": super::instance::instant(receipt),
    });
    match raw.decode().ok_or_else(not_there)? {
        Record::Observation(row) if may_be_shown(row.feed) => {
            let key = String::from_utf8_lossy(row.key).into_owned();
            value["what"] = json!("observation");
            value["feed"] = json!(name(row.feed));
            value["listing"] = json!(key);
            value["parsed"] = json!({
                "ModificationTimestamp": format_instant(row.event_time),
                "local_date": row.event_day.to_string(),
                "StandardStatus": row.terms.status.name(),
                "ListPrice": row.terms.list_price.map(|cents| number(&dollars(cents))),
                "ClosePrice": row.terms.close_price.map(|cents| number(&dollars(cents))),
                "fields": profile_fields(row.profile),
            });
            let shard = books
                .engine
                .shards()
                .iter()
                .find_map(|shard| Some((shard, shard.listings().find(row.feed, row.key)?)));
            if let Some((shard, id)) = shard {
                let listing = shard.listings().get(id);
                let mut is_held = false;
                listing.each_version(|version| is_held |= version.time == row.event_time);
                value["held_as_version"] = json!(is_held);
                value["markets"] = markets_of(&books, shard, id);
            }
            let filter = ChangesFilter {
                from: position,
                ..ChangesFilter::default()
            };
            let mut rows = Vec::new();
            if books.changes().is_some() {
                filter.each(&books, &asked.server.log, None, &mut |cells, _| {
                    let is_its_own =
                        matches!(&cells[0], Cell::Number(at) if *at == position.to_string());
                    if is_its_own {
                        rows.push(object(CHANGE_COLUMNS, &cells));
                    }
                    Ok(is_its_own)
                })?;
            }
            value["changes"] = Value::Array(rows);
        }
        Record::Refused(refused) if may_be_shown(refused.feed) => {
            value["what"] = json!("refused");
            value["feed"] = json!(name(refused.feed));
            value["place"] = json!(refused.place);
            value["field"] = json!(refused.field);
            value["reason"] = json!(refused.reason);
            value["raw"] = json!(String::from_utf8_lossy(refused.raw));
        }
        Record::Observation(row) => {
            value["what"] = json!("observation");
            value["feed"] = json!(name(row.feed));
            value["hidden"] = json!("the feed may not be displayed");
        }
        Record::Refused(refused) => {
            value["what"] = json!("refused");
            value["feed"] = json!(name(refused.feed));
            value["hidden"] = json!("the feed may not be displayed");
        }
        Record::Tick(_) => value["what"] = json!("tick"),
        Record::SnapshotEnd(end) => {
            value["what"] = json!("snapshot_end");
            value["feed"] = json!(name(end.feed));
        }
        Record::Control(_) => value["what"] = json!("decision"),
    }
    Ok(json_answer(&value))
}

fn profile_fields(profile: freehold_kernel::record::Profile<'_>) -> Value {
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

/// The markets in which a listing stands.
fn markets_of(books: &Books, shard: &Shard, id: ListingId) -> Value {
    let Some(leaf) = shard.listings().get(id).leaf() else {
        return json!([]);
    };
    let (kind, areas) = shard.markets().leaf_names(leaf);
    let levels = books.engine.plan().levels.iter().zip(areas);
    let markets = levels.map(
        |(level, area)| json!({"market": format!("{}:{area}", level.name), "kind": kind.name()}),
    );
    Value::Array(markets.collect())
}

/// The day that a request names.
pub(crate) fn day_of(asked: &Asked<'_>, name: &'static str) -> Result<Option<Day>> {
    let text = asked.params.text(name);
    text.map(|text| parse_day(name, text)).transpose()
}
