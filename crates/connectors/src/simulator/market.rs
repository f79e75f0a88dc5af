//! What a turn says: plots take turns, round after round, each time in another rotation, and a turn's row is
//! a pure function of configuration, schedule and turn number. Keeps no state; faults come after it (`stream`).

use freehold_kernel::field::AreaUnit;
use freehold_kernel::record::Cents;
use freehold_kernel::time::{Day, Millis};
use jiff::tz::TimeZone;

use super::config::{ConfigError, Plan};
use super::home::{self, Home};
use super::life::{self, Moment, Opening, STEPS};
use super::places::StateName;
use super::rng::{Rng, fold, place_in};
use super::schedule::Schedule;
use super::update::{SimulatedKey, SimulatedUpdate};
use super::zone::Zone;

/// A checked configuration with the zones of its states.
#[derive(Debug, Clone)]
pub(super) struct Market {
    pub(super) plan: Plan,
    /// By `StateName` as a number.
    zones: Vec<Zone>,
}

/// Chance of a listing by month, in thousandths: spring is the season.
const APPETITE: [u32; 12] = [620, 700, 880, 980, 1000, 950, 850, 800, 750, 700, 560, 480];
/// Price level by month, in thousandths.
const SEASON: [i64; 12] = [
    980, 985, 1000, 1015, 1025, 1030, 1020, 1010, 1000, 995, 990, 980,
];

impl Market {
    pub(super) fn new(plan: Plan) -> Result<Self, ConfigError> {
        let zones = StateName::ALL
            .iter()
            .map(|state| {
                let zone = state.zone();
                TimeZone::get(zone)
                    .ok()
                    .and_then(|zone| Zone::new(&zone))
                    .ok_or(ConfigError::Zone { zone })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { plan, zones })
    }

    /// How far back a turn's row may look: to the turn that began its listing.
    pub(super) fn turns_looked_back(&self) -> i64 {
        (STEPS as i64 + 1) * self.plan.plots as i64
    }

    /// The row of `turn`, if it says anything. Turns count from 0.
    pub(super) fn update(&self, schedule: &Schedule, turn: i64) -> Option<SimulatedUpdate> {
        let plan = &self.plan;
        let plots = plan.plots;
        let round = turn.div_euclid(plots as i64);
        let mut plot = turn.rem_euclid(plots as i64) as u64 + self.rotation(round);
        if plot >= plots {
            plot -= plots;
        }
        let phase = fold(fold(plan.seed, 0x7068_6173), plot) % STEPS;
        let age = round.max(0) as u64 + phase;
        let (cycle, step) = (age / STEPS, age % STEPS);

        let time_of = |of_step: u64| {
            let of_round = round - (step - of_step) as i64;
            let ahead = plot + plots - self.rotation(of_round);
            let place = if ahead >= plots { ahead - plots } else { ahead };
            schedule.time(of_round * plots as i64 + place as i64)
        };
        let mut draws = Rng::new(fold(fold(fold(plan.seed, 0x6c69_6665), plot), cycle));
        let appetite = draws.below(1000);
        // Two turns of three say nothing: asked before anything dear is worked out.
        let is_lease = home::is_lease(plan.seed, plan.lease_share, plot, cycle);
        life::moment(draws.clone(), step, Opening { is_lease, price: 0 })?;
        let listed_on = Day::of_utc(time_of(0));
        if appetite >= APPETITE[month_of(listed_on)] {
            return None;
        }
        let home = Home::new(plan.seed, &plan.states, plan.lease_share, plot, cycle);
        let price = opening_price(&home, listed_on);
        let moment = life::moment(draws, step, Opening { is_lease, price })?;
        let zone = &self.zones[home.state as usize];
        let key = SimulatedKey {
            state: home.state.code(),
            plot,
            cycle,
            number: moment.number,
        };
        Some(row(
            key,
            &home,
            &moment,
            zone,
            schedule.time(turn),
            |of_step| zone.day(time_of(of_step)),
        ))
    }

    /// Where round `round` begins among the plots.
    #[inline]
    fn rotation(&self, round: i64) -> u64 {
        let bits = fold(fold(self.plan.seed, 0x726f_756e), round as u64);
        place_in(bits, self.plan.plots)
    }
}

fn month_of(day: Day) -> usize {
    (day.ymd().1 as usize - 1) % 12
}

/// What the home is offered at when it is listed on `day`.
fn opening_price(home: &Home, day: Day) -> Cents {
    let (year, month) = (day.ymd().0, month_of(day));
    let is_lease = home.is_lease();
    let (this_year, next_year) = (
        home.state.price_index(year),
        home.state.price_index(year + 1),
    );
    let index = this_year + (next_year - this_year) * month as i64 / 12;
    // Rents follow prices at half their pace.
    let level = if is_lease { (1000 + index) / 2 } else { index };
    let season = if is_lease { 1000 } else { SEASON[month] };
    life::asking(home.value as i64 * level * season / 10_000, is_lease)
}

fn row(
    key: SimulatedKey,
    home: &Home,
    moment: &Moment,
    zone: &Zone,
    event_time: Millis,
    day_of: impl Fn(u64) -> Day,
) -> SimulatedUpdate {
    SimulatedUpdate {
        key,
        event_time,
        event_day: zone.day(event_time),
        status: moment.status,
        list_price: moment.list_price,
        original_list_price: moment.original_list_price,
        close_price: moment.close_price,
        close_date: moment.close_step.map(&day_of),
        on_market_date: day_of(moment.listed_step),
        contract_date: moment.contract_step.map(&day_of),
        property_type: home.property_type,
        property_sub_type: home.property_sub_type,
        bedrooms: home.bedrooms,
        bathrooms: home.bathrooms,
        living_area: home.living_area,
        living_area_unit: AreaUnit::SquareFeet,
        year_built: home.year_built,
        city: home.zip.city,
        county: home.zip.county,
        state: home.state,
        postal_code: home.zip.code,
        latitude: home.latitude,
        longitude: home.longitude,
        address: home.address,
        parcel: home.parcel,
        fault: None,
        is_repeat: false,
    }
}
