//! Values of events that medians are taken of, kept in order over all days, and a quantile of those in a window: of
//! all of them less those outside, where that is less to walk.

use super::book::ten_thousandths;
use super::flows::{BILLIONTHS, EventKey, Flows, NO_VALUE, Side, UNKNOWN, What};
use super::quantile::{Quantile, Ranks};
use super::sorted::SortedValues;
use crate::time::Day;

/// A value of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventValue {
    /// Of a closing: the price in cents.
    ClosePrice,
    /// Of a closing: the price per square foot, as bits of `f64`.
    ClosePricePerArea,
    /// Of a contract: days on the market.
    DaysOnMarket,
    /// Of a closing: its price by the last list price, in billionths.
    SaleToList,
    /// Of a closing: its price by the original list price, in billionths.
    SaleToOriginal,
    /// Of a price cut: the part of the price that was taken off, in billionths.
    CutSize,
    /// Of an episode's end: days on the market in all of it.
    EpisodeDays,
    /// Of a contract: days on the market, those of earlier episodes included; see [`What::Contract`].
    CumulativeDays,
    /// The same, which only a closing resets.
    PropertyDays,
}

impl EventValue {
    pub(crate) const ALL: [Self; 9] = [
        Self::ClosePrice,
        Self::ClosePricePerArea,
        Self::DaysOnMarket,
        Self::SaleToList,
        Self::SaleToOriginal,
        Self::CutSize,
        Self::EpisodeDays,
        Self::CumulativeDays,
        Self::PropertyDays,
    ];

    /// The sort of its events.
    #[must_use]
    pub fn what(self) -> What {
        match self {
            Self::ClosePrice | Self::ClosePricePerArea => What::Close,
            Self::DaysOnMarket | Self::CumulativeDays | Self::PropertyDays => What::Contract,
            Self::SaleToList => What::SaleToList,
            Self::SaleToOriginal => What::SaleToOriginal,
            Self::CutSize => What::CutSeen,
            Self::EpisodeDays => What::EpisodeEnd,
        }
    }

    /// The values of a sort of events.
    #[inline]
    pub(crate) fn of_sort(what: What) -> &'static [Self] {
        match what {
            What::Close => &[Self::ClosePrice, Self::ClosePricePerArea],
            What::Contract => &[Self::DaysOnMarket, Self::CumulativeDays, Self::PropertyDays],
            What::SaleToList => &[Self::SaleToList],
            What::SaleToOriginal => &[Self::SaleToOriginal],
            What::CutSeen => &[Self::CutSize],
            What::EpisodeEnd => &[Self::EpisodeDays],
            _ => &[],
        }
    }

    /// Keys in one unit of the value; `None` of keys that are bits of reals.
    pub(crate) fn scale(self) -> Option<u64> {
        match self {
            Self::ClosePrice => Some(100),
            Self::ClosePricePerArea => None,
            Self::DaysOnMarket | Self::EpisodeDays | Self::CumulativeDays | Self::PropertyDays => {
                Some(1)
            }
            Self::SaleToList | Self::SaleToOriginal | Self::CutSize => Some(BILLIONTHS),
        }
    }

    /// Whole units, see [`EventValue::whole`], in one unit of the value.
    pub(crate) fn wholes(self) -> u64 {
        match self {
            Self::DaysOnMarket | Self::EpisodeDays | Self::CumulativeDays | Self::PropertyDays => {
                10
            }
            _ => self.scale().unwrap_or(10_000),
        }
    }

    /// A key in whole units, of which sums are exact: cents, ten-thousandths of currency per square foot, tenths of a day, billionths.
    #[inline]
    pub(crate) fn whole(self, key: u64) -> i128 {
        match self {
            Self::ClosePrice | Self::SaleToList | Self::SaleToOriginal | Self::CutSize => {
                i128::from(key)
            }
            Self::ClosePricePerArea => ten_thousandths(key),
            Self::DaysOnMarket | Self::EpisodeDays | Self::CumulativeDays | Self::PropertyDays => {
                i128::from(key) * 10
            }
        }
    }

    /// The values that an event has, as keys; none of an event on no day, which is in no window.
    #[inline]
    fn keys(event: &EventKey) -> impl Iterator<Item = (Self, u64)> {
        let of_sort = Self::of_sort(event.what).iter();
        let of_sort = of_sort.filter(|_| event.day != UNKNOWN);
        let keys = of_sort.map(|value| (*value, value.of(event)));
        keys.filter(|(_, key)| *key != NO_VALUE)
    }

    /// The value of an event as a key that sorts, or [`NO_VALUE`].
    #[must_use]
    pub fn of(self, event: &EventKey) -> u64 {
        match self {
            Self::ClosePrice | Self::SaleToList | Self::SaleToOriginal | Self::CumulativeDays => {
                event.price
            }
            Self::ClosePricePerArea | Self::CutSize | Self::PropertyDays => event.ratio,
            Self::DaysOnMarket | Self::EpisodeDays => match event.other_day {
                UNKNOWN => NO_VALUE,
                days => days.0 as u64,
            },
        }
    }
}

/// Values of one leaf's events on all days, as known now.
#[derive(Debug, Default)]
pub(crate) struct EventValues([SortedValues; EventValue::ALL.len()]);

impl EventValues {
    pub(crate) fn get(&self, value: EventValue) -> &SortedValues {
        &self.0[value as usize]
    }

    /// Counts `change` more of an event.
    #[inline]
    pub(crate) fn post(&mut self, event: &EventKey, change: i32) {
        for (value, key) in EventValue::keys(event) {
            let sorted = &mut self.0[value as usize];
            for _ in 0..change.unsigned_abs() {
                if change > 0 {
                    sorted.insert(key, event.tag);
                } else {
                    let removed = sorted.remove(key, event.tag);
                    debug_assert!(removed, "an event is taken back that was never posted");
                }
            }
        }
    }

    /// The values of all events that a leaf holds.
    pub(crate) fn of(flows: &Flows) -> Self {
        let mut values: [Vec<(u64, u8)>; EventValue::ALL.len()] = Default::default();
        flows.each_held(&mut |event, count| {
            for (value, key) in EventValue::keys(event) {
                let count = usize::try_from(count).unwrap_or(0);
                values[value as usize].extend(std::iter::repeat_n((key, event.tag.0), count));
            }
        });
        Self(values.map(SortedValues::of_unsorted))
    }
}

/// Values of a window over several leaves, of all segments: whole leaves, and what is added to them and taken away.
#[derive(Default)]
pub(crate) struct WindowValues<'a> {
    /// With how many values lie before each of their chunks.
    whole: Vec<(&'a SortedValues, Vec<usize>)>,
    plus: Vec<u64>,
    minus: Vec<u64>,
    excluded: i64,
}

impl<'a> WindowValues<'a> {
    /// Adds a leaf, in which there are `all` events of the value's sort.
    pub(crate) fn add(
        &mut self,
        value: EventValue,
        days: (Day, Day),
        (flows, values, all): (&'a Flows, &'a EventValues, i64),
    ) {
        // Counts after finality may be negative: these are taken away where others are added.
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        let (mut excluded_in, mut excluded_out) = (0, 0);
        let note =
            |events: &mut Vec<(u64, i64)>, excluded: &mut i64, event: &EventKey, count| match value
                .of(event)
            {
                NO_VALUE => *excluded += count,
                key => events.push((key, count)),
            };
        let side = flows.shorter_side(
            value.what(),
            days,
            false,
            &mut |event, count| note(&mut inside, &mut excluded_in, event, count),
            &mut |event, count| note(&mut outside, &mut excluded_out, event, count),
        );
        let (events, sign) = match side {
            Side::Inside => {
                self.excluded += excluded_in;
                (inside, 1)
            }
            Side::Outside => {
                let sorted = values.get(value);
                self.whole.push((sorted, sorted.starts()));
                self.excluded += all - sorted.len() as i64 - excluded_out;
                (outside, -1)
            }
        };
        for (key, count) in events {
            let list = if count * sign > 0 {
                &mut self.plus
            } else {
                &mut self.minus
            };
            list.extend(std::iter::repeat_n(key, count.unsigned_abs() as usize));
        }
    }

    /// How many values up to `most` there are, how many events have none, and the two keys at a quantile with their ranks.
    pub(crate) fn quantile(
        mut self,
        quantile: Quantile,
        most: u64,
    ) -> (u64, u64, Option<(u64, u64, Ranks)>) {
        self.plus.sort_unstable();
        self.minus.sort_unstable();
        let whole: usize = self.whole.iter().map(|(sorted, _)| sorted.len()).sum();
        let all = (whole + self.plus.len()).saturating_sub(self.minus.len()) as u64;
        let n = match most {
            u64::MAX => all,
            most => self.count_up_to(most),
        };
        let excluded = u64::try_from(self.excluded).unwrap_or(0) + (all - n);
        let ranks = quantile.ranks(n);
        let found = ranks.and_then(|ranks| ranks.find(|rank| self.at(rank)));
        (n, excluded, found)
    }

    /// The value with `rank` others before it: the least that has more than `rank` values up to it.
    fn at(&self, rank: u64) -> Option<u64> {
        if let ([(only, _)], [], []) = (&self.whole[..], &self.plus[..], &self.minus[..]) {
            return only.at(rank as usize);
        }
        let ends = self.whole.iter().filter_map(|(sorted, _)| sorted.ends());
        let ends = ends.chain(self.plus.first().copied().zip(self.plus.last().copied()));
        let (mut least, mut most) =
            ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))?;
        while least < most {
            let middle = least + (most - least) / 2;
            if self.count_up_to(middle) > rank {
                most = middle;
            } else {
                least = middle + 1;
            }
        }
        Some(least)
    }

    fn count_up_to(&self, key: u64) -> u64 {
        let up_to = |values: &[u64]| values.partition_point(|&value| value <= key);
        let whole: usize = self
            .whole
            .iter()
            .map(|(sorted, starts)| sorted.count_up_to(key, starts))
            .sum();
        (whole + up_to(&self.plus)).saturating_sub(up_to(&self.minus)) as u64
    }
}
