//! `listings`: each listing as its feed last told of it, or every version that is kept.

use std::io::Write;

use anyhow::Result;
use freehold_kernel::field::{AreaUnit, ProfileField, PropertySubType, PropertyType};
use freehold_kernel::listing::{Listing, Version};
use freehold_kernel::time::format_instant;
use freehold_pipeline::books::Books;
use serde::{Deserialize, Serialize};

use super::{AskArgs, check_feed, feed_name};
use crate::output::{Cell, Rows, dollars};

const COLUMNS: &[&str] = &[
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
    /// Only this feed
    #[arg(long)]
    feed: Option<String>,
    /// Only this key
    #[arg(long)]
    key: Option<String>,
    /// Every version that is kept, oldest first, instead of the newest
    #[arg(long)]
    history: bool,
}

impl ListingsArgs {
    pub(super) fn answer(&self, books: &Books, out: &mut dyn Write) -> Result<()> {
        check_feed(books, self.feed.as_ref())?;
        let mut rows = Rows::begin(out, self.ask.format, COLUMNS)?;
        for (feed, listing) in sorted(books, self.feed.as_deref(), self.key.as_deref()) {
            let mut versions: Vec<Vec<Cell>> = Vec::new();
            listing.each_version(|version| {
                if !self.history {
                    versions.clear();
                }
                versions.push(cells(&feed, listing, version));
            });
            for row in versions {
                rows.row(row)?;
            }
        }
        Ok(rows.end()?)
    }
}

/// Listings that may be shown, in order of feed and key.
fn sorted<'a>(
    books: &'a Books,
    feed: Option<&str>,
    key: Option<&str>,
) -> Vec<(String, &'a Listing)> {
    let feeds = &books.engine.plan().feeds;
    let mut all: Vec<(String, &Listing)> = Vec::new();
    for shard in books.engine.shards() {
        for (_, listing) in shard.listings().iter() {
            let rule = feeds.get(usize::from(listing.feed.0));
            let may_be_shown = rule.is_some_and(|rule| rule.display);
            let name = feed_name(books, listing.feed);
            let is_wanted = feed.is_none_or(|wanted| wanted == name)
                && key.is_none_or(|wanted| wanted.as_bytes() == listing.history.key());
            if may_be_shown && is_wanted {
                all.push((name, listing));
            }
        }
    }
    all.sort_by(|left, right| {
        (&left.0, left.1.history.key()).cmp(&(&right.0, right.1.history.key()))
    });
    all
}

fn cells(feed: &str, listing: &Listing, version: &Version<'_>) -> Vec<Cell> {
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
