//! What a simulated market is made of, and its check. Not a reader of files: the settings fill this struct.

use freehold_kernel::time::Millis;

use super::faults::{FaultConfig, FaultRolls};
use super::places::StateName;
use super::rng::fold;
use super::schedule::Interval;

/// A simulated market. The same configuration gives the same rows on every platform.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatorConfig {
    /// Everything random follows from it.
    pub seed: u64,
    /// Where the homes stand, in equal shares; at least one.
    pub states: Vec<StateName>,
    /// How many listings are on the market (active or pending) on average, within about 10 %. The homes behind
    /// them are some 35 times as many.
    pub listings: usize,
    /// Virtual time of the first row, at the earliest. A live source begins now instead.
    pub start: Millis,
    /// No row has an event time at or after it.
    pub end: Option<Millis>,
    /// How many rows there are, faults included.
    pub updates: Option<u64>,
    /// Updates a virtual day, within about 10 %. When unset, every home has a turn each six days: a listing
    /// stays on the market for about six weeks, and there are about 0.16 updates a day for each listing.
    /// A greater rate shortens the listings' lives. Not for a live source, which has a rate a second.
    pub rate: Option<u64>,
    /// The share of rentals, from 0 to 1.
    pub lease_share: f64,
    /// Faults put in on purpose; none by default.
    pub faults: FaultConfig,
}

impl Default for SimulatorConfig {
    /// Ten thousand listings in three states from 2010 on, without end.
    fn default() -> Self {
        Self {
            seed: 1,
            states: StateName::ALL.to_vec(),
            listings: 10_000,
            start: 1_262_304_000_000,
            end: None,
            updates: None,
            rate: None,
            lease_share: 0.25,
            faults: FaultConfig::default(),
        }
    }
}

/// Why a configuration is no market.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// No state to build homes in.
    #[error("states is empty, wanted at least one of NJ, AR, TX")]
    NoState,
    /// A number outside its bounds.
    #[error("{key} is {found}, wanted {low} to {high}")]
    OutOfBounds {
        /// The setting.
        key: &'static str,
        /// Its value.
        found: u64,
        /// The least value.
        low: u64,
        /// The greatest value.
        high: u64,
    },
    /// A share outside of 0 to 1.
    #[error("{key} is {found}, wanted 0 to 1")]
    NotAShare {
        /// The setting.
        key: &'static str,
        /// Its value.
        found: f64,
    },
    /// The faults' shares exceed one row a row.
    #[error("the shares of the faults add up to more than 1")]
    FaultSum,
    /// A start before 1960 or after 2100.
    #[error("start is {found} ms, wanted a time between the years 1960 and 2100")]
    Start {
        /// The start.
        found: Millis,
    },
    /// The zone library does not know a state's zone.
    #[error("time zone {zone} is unknown")]
    Zone {
        /// Its name.
        zone: &'static str,
    },
}

/// The most listings on the market at once.
pub const LISTINGS_MAX: u64 = 100_000_000;
/// The most updates a virtual day.
pub const RATE_MAX: u64 = 1_000_000_000_000;
/// The most updates a second of a live source.
pub const PER_SECOND_MAX: u64 = 1_000_000;

/// 9999-12-31: time stamps have four digits for the year.
const END_MAX: Millis = 253_402_214_400_000;

/// What a checked configuration comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) states: Vec<StateName>,
    pub(super) plots: u64,
    pub(super) start: Millis,
    /// No later than the calendar's end.
    pub(super) end: Millis,
    pub(super) updates: Option<u64>,
    pub(super) turns_per_day: u64,
    /// Of 2^32.
    pub(super) lease_share: u64,
    pub(super) faults: FaultRolls,
}

// What the rules of `life` come to, in thousandths; a test holds them to it.
/// Turns that give a row.
pub(super) const ROWS_PER_TURN: u64 = 323;
/// Plots with a home on the market.
pub(super) const ON_MARKET_PER_PLOT: u64 = 339;
/// Days from one turn of a plot to the next, unless a rate is set.
const DAYS_PER_ROUND: u64 = 6;

/// Turns in a span in which `updates` rows are wanted.
pub(super) fn turns_for(updates: u64) -> u64 {
    (updates * 1000 / ROWS_PER_TURN).max(1)
}

impl Plan {
    pub(super) fn new(config: &SimulatorConfig) -> Result<Self, ConfigError> {
        if config.states.is_empty() {
            return Err(ConfigError::NoState);
        }
        if !(-315_619_200_000..=4_102_444_800_000).contains(&config.start) {
            return Err(ConfigError::Start {
                found: config.start,
            });
        }
        let listings = within("listings", config.listings as u64, LISTINGS_MAX)?;
        let plots = (listings * 1000 / ON_MARKET_PER_PLOT).max(1);
        let turns_per_day = match config.rate {
            Some(rate) => turns_for(within("rate", rate, RATE_MAX)?),
            None => (plots / DAYS_PER_ROUND).max(1),
        };
        Ok(Self {
            seed: config.seed,
            states: config.states.clone(),
            plots,
            start: config.start,
            end: config.end.unwrap_or(END_MAX).min(END_MAX),
            updates: config.updates,
            turns_per_day,
            lease_share: parts_of_share("lease_share", config.lease_share)?,
            faults: FaultRolls::new(&config.faults)?,
        })
    }

    pub(super) fn interval(&self) -> Interval {
        Interval::of_turns_per_day(self.turns_per_day)
    }

    /// A hash of all that rows depend on but the pace and the bounds.
    pub(super) fn fingerprint(&self) -> u64 {
        let states = self.states.iter().map(|state| *state as u64);
        let faults = self.faults.bounds().iter().copied();
        [self.plots, self.lease_share]
            .into_iter()
            .chain(states)
            .chain(faults)
            .fold(self.seed, fold)
    }
}

pub(super) fn within(key: &'static str, found: u64, high: u64) -> Result<u64, ConfigError> {
    if (1..=high).contains(&found) {
        Ok(found)
    } else {
        Err(ConfigError::OutOfBounds {
            key,
            found,
            low: 1,
            high,
        })
    }
}

/// A share in parts of 2^32: exact, so that the same share falls alike everywhere.
pub(super) fn parts_of_share(key: &'static str, share: f64) -> Result<u64, ConfigError> {
    if (0.0..=1.0).contains(&share) {
        Ok((share * 4_294_967_296.0) as u64)
    } else {
        Err(ConfigError::NotAShare { key, found: share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_is_named() {
        let wrong = |change: fn(&mut SimulatorConfig)| {
            let mut config = SimulatorConfig::default();
            change(&mut config);
            Plan::new(&config).expect_err("wrong").to_string()
        };
        assert_eq!(
            wrong(|config| config.states.clear()),
            "states is empty, wanted at least one of NJ, AR, TX"
        );
        assert_eq!(
            wrong(|config| config.listings = 0),
            "listings is 0, wanted 1 to 100000000"
        );
        assert_eq!(
            wrong(|config| config.lease_share = f64::NAN),
            "lease_share is NaN, wanted 0 to 1"
        );
        assert_eq!(
            wrong(|config| {
                config.faults.duplicates = 0.6;
                config.faults.extra_zero = 0.6;
            }),
            "the shares of the faults add up to more than 1"
        );
        assert_eq!(
            wrong(|config| config.start = Millis::MAX),
            "start is 9223372036854775807 ms, wanted a time between the years 1960 and 2100"
        );
    }
}
