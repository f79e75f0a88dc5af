//! The stock of past days, without stored points: from the versions, as known now or when a day was printed, where each home
//! stood at the end of each local day. What is there now is read from markets (`measure`), not here.

mod series;
mod spans;

pub use series::StockSeries;
pub use spans::{StockHomes, StockSpan};
