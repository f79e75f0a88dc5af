//! The market book of one shard: leaves, the areas above them, and what homes post to both.

use super::buckets::{Buckets, bucket_of_real};
use super::day_counts::DayCounts;
use super::flows::{EventKey, NO_VALUE};
use super::leaf::{Leaf, LeafId, StockClass};
use super::segment::Tag;
use super::tally::{Counted, Tally};
use crate::digest::LeafPart;
use crate::field::Kind;
use crate::key_index::{KeyIndex, hash_key};
use crate::plan::{NO_AREA, Plan};
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
}

/// The values that a market keeps of its active homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// List price, in cents.
    ListPrice,
    /// List price per square foot, as bits of `f64`.
    ListPricePerArea,
}

impl Stock {
    /// Every value.
    pub const ALL: [Self; 2] = [Self::ListPrice, Self::ListPricePerArea];

    /// The value that a home has, as a key that sorts, or [`NO_VALUE`].
    #[inline]
    pub(crate) fn of(self, entry: &StockEntry) -> u64 {
        match self {
            Self::ListPrice => entry.price,
            Self::ListPricePerArea => entry.ratio,
        }
    }

    /// Keys in one unit of the value; `None` of keys that are bits of reals.
    pub(crate) fn scale(self) -> Option<u64> {
        match self {
            Self::ListPrice => Some(100),
            Self::ListPricePerArea => None,
        }
    }

    /// Whole units, see [`Stock::whole`], in one unit of the value.
    pub(crate) fn wholes(self) -> u64 {
        self.scale().unwrap_or(10_000)
    }

    /// A key in whole units, of which sums are exact: cents, and ten-thousandths of currency per square foot.
    #[inline]
    pub(crate) fn whole(self, key: u64) -> i128 {
        match self {
            Self::ListPrice => i128::from(key),
            Self::ListPricePerArea => ten_thousandths(key),
        }
    }
}

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
    pub(crate) prices: Buckets,
    pub(crate) ratios: Buckets,
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
        self.touch(leaf);
        let node = &mut self.leaves[leaf.0 as usize];
        if entry.price != NO_VALUE {
            node.list_prices.insert(entry.price, tag);
        }
        if entry.ratio != NO_VALUE {
            node.list_ratios.insert(entry.ratio, tag);
        }
        node.tally.add(Counted::Stock(entry.class), tag, 1);
        node.stock_sums.add(tag, entry, 1);
        self.sum_stock(leaf, tag, entry, 1);
    }

    /// Takes back exactly what [`MarketBook::add_stock`] added.
    #[inline]
    pub fn remove_stock(&mut self, leaf: LeafId, tag: Tag, entry: &StockEntry) {
        self.touch(leaf);
        let node = &mut self.leaves[leaf.0 as usize];
        if entry.price != NO_VALUE {
            let removed = node.list_prices.remove(entry.price, tag);
            debug_assert!(removed, "a price is taken back that was never added");
        }
        if entry.ratio != NO_VALUE {
            let removed = node.list_ratios.remove(entry.ratio, tag);
            debug_assert!(
                removed,
                "a price per area is taken back that was never added"
            );
        }
        node.tally.add(Counted::Stock(entry.class), tag, -1);
        node.stock_sums.add(tag, entry, -1);
        self.sum_stock(leaf, tag, entry, -1);
    }

    #[inline]
    fn sum_stock(&mut self, leaf: LeafId, tag: Tag, entry: &StockEntry, change: i32) {
        let leaf = &self.leaves[leaf.0 as usize];
        let (price, ratio) = (bucket_of_cents(entry.price), bucket_of_real(entry.ratio));
        for &area in &leaf.areas {
            if let Some(sums) = &mut self.areas[area as usize].kinds[leaf.kind as usize].sums {
                sums.tally.add(Counted::Stock(entry.class), tag, change);
                if entry.price != NO_VALUE {
                    sums.prices.add(price, change);
                }
                if entry.ratio != NO_VALUE {
                    sums.ratios.add(ratio, change);
                }
            }
        }
    }

    /// Counts `change` more of an event; `is_final` when its day was final already.
    #[inline]
    pub fn post_event(&mut self, leaf: LeafId, event: EventKey, change: i32, is_final: bool) {
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
        leaf.list_prices
            .entries()
            .for_each(|(key, tag)| each(LeafPart::ListPrice(key, tag), 1));
        leaf.list_ratios
            .entries()
            .for_each(|(key, tag)| each(LeafPart::ListRatio(key, tag), 1));
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

#[inline]
pub(crate) fn bucket_of_cents(cents: u64) -> u32 {
    bucket_of_real((cents as f64).to_bits())
}

impl Sums {
    fn of(leaves: &[Leaf], of: &[LeafId]) -> Self {
        let mut sums = Self::default();
        for leaf in of {
            let leaf = &leaves[leaf.0 as usize];
            leaf.list_prices
                .keys()
                .for_each(|cents| sums.prices.add(bucket_of_cents(cents), 1));
            leaf.list_ratios
                .keys()
                .for_each(|bits| sums.ratios.add(bucket_of_real(bits), 1));
            sums.tally.add_all(&leaf.tally);
            sums.tally_after.add_all(&leaf.tally_after);
            sums.by_day.add_all(&leaf.by_day);
        }
        sums
    }
}
