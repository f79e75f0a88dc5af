//! The kernel's laws, on generated histories.

mod bytes;
mod durations;
mod evidence;
mod laws;
mod life;
mod prints;
mod quarantine;
mod rows;
mod stock;
mod twin;
mod world;
