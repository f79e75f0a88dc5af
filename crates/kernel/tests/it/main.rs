//! The kernel's laws, on generated histories.

mod bytes;
mod laws;
mod life;
mod rows;
mod twin;
