//! What is usual in every place, taken at once from all values: held ones, too, so that no verdict depends on earlier
//! ones, and in no order.

use std::collections::BTreeMap;

use super::norm::{Endings, LogSpread, Norm, SPREAD_LEAST};
use crate::field::Kind;
use crate::market::Tag;
use crate::robust::TO_STANDARD;
use crate::varint::{Reader, put_bytes, put_u64};

/// The groups of homes to which one with this tag belongs, finest first: its type with its bedrooms, its type, all.
pub(super) fn groups_of(tag: Tag) -> [u8; 3] {
    [tag.0, tag.class() << 4 | 15, u8::MAX]
}

/// No norm has this number.
pub(super) const NO_NORM: u32 = u32::MAX;
/// A place with fewer values than this says nothing.
const VALUES_LEAST: u64 = 30;

/// Kind, group and level of a place; its name comes beside it.
pub(super) type Sort = (Kind, u8, u8);

/// How many values fall in each sixteenth of an octave, by the leading bits of `f64`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Histogram(Vec<(u16, u32)>);

/// Bits of the mantissa that do not tell buckets apart: 52 less the 4 that split an octave in 16.
const BUCKET_SHIFT: u32 = 48;

/// The bucket of a positive value.
pub(super) fn bucket_of(value: f64) -> u16 {
    (value.to_bits() >> BUCKET_SHIFT) as u16
}

/// ln of a bucket's middle.
fn log_of(bucket: u16) -> f64 {
    let half = 1 << (BUCKET_SHIFT - 1);
    libm::log(f64::from_bits(u64::from(bucket) << BUCKET_SHIFT | half))
}

impl Histogram {
    pub(super) fn add(&mut self, bucket: u16, count: u32) {
        match self.0.binary_search_by_key(&bucket, |known| known.0) {
            Ok(at) => self.0[at].1 += count,
            Err(at) => self.0.insert(at, (bucket, count)),
        }
    }

    fn merge(&mut self, other: &Self) {
        other
            .0
            .iter()
            .for_each(|(bucket, count)| self.add(*bucket, *count));
    }

    fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// Median and spread of the logarithms; `None` of too few values.
    fn spread(&self) -> Option<LogSpread> {
        let total = self.total();
        if total < VALUES_LEAST {
            return None;
        }
        let mut logs: Vec<(f64, u32)> = self.0.iter().map(|(at, n)| (log_of(*at), *n)).collect();
        let median = middle(&logs, total);
        logs.iter_mut()
            .for_each(|(log, _)| *log = (*log - median).abs());
        logs.sort_by(|left, right| left.0.total_cmp(&right.0));
        Some(LogSpread {
            median,
            spread: (TO_STANDARD * middle(&logs, total)).max(SPREAD_LEAST),
        })
    }
}

/// The middle of sorted values that occur so often, of an even number the lower one.
fn middle(values: &[(f64, u32)], total: u64) -> f64 {
    let mut before = 0;
    let found = values.iter().find(|(_, count)| {
        before += u64::from(*count);
        2 * before >= total
    });
    found.map_or(0.0, |(value, _)| *value)
}

/// The values of a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values {
    /// Cents, cents per square foot, and square feet.
    pub(super) of: [Histogram; 3],
}

/// All values of a shard, or of several.
#[derive(Debug, Clone, Default)]
pub struct ValueCounts {
    pub(super) places: BTreeMap<Sort, BTreeMap<Box<str>, Values>>,
    pub(super) endings: [Endings; 2],
    /// Listings looked at.
    pub(super) listings: u64,
}

impl ValueCounts {
    /// Adds another shard's values.
    pub fn add(&mut self, other: Self) {
        if self.places.is_empty() {
            self.places = other.places;
        } else {
            for (sort, places) in other.places {
                let own = self.places.entry(sort).or_default();
                for (name, values) in places {
                    let own = own.entry(name).or_default();
                    own.of
                        .iter_mut()
                        .zip(&values.of)
                        .for_each(|(sum, part)| sum.merge(part));
                }
            }
        }
        for (sum, part) in self.endings.iter_mut().zip(&other.endings) {
            sum.0
                .iter_mut()
                .zip(part.0)
                .for_each(|(sum, part)| *sum += part);
        }
        self.listings += other.listings;
    }

    /// Listings that had a value.
    #[must_use]
    pub fn listings(&self) -> u64 {
        self.listings
    }

    /// What is usual, by these values.
    #[must_use]
    pub fn norms(self) -> Norms {
        let mut norms = Norms {
            endings: self.endings,
            ..Norms::default()
        };
        for (sort, values) in self.places {
            for (name, values) in values {
                let [price, ratio, area] = &values.of;
                if let Some(spread) = price.spread() {
                    let norm = Norm {
                        level: sort.2,
                        n: u32::try_from(price.total()).unwrap_or(u32::MAX),
                        price: spread,
                        sizes: ratio.spread().zip(area.spread()),
                    };
                    norms.insert(sort, name, norm);
                }
            }
        }
        norms
    }
}

/// What is usual in every place. Fixed between two settlings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Norms {
    places: BTreeMap<Sort, BTreeMap<Box<str>, u32>>,
    all: Vec<Norm>,
    endings: [Endings; 2],
}

impl Norms {
    fn insert(&mut self, sort: Sort, name: Box<str>, norm: Norm) {
        let places = self.places.entry(sort).or_default();
        places.insert(name, self.all.len() as u32);
        self.all.push(norm);
    }

    /// The norm with this number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Norm> {
        self.all.get(number as usize)
    }

    pub(super) fn endings(&self, kind: Kind) -> &Endings {
        &self.endings[kind as usize]
    }

    /// The number of the norm of the finest area that has one for the type, with its bedrooms where it can; else of the
    /// finest that has one at all; [`NO_NORM`] for none.
    /// Areas are given by level, `None` where a home has none.
    pub(super) fn find(&self, kind: Kind, tag: Tag, areas: &[Option<&str>]) -> u32 {
        let [fine, class, all] = groups_of(tag);
        let finest = |groups: &[u8]| {
            areas.iter().enumerate().find_map(|(level, area)| {
                groups.iter().find_map(|group| {
                    let places = self.places.get(&(kind, *group, level as u8))?;
                    places.get((*area)?).copied()
                })
            })
        };
        finest(&[fine, class])
            .or_else(|| finest(&[all]))
            .unwrap_or(NO_NORM)
    }

    /// Appends the stored form.
    pub fn put(&self, out: &mut Vec<u8>) {
        put_u64(out, self.places.len() as u64);
        for ((kind, group, level), places) in &self.places {
            out.extend_from_slice(&[*kind as u8, *group, *level]);
            put_u64(out, places.len() as u64);
            for (name, number) in places {
                put_bytes(out, name.as_bytes());
                self.all[*number as usize].put(out);
            }
        }
        for endings in &self.endings {
            endings
                .0
                .iter()
                .for_each(|count| put_u64(out, u64::from(*count)));
        }
    }

    /// Reads what [`Norms::put`] wrote; `None` of damaged bytes.
    #[must_use]
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut norms = Self::default();
        for _ in 0..reader.u64()? {
            let [kind, group, level] = reader.array()?;
            let kind = Kind::ALL.into_iter().find(|one| *one as u8 == kind)?;
            for _ in 0..reader.u64()? {
                let name = std::str::from_utf8(reader.bytes()?).ok()?.into();
                let norm = Norm::read(reader, level)?;
                norms.insert((kind, group, level), name, norm);
            }
        }
        for endings in &mut norms.endings {
            for count in &mut endings.0 {
                *count = u32::try_from(reader.u64()?).ok()?;
            }
        }
        Some(norms)
    }
}
