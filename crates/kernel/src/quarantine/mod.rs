//! Values that cannot be right are held: they count for no price until evidence, the feed or a person releases them. What
//! is usual in a place is taken at ticks (`norms`), over all values; whether a value is possible there, and if not, what
//! would make it so, is worked out from that alone (`norm`). What is held is the value, not the row.

mod cause;
mod norm;
mod norms;
mod settling;
mod shard;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use cause::Cause;
pub use norm::{Endings, LogSpread, Norm};
pub use norms::{Norms, ValueCounts};
pub use settling::Settling;

use self::norm::{Bounds, Evidence};
use self::norms::{Histogram, bucket_of, groups_of};
use crate::field::{Kind, Status};
use crate::home::{Comparable, Placement};
use crate::listing::{Correction, FieldValue, Listing, ListingBook};
use crate::market::{LeafId, MarketBook, TAGS, Tag};
use crate::plan::NO_AREA;
use crate::record::{Cents, Terms};

/// A value that can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeldField {
    /// `ListPrice`.
    ListPrice,
    /// `OriginalListPrice`.
    OriginalListPrice,
    /// `ClosePrice`.
    ClosePrice,
    /// `LivingArea`.
    LivingArea,
}

impl HeldField {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::ListPrice,
        Self::OriginalListPrice,
        Self::ClosePrice,
        Self::LivingArea,
    ];

    /// The RESO name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ListPrice => "ListPrice",
            Self::OriginalListPrice => "OriginalListPrice",
            Self::ClosePrice => "ClosePrice",
            Self::LivingArea => "LivingArea",
        }
    }

    /// The value that it names: cents, or hundredths of a square foot.
    #[must_use]
    pub fn of(self, terms: &Terms, placement: &Placement) -> Option<i64> {
        match self {
            Self::ListPrice => terms.list_price,
            Self::OriginalListPrice => terms.original_list_price,
            Self::ClosePrice => terms.close_price,
            Self::LivingArea => (placement.area > 0.0).then(|| libm::round(placement.area) as i64),
        }
    }
}

/// What is held of a version, and why; by [`HeldField`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held(pub [Option<Cause>; HeldField::ALL.len()]);

impl Held {
    /// Nothing is held.
    pub const NOTHING: Self = Self([None; HeldField::ALL.len()]);

    /// Whether anything is held.
    #[inline]
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    /// Each field that is held, with the cause.
    pub fn fields(&self) -> impl Iterator<Item = (HeldField, Cause)> + '_ {
        let fields = HeldField::ALL.into_iter().zip(self.0);
        fields.filter_map(|(field, cause)| Some((field, cause?)))
    }

    /// Terms without what is held.
    pub(crate) fn cut(&self, terms: &Terms) -> Terms {
        let keep = |field: HeldField, price: Option<Cents>| {
            price.filter(|_| self.0[field as usize].is_none())
        };
        Terms {
            list_price: keep(HeldField::ListPrice, terms.list_price),
            original_list_price: keep(HeldField::OriginalListPrice, terms.original_list_price),
            close_price: keep(HeldField::ClosePrice, terms.close_price),
            ..*terms
        }
    }

    /// A placement without an area that is held.
    pub(crate) fn cut_area(&self, placement: &Placement) -> Placement {
        match self.0[HeldField::LivingArea as usize] {
            Some(_) => placement.without_area(),
            None => *placement,
        }
    }
}

/// What values are judged by that share their norms.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    bounds: Bounds,
    /// The number of the norm.
    norm: u32,
    /// The same for the other kind.
    other: u32,
}

/// The norms as one shard uses them: by leaf and tag.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    norms: Arc<Norms>,
    /// Places that are judged differently.
    places: Vec<Place>,
    /// The number of each by what it is judged by.
    numbers: BTreeMap<(u32, u32), u32>,
    /// Of each leaf and tag, the number of its place.
    by_tag: Vec<u32>,
}

impl Quarantine {
    pub(crate) fn norms(&self) -> &Arc<Norms> {
        &self.norms
    }

    /// The same leaves under other norms.
    pub(crate) fn under(norms: Arc<Norms>, markets: &MarketBook) -> Self {
        let mut quarantine = Self {
            norms,
            ..Self::default()
        };
        quarantine.know_leaves(markets);
        quarantine
    }

    /// Looks up the norms of leaves that are new.
    #[inline]
    pub(crate) fn know_leaves(&mut self, markets: &MarketBook) {
        if self.by_tag.len() < markets.leaf_count() as usize * TAGS {
            self.look_up(markets);
        }
    }

    #[cold]
    fn look_up(&mut self, markets: &MarketBook) {
        let known = self.by_tag.len() / TAGS;
        for number in known as u32..markets.leaf_count() {
            let (kind, names) = markets.leaf_names(LeafId(number));
            let areas: Vec<Option<&str>> = names
                .map(|name| Some(name).filter(|name| *name != NO_AREA))
                .collect();
            let other_kind = match kind {
                Kind::Sale => Kind::Lease,
                Kind::Lease => Kind::Sale,
            };
            for tag in Tag::all() {
                let norm = self.norms.find(kind, tag, &areas);
                let other = self.norms.find(other_kind, tag, &areas);
                let next = self.places.len() as u32;
                let place = *self.numbers.entry((norm, other)).or_insert(next);
                if place == next {
                    self.places.push(Place {
                        bounds: self.norms.get(norm).map_or(Bounds::NONE, Norm::bounds),
                        norm,
                        other,
                    });
                }
                self.by_tag.push(place);
            }
        }
    }

    #[inline]
    fn place(&self, placement: &Placement) -> &Place {
        let number = placement.leaf.0 as usize * TAGS + placement.tag.number();
        &self.places[self.by_tag[number] as usize]
    }

    /// What is usual in the place.
    pub(crate) fn norm(&self, placement: &Placement) -> Option<&Norm> {
        self.norms.get(self.place(placement).norm)
    }

    /// The list price of a listing's newest version that counts, and whether its area does not; of one that nobody
    /// corrected.
    #[inline]
    pub(crate) fn stock_terms(&self, listing: &Listing) -> (Option<Cents>, bool) {
        let terms = listing.history.last().terms;
        if !listing.has_held {
            return (terms.list_price, false);
        }
        let held = self.held(&terms, &listing.placement, &[]);
        let area_held = held.0[HeldField::LivingArea as usize].is_some();
        (held.cut(&terms).list_price, area_held)
    }

    /// What is held of a version with these terms.
    #[inline]
    pub(crate) fn held(
        &self,
        terms: &Terms,
        placement: &Placement,
        corrections: &[Correction],
    ) -> Held {
        if !placement.judged {
            return Held::NOTHING;
        }
        let place = self.place(placement);
        let area = placement.square_feet();
        let admits =
            |price: Option<Cents>| price.is_none_or(|cents| place.bounds.admit(cents as f64, area));
        let is_plain = admits(terms.list_price)
            && admits(terms.original_list_price)
            && admits(terms.close_price)
            && corrections.is_empty();
        if is_plain {
            return Held::NOTHING;
        }
        self.look(terms, placement, corrections)
    }

    /// The same where a value lies outside of its place's bounds, or where people ruled.
    fn look(&self, terms: &Terms, placement: &Placement, corrections: &[Correction]) -> Held {
        let place = self.place(placement);
        let area = placement.square_feet();
        let evidence = self.norms.get(place.norm).map(|norm| Evidence {
            norm,
            kind: placement.kind,
            other: self.norms.get(place.other),
            endings: self.norms.endings(placement.kind),
        });
        let mut held = Held::NOTHING;
        let rulings = || corrections.iter().rev().map(|correction| &correction.value);
        for field in HeldField::ALL {
            let Some(value) = field.of(terms, placement) else {
                continue;
            };
            let diagnosed = match field {
                // The area is judged with the price that leads.
                HeldField::LivingArea => leading_price(terms),
                _ => u64::try_from(value).ok(),
            };
            let diagnosed = diagnosed
                .zip(evidence)
                .and_then(|(cents, evidence)| {
                    evidence.diagnose(cents, area, &prices_beside(terms, placement, field))
                })
                .filter(|cause| cause.is_of_area() == (field == HeldField::LivingArea));
            let ruled = rulings().find_map(|ruling| match ruling {
                FieldValue::Release(about, which) if (*about, *which) == (field, value) => {
                    Some(None)
                }
                FieldValue::Reject(about, which) if (*about, *which) == (field, value) => {
                    Some(Some(Cause::Rejected))
                }
                _ => None,
            });
            held.0[field as usize] = ruled.unwrap_or(diagnosed);
        }
        held
    }
}

/// The listing's other prices, in cents.
fn prices_beside(terms: &Terms, placement: &Placement, field: HeldField) -> Vec<f64> {
    let others = HeldField::ALL
        .into_iter()
        .filter(|other| *other != field && *other != HeldField::LivingArea);
    let prices = others.filter_map(|other| other.of(terms, placement));
    let prices = prices.filter(|cents| *cents > 0);
    prices.map(|cents| cents as f64).collect()
}

/// The price that says what the home costs: where it is closed, what was paid.
fn leading_price(terms: &Terms) -> Option<u64> {
    let paid = terms.close_price.filter(|_| terms.status == Status::Closed);
    let price = paid.or(terms.list_price).or(terms.close_price);
    u64::try_from(price?).ok().filter(|cents| *cents > 0)
}

/// Counts the values of all listings that are comparable and reach markets, each by its newest version as corrected.
pub(crate) fn count_values(listings: &ListingBook, markets: &MarketBook) -> ValueCounts {
    let mut counts = ValueCounts::default();
    // Leaf, class, quantity and bucket in one number: sorted, a place's values stand together.
    let mut found: Vec<u64> = Vec::with_capacity(listings.len() * 3);
    for (_, listing) in listings.iter() {
        let Some((leaf, price)) = listing.leaf().zip(newest_price(listing)) else {
            continue;
        };
        let placement = &listing.placement;
        if placement.comparable != Comparable::Yes {
            continue;
        }
        counts.listings += 1;
        counts.endings[placement.kind as usize].count(price);
        let place = u64::from(leaf.0) << 28 | u64::from(placement.tag.0) << 20;
        let mut put = |quantity: u64, value: f64| {
            found.push(place | quantity << 16 | u64::from(bucket_of(value)));
        };
        put(0, price as f64);
        let area = placement.square_feet();
        if area > 0.0 {
            put(1, price as f64 / area);
            put(2, area);
        }
    }
    found.sort_unstable();
    add_to_areas(&found, markets, &mut counts);
    counts
}

fn newest_price(listing: &Listing) -> Option<u64> {
    if listing.corrections.is_empty() {
        return leading_price(&listing.history.last().terms);
    }
    let mut newest = None;
    listing.each_version(|version| newest = leading_price(&version.terms));
    newest
}

/// Adds what leaves hold to the areas above them, for each group of homes.
fn add_to_areas(found: &[u64], markets: &MarketBook, counts: &mut ValueCounts) {
    // Of each area and kind, the groups that occur; few, in no order until they are told.
    let mut sums: Vec<Vec<(u8, [Histogram; 3])>> = Vec::new();
    sums.resize_with(markets.areas.len() * Kind::ALL.len(), Vec::new);
    for same in found.chunk_by(|left, right| left == right) {
        let (leaf, tag) = ((same[0] >> 28) as usize, Tag((same[0] >> 20) as u8));
        let (quantity, bucket) = ((same[0] >> 16 & 15) as usize, same[0] as u16);
        let leaf = &markets.leaves[leaf];
        for area in &leaf.areas {
            let sums = &mut sums[*area as usize * Kind::ALL.len() + leaf.kind as usize];
            for group in groups_of(tag) {
                let at = sums.iter().position(|(known, _)| *known == group);
                let at = at.unwrap_or_else(|| {
                    sums.push((group, Default::default()));
                    sums.len() - 1
                });
                sums[at].1[quantity].add(bucket, same.len() as u32);
            }
        }
    }
    for (number, groups) in sums.into_iter().enumerate() {
        let kind = Kind::ALL[number % Kind::ALL.len()];
        let area = &markets.areas[number / Kind::ALL.len()];
        if *area.name == *NO_AREA {
            continue;
        }
        for (group, of) in groups {
            let places = counts.places.entry((kind, group, area.level)).or_default();
            places.insert(area.name.clone(), norms::Values { of });
        }
    }
}
