//! Reads markets over all shards of one position. Everything a measure may ask goes through here; nothing
//! here changes a book.

use std::collections::BTreeMap;

use super::book::{Area, MarketBook, Stock, Sums};
use super::day_counts::{Dated, DayCounts};
use super::event_values::{EventValue, WindowValues};
use super::first_cut::FirstCut;
use super::flows::{EventKey, NO_VALUE, UNKNOWN, What};
use super::leaf::{Leaf, LeafId, StockClass};
use super::quantile::{Quantile, Ranks, select};
use super::segment::Segment;
use super::tally::{Counted, Tally};
use super::traffic::Traffic;
use crate::field::Kind;
use crate::time::Day;

/// The first day of any window: the day before it stands for none.
pub(crate) const FIRST_DAY: Day = Day(i32::MIN + 1);

/// One market: an area of a level, a segment, and sale or lease.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MarketKey {
    /// Number of the level in the plan.
    pub level: u8,
    /// The area's name, or `(none)`.
    pub area: Box<str>,
    /// Which homes.
    pub segment: Segment,
    /// Sale or lease.
    pub kind: Kind,
}

/// The books of all shards at one position, and the day that it is.
#[derive(Debug)]
pub struct MarketView<'a> {
    books: Vec<&'a MarketBook>,
    today: Day,
}

/// One market, found in each shard that has it.
#[derive(Debug)]
pub struct MarketReader<'a> {
    areas: Vec<(&'a MarketBook, &'a Area)>,
    kind: Kind,
    segment: Segment,
    today: Day,
    day_sums: Option<DaySums>,
}

/// For each sort of event, and for days as they stand and as they were final: each day with the number of
/// events up to it.
type DaySums = BTreeMap<(What, bool), Vec<(Day, i64)>>;

impl<'a> MarketView<'a> {
    /// A view over `books`, on local day `today`.
    #[must_use]
    pub fn new(books: Vec<&'a MarketBook>, today: Day) -> Self {
        Self { books, today }
    }

    /// The local day of the view.
    #[must_use]
    pub fn today(&self) -> Day {
        self.today
    }

    /// Level and name of every area, sorted.
    #[must_use]
    pub fn areas(&self) -> Vec<(u8, &'a str)> {
        let mut all: Vec<(u8, &str)> = Vec::new();
        for book in &self.books {
            all.extend(book.areas.iter().map(|area| (area.level, &*area.name)));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether any home ever stood in this area.
    #[must_use]
    pub fn has_area(&self, level: u8, area: &str) -> bool {
        self.books
            .iter()
            .any(|book| book.find_area(level, area).is_some())
    }

    /// The market with this key; one without homes reads as empty.
    #[must_use]
    pub fn market(&self, level: u8, area: &str, kind: Kind, segment: Segment) -> MarketReader<'a> {
        let areas = self
            .books
            .iter()
            .filter_map(|book| Some((*book, book.find_area(level, area)?)))
            .collect();
        MarketReader {
            areas,
            kind,
            segment,
            today: self.today,
            day_sums: None,
        }
    }
}

impl<'a> MarketReader<'a> {
    /// The market's local day now.
    #[must_use]
    pub fn today(&self) -> Day {
        self.today
    }

    /// True when the area never held a home of this kind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves().next().is_none()
    }

    /// What has come to this area and kind, over all segments.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let mut sum = Traffic::default();
        self.leaves().for_each(|leaf| sum.add(&leaf.traffic));
        sum
    }

    /// Updates of [`MarketReader::traffic`], and a number that changes with every change of the area, for those who ask
    /// often: some measures of sales rest on rents, too.
    #[must_use]
    pub fn updates_and_revision(&self) -> (u64, u64) {
        let sum = |leaves: &[LeafId], book: &MarketBook| {
            let traffic = leaves
                .iter()
                .map(|leaf| &book.leaves[leaf.0 as usize].traffic);
            traffic.fold((0, 0), |(updates, revision), traffic| {
                (updates + traffic.updates, revision + traffic.revision)
            })
        };
        let mut all = (0, 0);
        for (book, area) in &self.areas {
            for kind in Kind::ALL {
                let (updates, revision) = sum(&area.kinds[kind as usize].leaves, book);
                all.0 += if kind == self.kind { updates } else { 0 };
                all.1 += revision;
            }
        }
        all
    }

    /// The market of the other or the same kind in this area and segment.
    #[must_use]
    pub(crate) fn of_kind(&self, kind: Kind) -> Self {
        Self {
            areas: self.areas.clone(),
            kind,
            segment: self.segment,
            today: self.today,
            day_sums: None,
        }
    }

    /// Sale or lease.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    fn leaves(&self) -> impl Iterator<Item = &'a Leaf> + '_ {
        self.areas.iter().flat_map(|(book, area)| {
            area.kinds[self.kind as usize]
                .leaves
                .iter()
                .map(|leaf| &book.leaves[leaf.0 as usize])
        })
    }

    /// Live homes of a class.
    #[must_use]
    pub fn stock_count(&self, class: StockClass) -> u64 {
        u64::try_from(self.tally(Counted::Stock(class), true)).unwrap_or(0)
    }

    /// A count over all days; with `as_final`, as of finality.
    fn tally(&self, counted: Counted, as_final: bool) -> i64 {
        let count = |tally: &Tally| tally.count(counted, self.segment);
        let held = self.parts(|leaf| &leaf.tally, |sums| &sums.tally);
        let held: i64 = held.map(count).sum();
        if as_final {
            return held;
        }
        let late = self.parts(|leaf| &leaf.tally_after, |sums| &sums.tally_after);
        held + late.map(count).sum::<i64>()
    }

    /// A quantile of a stock value: how many values there are, and the two keys with their ranks. Of ages, the keys are
    /// those of the days on which homes came on the market, with the ranks of ages.
    #[must_use]
    pub fn stock_quantile(
        &self,
        stock: Stock,
        quantile: Quantile,
    ) -> (u64, Option<(u64, u64, Ranks)>) {
        if self.segment == Segment::All {
            return self.quantile_of_all(stock, quantile);
        }
        let mut values = Vec::new();
        for leaf in self.leaves() {
            sorted_of(leaf, stock).gather(self.segment, &mut values);
        }
        pick(&mut values, |n| stock.ranks(quantile, n))
    }

    /// How many active homes have a value, and the sum of these in whole units: cents, or ten-thousandths of currency
    /// per square foot.
    #[must_use]
    pub fn stock_sum(&self, stock: Stock) -> (u64, i128) {
        let sums = self.leaves().map(|leaf| &leaf.stock_sums);
        let parts = sums.map(|sums| sums.of(stock, self.segment));
        let (n, sum) = parts.fold((0, 0), |all, part| (all.0 + part.0, all.1 + part.1));
        (u64::try_from(n).unwrap_or(0), sum)
    }

    fn quantile_of_all(
        &self,
        value: Stock,
        quantile: Quantile,
    ) -> (u64, Option<(u64, u64, Ranks)>) {
        let n: u64 = self
            .leaves()
            .map(|leaf| sorted_of(leaf, value).len() as u64)
            .sum();
        let Some(ranks) = value.ranks(quantile, n) else {
            return (0, None);
        };
        let mut leaves = self.leaves();
        if let (Some(only), None) = (leaves.next(), leaves.next()) {
            let sorted = sorted_of(only, value);
            return (n, ranks.find(|rank| sorted.at(rank as usize)));
        }
        let sums = self
            .areas
            .iter()
            .map(|(_, area)| area.kinds[self.kind as usize].sums.as_deref());
        let Some(sums) = sums.collect::<Option<Vec<_>>>() else {
            let mut values = Vec::with_capacity(n as usize);
            self.leaves()
                .for_each(|leaf| sorted_of(leaf, value).gather(Segment::All, &mut values));
            return pick(&mut values, |n| value.ranks(quantile, n));
        };
        let mut counts: Vec<(u32, u32)> = sums
            .iter()
            .flat_map(|sums| sums.buckets[value as usize].counts())
            .collect();
        counts.sort_unstable();
        (n, ranks.find(|rank| self.at_rank(value, &counts, rank)))
    }

    /// The value of one rank: the bucket by counting, then the value among that bucket's.
    fn at_rank(&self, value: Stock, counts: &[(u32, u32)], rank: u64) -> Option<u64> {
        let mut before = 0u64;
        let mut at = 0;
        while at < counts.len() {
            let bucket = counts[at].0;
            let mut here = 0u64;
            while at < counts.len() && counts[at].0 == bucket {
                here += u64::from(counts[at].1);
                at += 1;
            }
            if rank < before + here {
                let (low, high) = (value.key_at(bucket), value.key_at(bucket + 1));
                let mut values = Vec::with_capacity(here as usize);
                self.leaves()
                    .for_each(|leaf| sorted_of(leaf, value).gather_range(low, high, &mut values));
                let index = usize::try_from(rank - before).ok()?;
                return (index < values.len()).then(|| *values.select_nth_unstable(index).1);
            }
            before += here;
        }
        None
    }

    /// Calls `each` with the events of one sort in `days` (both included), with their counts. With
    /// `as_final`, days that are final show what was known when they closed for good.
    pub fn events(
        &self,
        what: What,
        days: (Day, Day),
        as_final: bool,
        each: &mut impl FnMut(&EventKey, i64),
    ) {
        for leaf in self.leaves() {
            leaf.flows.each(what, days, self.segment, as_final, each);
        }
    }

    /// A quantile of a value of the events in `days` (both included), of values up to `most`: how many such values there
    /// are, how many events have none, and the two keys with their ranks.
    #[must_use]
    pub fn event_quantile(
        &self,
        value: EventValue,
        days: (Day, Day),
        as_final: bool,
        quantile: Quantile,
        most: u64,
    ) -> (u64, u64, Option<(u64, u64, Ranks)>) {
        if as_final || self.segment != Segment::All {
            return self.event_quantile_by_walking(value, days, as_final, quantile, most);
        }
        let counted = Counted::Event(value.what());
        let mut values = WindowValues::default();
        for leaf in self.leaves() {
            let all = tally(&leaf.tally, &leaf.tally_after, counted, Segment::All, false);
            values.add(value, days, (&leaf.flows, &leaf.event_values, all));
        }
        let found = values.quantile(quantile, most);
        debug_assert_eq!(
            found,
            self.event_quantile_by_walking(value, days, as_final, quantile, most),
            "values that are kept in order are not those of the events"
        );
        found
    }

    /// How many of the events in `days` (both included) have a value and how many have none, and the sum of these
    /// values in whole units; see [`EventValue`].
    #[must_use]
    pub fn event_sum(
        &self,
        value: EventValue,
        days: (Day, Day),
        as_final: bool,
    ) -> (u64, u64, i128) {
        let (all, n, sum) = if self.segment == Segment::All {
            let all = self.dated(Dated::Event(value.what()), days, as_final);
            let n = self.dated(Dated::Valued(value), days, as_final);
            let sums = self.day_counts();
            (
                all,
                n,
                sums.map(|sums| sums.sum(value, days, as_final)).sum(),
            )
        } else {
            let (mut all, mut n, mut sum) = (0, 0, 0);
            self.events(value.what(), days, as_final, &mut |event, count| {
                all += count;
                let key = value.of(event);
                if key != NO_VALUE {
                    n += count;
                    sum += value.whole(key) * i128::from(count);
                }
            });
            (all, n, sum)
        };
        let whole = |count| u64::try_from(count).unwrap_or(0);
        (whole(n), whole(all - n), sum)
    }

    fn event_quantile_by_walking(
        &self,
        value: EventValue,
        days: (Day, Day),
        as_final: bool,
        quantile: Quantile,
        most: u64,
    ) -> (u64, u64, Option<(u64, u64, Ranks)>) {
        // Counts after finality may be negative: values are added and taken back before one is chosen.
        let mut counted: Vec<(u64, i64)> = Vec::new();
        let mut excluded = 0i64;
        self.events(
            value.what(),
            days,
            as_final,
            &mut |event, count| match value.of(event) {
                NO_VALUE => excluded += count,
                key if key > most => excluded += count,
                key => counted.push((key, count)),
            },
        );
        let mut values = Vec::with_capacity(counted.len());
        if counted.iter().any(|(_, count)| *count < 0) {
            counted.sort_unstable_by_key(|entry| entry.0);
            for same in counted.chunk_by(|left, right| left.0 == right.0) {
                let count: i64 = same.iter().map(|entry| entry.1).sum();
                let count = usize::try_from(count).unwrap_or(0);
                values.extend(std::iter::repeat_n(same[0].0, count));
            }
        } else {
            for (key, count) in counted {
                let count = usize::try_from(count).unwrap_or(0);
                values.extend(std::iter::repeat_n(key, count));
            }
        }
        let (n, found) = pick(&mut values, |n| quantile.ranks(n));
        (n, u64::try_from(excluded).unwrap_or(0), found)
    }

    /// Adds events up by day once, for a reader that will be asked about many days.
    #[must_use]
    pub fn with_day_sums(mut self) -> Self {
        let mut sums = DaySums::new();
        for what in What::ALL {
            for as_final in [false, true] {
                let mut by_day: BTreeMap<Day, i64> = BTreeMap::new();
                let mut add = |day, count| *by_day.entry(day).or_insert(0) += count;
                if self.segment == Segment::All {
                    for counts in self.day_counts() {
                        let days = counts.days(Dated::Event(what), as_final);
                        days.for_each(|(day, count)| add(day, count));
                    }
                } else {
                    let all = (FIRST_DAY, Day(i32::MAX));
                    let mut add = |event: &EventKey, count| add(event.day, count);
                    self.events(what, all, as_final, &mut add);
                }
                let mut sum = 0;
                let summed = by_day.into_iter().map(|(day, count)| {
                    sum += count;
                    (day, sum)
                });
                sums.insert((what, as_final), summed.collect());
            }
        }
        self.day_sums = Some(sums);
        self
    }

    /// Days on which something happened, where they were added up.
    pub fn event_days(&self) -> impl Iterator<Item = Day> + '_ {
        self.day_sums
            .iter()
            .flat_map(|sums| sums.values())
            .flatten()
            .map(|(day, _)| *day)
    }

    /// How many events of one sort there are in `days`.
    #[must_use]
    pub fn event_count(&self, what: What, days: (Day, Day), as_final: bool) -> u64 {
        if let Some(sums) = self
            .day_sums
            .as_ref()
            .and_then(|sums| sums.get(&(what, as_final)))
        {
            let through = |day: Day| {
                let at = sums.partition_point(|(summed, _)| *summed <= day);
                at.checked_sub(1).map_or(0, |at| sums[at].1)
            };
            let before = if days.0 > FIRST_DAY {
                through(days.0.plus(-1))
            } else {
                0
            };
            return u64::try_from(through(days.1) - before).unwrap_or(0);
        }
        if self.segment == Segment::All {
            return self.dated_count(Dated::Event(what), days, as_final);
        }
        let sum = if days.0 > FIRST_DAY {
            let counted = Counted::Event(what);
            let in_leaf = |leaf: &Leaf| {
                let all = tally(
                    &leaf.tally,
                    &leaf.tally_after,
                    counted,
                    self.segment,
                    as_final,
                );
                leaf.flows.count(what, days, self.segment, as_final, all)
            };
            self.leaves().map(in_leaf).sum()
        } else {
            // All days are counted already: only those after the last are looked at.
            let mut sum = self.tally(Counted::Event(what), as_final);
            if days.1 < Day(i32::MAX) {
                let after = (days.1.plus(1), Day(i32::MAX));
                self.events(what, after, as_final, &mut |_, count| sum -= count);
            }
            sum
        };
        u64::try_from(sum).unwrap_or(0)
    }

    /// Counts by day of all segments: of each area that adds up its leaves, else of each leaf.
    fn day_counts(&self) -> impl Iterator<Item = &'a DayCounts> {
        self.parts(|leaf| &leaf.by_day, |sums| &sums.by_day)
    }

    /// Something of each area that keeps sums of its leaves, and of each leaf of the others.
    fn parts<T: 'a>(
        &self,
        of_leaf: fn(&'a Leaf) -> &'a T,
        of_sums: fn(&'a Sums) -> &'a T,
    ) -> impl Iterator<Item = &'a T> {
        self.areas.iter().flat_map(move |(book, area)| {
            let (book, node) = (*book, &area.kinds[self.kind as usize]);
            let sums = node.sums.as_deref();
            let leaves = if sums.is_some() {
                &[][..]
            } else {
                &node.leaves
            };
            let leaves = leaves
                .iter()
                .map(move |leaf| of_leaf(&book.leaves[leaf.0 as usize]));
            sums.map(of_sums).into_iter().chain(leaves)
        })
    }

    /// What is counted in `days` (both included), of all segments.
    fn dated(&self, dated: Dated, days: (Day, Day), as_final: bool) -> i64 {
        let counts = self.day_counts();
        counts
            .map(|counts| counts.between(dated, days, as_final))
            .sum()
    }

    /// How many of the events in `days` (both included) are of a kind that counts on the event's own day.
    pub(crate) fn dated_count(&self, dated: Dated, days: (Day, Day), as_final: bool) -> u64 {
        let sum = if self.segment == Segment::All {
            self.dated(dated, days, as_final)
        } else {
            let mut sum = 0;
            self.events(dated.what(), days, as_final, &mut |event, count| {
                if dated.day_of(event) != UNKNOWN {
                    sum += count;
                }
            });
            sum
        };
        u64::try_from(sum).unwrap_or(0)
    }

    /// How many episodes have their first cut in `days` (both included); see [`FirstCut`].
    #[must_use]
    pub fn first_cuts(&self, first: FirstCut, days: (Day, Day), as_final: bool) -> u64 {
        let walked = || self.first_cuts_by_walking(first, days, as_final);
        let sum = if self.segment == Segment::All && days.0 > FIRST_DAY {
            let sum = self.first_cuts_by_days(first, days, as_final);
            debug_assert_eq!(
                sum,
                walked(),
                "cuts counted by day are not those of the events"
            );
            sum
        } else {
            walked()
        };
        u64::try_from(sum).unwrap_or(0)
    }

    /// Of the cuts on these days, those that have another before them within the window are none of it: they are counted
    /// by the day of that other one, with those after the window, which are walked.
    fn first_cuts_by_days(&self, first: FirstCut, days: (Day, Day), as_final: bool) -> i64 {
        let inferred = match first {
            FirstCut::Seen => 0,
            _ => self.dated(Dated::CutInferredInEpisode, days, as_final),
        };
        let again = match first {
            FirstCut::Inferred => return inferred,
            FirstCut::Seen => Dated::CutAfterSeen,
            FirstCut::Any => Dated::CutAfterAny,
        };
        let seen = Dated::Event(What::CutSeen);
        let within = self.dated(seen, days, as_final);
        let after = (days.1.plus(1), Day(i32::MAX));
        if days.1 == Day(i32::MAX) {
            return inferred + within - self.dated(again, days, as_final);
        }
        if self.dated(seen, after, as_final) > within {
            return self.first_cuts_by_walking(first, days, as_final);
        }
        let mut sum = inferred + within - self.dated(again, (days.0, Day(i32::MAX)), as_final);
        self.events(What::CutSeen, after, as_final, &mut |event, count| {
            if again.day_of(event) >= days.0 {
                sum += count;
            }
        });
        sum
    }

    fn first_cuts_by_walking(&self, first: FirstCut, days: (Day, Day), as_final: bool) -> i64 {
        let mut sum = 0;
        for what in [What::CutSeen, What::CutInferred] {
            self.events(what, days, as_final, &mut |event, count| {
                if first.is_it(event, days.0) {
                    sum += count;
                }
            });
        }
        sum
    }
}

/// What was tallied, and after finality unless `as_final`.
fn tally(tally: &Tally, after: &Tally, counted: Counted, segment: Segment, as_final: bool) -> i64 {
    let late = if as_final {
        0
    } else {
        after.count(counted, segment)
    };
    tally.count(counted, segment) + late
}

fn sorted_of(leaf: &Leaf, value: Stock) -> &super::sorted::SortedValues {
    &leaf.stock[value as usize]
}

/// The unsorted values at the ranks that their number gives.
fn pick(
    values: &mut [u64],
    ranks: impl FnOnce(u64) -> Option<Ranks>,
) -> (u64, Option<(u64, u64, Ranks)>) {
    let n = values.len() as u64;
    let Some(ranks) = ranks(n) else {
        return (0, None);
    };
    (
        n,
        select(values, ranks).map(|(low, high)| (low, high, ranks)),
    )
}
