//! An event in 16 bytes. Not a stored form; what an event means is said in `flows`.

use super::flows::{EventKey, NO_VALUE, What};
use super::segment::Tag;
use crate::time::Day;

/// Price bits in a packed event: enough for the day that a seen cut carries as its price.
const PACKED_PRICE_BITS: u32 = 40;
const PACKED_NO_PRICE: u64 = (1 << PACKED_PRICE_BITS) - 1;

/// An event without ratio in half the bytes, in the same order: what 8, day 32, tag 8, other day 32, price 40.
/// All but closings with a price fit, which are most: a node holds twice as many, one comparison each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packed(pub(super) u128);

impl Packed {
    /// The packed form; `None` of an event that does not fit.
    #[inline]
    pub(super) fn of(event: &EventKey) -> Option<Self> {
        let price = match event.price {
            NO_VALUE => PACKED_NO_PRICE,
            price => price,
        };
        let fits =
            event.ratio == NO_VALUE && (event.price == NO_VALUE || event.price < PACKED_NO_PRICE);
        fits.then(|| Self::parts(event.what, event.day, event.tag, event.other_day, price))
    }

    #[inline]
    fn parts(what: What, day: Day, tag: Tag, other_day: Day, price: u64) -> Self {
        let ordered = |day: Day| u128::from(day.0 as u32 ^ 0x8000_0000);
        let head = u128::from(what as u8) << 40 | ordered(day) << 8 | u128::from(tag.0);
        Self((head << 32 | ordered(other_day)) << PACKED_PRICE_BITS | u128::from(price))
    }

    /// The least or greatest that an event of this sort and day can be.
    pub(super) fn bound(what: What, day: Day, least: bool) -> Self {
        if least {
            Self::parts(what, day, Tag(0), Day(i32::MIN), 0)
        } else {
            Self::parts(what, day, Tag(u8::MAX), Day(i32::MAX), PACKED_NO_PRICE)
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
        let day = |bits: u128| Day((bits as u32 ^ 0x8000_0000) as i32);
        let price = self.0 as u64 & PACKED_NO_PRICE;
        let rest = self.0 >> PACKED_PRICE_BITS;
        EventKey {
            what,
            day: day(rest >> 40),
            tag: Tag((rest >> 32) as u8),
            other_day: day(rest),
            price: if price == PACKED_NO_PRICE {
                NO_VALUE
            } else {
                price
            },
            ratio: NO_VALUE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flows::UNKNOWN;
    use super::*;
    use proptest::prelude::*;

    fn event() -> impl Strategy<Value = EventKey> {
        let price = prop_oneof![Just(NO_VALUE), 0u64..1 << 40, any::<u64>()];
        let day = || prop_oneof![Just(UNKNOWN), any::<i32>().prop_map(Day)];
        (
            1u8..=What::ALL.len() as u8,
            day(),
            any::<u8>(),
            day(),
            price,
        )
            .prop_map(|(code, day, tag, other_day, price)| EventKey {
                what: What::from_code(code).expect("a code"),
                day,
                tag: Tag(tag),
                other_day,
                price,
                ratio: NO_VALUE,
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
