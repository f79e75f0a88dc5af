//! An event in 16 bytes. Not a stored form; what an event means is said in `flows`.

use super::first_cut::{code_of_day, day_of_code};
use super::flows::{EventKey, NO_VALUE, UNKNOWN, What};
use super::segment::Tag;
use crate::time::Day;

/// Bits of a day: from -8,388,607 on, 0 standing for none.
const DAY_BITS: u32 = 24;
/// Bits of what an event carries beside its days.
const LOAD_BITS: u32 = 56;
const NO_LOAD: u64 = (1 << LOAD_BITS) - 1;
/// Bits of the size of a cut, and of each of a contract's days.
const SIZE_BITS: u32 = 30;
const HALF_BITS: u32 = 28;

/// An event in half the bytes, in the same order: what 8, day 24, tag 8, other day 24, load 56. The load is the price; of a
/// seen cut the day of the inferred one and its size, of a contract its cumulative days and those of the property. All but
/// closings with a price per area fit, which are most: a node holds twice as many, one comparison each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packed(pub(super) u128);

/// A day in its bits, clamped to what they hold.
#[inline]
fn bits_of_day(day: Day) -> u64 {
    if day == UNKNOWN {
        return 0;
    }
    (i64::from(day.0) + (1 << (DAY_BITS - 1))).clamp(1, (1 << DAY_BITS) - 1) as u64
}

#[inline]
fn day_of_bits(bits: u64) -> Day {
    match bits & ((1 << DAY_BITS) - 1) {
        0 => UNKNOWN,
        bits => Day((bits as i64 - (1 << (DAY_BITS - 1))) as i32),
    }
}

#[inline]
fn fits_day(day: Day) -> bool {
    day == UNKNOWN || day_of_bits(bits_of_day(day)) == day
}

/// A number in fewer bits, of which all ones stand for none.
#[inline]
fn narrow(value: u64, bits: u32) -> Option<u64> {
    let none = (1 << bits) - 1;
    match value {
        NO_VALUE => Some(none),
        value => (value < none).then_some(value),
    }
}

#[inline]
fn widen(value: u64, bits: u32) -> u64 {
    let none = (1 << bits) - 1;
    match value & none {
        value if value == none => NO_VALUE,
        value => value,
    }
}

impl Packed {
    /// The packed form; `None` of an event that does not fit.
    #[inline]
    pub(super) fn of(event: &EventKey) -> Option<Self> {
        if !fits_day(event.day) || !fits_day(event.other_day) {
            return None;
        }
        let load = match event.what {
            What::CutSeen => {
                let inferred = match event.price {
                    NO_VALUE => (1 << DAY_BITS) - 1,
                    code => {
                        let day = day_of_code(code);
                        let fits = fits_day(day) && bits_of_day(day) < (1 << DAY_BITS) - 1;
                        fits.then(|| bits_of_day(day))?
                    }
                };
                inferred << SIZE_BITS | narrow(event.ratio, SIZE_BITS)?
            }
            What::Contract => {
                narrow(event.price, HALF_BITS)? << HALF_BITS | narrow(event.ratio, HALF_BITS)?
            }
            _ if event.ratio != NO_VALUE => return None,
            _ => narrow(event.price, LOAD_BITS)?,
        };
        Some(Self::parts(
            event.what,
            event.day,
            event.tag,
            event.other_day,
            load,
        ))
    }

    #[inline]
    fn parts(what: What, day: Day, tag: Tag, other_day: Day, load: u64) -> Self {
        let head = u128::from(what as u8) << DAY_BITS | u128::from(bits_of_day(day));
        let head = (head << 8 | u128::from(tag.0)) << DAY_BITS | u128::from(bits_of_day(other_day));
        Self(head << LOAD_BITS | u128::from(load))
    }

    /// The least or greatest that an event of this sort and day can be.
    pub(super) fn bound(what: What, day: Day, least: bool) -> Self {
        if least {
            Self::parts(what, day, Tag(0), UNKNOWN, 0)
        } else {
            Self::parts(what, day, Tag(u8::MAX), Day(i32::MAX), NO_LOAD)
        }
    }

    /// Its sort.
    #[inline]
    pub(super) fn what(self) -> Option<What> {
        What::from_code((self.0 >> 112) as u8)
    }

    /// The event, whose sort the caller knows.
    #[inline]
    pub(super) fn event(self, what: What) -> EventKey {
        let load = self.0 as u64 & NO_LOAD;
        let rest = (self.0 >> LOAD_BITS) as u64;
        let (price, ratio) = match what {
            What::CutSeen => {
                let inferred = match load >> SIZE_BITS {
                    bits if bits == (1 << DAY_BITS) - 1 => NO_VALUE,
                    bits => code_of_day(day_of_bits(bits)),
                };
                (inferred, widen(load, SIZE_BITS))
            }
            What::Contract => (widen(load >> HALF_BITS, HALF_BITS), widen(load, HALF_BITS)),
            _ => (widen(load, LOAD_BITS), NO_VALUE),
        };
        EventKey {
            what,
            day: day_of_bits(rest >> (DAY_BITS + 8)),
            tag: Tag((rest >> DAY_BITS) as u8),
            other_day: day_of_bits(rest),
            price,
            ratio,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event() -> impl Strategy<Value = EventKey> {
        let number = || {
            let small = prop_oneof![0u64..1 << 31, 1u64 << 55..1 << 57];
            prop_oneof![Just(NO_VALUE), small, any::<u64>()]
        };
        let usual = (-30_000..60_000i32).prop_map(Day);
        let day = || prop_oneof![Just(UNKNOWN), usual.clone(), any::<i32>().prop_map(Day)];
        let price = prop_oneof![
            number(),
            (-30_000..60_000i32).prop_map(|day| code_of_day(Day(day)))
        ];
        let ratio = prop_oneof![Just(NO_VALUE), number()];
        let head = (1u8..=What::ALL.len() as u8, day(), any::<u8>(), day());
        (head, price, ratio).prop_map(|((code, day, tag, other_day), price, ratio)| EventKey {
            what: What::from_code(code).expect("a code"),
            day,
            tag: Tag(tag),
            other_day,
            price,
            ratio,
        })
    }

    proptest! {
        #[test]
        fn packing_keeps_value_and_order(one in event(), other in event()) {
            if let (Some(left), Some(right)) = (Packed::of(&one), Packed::of(&other)) {
                prop_assert_eq!(left.what(), Some(one.what));
                prop_assert_eq!(left.event(one.what), one);
                prop_assert_eq!(left.cmp(&right), one.cmp(&other));
            }
        }
    }
}
