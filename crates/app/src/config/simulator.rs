//! Settings of a simulated feed.

use freehold_connectors::settings::{Problems, Section};
use freehold_connectors::simulator::{FaultConfig, SimulatorConfig, StateName};
use freehold_kernel::time::{Day, Millis};

/// Reads a simulated market; live ones have a rate a second.
pub(super) fn read_simulator(
    section: &mut Section,
    is_history: bool,
    problems: &mut Problems,
) -> (SimulatorConfig, Option<u64>) {
    let default = SimulatorConfig::default();
    let whole = 0..=i64::MAX;
    let seed = section
        .integer("seed", whole.clone(), problems)
        .map_or(default.seed, |seed| seed as u64);
    let states = section
        .texts("states", problems)
        .map_or(default.states, |names| {
            let key = section.key("states");
            names
                .iter()
                .filter_map(|name| read_state(name, &key, problems))
                .collect()
        });
    let listings = section
        .integer("listings", 1..=1 << 40, problems)
        .map_or(default.listings, |count| count as usize);
    let start = read_date(section, "start", problems).unwrap_or(default.start);
    let end = read_date(section, "end", problems);
    let updates = section
        .integer("updates", whole.clone(), problems)
        .map(|count| count as u64);
    let rate = section
        .integer("per_day", whole.clone(), problems)
        .map(|count| count as u64);
    let per_second = section
        .integer("per_second", whole, problems)
        .map(|count| count as u64);
    let lease_share = section
        .number("lease_share", problems)
        .unwrap_or(default.lease_share);
    let faults = read_faults(section, problems);
    let config = SimulatorConfig {
        seed,
        states,
        listings,
        start,
        end,
        updates,
        rate,
        lease_share,
        faults,
    };
    let per_second = (!is_history).then(|| per_second.unwrap_or(10));
    let checked = match per_second {
        None => freehold_connectors::simulator::Simulator::new(&config),
        Some(rate) => freehold_connectors::simulator::Simulator::paced(&config, rate),
    };
    if let Err(error) = checked {
        problems.note(
            section.key("(market)"),
            error.to_string(),
            "a market that can be simulated",
        );
    }
    (config, per_second)
}

fn read_state(name: &str, key: &str, problems: &mut Problems) -> Option<StateName> {
    let state = StateName::parse(name);
    if state.is_none() {
        problems.note(key, format!("{name:?}"), "NJ | AR | TX");
    }
    state
}

fn read_date(section: &mut Section, key: &'static str, problems: &mut Problems) -> Option<Millis> {
    let text = section.text(key, problems)?;
    let day = Day::parse_iso(&text);
    if day.is_none() {
        problems.note(section.key(key), format!("{text:?}"), "a date YYYY-MM-DD");
    }
    day.map(Day::start_utc)
}

fn read_faults(section: &mut Section, problems: &mut Problems) -> FaultConfig {
    let mut table = section.section("faults", problems);
    let mut share =
        |key: &'static str, problems: &mut Problems| table.number(key, problems).unwrap_or(0.0);
    let faults = FaultConfig {
        duplicates: share("duplicates", problems),
        out_of_order: share("out_of_order", problems),
        extra_zero: share("extra_zero", problems),
        missing_zero: share("missing_zero", problems),
        unit_mix_up: share("unit_mix_up", problems),
        annual_rent: share("annual_rent", problems),
    };
    table.finish(problems);
    faults
}
