//! The newest terms of a listing as they are kept in memory: 48 bytes where [`Terms`] with its options
//! takes 88. Not a stored form.

use crate::field::Status;
use crate::record::{Cents, Terms};
use crate::time::Day;

/// Values side by side; a bit says whether each is there, and those that are not are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeldTerms {
    prices: [Cents; 3],
    days: [Day; 4],
    presence: u8,
    status: Status,
}

impl HeldTerms {
    #[inline]
    pub(super) fn of(terms: &Terms) -> Self {
        let prices = [
            terms.list_price,
            terms.original_list_price,
            terms.close_price,
        ];
        let days = [
            terms.on_market_date,
            terms.contract_date,
            terms.close_date,
            terms.off_market_date,
        ];
        let mut presence = 0;
        for (bit, price) in prices.iter().enumerate() {
            presence |= u8::from(price.is_some()) << bit;
        }
        for (bit, day) in days.iter().enumerate() {
            presence |= u8::from(day.is_some()) << (prices.len() + bit);
        }
        Self {
            prices: prices.map(Option::unwrap_or_default),
            days: days.map(Option::unwrap_or_default),
            presence,
            status: terms.status,
        }
    }

    #[inline]
    pub(super) fn terms(&self) -> Terms {
        let there = |bit: usize| self.presence & 1 << bit != 0;
        let price = |at: usize| there(at).then_some(self.prices[at]);
        let day = |at: usize| there(self.prices.len() + at).then_some(self.days[at]);
        Terms {
            status: self.status,
            list_price: price(0),
            original_list_price: price(1),
            close_price: price(2),
            on_market_date: day(0),
            contract_date: day(1),
            close_date: day(2),
            off_market_date: day(3),
        }
    }
}
