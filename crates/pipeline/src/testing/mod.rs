//! A world that misbehaves on purpose, for simulations of the shipped driver: a disk that crashes, tears and
//! refuses at any I/O point, and feeds that are scripted. Everything follows from a seed.

mod disk;
mod random;
mod source;

pub use disk::{Fault, FaultCounts, FaultyDisk};
pub use random::Random;
pub use source::{Script, ScriptedSource};
