//! A seeded feed of a living market: listings spread over ZIP areas by a power law, most updates touching
//! nothing but the timestamp, some prices, some statuses, some new listings, duplicates and late rows.
//! One update a step of virtual time; the same seed gives the same bytes.

use std::collections::VecDeque;

use freehold_kernel::field::{AreaUnit, ProfileField, PropertySubType, PropertyType, Status};
use freehold_kernel::record::{FeedId, ObservationBuilder, Tick, put_tick};
use freehold_kernel::time::{DAY_MS, Day};

/// Midnight UTC of 2026-01-01: where virtual time starts.
pub(crate) const START: i64 = START_DAY as i64 * DAY_MS;
/// Its day since 1970.
pub(crate) const START_DAY: i32 = 20_454;
/// All updates lie within this much virtual time, about 22 hours.
const SPAN_MS: u64 = 80_000_000;
const MINUTE_MS: i64 = 60_000;

const STATES: [(&str, &str, f64, f64); 6] = [
    ("CA", "CRMLS", 34.0, -118.2),
    ("MD", "Bright MLS", 39.0, -76.8),
    ("FL", "Stellar MLS", 27.9, -82.4),
    ("TX", "NTREIS", 32.8, -96.8),
    ("IL", "MRED", 41.9, -87.7),
    ("AZ", "ARMLS", 33.4, -112.0),
];
const CITY_FIRST: [&str; 8] = [
    "North", "Lake", "Port", "Mount", "Fort", "San", "New", "Glen",
];
const CITY_LAST: [&str; 6] = [
    "Haven",
    "Springfield",
    "Riverton",
    "Carlos",
    "Pleasant",
    "Ashland",
];
const COUNTIES: [&str; 6] = [
    "Orange County",
    "Jefferson County",
    "Franklin County",
    "Maricopa County",
    "Cook County",
    "Montgomery County",
];
const STREETS: [&str; 10] = [
    "Maple Street",
    "Oak Avenue",
    "Washington Boulevard",
    "Sunset Ridge Drive",
    "Lakeview Terrace",
    "Cedar Lane",
    "Martin Luther King Jr Way",
    "Elm Court",
    "Old Mill Road",
    "Hillcrest Circle",
];
const SUB_TYPES: [PropertySubType; 4] = [
    PropertySubType::SingleFamilyResidence,
    PropertySubType::Condominium,
    PropertySubType::Townhouse,
    PropertySubType::MultiFamily,
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// In 0..1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn normal(&mut self) -> f64 {
        let (radius, turn) = (self.unit().max(1e-300), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
    }
}

struct Zip {
    code: String,
    city: String,
    county: &'static str,
    state: usize,
    log_price: f64,
}

#[derive(Clone)]
struct Home {
    number: u32,
    zip: u32,
    status: Status,
    sub_type: u8,
    bedrooms: u8,
    baths: u8,
    street: u8,
    shown: bool,
    unit: u16,
    market_day: u16,
    year: u16,
    house: u16,
    price: u32,
    original: u32,
    area: u32,
    latitude: i32,
    longitude: i32,
}

/// What an update changes.
#[derive(Clone, Copy, PartialEq)]
enum Move {
    Touch,
    Price,
    Status,
    New,
}

/// How large a feed is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) updates: u64,
    pub(crate) listings: usize,
    pub(crate) zips: usize,
}

/// Gives one update after the other as records.
pub(crate) struct Feed {
    random: Random,
    size: Size,
    zips: Vec<Zip>,
    zip_weights: Vec<f64>,
    homes: Vec<Home>,
    recent: VecDeque<Vec<u8>>,
    /// Held-back rows, each with the update at which it is due.
    late: Vec<(u64, Vec<u8>)>,
    sent: u64,
    step_ms: i64,
    steps: i64,
    ticked: i64,
    builder: ObservationBuilder,
}

impl Feed {
    pub(crate) fn new(size: Size, seed: u64) -> Self {
        let mut random = Random(seed);
        let zips: Vec<Zip> = (0..size.zips)
            .map(|number| Zip {
                code: format!("{:05}", (10_001 + number * 89) % 100_000),
                state: random.below(STATES.len()),
                city: format!("{} {}", random.pick(&CITY_FIRST), random.pick(&CITY_LAST)),
                county: random.pick(&COUNTIES),
                log_price: 12.85 + 0.45 * random.normal(),
            })
            .collect();
        let mut sum = 0.0;
        let zip_weights = (1..=size.zips)
            .map(|rank| {
                sum += (rank as f64).powf(-0.8);
                sum
            })
            .collect();
        // About 4.8 % of updates are new listings; the others are there before the feed starts.
        let new = (size.updates as usize * 481 / 10_000).min(size.listings / 2);
        let mut feed = Self {
            random,
            size,
            zips,
            zip_weights,
            homes: Vec::with_capacity(size.listings),
            recent: VecDeque::new(),
            late: Vec::new(),
            sent: 0,
            step_ms: (SPAN_MS / size.updates).max(1) as i64,
            steps: 0,
            ticked: i64::MIN,
            builder: ObservationBuilder::new(FeedId(0)),
        };
        for _ in new..size.listings {
            let mut home = feed.new_home();
            if feed.random.below(10) < 3 {
                let statuses = [Status::Pending, Status::Closed, Status::Withdrawn];
                home.status = statuses[feed.random.below(3)];
            }
            feed.homes.push(home);
        }
        feed
    }

    /// The code of each ZIP area, for a lookup table.
    pub(crate) fn zip_codes(&self) -> impl Iterator<Item = &str> {
        self.zips.iter().map(|zip| zip.code.as_str())
    }

    /// The virtual instant of the newest update.
    pub(crate) fn now(&self) -> i64 {
        START + self.steps * self.step_ms
    }

    /// Appends the next update, after a tick when a virtual minute has passed; false at the end.
    pub(crate) fn next(&mut self, out: &mut Vec<u8>) -> bool {
        if self.sent == self.size.updates {
            return false;
        }
        let minute = self.now() / MINUTE_MS;
        if minute > self.ticked {
            self.ticked = minute;
            let time = minute * MINUTE_MS;
            put_tick(
                out,
                &Tick {
                    time,
                    zone_days: &[0],
                },
            );
        }
        let row = self.row();
        out.extend_from_slice(&row);
        self.recent.push_back(row);
        if self.recent.len() > 10_000 {
            self.recent.pop_front();
        }
        self.sent += 1;
        true
    }

    fn row(&mut self) -> Vec<u8> {
        let closing = self.sent + self.late.len() as u64 >= self.size.updates;
        let due = self
            .late
            .iter()
            .position(|row| row.0 <= self.sent || closing);
        let chance = self.random.unit();
        if let Some(at) = due {
            return self.late.swap_remove(at).1;
        }
        if chance < 0.02 && !self.recent.is_empty() {
            let at = self.random.below(self.recent.len());
            return self.recent[at].clone();
        }
        let hold_back = chance < 0.03 && self.sent + 25_000 < self.size.updates;
        self.fresh_row(hold_back)
    }

    fn fresh_row(&mut self, hold_back: bool) -> Vec<u8> {
        self.steps += 1;
        let chance = self.random.unit();
        let wanted = match chance {
            ..0.55 => Move::Touch,
            ..0.85 => Move::Price,
            ..0.95 => Move::Status,
            _ => Move::New,
        };
        if wanted == Move::New && self.homes.len() < self.size.listings && !hold_back {
            let home = self.new_home();
            self.homes.push(home);
            return self.told(self.homes.len() - 1);
        }
        let mut at = self.random.below(self.homes.len());
        if wanted == Move::Price {
            for _ in 0..20 {
                if self.homes[at].status == Status::Active {
                    break;
                }
                at = self.random.below(self.homes.len());
            }
        }
        if hold_back && self.homes[at].shown {
            // An older update arrives after a newer one of the same listing.
            let moves = [Move::Status, Move::Touch, Move::Touch];
            let held = moves[self.random.below(3)];
            self.change(at, held);
            let row = self.told(at);
            let due = self.sent + 1 + self.random.below(20_000) as u64;
            self.late.push((due, row));
            self.steps += 1;
        }
        self.change(at, wanted);
        self.told(at)
    }

    fn new_home(&mut self) -> Home {
        let random = &mut self.random;
        let total = self.zip_weights[self.zip_weights.len() - 1];
        let drawn = random.unit() * total;
        let zip = self.zip_weights.partition_point(|weight| *weight < drawn);
        let zip = zip.min(self.zips.len() - 1);
        let place = &self.zips[zip];
        let area = ((7.5 + 0.35 * random.normal()).exp() as u32).clamp(350, 12_000);
        let log_price =
            place.log_price + 0.30 * random.normal() + 0.6 * (f64::from(area).ln() - 7.5);
        let price = ((log_price.exp() / 1000.0).round() as u32).clamp(40, 20_000) * 1000;
        let (latitude, longitude) = (STATES[place.state].2, STATES[place.state].3);
        Home {
            number: self.homes.len() as u32,
            zip: zip as u32,
            status: Status::Active,
            sub_type: (random.unit() * random.unit() * 4.0) as u8,
            bedrooms: 1 + (area / 700).min(6) as u8,
            baths: 1 + (area / 1000).min(5) as u8,
            street: random.below(STREETS.len()) as u8,
            shown: false,
            unit: match random.below(3) {
                0 => 1 + random.below(400) as u16,
                _ => 0,
            },
            market_day: random.below(330) as u16,
            year: 1920 + random.below(105) as u16,
            house: 1 + random.below(19_999) as u16,
            price,
            original: price,
            area,
            latitude: ((latitude + random.unit() - 0.5) * 1e6) as i32,
            longitude: ((longitude + random.unit() - 0.5) * 1e6) as i32,
        }
    }

    fn change(&mut self, at: usize, by: Move) {
        let random = &mut self.random;
        let home = &mut self.homes[at];
        match by {
            Move::Price => {
                let part = match random.below(5) {
                    0 => 0.01 + 0.04 * random.unit(),
                    _ => -(0.01 + 0.06 * random.unit()),
                };
                let mut price =
                    (f64::from(home.price) * (1.0 + part) / 1000.0).round() as i64 * 1000;
                if price == i64::from(home.price) {
                    price += if part < 0.0 { -1000 } else { 1000 };
                }
                home.price = price.clamp(20_000, 40_000_000) as u32;
            }
            Move::Status => {
                let chance = random.unit();
                home.status = match home.status {
                    Status::Active if chance < 0.8 => Status::Pending,
                    Status::Active => Status::Withdrawn,
                    Status::Pending if chance < 0.65 => Status::Closed,
                    _ => Status::Active,
                };
                if home.status == Status::Active && random.below(4) == 0 {
                    home.original = home.price;
                }
            }
            Move::Touch | Move::New => {}
        }
    }

    /// A home's row as it stands now.
    fn told(&mut self, at: usize) -> Vec<u8> {
        use std::fmt::Write;
        let now = self.now();
        let home = &mut self.homes[at];
        home.shown = true;
        let zip = &self.zips[home.zip as usize];
        let state = &STATES[zip.state];
        let row = &mut self.builder;
        row.clear();
        row.key(format!("{:010}", 1_000_000_000 + u64::from(home.number)).as_bytes());
        row.event(now, Day::of_utc(now));
        row.status(home.status);
        row.terms.list_price = Some(i64::from(home.price) * 100);
        row.terms.original_list_price = Some(i64::from(home.original) * 100);
        row.terms.on_market_date = Some(Day(20_120 + i32::from(home.market_day)));
        row.code(ProfileField::PropertyType, PropertyType::Residential.code());
        let sub_type = SUB_TYPES[usize::from(home.sub_type)];
        row.code(ProfileField::PropertySubType, sub_type.code());
        row.integer(ProfileField::BedroomsTotal, home.bedrooms.into());
        row.integer(
            ProfileField::BathroomsTotalInteger,
            i64::from(home.baths) * 100,
        );
        row.living_area(i64::from(home.area) * 100, AreaUnit::SquareFeet);
        row.integer(ProfileField::YearBuilt, home.year.into());
        row.integer(ProfileField::Latitude, home.latitude.into());
        row.integer(ProfileField::Longitude, home.longitude.into());
        row.text(ProfileField::PostalCode, &zip.code);
        row.text(ProfileField::City, &zip.city);
        row.text(ProfileField::CountyOrParish, zip.county);
        row.text(ProfileField::StateOrProvince, state.0);
        let mut address = format!("{} {}", home.house, STREETS[usize::from(home.street)]);
        if home.unit > 0 {
            let _ = write!(address, ", Unit {}", home.unit);
        }
        let _ = write!(address, ", {}, {} {}", zip.city, state.0, zip.code);
        row.text(ProfileField::UnparsedAddress, &address);
        row.text(ProfileField::OriginatingSystemName, state.1);
        let mut record = Vec::with_capacity(256);
        row.finish(&mut record)
            .expect("key, time and status are set");
        record
    }
}
