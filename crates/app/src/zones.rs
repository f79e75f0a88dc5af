//! Local days of the configured zones, from the time-zone database that is compiled in.

use freehold_kernel::time::{Day, Millis};
use freehold_pipeline::intake::Zones;
use jiff::tz::TimeZone;

/// Zones in the plan's order.
pub(crate) struct ZoneTable {
    zones: Vec<TimeZone>,
}

impl ZoneTable {
    /// Zones by IANA name, which were checked with the configuration.
    pub(crate) fn of(names: &[String]) -> anyhow::Result<Self> {
        let zones = names.iter().map(|name| {
            TimeZone::get(name)
                .map_err(|error| anyhow::anyhow!("the time zone {name:?} is not known: {error}"))
        });
        Ok(Self {
            zones: zones.collect::<anyhow::Result<_>>()?,
        })
    }

    /// The local day of an instant in zone `number`.
    pub(crate) fn day(&self, number: usize, instant: Millis) -> Day {
        let utc = Day::of_utc(instant);
        let Some(zone) = self.zones.get(number) else {
            return utc;
        };
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(instant) else {
            return utc;
        };
        let local = zone.to_datetime(timestamp).date();
        Day::from_ymd(
            i32::from(local.year()),
            local.month() as u32,
            local.day() as u32,
        )
        .unwrap_or(utc)
    }
}

impl Zones for ZoneTable {
    fn shifts(&self, instant: Millis, out: &mut Vec<u8>) {
        let utc = Day::of_utc(instant);
        out.extend(
            (0..self.zones.len()).map(|number| (self.day(number, instant).0 - utc.0) as i8 as u8),
        );
    }
}
