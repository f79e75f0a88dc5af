//! A simulated market as an iterator on virtual time. Not a source with cursors (`source`).

use freehold_kernel::time::{DAY_MS, Millis};

use super::config::{ConfigError, PER_SECOND_MAX, Plan, SimulatorConfig, turns_for, within};
use super::market::Market;
use super::schedule::{Interval, Schedule};
use super::stream::{Next, Position, Stream};
use super::update::SimulatedUpdate;

/// All rows of a simulated market, in order of event time unless faults disorder them.
///
/// ```
/// use freehold_connectors::simulator::{Simulator, SimulatorConfig, write_ndjson};
///
/// let config = SimulatorConfig { updates: Some(3), ..SimulatorConfig::default() };
/// let mut lines = Vec::new();
/// for update in Simulator::new(&config)? {
///     write_ndjson(&update, &mut lines);
/// }
/// assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 3);
/// # Ok::<(), freehold_connectors::simulator::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Simulator {
    market: Market,
    schedule: Schedule,
    stream: Stream,
}

impl Simulator {
    /// On virtual time from `config.start` on; more happens by day than by night.
    ///
    /// # Errors
    /// When the configuration is no market.
    pub fn new(config: &SimulatorConfig) -> Result<Self, ConfigError> {
        let plan = Plan::new(config)?;
        let schedule = Schedule::history(plan.start, plan.interval());
        Self::with(plan, schedule)
    }

    /// At an even pace of about `per_second` rows a second from `config.start` on, for a writer that waits
    /// for each row's event time; `config.rate` is not looked at.
    ///
    /// # Errors
    /// When the configuration is no market.
    pub fn paced(config: &SimulatorConfig, per_second: u64) -> Result<Self, ConfigError> {
        let plan = Plan::new(config)?;
        let schedule = Schedule::even(plan.start, interval_of(per_second)?);
        Self::with(plan, schedule)
    }

    fn with(plan: Plan, schedule: Schedule) -> Result<Self, ConfigError> {
        let market = Market::new(plan)?;
        let stream = Stream::new(&market, &schedule, Position::default());
        Ok(Self {
            market,
            schedule,
            stream,
        })
    }
}

impl Iterator for Simulator {
    type Item = SimulatedUpdate;

    fn next(&mut self) -> Option<SimulatedUpdate> {
        match self.stream.next(&self.market, &self.schedule, Millis::MAX) {
            Next::Row(update) => Some(update),
            Next::NotYet | Next::Ended => None,
        }
    }
}

/// The time between turns that gives about `per_second` rows a second.
pub(super) fn interval_of(per_second: u64) -> Result<Interval, ConfigError> {
    let per_second = within("per_second", per_second, PER_SECOND_MAX)?;
    let turns = turns_for(per_second * (DAY_MS as u64 / 1000));
    Ok(Interval::of_turns_per_day(turns))
}
