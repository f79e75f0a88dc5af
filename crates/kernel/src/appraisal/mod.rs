//! What a home earns, how prices of one home move, and how good values are: plain formulas over plain numbers. Valuing homes itself is not here yet.

mod ratio_study;
mod rental;
mod repeat_sales;

pub use ratio_study::{RatioStudy, ratio_study};
pub use rental::{Rental, RentalReturns};
pub use repeat_sales::{NoIndex, RepeatSalesIndex, SalePair, repeat_sales};
