//! The kernel's laws, on generated histories.

mod laws;
mod life;
mod rows;
mod twin;
