//! Lists that the command line has, too: the same tables, in pages.

use anyhow::Result;
use freehold_kernel::field::Kind;
use freehold_kernel::listing::ListingId;
use freehold_kernel::market::NO_VALUE;
use freehold_kernel::record::FeedId;
use freehold_kernel::time::Day;
use freehold_kernel::{Knowledge, Shard};
use freehold_pipeline::books::{Books, read};
use serde_json::{Value, json};

use crate::output::{Cell, dollars};
use crate::query::changes::{COLUMNS as CHANGE_COLUMNS, ChangesFilter};
use crate::query::feeds::RefusedFilter;
use crate::query::held::HeldFilter;
use crate::query::homes::{COLUMNS as HOME_COLUMNS, HomesFilter, displayable, home, name_of};
use crate::query::listings::{COLUMNS as LISTING_COLUMNS, ListingsFilter, cells};
use crate::query::markets::{MarketsFilter, parse_day};
use crate::query::{Table, check_feed};
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

pub(crate) fn held(asked: &Asked<'_>) -> Result<Answer> {
    let filter = HeldFilter {
        feed: asked.params.owned("feed"),
        key: asked.params.owned("key"),
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
        let derived = shard.derive_home(&shown, kind, Knowledge::NOW)?;
        let news = derived.events.iter().filter(|(event, _)| event.what.is_news());
        let events = news.map(|(event, times)| {
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

/// The day that a request names.
pub(crate) fn day_of(asked: &Asked<'_>, name: &'static str) -> Result<Option<Day>> {
    let text = asked.params.text(name);
    text.map(|text| parse_day(name, text)).transpose()
}
