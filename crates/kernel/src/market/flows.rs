//! What happened in a leaf, day by day, as counted events. An event that is taken back leaves its day
//! exactly; one that touches a day already final is kept apart, so that the final day never changes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::packed::Packed;
use super::segment::{Segment, Tag};
use crate::time::Day;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum What {
    /// A home came on the market, and we know the day.
    NewListing = 1,
    /// A marketing episode begins (also one of which only the end was seen).
    EpisodeStart = 2,
    /// The last day of an episode. `other_day` holds the days on market of all of it, or [`UNKNOWN`].
    EpisodeEnd = 3,
    /// A list price below the one before it. `other_day` is the episode's cut before this one, `ratio` the part of the price
    /// before that was taken off, in billionths.
    CutSeen = 4,
    /// The same, while the home was not on the market (in no episode).
    CutOffMarket = 5,
    /// The first record already asked less than its original price.
    CutInferred = 6,
    /// Under contract, or sold at once. `other_day` holds days on market, `price` cumulative ones, `ratio` those that only a
    /// closing resets; or [`UNKNOWN`] and [`NO_VALUE`].
    Contract = 7,
    /// Closed. `price` and `ratio` hold the close price and the price per area, or [`NO_VALUE`].
    Close = 8,
    /// On the market again: after a contract, or within the relist gap after it was taken off.
    BackOnMarket = 9,
    /// An episode ended by Withdrawn or Canceled.
    Withdrawn = 10,
    /// An episode ended by Expired.
    Expired = 11,
    /// An episode ended otherwise, without a closing: Hold, Delete, Removed, Incomplete, or announced anew.
    Removed = 12,
    /// With each closing: `price` holds the close price by the last list price before, in billionths, or [`NO_VALUE`].
    SaleToList = 13,
    /// The same by the original list price.
    SaleToOriginal = 14,
}

impl What {
    /// Every sort of event.
    pub const ALL: [Self; 14] = [
        Self::NewListing,
        Self::EpisodeStart,
        Self::EpisodeEnd,
        Self::CutSeen,
        Self::CutOffMarket,
        Self::CutInferred,
        Self::Contract,
        Self::Close,
        Self::BackOnMarket,
        Self::Withdrawn,
        Self::Expired,
        Self::Removed,
        Self::SaleToList,
        Self::SaleToOriginal,
    ];

    /// The value with this stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The name in change rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NewListing => "new_listing",
            Self::EpisodeStart => "episode_start",
            Self::EpisodeEnd => "episode_end",
            Self::CutSeen => "price_cut",
            Self::CutOffMarket => "price_cut_off_market",
            Self::CutInferred => "price_cut_inferred",
            Self::Contract => "contract",
            Self::Close => "close",
            Self::BackOnMarket => "back_on_market",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Removed => "removed",
            Self::SaleToList => "sale_to_list",
            Self::SaleToOriginal => "sale_to_original_list",
        }
    }

    /// Whether it happens by itself; ratios come with their closing, and are no news beside it.
    #[must_use]
    pub fn is_news(self) -> bool {
        !matches!(self, Self::SaleToList | Self::SaleToOriginal)
    }
}

/// One: the unit of ratios of sale to list price.
pub const BILLIONTHS: u64 = 1_000_000_000;

/// No day, or no number of days.
pub const UNKNOWN: Day = Day(i32::MIN);

/// No price or ratio.
pub const NO_VALUE: u64 = u64::MAX;

/// One event of one home; equal events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// What happened.
    pub what: What,
    /// On which local day.
    pub day: Day,
    /// The home's tag.
    pub tag: Tag,
    /// See [`What`].
    pub other_day: Day,
    /// Cents, or [`NO_VALUE`].
    pub price: u64,
    /// Bits of the price per square foot, or [`NO_VALUE`]; see [`What`].
    pub ratio: u64,
}

impl EventKey {
    const fn bound(what: What, day: Day, least: bool) -> Self {
        Self {
            what,
            day,
            tag: Tag(if least { 0 } else { u8::MAX }),
            other_day: Day(if least { i32::MIN } else { i32::MAX }),
            price: if least { 0 } else { u64::MAX },
            ratio: if least { 0 } else { u64::MAX },
        }
    }
}

/// The events of a window, or those that it leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Inside,
    Outside,
}

/// Counted events of one leaf.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    packed: BTreeMap<Packed, i32>,
    /// Events that do not fit in [`Packed`].
    full: BTreeMap<EventKey, i32>,
    /// Changes to days that were final when they came: they enter `all` and trailing readings only.
    after_final: BTreeMap<EventKey, i32>,
}

impl Flows {
    /// Counts `change` more of an event.
    #[inline]
    pub(crate) fn post(&mut self, event: EventKey, change: i32, is_final: bool) {
        if is_final {
            return count(&mut self.after_final, event, change);
        }
        match Packed::of(&event) {
            Some(packed) => count(&mut self.packed, packed, change),
            None => count(&mut self.full, event, change),
        }
    }

    /// Moves an event's count from the plain book to the one kept after finality, as a restart does.
    pub(crate) fn set_apart(&mut self, event: EventKey, change: i32) {
        self.post(event, -change, false);
        self.post(event, change, true);
    }

    /// Calls `each` with every event as of finality.
    pub(crate) fn each_held(&self, each: &mut dyn FnMut(&EventKey, i32)) {
        for (packed, count) in &self.packed {
            if let Some(what) = packed.what() {
                each(&packed.event(what), *count);
            }
        }
        for (event, count) in &self.full {
            each(event, *count);
        }
    }

    /// Events set apart after finality.
    pub(crate) fn apart(&self) -> impl Iterator<Item = (&EventKey, i32)> {
        self.after_final
            .iter()
            .map(|(event, count)| (event, *count))
    }

    /// The events of one sort from day to day (both included), with their counts. With `as_final`, days that are
    /// final show what was known then.
    fn events(
        &self,
        what: What,
        days: (Day, Day),
        as_final: bool,
    ) -> impl Iterator<Item = (EventKey, i64)> {
        // A range must not end before it begins: one that does is empty.
        let is_empty = days.0 > days.1;
        let (from, to) = if is_empty { (days.1, days.0) } else { days };
        let packed = Packed::bound(what, from, true)..=Packed::bound(what, to, false);
        let packed = self.packed.range(packed);
        let packed = packed.map(move |(packed, count)| (packed.event(what), *count));
        let full = move |book| {
            let range = EventKey::bound(what, from, true)..=EventKey::bound(what, to, false);
            let events = BTreeMap::range::<EventKey, _>(book, range);
            events.map(|(event, count): (&EventKey, &i32)| (*event, *count))
        };
        let after = (!as_final).then(|| full(&self.after_final));
        let all = packed
            .chain(full(&self.full))
            .chain(after.into_iter().flatten());
        all.filter(move |_| !is_empty)
            .map(|(event, count)| (event, i64::from(count)))
    }

    /// Calls `inside` with the events of one sort in `days` and `outside` with the others, in step, until either has
    /// seen all of its own; says which. Most windows of an old market leave most of it out, those of a young one
    /// nothing: the shorter side is what this costs.
    pub(crate) fn shorter_side(
        &self,
        what: What,
        days: (Day, Day),
        as_final: bool,
        inside: &mut impl FnMut(&EventKey, i64),
        outside: &mut impl FnMut(&EventKey, i64),
    ) -> Side {
        // Events on no day are in no count.
        let first = Day(UNKNOWN.0 + 1);
        let before = (days.0 > first).then(|| (first, days.0.plus(-1)));
        let after = (days.1 < Day(i32::MAX)).then(|| (days.1.plus(1), Day(i32::MAX)));
        let of_days = |days| self.events(what, days, as_final);
        let mut inner = of_days(days);
        let mut outer = before.into_iter().chain(after).flat_map(of_days);
        loop {
            match outer.next() {
                Some((event, count)) => outside(&event, count),
                None => return Side::Outside,
            }
            match inner.next() {
                Some((event, count)) => inside(&event, count),
                None => return Side::Inside,
            }
        }
    }

    /// How many events of one sort there are in `days`, of `all` in all.
    pub(crate) fn count(
        &self,
        what: What,
        days: (Day, Day),
        segment: Segment,
        as_final: bool,
        all: i64,
    ) -> i64 {
        let held = |event: &EventKey, count| if segment.holds(event.tag) { count } else { 0 };
        let (mut counted, mut left_out) = (0, 0);
        let inside = &mut |event: &EventKey, count| counted += held(event, count);
        let outside = &mut |event: &EventKey, count| left_out += held(event, count);
        match self.shorter_side(what, days, as_final, inside, outside) {
            Side::Inside => counted,
            Side::Outside => all - left_out,
        }
    }

    /// Calls `each` with the events of one sort from day to day (both included), with their counts.
    /// With `as_final`, days that are final show what was known then.
    pub(crate) fn each(
        &self,
        what: What,
        days: (Day, Day),
        segment: Segment,
        as_final: bool,
        each: &mut impl FnMut(&EventKey, i64),
    ) {
        self.events(what, days, as_final)
            .for_each(|(event, count)| {
                if segment.holds(event.tag) {
                    each(&event, count);
                }
            });
    }
}

/// Events of one leaf on their way into an empty [`Flows`].
#[derive(Debug, Default)]
pub(crate) struct FlowsLoad {
    /// A packed event, which leaves eight bits free, and its count in these: half the bytes of a pair, and a
    /// restart is bound by memory.
    packed: Vec<u128>,
    full: Vec<(EventKey, i32)>,
}

impl FlowsLoad {
    /// Counts `change` more of an event.
    #[inline]
    pub(crate) fn post(&mut self, event: EventKey, change: i32) {
        let Some(Packed(packed)) = Packed::of(&event) else {
            self.full.push((event, change));
            return;
        };
        let mut rest = change;
        while rest != 0 {
            let part = rest.clamp(i8::MIN.into(), i8::MAX.into());
            self.packed.push(packed << 8 | u128::from(part as u8));
            rest -= part;
        }
    }

    /// All of them, counted.
    pub(crate) fn finish(mut self) -> Flows {
        self.packed.sort_unstable();
        let same_event = self.packed.chunk_by(|left, right| left >> 8 == right >> 8);
        let counted = same_event.map(|same| {
            let count = same.iter().map(|entry| i32::from(*entry as u8 as i8)).sum();
            (Packed(same[0] >> 8), count)
        });
        settle(&mut self.full);
        Flows {
            packed: counted.filter(|entry: &(_, i32)| entry.1 != 0).collect(),
            full: self.full.into_iter().collect(),
            after_final: BTreeMap::new(),
        }
    }
}

/// Sorts entries and adds up equal ones; what was taken back is gone.
pub(crate) fn settle<K: Ord + Copy>(entries: &mut Vec<(K, i32)>) {
    entries.sort_unstable_by_key(|entry| entry.0);
    let mut at = 0;
    for index in 0..entries.len() {
        if at > 0 && entries[at - 1].0 == entries[index].0 {
            entries[at - 1].1 += entries[index].1;
        } else {
            entries[at] = entries[index];
            at += 1;
        }
    }
    entries.truncate(at);
    entries.retain(|entry| entry.1 != 0);
}

#[inline]
fn count<K: Ord + Copy>(book: &mut BTreeMap<K, i32>, key: K, change: i32) {
    match book.entry(key) {
        Entry::Vacant(entry) => {
            if change != 0 {
                entry.insert(change);
            }
        }
        Entry::Occupied(mut entry) => {
            *entry.get_mut() += change;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::{Counted, Tally};
    use super::*;
    use proptest::prelude::*;

    fn event() -> impl Strategy<Value = (EventKey, i32, bool)> {
        let day = prop_oneof![Just(UNKNOWN), (0..12i32).prop_map(Day)];
        let price = prop_oneof![Just(NO_VALUE), 1u64..4];
        let what = prop::sample::select(vec![What::Close, What::CutSeen]);
        (what, day, 0u8..3, price, any::<bool>(), any::<bool>()).prop_map(
            |(what, day, tag, price, has_ratio, is_late)| {
                let event = EventKey {
                    what,
                    day,
                    tag: Tag(tag << 3),
                    other_day: UNKNOWN,
                    price,
                    ratio: if has_ratio { 1 } else { NO_VALUE },
                };
                // What comes after finality may take back.
                (event, if is_late { -1 } else { 1 }, is_late)
            },
        )
    }

    proptest! {
        #[test]
        fn a_count_from_the_shorter_side_is_that_of_every_event(
            events in prop::collection::vec(event(), 0..40), from in -2..14i32, length in -1..14i32, as_final: bool,
        ) {
            let (mut flows, mut tally) = (Flows::default(), [Tally::default(), Tally::default()]);
            for (event, change, is_late) in events {
                flows.post(event, change, is_late);
                tally[usize::from(is_late)].add_event(&event, change);
            }
            let days = (Day(from), Day(from + length));
            let segments = Segment::of_families(crate::plan::Segments { by_type: true, by_bedrooms: true });
            for segment in segments {
                let counted = Counted::Event(What::Close);
                let late = if as_final { 0 } else { tally[1].count(counted, segment) };
                let all = tally[0].count(counted, segment) + late;
                let mut slow = 0;
                flows.each(What::Close, days, segment, as_final, &mut |_, count| slow += count);
                prop_assert_eq!(flows.count(What::Close, days, segment, as_final, all), slow);
            }
        }
    }
}
