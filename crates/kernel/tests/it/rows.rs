//! Generated rows: few keys, few addresses and few values, so that everything collides with everything.

use std::sync::Arc;

use freehold_kernel::field::{AreaUnit, ProfileField, PropertySubType, PropertyType, Status};
use freehold_kernel::plan::{
    FeedRule, FieldName, Identity, Level, LevelSource, Plan, RESET_GAP_DAYS, Segments,
};
use freehold_kernel::record::{FeedId, ObservationBuilder, Record, Records, Tick, put_tick};
use freehold_kernel::time::{DAY_MS, Day};
use freehold_kernel::{Digest, Shard};
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) feed: u16,
    pub(crate) key: u8,
    pub(crate) hour: u32,
    pub(crate) status: usize,
    pub(crate) list: Option<i64>,
    pub(crate) original: Option<i64>,
    pub(crate) close: Option<i64>,
    pub(crate) close_shift: Option<i32>,
    pub(crate) market_day: Option<i32>,
    pub(crate) zip: usize,
    pub(crate) house: u8,
    pub(crate) sub_type: usize,
    pub(crate) beds: Option<i64>,
    pub(crate) area: Option<i64>,
    pub(crate) lease: bool,
}

pub(crate) const ZIPS: [Option<&str>; 4] = [Some("07030"), Some("07031"), Some("72201"), None];
const SUB_TYPES: [PropertySubType; 4] = [
    PropertySubType::SingleFamilyResidence,
    PropertySubType::Condominium,
    PropertySubType::Townhouse,
    PropertySubType::DeededParking,
];

impl Row {
    pub(crate) fn day(&self) -> Day {
        // The third ZIP lies in a zone far west: a listing that moves there goes back by a day.
        let behind = if self.zip == 2 { 20 } else { 0 };
        Day(16_000 + (self.hour as i32 - behind).div_euclid(24))
    }

    pub(crate) fn time(&self) -> i64 {
        Day(16_000).start_utc() + i64::from(self.hour) * 3_600_000
    }

    pub(crate) fn status(&self) -> Status {
        Status::ALL[self.status]
    }

    pub(crate) fn record(&self) -> Vec<u8> {
        let mut builder = ObservationBuilder::new(FeedId(self.feed));
        builder.key(&[b'k', self.key]);
        builder.event(self.time(), self.day());
        builder.status(self.status());
        builder.terms.list_price = self.list;
        builder.terms.original_list_price = self.original;
        builder.terms.close_price = self.close;
        builder.terms.close_date = self.close_shift.map(|shift| self.day().plus(shift));
        builder.terms.on_market_date = self.market_day.map(|day| Day(16_000 + day));
        if let Some(zip) = ZIPS[self.zip] {
            builder.text(ProfileField::PostalCode, zip);
        }
        builder.text(
            ProfileField::UnparsedAddress,
            &format!("{} Elm Street", self.house),
        );
        if self.house == 11 {
            // One parcel under several ZIPs: a home whose listings stand in different areas.
            builder.text(ProfileField::ParcelNumber, "11-22");
        }
        builder.code(
            ProfileField::PropertySubType,
            SUB_TYPES[self.sub_type].code(),
        );
        if self.lease {
            builder.code(
                ProfileField::PropertyType,
                PropertyType::ResidentialLease.code(),
            );
        }
        if let Some(beds) = self.beds {
            builder.integer(ProfileField::BedroomsTotal, beds);
        }
        if let Some(area) = self.area {
            builder.living_area(area * 100, AreaUnit::SquareFeet);
        }
        let mut out = Vec::new();
        builder.finish(&mut out).expect("complete");
        out
    }
}

prop_compose! {
    pub(crate) fn row()(
        feed in 0u16..3, key in 0u8..6, hour in 0u32..24 * 80, status in 0usize..12,
        list in prop::option::weighted(0.9, 1i64..30), original in prop::option::weighted(0.3, 1i64..30),
        close in prop::option::weighted(0.4, 1i64..30), close_shift in prop::option::weighted(0.5, -5i32..2),
        market_day in prop::option::weighted(0.4, -20i32..80),
        place in (0usize..8, 0u8..3, 0usize..4, prop::bool::weighted(0.2)),
        beds in prop::option::weighted(0.9, 0i64..7), area in prop::option::weighted(0.8, 0i64..4),
    ) -> Row {
        // Most rows of a listing keep its place, as real ones do.
        let zip = if place.0 < 4 { place.0 } else { usize::from(key) % 3 };
        let cents = |price: i64| price * 1_000_037;
        Row {
            feed, key, hour, status,
            list: list.map(cents), original: original.map(cents), close: close.map(cents), close_shift,
            market_day, zip, house: 10 + place.1, sub_type: place.2, beds, area: area.map(|a| a * 317),
            lease: place.3,
        }
    }
}

pub(crate) fn plan(identity: Identity) -> Arc<Plan> {
    let zip = || FieldName::Canonical(ProfileField::PostalCode);
    let table = [("07030", "Hudson, NJ"), ("07031", "Hudson, NJ")];
    let table = table
        .into_iter()
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    let feed = |name: &str, analytics| FeedRule {
        name: name.into(),
        analytics,
        display: true,
        reset_gap_days: RESET_GAP_DAYS,
        quarantine: true,
    };
    Arc::new(Plan {
        identity,
        horizon_days: 90,
        relist_gap_days: 45,
        levels: vec![
            Level {
                name: "zip".into(),
                source: LevelSource::Fields(vec![zip()]),
            },
            Level {
                name: "county".into(),
                source: LevelSource::Lookup {
                    by: zip(),
                    table: Arc::new(table),
                },
            },
            Level {
                name: "nation".into(),
                source: LevelSource::Constant("US".into()),
            },
        ],
        segments: Segments {
            by_type: true,
            by_bedrooms: true,
        },
        feeds: vec![
            feed("b", true),
            feed("a", true),
            feed("display-only", false),
        ],
        emit_changes: true,
    })
}

pub(crate) fn apply(shard: &mut Shard, bytes: &[u8], receipt: i64, position: u64) {
    for record in Records::new(bytes) {
        match record.expect("undamaged") {
            Record::Observation(row) => {
                shard.observe(&row, receipt, position);
            }
            Record::Tick(tick) => shard.tick(&tick),
            Record::SnapshotEnd(end) => shard.end_snapshot(&end, true, position),
            Record::Refused(refused) => shard.refuse(refused.feed),
            Record::Control(_) => {}
        }
    }
}

pub(crate) fn tick(day: i32) -> Vec<u8> {
    let mut out = Vec::new();
    put_tick(
        &mut out,
        &Tick {
            time: Day(16_000 + day).start_utc() + DAY_MS / 2,
            zone_days: &[0],
        },
    );
    out
}

pub(crate) fn rebuilt(shard: &Shard) -> Digest {
    let mut bytes = Vec::new();
    shard
        .listings()
        .iter()
        .for_each(|(_, listing)| freehold_kernel::state::put_listing(&mut bytes, listing));
    let mut reader = freehold_kernel::varint::Reader::new(&bytes);
    let mut listings = Vec::new();
    while !reader.is_empty() {
        let entry = freehold_kernel::state::ListingEntry::next(&mut reader).expect("undamaged");
        listings.push(entry.listing().expect("undamaged"));
    }
    listings.reverse();
    let summary =
        freehold_kernel::state::Summary::decode(&shard.summary().encode()).expect("undamaged");
    Shard::restore(Arc::clone(shard.plan()), listings, summary).digest()
}
