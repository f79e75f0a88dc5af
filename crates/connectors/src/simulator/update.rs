//! One row of the simulated feed as a plain struct, and the small values that print as text in it.
//! Not how it is made (`market`) nor how it is written (`ndjson`, `observation`).

use std::fmt;

use freehold_kernel::field::{AreaUnit, PropertySubType, PropertyType, Status};
use freehold_kernel::record::Cents;
use freehold_kernel::time::{Day, Millis};

use super::faults::Fault;
use super::places::StateName;

/// What every row says of where it comes from.
pub const ORIGINATING_SYSTEM_NAME: &str = "Simulated";

/// What one listing's row says at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatedUpdate {
    /// The listing.
    pub key: SimulatedKey,
    /// `ModificationTimestamp`.
    pub event_time: Millis,
    /// The event time's civil day in the state's zone.
    pub event_day: Day,
    /// `StandardStatus`.
    pub status: Status,
    /// Asking price, or monthly rent of a lease.
    pub list_price: Cents,
    /// First asking price of this listing.
    pub original_list_price: Cents,
    /// Set when closed.
    pub close_price: Option<Cents>,
    /// Set when closed.
    pub close_date: Option<Day>,
    /// The listing's first day.
    pub on_market_date: Day,
    /// Set from the accepted offer on, until it falls through.
    pub contract_date: Option<Day>,
    /// `PropertyType`.
    pub property_type: PropertyType,
    /// `PropertySubType`.
    pub property_sub_type: PropertySubType,
    /// `BedroomsTotal`; land has none.
    pub bedrooms: Option<u8>,
    /// `BathroomsTotalInteger`.
    pub bathrooms: Option<u8>,
    /// `LivingArea` in whole units of `living_area_unit`.
    pub living_area: Option<u32>,
    /// `LivingAreaUnits`: what the row says, right or not.
    pub living_area_unit: AreaUnit,
    /// `YearBuilt`.
    pub year_built: Option<u16>,
    /// `City`.
    pub city: &'static str,
    /// `CountyOrParish`.
    pub county: &'static str,
    /// `StateOrProvince`.
    pub state: StateName,
    /// `PostalCode`.
    pub postal_code: &'static str,
    /// Millionths of a degree.
    pub latitude: i32,
    /// Millionths of a degree.
    pub longitude: i32,
    /// `UnparsedAddress`, and `UnitNumber` for homes in buildings.
    pub address: Address,
    /// `ParcelNumber`.
    pub parcel: ParcelNumber,
    /// The fault that was put in. A row that is sent twice bears it both times, so that the two are equal.
    pub fault: Option<Fault>,
    /// True for the second sending of a row; not written anywhere.
    pub is_repeat: bool,
}

/// `ListingKey`: printed as `NJ-plot-cycle-number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SimulatedKey {
    /// The state's code.
    pub state: &'static str,
    /// The plot on which the home stands.
    pub plot: u64,
    /// How many homes were offered on the plot before.
    pub cycle: u64,
    /// 1, then one more for each relisting under a new key.
    pub number: u32,
}

impl fmt::Display for SimulatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, |text| self.push_to(text))
    }
}

impl SimulatedKey {
    pub(super) fn push_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.state.as_bytes());
        for part in [self.plot, self.cycle, u64::from(self.number)] {
            out.push(b'-');
            push_integer(out, part);
        }
    }
}

/// A street address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// House number.
    pub number: u64,
    /// Street name, invented.
    pub street: &'static str,
    /// `Ave`, `St` …
    pub suffix: &'static str,
    /// The unit, in a building.
    pub unit: Option<Unit>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, |text| self.push_to(text))
    }
}

impl Address {
    /// Number and street; the unit is a field of its own.
    pub(super) fn push_to(&self, out: &mut Vec<u8>) {
        push_integer(out, self.number);
        out.push(b' ');
        out.extend_from_slice(self.street.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.suffix.as_bytes());
    }
}

/// A unit of a building: `3B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// From 1.
    pub floor: u8,
    /// A letter.
    pub door: u8,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, |text| self.push_to(text))
    }
}

impl Unit {
    pub(super) fn push_to(self, out: &mut Vec<u8>) {
        push_integer(out, u64::from(self.floor));
        out.push(self.door);
    }
}

/// A parcel: county, block and lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParcelNumber {
    /// The county's FIPS code.
    pub county_fips: &'static str,
    /// From 1.
    pub block: u64,
    /// From 1.
    pub lot: u32,
}

impl fmt::Display for ParcelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, |text| self.push_to(text))
    }
}

impl ParcelNumber {
    pub(super) fn push_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.county_fips.as_bytes());
        out.push(b'-');
        push_integer(out, self.block);
        out.push(b'-');
        push_integer(out, u64::from(self.lot));
    }
}

/// Appends `value` in decimal.
#[inline]
pub(super) fn push_integer(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

fn write_text(f: &mut fmt::Formatter<'_>, push: impl FnOnce(&mut Vec<u8>)) -> fmt::Result {
    let mut text = Vec::with_capacity(48);
    push(&mut text);
    f.write_str(&String::from_utf8_lossy(&text))
}
