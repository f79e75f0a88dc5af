//! Values that cannot be right are held: they count for no price until evidence, the feed or a person releases them. What
//! is usual in a place is taken at ticks (`norms`), over all values; whether a value is possible there, and if not, what
//! would make it so, is worked out from that alone (`norm`). What is held is the value, not the row.

mod cause;
mod norm;
mod norms;
mod settling;
mod shard;

use std::sync::Arc;

pub use cause::Cause;
pub use norm::{Endings, LogSpread, Norm};
pub use norms::{Norms, ValueCounts};
pub use settling::Settling;

use self::norm::{Bounds, Evidence};
use self::norms::{ALL_CLASSES, CLASSES, Histogram, bucket_of};
use crate::field::{Kind, Status};
use crate::home::Placement;
use crate::listing::{Correction, FieldValue, Listing, ListingBook};
use crate::market::{LeafId, MarketBook};
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
        let mut placement = *placement;
        if self.0[HeldField::LivingArea as usize].is_some() {
            placement.area = 0.0;
        }
        placement
    }
}

/// What a value of a place is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    bounds: Bounds,
    /// The number of the norm.
    norm: u32,
    /// The same for the other kind.
    other: u32,
}

/// The norms as one shard uses them: by leaf and class.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    norms: Arc<Norms>,
    /// [`CLASSES`] of each leaf.
    places: Vec<Place>,
}

impl Quarantine {
    pub(crate) fn norms(&self) -> &Arc<Norms> {
        &self.norms
    }

    /// The same leaves under other norms.
    pub(crate) fn under(norms: Arc<Norms>, markets: &MarketBook) -> Self {
        let mut quarantine = Self {
            norms,
            places: Vec::new(),
        };
        quarantine.know_leaves(markets);
        quarantine
    }

    /// Looks up the norms of leaves that are new.
    #[inline]
    pub(crate) fn know_leaves(&mut self, markets: &MarketBook) {
        if self.places.len() < markets.leaf_count() as usize * usize::from(CLASSES) {
            self.look_up(markets);
        }
    }

    #[cold]
    fn look_up(&mut self, markets: &MarketBook) {
        let known = self.places.len() / usize::from(CLASSES);
        for number in known as u32..markets.leaf_count() {
            let (kind, names) = markets.leaf_names(LeafId(number));
            let areas: Vec<Option<&str>> = names
                .map(|name| Some(name).filter(|name| *name != NO_AREA))
                .collect();
            let other_kind = match kind {
                Kind::Sale => Kind::Lease,
                Kind::Lease => Kind::Sale,
            };
            for class in 0..CLASSES {
                let norm = self.norms.find(kind, class, &areas);
                self.places.push(Place {
                    bounds: self.norms.get(norm).map_or(Bounds::NONE, Norm::bounds),
                    norm,
                    other: self.norms.find(other_kind, class, &areas),
                });
            }
        }
    }

    fn place_number(placement: &Placement) -> usize {
        placement.leaf.0 as usize * usize::from(CLASSES) + usize::from(placement.tag.class())
    }

    #[inline]
    fn place(&self, placement: &Placement) -> &Place {
        &self.places[Self::place_number(placement)]
    }

    /// What is usual in the place.
    pub(crate) fn norm(&self, placement: &Placement) -> Option<&Norm> {
        self.norms.get(self.place(placement).norm)
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

    /// The same, by and by.
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
                .and_then(|(cents, evidence)| evidence.diagnose(cents, area))
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
        if !placement.comparable {
            continue;
        }
        counts.listings += 1;
        counts.endings[placement.kind as usize].count(price);
        let place = u64::from(leaf.0) << 24 | u64::from(placement.tag.class()) << 20;
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

/// Adds what leaves hold to the areas above them, for the class and for all classes.
fn add_to_areas(found: &[u64], markets: &MarketBook, counts: &mut ValueCounts) {
    let areas = markets.areas.len();
    let classes = usize::from(CLASSES) + 1;
    let mut sums: Vec<Option<Box<[Histogram; 3]>>> = Vec::new();
    sums.resize_with(areas * classes * Kind::ALL.len(), || None);
    let place = |kind: Kind, area: u32, class: u8| {
        (area as usize * Kind::ALL.len() + kind as usize) * classes + usize::from(class)
    };
    for same in found.chunk_by(|left, right| left == right) {
        let (leaf, class) = ((same[0] >> 24) as usize, (same[0] >> 20 & 15) as u8);
        let (quantity, bucket) = ((same[0] >> 16 & 15) as usize, same[0] as u16);
        let leaf = &markets.leaves[leaf];
        for area in &leaf.areas {
            for class in [class, ALL_CLASSES] {
                let sums = sums[place(leaf.kind, *area, class)].get_or_insert_default();
                sums[quantity].add(bucket, same.len() as u32);
            }
        }
    }
    for (number, sums) in sums.into_iter().enumerate() {
        let Some(of) = sums else { continue };
        let class = (number % classes) as u8;
        let kind = Kind::ALL[number / classes % Kind::ALL.len()];
        let area = &markets.areas[number / classes / Kind::ALL.len()];
        if *area.name != *NO_AREA {
            let places = counts.places.entry((kind, class, area.level)).or_default();
            places.insert(area.name.clone(), norms::Values { of: *of });
        }
    }
}
