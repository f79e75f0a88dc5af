//! The market book of one shard: leaves, the areas above them, and what homes post to both.

use super::buckets::{Buckets, bucket_of_real, bucket_start};
use super::day_counts::DayCounts;
use super::flows::{EventKey, NO_VALUE};
use super::leaf::{Leaf, LeafId, StockClass};
use super::quantile::{Quantile, Ranks};
use super::segment::Tag;
use super::tally::{Counted, Tally};
use crate::digest::LeafPart;
use crate::field::Kind;
use crate::key_index::{KeyIndex, hash_key};
use crate::plan::{NO_AREA, Plan};
use crate::plant::{Bug, is_planted};
use crate::record::{FeedId, Profile};

/// Above this many leaves an area keeps sums of its own; below, asking each leaf is cheaper than keeping them.
const LEAVES_WITHOUT_SUMS: usize = 8;

/// What a live home adds to the stock of its markets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockEntry {
    /// Which stock.
    pub class: StockClass,
    /// List price in cents, or [`NO_VALUE`]; only of active homes with a comparable price.
    pub price: u64,
    /// Bits of the list price per square foot, or [`NO_VALUE`].
    pub ratio: u64,
    /// The day on which the marketing episode of an active home began, as a code that sorts alike (see
    /// [`code_of_day`]), or [`NO_VALUE`] where it is not known.
    pub start: u64,
}

/// The values that a market keeps of its active homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// List price, in cents.
    ListPrice,
    /// List price per square foot, as bits of `f64`.
    ListPricePerArea,
    /// Days since the marketing episode began. Kept as the day on which it did, so that a new day touches no home.
    Age,
}

impl Stock {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::ListPrice, Self::ListPricePerArea, Self::Age];

    /// The value that a home has, as a key that sorts, or [`NO_VALUE`].
    #[inline]
    pub(crate) fn of(self, entry: &StockEntry) -> u64 {
        match self {
            Self::ListPrice => entry.price,
            Self::ListPricePerArea => entry.ratio,
            Self::Age => entry.start,
        }
    }

    /// Keys in one unit of the value; `None` of keys that are bits of reals.
    pub(crate) fn scale(self) -> Option<u64> {
        match self {
            Self::ListPrice => Some(100),
            Self::ListPricePerArea => None,
            Self::Age => Some(1),
        }
    }

    /// Whole units, see [`Stock::whole`], in one unit of the value.
    pub(crate) fn wholes(self) -> u64 {
        match self {
            Self::Age => 10,
            _ => self.scale().unwrap_or(10_000),
        }
    }

    /// A key in whole units, of which sums are exact: cents, ten-thousandths of currency per square foot, and tenths of
    /// a day.
    #[inline]
    pub(crate) fn whole(self, key: u64) -> i128 {
        match self {
            Self::ListPrice => i128::from(key),
            Self::ListPricePerArea => ten_thousandths(key),
            Self::Age => i128::from(key) * 10,
        }
    }

    /// The bucket of a key, by which areas of many leaves count.
    #[inline]
    pub(crate) fn bucket(self, key: u64) -> u32 {
        match self {
            Self::ListPrice => bucket_of_real((key as f64).to_bits()),
            Self::ListPricePerArea => bucket_of_real(key),
            Self::Age => (key >> BUCKET_OF_DAYS) as u32,
        }
    }

    /// The smallest key of a bucket.
    pub(crate) fn key_at(self, bucket: u32) -> u64 {
        match self {
            // Cents are whole numbers: the bucket's first is the next whole number.
            Self::ListPrice => f64::from_bits(bucket_start(bucket)).ceil() as u64,
            Self::ListPricePerArea => bucket_start(bucket),
            Self::Age => u64::from(bucket) << BUCKET_OF_DAYS,
        }
    }

    /// The ranks of keys, in order, between which a quantile of `n` values lies. A home that came on the market later is
    /// younger: ages are ranked from the end.
    pub(crate) fn ranks(self, quantile: Quantile, n: u64) -> Option<Ranks> {
        let ranks = quantile.ranks(n)?;
        Some(match self {
            Self::Age => Ranks {
                low: n - 1 - ranks.high,
                high: n - 1 - ranks.low,
                ..ranks
            },
            Self::ListPrice | Self::ListPricePerArea => ranks,
        })
    }

    /// Each value that a home has, with its key.
    #[inline]
    pub(super) fn keys(entry: &StockEntry) -> impl Iterator<Item = (Self, u64)> {
        let keys = Self::ALL.into_iter().map(|stock| (stock, stock.of(entry)));
        keys.filter(|(_, key)| *key != NO_VALUE)
    }
}

/// Days that begin in one bucket: two to this power.
const BUCKET_OF_DAYS: u32 = 3;

/// A positive real, given as bits, in whole ten-thousandths.
#[inline]
pub(crate) fn ten_thousandths(bits: u64) -> i128 {
    (f64::from_bits(bits) * 10_000.0 + 0.5) as i128
}

#[derive(Debug, Default)]
pub(crate) struct AreaKind {
    pub(crate) leaves: Vec<LeafId>,
    pub(crate) sums: Option<Box<Sums>>,
}

/// What an area of many leaves keeps, so that reading it does not ask each of them. Measured on the live market
/// with segments: reads took 72 % of the time without the tallies, 25 % with them.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// By [`Stock`].
    pub(crate) buckets: [Buckets; Stock::ALL.len()],
    /// As in a leaf.
    pub(crate) tally: Tally,
    pub(crate) tally_after: Tally,
    pub(crate) by_day: DayCounts,
}

#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) level: u8,
    pub(crate) name: Box<str>,
    pub(crate) kinds: [AreaKind; 2],
}

/// Leaves and areas of one shard.
#[derive(Debug, Default)]
pub struct MarketBook {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) areas: Vec<Area>,
    area_index: KeyIndex,
    leaf_index: KeyIndex,
    /// Fields that decide areas, as they stand in profiles, and the leaf that they led to: one look-up for
    /// all levels instead of building and finding a name on each.
    places: Vec<(Box<[u8]>, LeafId)>,
    place_index: KeyIndex,
    place_scratch: Vec<u8>,
    touched: Vec<LeafId>,
}

impl MarketBook {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The leaf of a home of this kind with this profile.
    pub fn leaf_for(&mut self, plan: &Plan, kind: Kind, profile: Profile<'_>) -> LeafId {
        let mut key = std::mem::take(&mut self.place_scratch);
        key.clear();
        key.push(kind as u8);
        plan.put_area_fields(profile, &mut key);
        let hash = hash_key(0, &key);
        let places = &self.places;
        let known = self
            .place_index
            .find(hash, |number| *places[number as usize].0 == *key);
        let leaf = match known {
            Some(number) => self.places[number as usize].1,
            None => {
                let leaf = self.leaf_of_profile(plan, kind, profile);
                let number = self.places.len() as u32;
                self.places.push((key.as_slice().into(), leaf));
                let places = &self.places;
                self.place_index.insert(hash, number, |number| {
                    hash_key(0, &places[number as usize].0)
                });
                leaf
            }
        };
        self.place_scratch = key;
        leaf
    }

    fn leaf_of_profile(&mut self, plan: &Plan, kind: Kind, profile: Profile<'_>) -> LeafId {
        let mut name = String::new();
        let areas: Vec<u32> = plan
            .levels
            .iter()
            .enumerate()
            .map(|(level, rule)| {
                name.clear();
                if !rule.area(profile, &mut name) {
                    name.push_str(NO_AREA);
                }
                self.area(level as u8, &name)
            })
            .collect();
        self.leaf(kind, &areas)
    }

    /// The leaf of these areas, given by name and in the plan's order of levels.
    pub fn leaf_of_names(&mut self, kind: Kind, names: &[&str]) -> LeafId {
        let areas: Vec<u32> = names
            .iter()
            .enumerate()
            .map(|(level, name)| self.area(level as u8, name))
            .collect();
        self.leaf(kind, &areas)
    }

    /// The names of a leaf's areas, in the plan's order of levels, and its kind.
    pub fn leaf_names(&self, leaf: LeafId) -> (Kind, impl Iterator<Item = &str>) {
        let leaf = &self.leaves[leaf.0 as usize];
        (
            leaf.kind,
            leaf.areas
                .iter()
                .map(|&area| &*self.areas[area as usize].name),
        )
    }

    fn area(&mut self, level: u8, name: &str) -> u32 {
        let hash = hash_key(u64::from(level), name.as_bytes());
        let areas = &self.areas;
        let found = self.area_index.find(hash, |number| {
            let area = &areas[number as usize];
            area.level == level && *area.name == *name
        });
        if let Some(number) = found {
            return number;
        }
        let number = self.areas.len() as u32;
        self.areas.push(Area {
            level,
            name: name.into(),
            kinds: Default::default(),
        });
        let areas = &self.areas;
        self.area_index.insert(hash, number, |number| {
            let area = &areas[number as usize];
            hash_key(u64::from(area.level), area.name.as_bytes())
        });
        number
    }

    /// The number of the area with this name on this level, where there is one.
    pub(crate) fn find_area(&self, level: u8, name: &str) -> Option<&Area> {
        let hash = hash_key(u64::from(level), name.as_bytes());
        let number = self.area_index.find(hash, |number| {
            let area = &self.areas[number as usize];
            area.level == level && *area.name == *name
        })?;
        Some(&self.areas[number as usize])
    }

    /// The leaves that an area is the union of: those with homes of this kind, now or once.
    #[must_use]
    pub fn leaves_of(&self, level: u8, area: &str, kind: Kind) -> &[LeafId] {
        self.find_area(level, area)
            .map_or(&[], |area| &area.kinds[kind as usize].leaves)
    }

    /// The name of a leaf's area on a level of the plan.
    #[must_use]
    pub fn area_name(&self, leaf: LeafId, level: u8) -> &str {
        let area = self.leaves[leaf.0 as usize].areas[usize::from(level)];
        &self.areas[area as usize].name
    }

    fn leaf(&mut self, kind: Kind, areas: &[u32]) -> LeafId {
        let hash = leaf_hash(kind, areas);
        let leaves = &self.leaves;
        let found = self.leaf_index.find(hash, |number| {
            let leaf = &leaves[number as usize];
            leaf.kind == kind && *leaf.areas == *areas
        });
        if let Some(number) = found {
            return LeafId(number);
        }
        let id = LeafId(self.leaves.len() as u32);
        self.leaves.push(Leaf::new(kind, areas.into()));
        let leaves = &self.leaves;
        self.leaf_index.insert(hash, id.0, |number| {
            let leaf = &leaves[number as usize];
            leaf_hash(leaf.kind, &leaf.areas)
        });
        for &area in areas {
            let node = &mut self.areas[area as usize].kinds[kind as usize];
            node.leaves.push(id);
            if node.sums.is_none() && node.leaves.len() > LEAVES_WITHOUT_SUMS {
                node.sums = Some(Box::new(Sums::of(&self.leaves, &node.leaves)));
            }
        }
        id
    }

    /// Adds a home to the stock of its leaf and of every area above it.
    #[inline]
    pub fn add_stock(&mut self, leaf: LeafId, tag: Tag, entry: &StockEntry) {
        self.change_stock(leaf, tag, None, Some(entry));
    }

    /// Takes back exactly what [`MarketBook::add_stock`] added.
    #[inline]
    pub fn remove_stock(&mut self, leaf: LeafId, tag: Tag, entry: &StockEntry) {
        self.change_stock(leaf, tag, Some(entry), None);
    }

    /// Turns what a home added to the stock into what it adds now; what is the same stays untouched.
    #[inline]
    pub fn change_stock(
        &mut self,
        leaf: LeafId,
        tag: Tag,
        before: Option<&StockEntry>,
        after: Option<&StockEntry>,
    ) {
        if is_planted(Bug::ForgetRetraction) && after.is_none() {
            return;
        }
        self.touch(leaf);
        let node = &mut self.leaves[leaf.0 as usize];
        let (class_before, class_after) = (
            before.map(|entry| entry.class),
            after.map(|entry| entry.class),
        );
        if class_before != class_after {
            let change = |tally: &mut Tally| {
                let mut add = |class: Option<StockClass>, change| {
                    if let Some(class) = class {
                        tally.add(Counted::Stock(class), tag, change);
                    }
                };
                add(class_before, -1);
                add(class_after, 1);
            };
            change(&mut node.tally);
            let kind = node.kind as usize;
            for &area in &node.areas {
                if let Some(sums) = &mut self.areas[area as usize].kinds[kind].sums {
                    change(&mut sums.tally);
                }
            }
        }
        for stock in Stock::ALL {
            let key = |entry: Option<&StockEntry>| entry.map_or(NO_VALUE, |entry| stock.of(entry));
            let (old, new) = (key(before), key(after));
            if old == new {
                continue;
            }
            let values = &mut node.stock[stock as usize];
            if old != NO_VALUE {
                let removed = values.remove(old, tag);
                debug_assert!(removed, "a value is taken back that was never added");
                node.stock_sums.add(tag, stock, old, -1);
            }
            if new != NO_VALUE {
                values.insert(new, tag);
                node.stock_sums.add(tag, stock, new, 1);
            }
            let (old_bucket, new_bucket) = (stock.bucket(old), stock.bucket(new));
            for &area in &node.areas {
                let Some(sums) = &mut self.areas[area as usize].kinds[node.kind as usize].sums
                else {
                    continue;
                };
                if old != NO_VALUE {
                    sums.buckets[stock as usize].add(old_bucket, -1);
                }
                if new != NO_VALUE {
                    sums.buckets[stock as usize].add(new_bucket, 1);
                }
            }
        }
    }

    /// Counts `change` more of an event; `is_final` when its day was final already.
    #[inline]
    pub fn post_event(&mut self, leaf: LeafId, event: EventKey, change: i32, is_final: bool) {
        if is_planted(Bug::ForgetEvent) && change < 0 {
            return;
        }
        self.touch(leaf);
        let node = &mut self.leaves[leaf.0 as usize];
        node.flows.post(event, change, is_final);
        node.event_values.post(&event, change);
        self.tally_event(leaf, &event, change, is_final);
    }

    /// Sets apart, as a restart from stored state does, what came after its day was final.
    pub fn set_apart(&mut self, leaf: LeafId, event: EventKey, change: i32) {
        self.leaves[leaf.0 as usize].flows.set_apart(event, change);
        self.tally_event(leaf, &event, -change, false);
        self.tally_event(leaf, &event, change, true);
    }

    #[inline]
    fn tally_event(&mut self, leaf: LeafId, event: &EventKey, change: i32, is_final: bool) {
        let leaf = &mut self.leaves[leaf.0 as usize];
        let of_leaf = if is_final {
            &mut leaf.tally_after
        } else {
            &mut leaf.tally
        };
        of_leaf.add_event(event, change);
        leaf.by_day.post(event, change, is_final);
        for &area in &leaf.areas {
            if let Some(sums) = &mut self.areas[area as usize].kinds[leaf.kind as usize].sums {
                let of_area = if is_final {
                    &mut sums.tally_after
                } else {
                    &mut sums.tally
                };
                of_area.add_event(event, change);
                sums.by_day.post(event, change, is_final);
            }
        }
    }

    /// Adds up again what areas of many leaves keep.
    pub(super) fn sum_anew(&mut self) {
        for node in self.areas.iter_mut().flat_map(|area| &mut area.kinds) {
            if node.sums.is_some() {
                node.sums = Some(Box::new(Sums::of(&self.leaves, &node.leaves)));
            }
        }
    }

    /// Each change that came after its day was final: leaf, event, count.
    pub fn apart(&self) -> impl Iterator<Item = (LeafId, &EventKey, i32)> {
        self.leaves.iter().enumerate().flat_map(|(number, leaf)| {
            leaf.flows
                .apart()
                .map(move |(event, count)| (LeafId(number as u32), event, count))
        })
    }

    /// What came to a leaf after its day was final: event, count.
    pub(crate) fn apart_of(&self, leaf: LeafId) -> impl Iterator<Item = (&EventKey, i32)> {
        self.leaves[leaf.0 as usize].flows.apart()
    }

    /// How many areas there are, of all levels.
    #[must_use]
    pub fn area_count(&self) -> usize {
        self.areas.len()
    }

    /// How many leaves there are.
    #[must_use]
    pub fn leaf_count(&self) -> u32 {
        self.leaves.len() as u32
    }

    /// Every part of a leaf's state with its count.
    pub(crate) fn each_part(&self, leaf: LeafId, each: &mut dyn FnMut(LeafPart<'_>, i64)) {
        let leaf = &self.leaves[leaf.0 as usize];
        for (class, tag, count) in leaf.tally.stock() {
            each(LeafPart::Stock(class as u8, tag.0), i64::from(count));
        }
        for stock in Stock::ALL {
            let values = leaf.stock[stock as usize].entries();
            values.for_each(|(key, tag)| each(LeafPart::StockValue(stock as u8, key, tag), 1));
        }
        leaf.flows
            .each_held(&mut |event, count| each(LeafPart::Event(event, false), i64::from(count)));
        leaf.flows
            .apart()
            .for_each(|(event, count)| each(LeafPart::Event(event, true), i64::from(count)));
    }

    #[inline]
    pub(super) fn touch(&mut self, leaf: LeafId) {
        let node = &mut self.leaves[leaf.0 as usize];
        node.traffic.revision += 1;
        if !node.touched {
            node.touched = true;
            self.touched.push(leaf);
        }
    }

    /// Counts an accepted observation of a listing that stands in this leaf.
    #[inline]
    pub(crate) fn note_update(&mut self, leaf: LeafId) {
        self.leaves[leaf.0 as usize].traffic.updates += 1;
    }

    /// A listing of `feed` stands in this leaf.
    #[inline]
    pub(crate) fn note_feed(&mut self, leaf: LeafId, feed: FeedId) {
        self.leaves[leaf.0 as usize].traffic.note_feed(feed);
    }

    /// Leaves that changed since this was last asked, in no order that matters.
    pub fn take_touched(&mut self, out: &mut Vec<LeafId>) {
        for leaf in self.touched.drain(..) {
            self.leaves[leaf.0 as usize].touched = false;
            out.push(leaf);
        }
    }
}

fn leaf_hash(kind: Kind, areas: &[u32]) -> u64 {
    let mut bytes = Vec::with_capacity(areas.len() * 4);
    for area in areas {
        bytes.extend_from_slice(&area.to_le_bytes());
    }
    hash_key(kind as u64, &bytes)
}

impl Sums {
    fn of(leaves: &[Leaf], of: &[LeafId]) -> Self {
        let mut sums = Self::default();
        for leaf in of {
            let leaf = &leaves[leaf.0 as usize];
            for stock in Stock::ALL {
                let (values, buckets) = (
                    &leaf.stock[stock as usize],
                    &mut sums.buckets[stock as usize],
                );
                values
                    .keys()
                    .for_each(|key| buckets.add(stock.bucket(key), 1));
            }
            sums.tally.add_all(&leaf.tally);
            sums.tally_after.add_all(&leaf.tally_after);
            sums.by_day.add_all(&leaf.by_day);
        }
        sums
    }
}
