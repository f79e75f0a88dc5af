//! A row as one line of JSON under RESO names. Values need no escapes: every text is of the simulator's own.

use freehold_kernel::record::Cents;
use freehold_kernel::time::{DAY_MS, Day, Millis};

use super::update::{ORIGINATING_SYSTEM_NAME, SimulatedUpdate, push_integer};

/// Appends `update` as one line with its line end. Fields that the row lacks are left out.
pub fn write_ndjson(update: &SimulatedUpdate, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"ListingKey\":\"");
    update.key.push_to(out);
    put(
        out,
        b"\",\"OriginatingSystemName\":\"",
        ORIGINATING_SYSTEM_NAME,
    );
    out.extend_from_slice(b"\",\"ModificationTimestamp\":\"");
    push_instant(out, update.event_time);
    put(out, b"\",\"StandardStatus\":\"", update.status.name());
    put(out, b"\",\"PropertyType\":\"", update.property_type.name());
    put(
        out,
        b"\",\"PropertySubType\":\"",
        update.property_sub_type.name(),
    );
    out.extend_from_slice(b"\",\"ListPrice\":");
    push_money(out, update.list_price);
    out.extend_from_slice(b",\"OriginalListPrice\":");
    push_money(out, update.original_list_price);
    if let Some(price) = update.close_price {
        out.extend_from_slice(b",\"ClosePrice\":");
        push_money(out, price);
    }
    put_day(out, b",\"CloseDate\":\"", update.close_date);
    put_day(out, b",\"OnMarketDate\":\"", Some(update.on_market_date));
    put_day(out, b",\"PurchaseContractDate\":\"", update.contract_date);
    put_integer(out, b",\"BedroomsTotal\":", update.bedrooms);
    put_integer(out, b",\"BathroomsTotalInteger\":", update.bathrooms);
    if update.living_area.is_some() {
        put_integer(out, b",\"LivingArea\":", update.living_area);
        put(
            out,
            b",\"LivingAreaUnits\":\"",
            update.living_area_unit.name(),
        );
        out.push(b'"');
    }
    put_integer(out, b",\"YearBuilt\":", update.year_built);
    put(out, b",\"City\":\"", update.city);
    put(out, b"\",\"CountyOrParish\":\"", update.county);
    put(out, b"\",\"StateOrProvince\":\"", update.state.code());
    put(out, b"\",\"PostalCode\":\"", update.postal_code);
    out.extend_from_slice(b"\",\"Latitude\":");
    push_millionths(out, update.latitude);
    out.extend_from_slice(b",\"Longitude\":");
    push_millionths(out, update.longitude);
    out.extend_from_slice(b",\"UnparsedAddress\":\"");
    update.address.push_to(out);
    if let Some(unit) = update.address.unit {
        out.extend_from_slice(b"\",\"UnitNumber\":\"");
        unit.push_to(out);
    }
    out.extend_from_slice(b"\",\"ParcelNumber\":\"");
    update.parcel.push_to(out);
    if let Some(fault) = update.fault {
        put(out, b"\",\"X_Fault\":\"", fault.label());
    }
    out.extend_from_slice(b"\",\"X_Simulated\":\"yes\"}\n");
}

#[inline]
fn put(out: &mut Vec<u8>, before: &[u8], text: &str) {
    out.extend_from_slice(before);
    out.extend_from_slice(text.as_bytes());
}

#[inline]
fn put_integer(out: &mut Vec<u8>, before: &[u8], value: Option<impl Into<u64>>) {
    if let Some(value) = value {
        out.extend_from_slice(before);
        push_integer(out, value.into());
    }
}

fn put_day(out: &mut Vec<u8>, before: &[u8], day: Option<Day>) {
    if let Some(day) = day {
        out.extend_from_slice(before);
        push_day(out, day);
        out.push(b'"');
    }
}

/// Dollars, with cents where there are any.
fn push_money(out: &mut Vec<u8>, cents: Cents) {
    let cents = cents.unsigned_abs();
    push_integer(out, cents / 100);
    if !cents.is_multiple_of(100) {
        out.push(b'.');
        push_padded(out, cents % 100, 2);
    }
}

fn push_millionths(out: &mut Vec<u8>, value: i32) {
    if value < 0 {
        out.push(b'-');
    }
    let value = u64::from(value.unsigned_abs());
    push_integer(out, value / 1_000_000);
    out.push(b'.');
    push_padded(out, value % 1_000_000, 6);
}

fn push_padded(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn push_day(out: &mut Vec<u8>, day: Day) {
    let (year, month, of_month) = day.ymd();
    push_padded(out, u64::from(year.unsigned_abs()), 4);
    out.push(b'-');
    push_padded(out, u64::from(month), 2);
    out.push(b'-');
    push_padded(out, u64::from(of_month), 2);
}

fn push_instant(out: &mut Vec<u8>, instant: Millis) {
    push_day(out, Day::of_utc(instant));
    let of_day = instant.rem_euclid(DAY_MS) as u64;
    for (before, value, width) in [
        (b'T', of_day / 3_600_000, 2),
        (b':', of_day / 60_000 % 60, 2),
        (b':', of_day / 1000 % 60, 2),
        (b'.', of_day % 1000, 3),
    ] {
        out.push(before);
        push_padded(out, value, width);
    }
    out.push(b'Z');
}
