//! The moment that a question asks about.

use anyhow::Result;
use freehold_kernel::time::{Day, Millis};
use freehold_kernel::{AsOf, Knowledge};
use freehold_pipeline::books::Books;

use super::BadQuestion;
use super::markets::PastMarkets;
use crate::zones::ZoneTable;

/// Now, or a past moment by what is known now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The past moment.
    pub(crate) as_of: Option<AsOf>,
    /// The local day at the moment.
    pub(crate) today: Day,
}

impl Moment {
    /// The moment that `text` says: a date (its local end), or an instant whose day it is in `time_zone`; without a text,
    /// now. What is wrong is wrong with `parameter`; so is a day that has not come yet.
    pub(crate) fn read(
        books: &Books,
        text: Option<&str>,
        parameter: &'static str,
        time_zone: Option<&str>,
    ) -> Result<Self> {
        let clock = books.engine.shards()[0].clock();
        let now = clock.today;
        let Some(text) = text else {
            return Ok(Self {
                as_of: None,
                today: now,
            });
        };
        let as_of = parse(text, parameter)?;
        let today = match as_of {
            AsOf::EndOf(day) | AsOf::StockAt(day) => day,
            AsOf::Instant(instant) => {
                let zones: Vec<String> = time_zone.map(str::to_owned).into_iter().collect();
                ZoneTable::of(&zones)?.day(0, instant)
            }
        };
        if today > now && clock.now != Millis::MIN {
            let cause = format!("{text} has not come yet; here it is {now}");
            return Err(BadQuestion::at(parameter, cause));
        }
        Ok(Self {
            as_of: Some(as_of),
            today,
        })
    }

    /// What had happened by the moment, by what is known now.
    pub(crate) fn knowledge(&self) -> Knowledge {
        Knowledge::of(self.as_of)
    }

    /// What had happened by the moment, by what was known when its day was printed.
    pub(crate) fn printed(&self) -> Knowledge {
        Knowledge {
            print: Some(self.today),
            ..self.knowledge()
        }
    }

    /// The markets at a past moment; `None` for now, when the books' own are right.
    pub(crate) fn past(&self, books: &Books) -> Option<PastMarkets> {
        Some(PastMarkets::of(books, self.as_of?, self.today))
    }

    /// The local day at a past moment.
    pub(crate) fn past_day(&self) -> Option<Day> {
        self.as_of.map(|_| self.today)
    }
}

fn parse(text: &str, parameter: &'static str) -> Result<AsOf> {
    if let Some(day) = Day::parse_iso(text) {
        return Ok(AsOf::EndOf(day));
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| {
        let cause = format!("{text:?} is neither a date (YYYY-MM-DD) nor an instant (RFC 3339)");
        BadQuestion::at(parameter, cause)
    })?;
    Ok(AsOf::Instant(instant.as_millisecond()))
}
