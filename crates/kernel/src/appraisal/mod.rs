//! What a home earns, and how good values are: plain formulas over plain numbers. Valuing homes itself is not here yet.

mod ratio_study;
mod rental;

pub use ratio_study::{RatioStudy, ratio_study};
pub use rental::{Rental, RentalReturns};
