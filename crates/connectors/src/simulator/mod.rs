//! A seeded market that lists, cuts, sells and relists homes: demo feed, test feed and load generator.
//!
//! A market has *plots*; they take turns, one turn a plot in each round. On a plot one home after the other
//! lives a cycle of 16 steps, a step a turn. What a turn says is a pure function of the
//! configuration and the turn's number, so that nothing is kept and any position can be opened at once.
//! Everything is labelled: `OriginatingSystemName` is `Simulated` and `X_Simulated` is `yes` on every row.

mod config;
mod cursor;
mod faults;
mod home;
mod life;
mod market;
mod ndjson;
mod observation;
mod places;
mod rng;
mod schedule;
mod simulation;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod update;
mod zone;

pub use config::{ConfigError, LISTINGS_MAX, PER_SECOND_MAX, RATE_MAX, SimulatorConfig};
pub use faults::{Fault, FaultConfig};
pub use ndjson::write_ndjson;
pub use observation::ObservationWriter;
pub use places::StateName;
pub use simulation::Simulator;
pub use source::SimulatorSource;
pub use update::{
    Address, ORIGINATING_SYSTEM_NAME, ParcelNumber, SimulatedKey, SimulatedUpdate, Unit,
};
