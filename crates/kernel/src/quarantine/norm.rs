//! What is usual in a place: middle and spread of price, price per area and area, on a logarithmic scale.

use super::cause::Cause;
use crate::field::Kind;
use crate::home::SQUARE_FEET_PER_SQUARE_METER;
use crate::varint::{Reader, put_u64};

/// A logarithm's middle and spread, the spread as a standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSpread {
    /// The median.
    pub median: f64,
    /// The median absolute deviation × 1.4826, and 0.2 at least.
    pub spread: f64,
}

/// A spread is taken to be at least so wide: where all ask nearly the same, a fifth more is no mistake yet.
pub(super) const SPREAD_LEAST: f64 = 0.2;

impl LogSpread {
    fn squared(&self, log: f64) -> f64 {
        let z = (log - self.median) / self.spread;
        z * z
    }

    fn shifted(&self, by: f64) -> Self {
        Self {
            median: self.median + by,
            spread: self.spread * 1.5,
        }
    }
}

/// What is usual for homes of one class in one area. Prices are cents; areas are square feet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    /// The level of the area.
    pub level: u8,
    /// Prices that it rests on.
    pub n: u32,
    /// ln of price.
    pub price: LogSpread,
    /// ln of cents per square foot and of square feet, where enough homes say their area.
    pub sizes: Option<(LogSpread, LogSpread)>,
}

/// Squared deviations from which on a value is implausible: more than four and a half standard deviations.
const IMPLAUSIBLE: f64 = 22.0;
/// The same for a price that the listing's other prices speak for: about six and a half.
const IMPLAUSIBLE_SAID_AGAIN: f64 = 40.0;
/// Squared deviations up to which a mended value is plausible …
const PLAUSIBLE: f64 = 9.0;
/// … or, of values far off, up to a fifth of those before and this many.
const NEARER_MOST: f64 = 25.0;
/// What mending must take off the squared deviations.
const GAIN_LEAST: f64 = 12.0;
/// The same for a week's rent, which is near enough to a cheap month's to be taken for one.
const WEEKLY_GAIN_LEAST: f64 = 50.0;
/// The disadvantage of causes that are rare: ln 20.
const RARE: f64 = 3.0;
/// Square feet in an acre.
const SQUARE_FEET_PER_ACRE: f64 = 43_560.0;
/// Months' rents that a home costs, about, where a place tells nothing of the other kind.
const RENTS_OF_A_PRICE: f64 = 200.0;

/// What a value is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    /// The usual in its place.
    pub(super) norm: &'a Norm,
    /// Its kind.
    pub(super) kind: Kind,
    /// The usual there for the other kind.
    pub(super) other: Option<&'a Norm>,
    /// How prices of its kind end.
    pub(super) endings: &'a Endings,
}

impl Norm {
    /// The middle price, in cents.
    #[must_use]
    pub fn usual_price(&self) -> f64 {
        libm::exp(self.price.median)
    }

    /// How far a price (in cents) and a living area (in square feet, 0 for none) lie from the usual together, in squared
    /// standard deviations of one: price, price per area and area say two things, so that each counts two thirds.
    fn distance(&self, price: f64, area: f64) -> f64 {
        let log = libm::log(price);
        match &self.sizes {
            Some((ratio, size)) if area > 0.0 => {
                let of_area = libm::log(area);
                let sum =
                    self.price.squared(log) + ratio.squared(log - of_area) + size.squared(of_area);
                sum * 2.0 / 3.0
            }
            _ => self.price.squared(log),
        }
    }

    /// The same for the other kind: a rent for a price.
    fn of_other_kind(&self, kind: Kind) -> Self {
        let by = libm::log(RENTS_OF_A_PRICE);
        let by = match kind {
            Kind::Sale => -by,
            Kind::Lease => by,
        };
        Self {
            price: self.price.shifted(by),
            sizes: self.sizes.map(|(ratio, size)| (ratio.shifted(by), size)),
            ..*self
        }
    }

    /// The prices, in cents, between which a home of this area is plausible; `None` where its area alone is not.
    #[must_use]
    pub fn plausible_prices(&self, area: f64) -> Option<(f64, f64)> {
        // A parabola in the logarithm of the price.
        let (weight, middle, least) = match &self.sizes {
            Some((ratio, size)) if area > 0.0 => {
                let of_area = libm::log(area);
                let by_price = 1.0 / (self.price.spread * self.price.spread);
                let by_ratio = 1.0 / (ratio.spread * ratio.spread);
                let weight = by_price + by_ratio;
                let expected = ratio.median + of_area;
                let middle = (self.price.median * by_price + expected * by_ratio) / weight;
                let apart = self.price.median - expected;
                let least = apart * apart * by_price * by_ratio / weight + size.squared(of_area);
                (weight * 2.0 / 3.0, middle, least * 2.0 / 3.0)
            }
            _ => (
                1.0 / (self.price.spread * self.price.spread),
                self.price.median,
                0.0,
            ),
        };
        let room = IMPLAUSIBLE - least;
        (room > 0.0).then(|| {
            let reach = libm::sqrt(room / weight);
            (libm::exp(middle - reach), libm::exp(middle + reach))
        })
    }

    /// Bounds inside which nothing can be implausible, so that nearly all values need no logarithm.
    pub(super) fn bounds(&self) -> Bounds {
        // Three deviations of at most this each stay below IMPLAUSIBLE together: 2/3 · 3 · 3.1² < 22.
        let range = |spread: &LogSpread| {
            let reach = 3.1 * spread.spread;
            let low = libm::exp(spread.median - reach) as f32;
            (low, libm::exp(spread.median + reach) as f32)
        };
        let anything = (0.0, f32::INFINITY);
        Bounds {
            price: range(&self.price),
            ratio: self
                .sizes
                .as_ref()
                .map_or(anything, |sizes| range(&sizes.0)),
            area: self
                .sizes
                .as_ref()
                .map_or(anything, |sizes| range(&sizes.1)),
        }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_u64(out, u64::from(self.n));
        let sizes = self.sizes.iter().flat_map(|(ratio, size)| [ratio, size]);
        let spreads: Vec<&LogSpread> = std::iter::once(&self.price).chain(sizes).collect();
        out.push(spreads.len() as u8);
        for spread in spreads {
            out.extend_from_slice(&spread.median.to_bits().to_le_bytes());
            out.extend_from_slice(&spread.spread.to_bits().to_le_bytes());
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, level: u8) -> Option<Self> {
        let n = u32::try_from(reader.u64()?).ok()?;
        let count = reader.byte()?;
        let mut spread = || {
            let mut real = || Some(f64::from_bits(u64::from_le_bytes(reader.array()?)));
            Some(LogSpread {
                median: real()?,
                spread: real()?,
            })
        };
        let price = spread()?;
        let sizes = match count {
            1 => None,
            3 => Some((spread()?, spread()?)),
            _ => return None,
        };
        Some(Self {
            level,
            n,
            price,
            sizes,
        })
    }
}

/// See [`Norm::bounds`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    price: (f32, f32),
    ratio: (f32, f32),
    area: (f32, f32),
}

impl Bounds {
    /// Of places of which nothing is known.
    pub(super) const NONE: Self = Self {
        price: (0.0, f32::INFINITY),
        ratio: (0.0, f32::INFINITY),
        area: (0.0, f32::INFINITY),
    };

    #[inline]
    pub(super) fn admit(&self, price: f64, area: f64) -> bool {
        let within = |value: f64, (low, high): (f32, f32)| {
            f64::from(low) <= value && value <= f64::from(high)
        };
        within(price, self.price)
            && (area <= 0.0 || within(area, self.area) && within(price / area, self.ratio))
    }
}

/// How often whole-dollar prices end in each two digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endings(pub [u32; 100]);

impl Default for Endings {
    fn default() -> Self {
        Self([0; 100])
    }
}

impl Endings {
    /// Counts a price, in cents.
    pub(super) fn count(&mut self, cents: u64) {
        if cents.is_multiple_of(100) {
            self.0[(cents / 100 % 100) as usize] += 1;
        }
    }

    /// ln of how likely a price, in cents, ends as it does.
    fn likelihood(&self, cents: f64) -> f64 {
        let all: u32 = self.0.iter().sum();
        let dollars = cents / 100.0;
        let whole = libm::round(dollars);
        let count = match (dollars - whole).abs() < 1e-6 {
            true => f64::from(self.0[(whole % 100.0) as usize]) + 0.5,
            false => 0.3,
        };
        libm::log(count / (f64::from(all) + 50.0))
    }
}

/// Whether an amount, in cents, is one that people enter for none: up to ten dollars, one digit four times or more, or
/// counting up from 1.
fn is_placeholder(cents: u64) -> bool {
    let dollars = cents / 100;
    let digits = dollars.to_string();
    let first = digits.as_bytes()[0];
    let same = digits.len() >= 4 && digits.bytes().all(|digit| digit == first);
    let counting = digits.len() >= 4 && "123456789".starts_with(&digits);
    dollars <= 10 || same || counting
}

/// What a value would be, were a cause to hold.
struct Mended {
    cause: Cause,
    price: f64,
    area: f64,
    /// The cause's disadvantage.
    penalty: f64,
}

impl Evidence<'_> {
    /// What is wrong with a price of so many cents, of a home of `area` square feet (0 for none); `None` where it is
    /// plausible, or where nothing would make it so. `beside` are the listing's other prices: one that is nearer to this
    /// than to what it would be mended to speaks for it.
    pub(super) fn diagnose(&self, cents: u64, area: f64, beside: &[f64]) -> Option<Cause> {
        let price = cents as f64;
        let far = self.norm.distance(price.max(1.0), area);
        if far < IMPLAUSIBLE {
            return None;
        }
        if is_placeholder(cents) {
            return Some(Cause::Placeholder);
        }
        let own = self.endings.likelihood(price);
        let likely = self.mendings(price, area).into_iter().filter_map(|mended| {
            let near = self.nearness(&mended);
            let gain = match mended.cause {
                Cause::WeeklyRent => WEEKLY_GAIN_LEAST,
                Cause::AreaExtraZero => 3.0 * GAIN_LEAST,
                _ => GAIN_LEAST,
            };
            let is_near = near <= PLAUSIBLE || near <= NEARER_MOST.min(far / 5.0);
            let ending = self.endings.likelihood(mended.price) - own;
            let score = ending - near / 2.0 - mended.penalty;
            (is_near && far - near >= gain).then_some((score, mended))
        });
        let (_, best) = likely.max_by(|left, right| left.0.total_cmp(&right.0))?;
        let is_said_again = !best.cause.is_of_area() && speak_for(price, best.price, beside);
        (!is_said_again || far >= IMPLAUSIBLE_SAID_AGAIN).then_some(best.cause)
    }

    /// How far a mended value lies from what is usual for it.
    fn nearness(&self, mended: &Mended) -> f64 {
        let (price, area) = (mended.price, mended.area);
        match mended.cause {
            Cause::RentInSale | Cause::SaleInLease => {
                let implied = self.norm.of_other_kind(self.kind);
                let other = self.other.unwrap_or(&implied);
                other.distance(price, area)
            }
            _ => self.norm.distance(price, area),
        }
    }

    /// What price and area would be, were each cause to hold.
    fn mendings(&self, price: f64, area: f64) -> Vec<Mended> {
        let of_price = |cause, factor: f64, penalty| Mended {
            cause,
            price: price * factor,
            area,
            penalty,
        };
        let of_area = |cause, factor: f64, penalty| Mended {
            cause,
            price,
            area: area * factor,
            penalty,
        };
        let mut all = vec![
            of_price(Cause::ExtraZero, 0.1, 0.0),
            of_price(Cause::MissingZero, 10.0, 0.0),
            of_price(Cause::TwoExtraZeros, 0.01, RARE),
            of_price(Cause::TwoMissingZeros, 100.0, RARE),
        ];
        match self.kind {
            Kind::Sale => all.push(of_price(Cause::RentInSale, 1.0, 0.0)),
            Kind::Lease => all.extend([
                of_price(Cause::AnnualRent, 1.0 / 12.0, 0.0),
                of_price(Cause::WeeklyRent, 52.0 / 12.0, 0.0),
                of_price(Cause::SaleInLease, 1.0, 0.0),
            ]),
        }
        if area > 0.0 && self.norm.sizes.is_some() {
            all.extend([
                of_area(Cause::SquareMeters, SQUARE_FEET_PER_SQUARE_METER, 0.0),
                of_area(Cause::Acres, SQUARE_FEET_PER_ACRE, 0.0),
                of_area(Cause::AreaExtraZero, 0.1, RARE),
            ]);
        }
        all
    }
}

/// Whether a listing's other prices speak for a price, and none for what it would be mended to.
fn speak_for(price: f64, mended: f64, beside: &[f64]) -> bool {
    let apart = |left: f64, right: f64| libm::fabs(libm::log(left / right));
    let is_nearer = |other: &f64| apart(*other, price) <= apart(*other, mended);
    !beside.is_empty() && beside.iter().all(is_nearer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Homes of about 1,600 square feet at about so many dollars.
    fn norm(dollars: f64) -> Norm {
        let spread = |value: f64, spread| LogSpread {
            median: libm::log(value),
            spread,
        };
        Norm {
            level: 0,
            n: 100,
            price: spread(dollars * 100.0, 0.25),
            sizes: Some((
                spread(dollars * 100.0 / 1_600.0, 0.2),
                spread(1_600.0, 0.25),
            )),
        }
    }

    /// Prices that end as rents and asking prices do: in 00, 50 and 95, seldom otherwise.
    fn endings() -> Endings {
        let mut endings = Endings::default();
        let prices = [(1_800, 60), (1_750, 25), (1_795, 30), (1_740, 2)];
        for (dollars, times) in prices {
            (0..times).for_each(|_| endings.count(dollars * 100));
        }
        endings
    }

    fn diagnosed(kind: Kind, dollars: f64, area: f64) -> Option<Cause> {
        let (sale, lease) = (norm(340_000.0), norm(1_800.0));
        let (own, other) = match kind {
            Kind::Sale => (&sale, &lease),
            Kind::Lease => (&lease, &sale),
        };
        let evidence = Evidence {
            norm: own,
            kind,
            other: Some(other),
            endings: &endings(),
        };
        evidence.diagnose((dollars * 100.0) as u64, area, &[])
    }

    #[test]
    fn each_cause_is_told_from_the_others() {
        let cases = [
            (Kind::Sale, 340_000.0, 1_600.0, None),
            (Kind::Sale, 520_000.0, 2_300.0, None),
            (Kind::Sale, 3_400_000.0, 1_600.0, Some(Cause::ExtraZero)),
            (Kind::Sale, 34_000.0, 1_600.0, Some(Cause::MissingZero)),
            (Kind::Sale, 34_000_000.0, 0.0, Some(Cause::TwoExtraZeros)),
            (Kind::Lease, 18.0, 1_600.0, Some(Cause::TwoMissingZeros)),
            (Kind::Lease, 21_540.0, 1_600.0, Some(Cause::AnnualRent)),
            (Kind::Lease, 17_950.0, 1_600.0, Some(Cause::ExtraZero)),
            (Kind::Lease, 415.0, 1_600.0, Some(Cause::WeeklyRent)),
            (Kind::Sale, 1_850.0, 1_600.0, Some(Cause::RentInSale)),
            (Kind::Lease, 330_000.0, 1_600.0, Some(Cause::SaleInLease)),
            (Kind::Sale, 340_000.0, 149.0, Some(Cause::SquareMeters)),
            (Kind::Sale, 340_000.0, 0.037, Some(Cause::Acres)),
            (Kind::Sale, 340_000.0, 16_000.0, Some(Cause::AreaExtraZero)),
            (Kind::Sale, 1.0, 1_600.0, Some(Cause::Placeholder)),
            (Kind::Sale, 1_111_111.0, 1_600.0, Some(Cause::Placeholder)),
            (Kind::Sale, 12_345.0, 0.0, Some(Cause::Placeholder)),
        ];
        for (kind, dollars, area, cause) in cases {
            let found = diagnosed(kind, dollars, area);
            assert_eq!(found, cause, "{} of {dollars} at {area}", kind.name());
        }
    }

    /// In a town where prices differ widely, 29,000 dollars may be a price or lack a zero.
    #[test]
    fn other_prices_of_the_listing_speak_for_one() {
        let town = Norm {
            price: LogSpread {
                spread: 0.5,
                ..norm(340_000.0).price
            },
            sizes: None,
            ..norm(340_000.0)
        };
        let evidence = Evidence {
            norm: &town,
            kind: Kind::Sale,
            other: None,
            endings: &endings(),
        };
        let found = |beside: &[f64]| evidence.diagnose(2_900_000, 0.0, beside);
        assert_eq!(found(&[]), Some(Cause::MissingZero));
        assert_eq!(found(&[3_200_000.0]), None, "32,000 was asked");
        assert_eq!(
            found(&[30_000_000.0]),
            Some(Cause::MissingZero),
            "300,000 was asked"
        );
        let both = found(&[3_200_000.0, 30_000_000.0]);
        assert_eq!(both, Some(Cause::MissingZero), "one speaks against it");
    }

    #[test]
    fn plausible_prices_are_those_that_are_not_implausible() {
        let norm = norm(340_000.0);
        for area in [0.0, 900.0, 1_600.0, 2_500.0] {
            let (low, high) = norm.plausible_prices(area).expect("an ordinary area");
            let far = |cents: f64| norm.distance(cents, area);
            assert!(
                (far(low) - IMPLAUSIBLE).abs() < 1e-6 && (far(high) - IMPLAUSIBLE).abs() < 1e-6
            );
            assert!(far((low * high).sqrt()) < IMPLAUSIBLE);
            let bounds = norm.bounds();
            let inside =
                (0..400).map(|step| low * libm::pow(high / low, f64::from(step) / 300.0 - 0.1));
            assert!(
                inside
                    .into_iter()
                    .all(|cents| !bounds.admit(cents, area) || far(cents) < IMPLAUSIBLE)
            );
        }
        assert_eq!(norm.plausible_prices(20.0), None);
    }
}
