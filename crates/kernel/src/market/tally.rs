//! Counts by tag of what a leaf or an area holds: live homes of each class and events of each sort. Not the
//! events themselves (`flows`); a count over all days needs no look at them.

use super::flows::{EventKey, UNKNOWN, What};
use super::leaf::StockClass;
use super::segment::{Segment, Tag};

const CLASSES: usize = 3;
const SORTS: usize = What::ALL.len();

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Live homes of a class.
    Stock(StockClass),
    /// Events of a sort, on whatever day.
    Event(What),
}

impl Counted {
    #[inline]
    fn index(self) -> usize {
        match self {
            Self::Stock(class) => class as usize,
            Self::Event(what) => CLASSES + what as usize - 1,
        }
    }
}

/// Counts by tag. Few tags occur in one place, so one is found by looking at all of their bytes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    tags: Vec<u8>,
    counts: Vec<[i32; CLASSES + SORTS]>,
}

impl Tally {
    /// Counts `change` more.
    #[inline]
    pub(crate) fn add(&mut self, counted: Counted, tag: Tag, change: i32) {
        self.row(tag)[counted.index()] += change;
    }

    /// Counts `change` more of an event. One on no day is in no window, not even that of all days.
    #[inline]
    pub(crate) fn add_event(&mut self, event: &EventKey, change: i32) {
        if event.day != UNKNOWN {
            self.add(Counted::Event(event.what), event.tag, change);
        }
    }

    #[inline]
    fn row(&mut self, tag: Tag) -> &mut [i32; CLASSES + SORTS] {
        let at = match self.tags.iter().position(|other| *other == tag.0) {
            Some(at) => at,
            None => {
                self.tags.push(tag.0);
                self.counts.push([0; CLASSES + SORTS]);
                self.tags.len() - 1
            }
        };
        &mut self.counts[at]
    }

    /// Adds all that another tally counts.
    pub(crate) fn add_all(&mut self, other: &Self) {
        for (tag, counts) in other.tags.iter().zip(&other.counts) {
            let sums = self.row(Tag(*tag)).iter_mut();
            sums.zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }

    /// How many there are in a segment.
    #[inline]
    pub(crate) fn count(&self, counted: Counted, segment: Segment) -> i64 {
        let index = counted.index();
        self.tags
            .iter()
            .zip(&self.counts)
            .filter(|(tag, _)| segment.holds(Tag(**tag)))
            .map(|(_, counts)| i64::from(counts[index]))
            .sum()
    }

    /// Class, tag and count of live homes.
    pub(crate) fn stock(&self) -> impl Iterator<Item = (StockClass, Tag, i32)> + '_ {
        let classes = [
            StockClass::Active,
            StockClass::Pending,
            StockClass::ComingSoon,
        ];
        self.tags
            .iter()
            .zip(&self.counts)
            .flat_map(move |row| classes.map(|class| (class, Tag(*row.0), row.1[class as usize])))
    }
}
