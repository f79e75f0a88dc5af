//! `listings`: each listing as its feed last told of it, or every version that is kept.

use std::collections::BTreeMap;

use anyhow::Result;
use freehold_kernel::field::{AreaUnit, ProfileField, PropertySubType, PropertyType};
use freehold_kernel::listing::{Listing, Version};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::format_instant;
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::SharedLog;
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::{AskArgs, EachRow, Mark, Table, bad_mark, check_feed};
use crate::output::{Cell, dollars};

pub(crate) const COLUMNS: &[&str] = &[
    "feed",
    "ListingKey",
    "ModificationTimestamp",
    "local_date",
    "StandardStatus",
    "PropertyType",
    "PropertySubType",
    "ListPrice",
    "OriginalListPrice",
    "ClosePrice",
    "OnMarketDate",
    "PurchaseContractDate",
    "CloseDate",
    "OffMarketDate",
    "BedroomsTotal",
    "BathroomsTotal",
    "LivingArea",
    "LivingAreaUnits",
    "YearBuilt",
    "UnparsedAddress",
    "UnitNumber",
    "City",
    "CountyOrParish",
    "StateOrProvince",
    "PostalCode",
    "ParcelNumber",
    "Latitude",
    "Longitude",
    "versions",
    "corrections",
];

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct ListingsArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
    #[command(flatten)]
    pub(super) filter: ListingsFilter,
}

/// Which listings.
#[derive(Debug, Clone, Default, Serialize, Deserialize, clap::Args)]
pub(crate) struct ListingsFilter {
    /// Only this feed
    #[arg(long)]
    pub(crate) feed: Option<String>,
    /// Only this key
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Only listings that stand in an area of this level …
    #[arg(long, requires = "area")]
    pub(crate) level: Option<String>,
    /// … with this name
    #[arg(long)]
    pub(crate) area: Option<String>,
    /// Every version that is kept, oldest first, instead of the newest
    #[arg(long)]
    pub(crate) history: bool,
}

/// Listings that are put in order at once: a page of more is found in several rounds.
const SORTED_AT_ONCE: usize = 10_000;

impl Table for ListingsFilter {
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
        check_feed(books, self.feed.as_ref())?;
        let place = Place::find(books, self.level.as_deref(), self.area.as_deref())?;
        let (mut after, mut told) = match after.map(Vec::as_slice) {
            None => (None, 0),
            Some([feed, key, told]) => {
                let told: usize = told.parse().map_err(|_| bad_mark())?;
                (Some((feed.clone(), key.clone().into_bytes())), told)
            }
            Some(_) => return Err(bad_mark()),
        };
        loop {
            let some = self.some(books, &place, after.as_ref());
            let is_last = some.len() < SORTED_AT_ONCE;
            for (feed, listing) in some {
                let key = listing.history.key();
                let is_begun = after
                    .as_ref()
                    .is_some_and(|(before, mark)| *before == *feed && mark == key);
                // A mark stands behind one row: of a listing's history some may be left.
                let skipped = if is_begun {
                    std::mem::take(&mut told)
                } else {
                    0
                };
                let mut versions: Vec<Vec<Cell>> = Vec::new();
                listing.each_version(|version| {
                    if !self.history {
                        versions.clear();
                    }
                    versions.push(cells(feed, listing, version));
                });
                for (number, row) in versions.into_iter().enumerate().skip(skipped) {
                    let key = || String::from_utf8_lossy(key).into_owned();
                    let mark = || vec![feed.to_owned(), key(), (number + 1).to_string()];
                    if !each(row, &mark)? {
                        return Ok(());
                    }
                }
                told = usize::MAX;
                after = Some((feed.to_owned(), key.to_vec()));
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

impl ListingsFilter {
    /// The first few listings that may be shown, from `after` on, in order of feed and key.
    fn some<'a>(
        &self,
        books: &'a Books,
        place: &Place,
        after: Option<&(String, Vec<u8>)>,
    ) -> Vec<(&'a str, &'a Listing)> {
        let feeds = &books.engine.plan().feeds;
        let mut least: BTreeMap<(&str, &[u8]), &Listing> = BTreeMap::new();
        for (number, shard) in books.engine.shards().iter().enumerate() {
            let mut take = |listing: &'a Listing| {
                let rule = feeds.get(usize::from(listing.feed.0));
                let Some(rule) = rule.filter(|rule| rule.display) else {
                    return;
                };
                let key = (rule.name.as_str(), listing.history.key());
                let is_wanted = self.feed.as_ref().is_none_or(|wanted| *wanted == rule.name)
                    && self
                        .key
                        .as_ref()
                        .is_none_or(|wanted| wanted.as_bytes() == key.1)
                    && place.holds(number, listing)
                    && after.is_none_or(|after| (after.0.as_str(), after.1.as_slice()) <= key);
                let is_full = least.len() >= SORTED_AT_ONCE;
                if !is_wanted
                    || is_full && least.last_key_value().is_some_and(|last| *last.0 <= key)
                {
                    return;
                }
                least.insert(key, listing);
                if least.len() > SORTED_AT_ONCE {
                    least.pop_last();
                }
            };
            match &self.key {
                Some(key) => {
                    let known = (0..feeds.len() as u16).map(FeedId);
                    let found =
                        known.filter_map(|feed| shard.listings().find(feed, key.as_bytes()));
                    found.for_each(|id| take(shard.listings().get(id)));
                }
                None => shard
                    .listings()
                    .iter()
                    .for_each(|(_, listing)| take(listing)),
            }
        }
        least
            .into_iter()
            .map(|((feed, _), listing)| (feed, listing))
            .collect()
    }
}

pub(crate) fn cells(feed: &str, listing: &Listing, version: &Version<'_>) -> Vec<Cell> {
    let profile = version.profile;
    let terms = version.terms;
    let text = |field| profile.text(field).map_or(Cell::Empty, Cell::text);
    let date = |day: Option<freehold_kernel::time::Day>| {
        day.map_or(Cell::Empty, |day| Cell::text(day.to_string()))
    };
    let money = |cents: Option<i64>| Cell::optional(cents.map(dollars));
    let scaled = |field, scale: f64| {
        Cell::optional(profile.integer(field).map(|value| value as f64 / scale))
    };
    let area = profile.living_area();
    vec![
        Cell::text(feed),
        Cell::text(String::from_utf8_lossy(listing.history.key())),
        Cell::text(format_instant(version.time)),
        Cell::text(version.day.to_string()),
        Cell::text(terms.status.name()),
        profile
            .code(ProfileField::PropertyType)
            .and_then(PropertyType::from_code)
            .map_or(Cell::Empty, |value| Cell::text(value.name())),
        profile
            .code(ProfileField::PropertySubType)
            .and_then(PropertySubType::from_code)
            .map_or(Cell::Empty, |value| Cell::text(value.name())),
        money(terms.list_price),
        money(terms.original_list_price),
        money(terms.close_price),
        date(terms.on_market_date),
        date(terms.contract_date),
        date(terms.close_date),
        date(terms.off_market_date),
        Cell::optional(profile.integer(ProfileField::BedroomsTotal)),
        scaled(ProfileField::BathroomsTotalInteger, 100.0),
        Cell::optional(area.map(|(hundredths, _)| hundredths as f64 / 100.0)),
        area.map_or(Cell::Empty, |(_, unit): (i64, AreaUnit)| {
            Cell::text(unit.name())
        }),
        Cell::optional(profile.integer(ProfileField::YearBuilt)),
        text(ProfileField::UnparsedAddress),
        text(ProfileField::UnitNumber),
        text(ProfileField::City),
        text(ProfileField::CountyOrParish),
        text(ProfileField::StateOrProvince),
        text(ProfileField::PostalCode),
        text(ProfileField::ParcelNumber),
        scaled(ProfileField::Latitude, 1e6),
        scaled(ProfileField::Longitude, 1e6),
        Cell::number(listing.history.count()),
        Cell::number(listing.corrections.len()),
    ]
}
