//! What a simulated home is: place, kind, size, address and value of 2010, a pure function of seed, plot and
//! home number. Not what happens to it (`life`).

use freehold_kernel::field::{PropertySubType, PropertyType};

use super::places::{StateName, Zip};
use super::rng::{Rng, fold, mix};
use super::update::{Address, ParcelNumber, Unit};

/// Homes that take turns on one plot. A plot with a building has as many units.
pub(super) const HOMES_PER_PLOT: u64 = 12;

/// A home for sale or for rent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) state: StateName,
    pub(super) zip: &'static Zip,
    pub(super) property_type: PropertyType,
    pub(super) property_sub_type: PropertySubType,
    pub(super) bedrooms: Option<u8>,
    pub(super) bathrooms: Option<u8>,
    /// Square feet.
    pub(super) living_area: Option<u32>,
    pub(super) year_built: Option<u16>,
    pub(super) latitude: i32,
    pub(super) longitude: i32,
    pub(super) address: Address,
    pub(super) parcel: ParcelNumber,
    /// Dollars: price, or monthly rent of a lease, at the level of 2010.
    pub(super) value: u64,
}

impl Home {
    pub(super) fn is_lease(&self) -> bool {
        self.property_type == PropertyType::ResidentialLease
    }

    /// The home that lives its `cycle` on `plot`; the same home comes back after [`HOMES_PER_PLOT`] cycles.
    /// `lease_share` is of 2^32.
    pub(super) fn new(
        seed: u64,
        states: &[StateName],
        lease_share: u64,
        plot: u64,
        cycle: u64,
    ) -> Self {
        let number = cycle % HOMES_PER_PLOT;
        let (is_lease, mut rng) = begin(seed, lease_share, plot, cycle);
        let mut ground = Rng::new(fold(fold(seed, 0x6c6f_7400), plot));

        let state = states[ground.below(states.len() as u32) as usize];
        let zips = state.zips();
        let zip = &zips[ground.below(zips.len() as u32) as usize];
        let is_building = ground.below(1000) < if state == StateName::NJ { 300 } else { 150 };
        let is_co_op = ground.below(1000) < 100 && state == StateName::NJ;
        let building_year = ground.between(1925, 2009) as u16;
        let latitude = zip.latitude + ground.below(30_000) as i32 - 15_000;
        let longitude = zip.longitude + ground.below(30_000) as i32 - 15_000;

        let property_sub_type = sub_type(&mut rng, is_building, is_co_op, is_lease);
        let property_type = match property_sub_type {
            _ if is_lease => PropertyType::ResidentialLease,
            PropertySubType::Duplex | PropertySubType::Triplex => PropertyType::ResidentialIncome,
            PropertySubType::UnimprovedLand => PropertyType::Land,
            _ => PropertyType::Residential,
        };
        let is_land = property_type == PropertyType::Land;
        let (bedrooms, living_area) = size(&mut rng, property_sub_type);
        let bathrooms = (bedrooms / 2 + rng.below(2) as u8).max(1);
        let own_year = rng.between(1900, 2009) as u16;
        let quality = u64::from(rng.between(78, 128));
        let rent_scale = 600 + 200 * u64::from(bedrooms);
        let value = if is_lease {
            u64::from(zip.rent) * rent_scale * quality / 100_000
        } else if is_land {
            u64::from(zip.dollars_per_square_foot) * u64::from(rng.between(300, 1200))
        } else {
            // A fifth of the value is the ground and does not grow with the house.
            let counted_area = u64::from(living_area) * 4 / 5 + 380;
            u64::from(zip.dollars_per_square_foot) * counted_area * quality / 100
        };
        let spread = if is_building { 0 } else { 6000 };
        Self {
            state,
            zip,
            property_type,
            property_sub_type,
            bedrooms: (!is_land).then_some(bedrooms),
            bathrooms: (!is_land).then_some(bathrooms),
            living_area: (!is_land).then_some(living_area),
            year_built: (!is_land).then_some(if is_building { building_year } else { own_year }),
            latitude: latitude + rng.below(spread) as i32,
            longitude: longitude + rng.below(spread) as i32,
            address: address(plot, number, is_building),
            parcel: ParcelNumber {
                county_fips: zip.county_fips,
                block: plot + 1,
                // A co-op's units share the building's parcel.
                lot: if property_sub_type == PropertySubType::StockCooperative {
                    1
                } else {
                    number as u32 + 1
                },
            },
            value,
        }
    }
}

/// Whether the home is for rent: all that its life depends on.
pub(super) fn is_lease(seed: u64, lease_share: u64, plot: u64, cycle: u64) -> bool {
    begin(seed, lease_share, plot, cycle).0
}

fn begin(seed: u64, lease_share: u64, plot: u64, cycle: u64) -> (bool, Rng) {
    let home = plot * HOMES_PER_PLOT + cycle % HOMES_PER_PLOT;
    let mut rng = Rng::new(fold(fold(seed, 0x686f_6d65), home));
    (rng.bits() >> 32 < lease_share, rng)
}

fn sub_type(rng: &mut Rng, is_building: bool, is_co_op: bool, is_lease: bool) -> PropertySubType {
    let roll = rng.below(1000);
    match (is_building, is_lease) {
        (true, _) if is_co_op => PropertySubType::StockCooperative,
        (true, false) => PropertySubType::Condominium,
        (true, true) if roll < 400 => PropertySubType::Condominium,
        (true, true) => PropertySubType::Apartment,
        (false, true) if roll < 250 => PropertySubType::Townhouse,
        (false, true) => PropertySubType::SingleFamilyResidence,
        (false, false) => match roll {
            0..=749 => PropertySubType::SingleFamilyResidence,
            750..=869 => PropertySubType::Townhouse,
            870..=909 => PropertySubType::Duplex,
            910..=929 => PropertySubType::Triplex,
            930..=954 => PropertySubType::ManufacturedHome,
            _ => PropertySubType::UnimprovedLand,
        },
    }
}

/// Bedrooms and square feet.
fn size(rng: &mut Rng, sub_type: PropertySubType) -> (u8, u32) {
    let roll = rng.below(100);
    let bedrooms = match sub_type {
        PropertySubType::Condominium
        | PropertySubType::Apartment
        | PropertySubType::StockCooperative => [0, 1, 1, 2, 2, 2, 2, 2, 3, 3][roll as usize / 10],
        PropertySubType::Townhouse => [2, 2, 2, 2, 3, 3, 3, 3, 3, 4][roll as usize / 10],
        PropertySubType::Duplex | PropertySubType::Triplex => {
            [4, 4, 4, 5, 5, 6, 6, 6, 7, 8][roll as usize / 10]
        }
        _ => [1, 2, 3, 3, 3, 3, 4, 4, 4, 5][roll as usize / 10],
    };
    (bedrooms, 460 + 430 * u32::from(bedrooms) + rng.below(500))
}

/// Every home, and every building, has an address of its own.
fn address(plot: u64, number: u64, is_building: bool) -> Address {
    let place = plot * HOMES_PER_PLOT + if is_building { 0 } else { number };
    let streets = (STREET_NAMES.len() * STREET_SUFFIXES.len()) as u64;
    // 149 is prime to the number of streets: neighbours stand in different streets.
    let street = (place * 149 % streets) as usize;
    Address {
        number: place / streets * 4 + 2 + mix(place) % 4,
        street: STREET_NAMES[street / STREET_SUFFIXES.len()],
        suffix: STREET_SUFFIXES[street % STREET_SUFFIXES.len()],
        unit: is_building.then_some(Unit {
            floor: number as u8 / 3 + 1,
            door: b'A' + number as u8 % 3,
        }),
    }
}

/// Invented street names; their number times that of the suffixes is a multiple of 2 and 3 only.
#[rustfmt::skip]
const STREET_NAMES: [&str; 48] = [
    "Alder Run", "Amberfield", "Applewick", "Badger Hollow", "Bellwether", "Birchmere", "Bluestem", "Brackenridge",
    "Briar Glen", "Calloway", "Candlewood", "Cardinal Crest", "Cedar Fork", "Clearwell", "Copperleaf", "Coventry Oak",
    "Dappled Elm", "Deer Meadow", "Drumlin", "Eastmoor", "Fallow Field", "Fernhurst", "Foxglove", "Gristmill",
    "Harrow", "Hawthorn Bend", "Heather Knoll", "Hickory Notch", "Ironwood", "Juniper Gap", "Kestrel", "Larkspur",
    "Lindenhall", "Maple Quarry", "Marigold", "Millrace", "Northgate Farm", "Oakhaven", "Old Orchard", "Pebblebrook",
    "Plum Thicket", "Quail Covey", "Rosewater", "Sandpiper", "Stonebarrow", "Sycamore Dell", "Thistledown", "Willowmarsh",
];
const STREET_SUFFIXES: [&str; 8] = ["Ave", "St", "Rd", "Ln", "Dr", "Ct", "Way", "Pl"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn only_units_of_one_building_share_an_address() {
        let mut homes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut buildings: BTreeMap<String, u64> = BTreeMap::new();
        for plot in 0..600 {
            for number in 0..HOMES_PER_PLOT {
                let home = Home::new(5, StateName::ALL, 1 << 30, plot, number);
                let address = home.address.to_string();
                let unit = home.address.unit.map(|unit| unit.to_string());
                let owner = *buildings.entry(address.clone()).or_insert(plot);
                assert_eq!(owner, plot, "{address} on two plots");
                let whole = format!("{address} {}", unit.unwrap_or_default());
                assert_eq!(homes.insert(whole, (plot, number)), None);
            }
        }
    }

    #[test]
    fn a_home_comes_back_as_it_was() {
        let first = Home::new(5, &[StateName::TX], 1 << 30, 7, 3);
        assert_eq!(
            first,
            Home::new(5, &[StateName::TX], 1 << 30, 7, 3 + HOMES_PER_PLOT)
        );
        assert_ne!(first, Home::new(6, &[StateName::TX], 1 << 30, 7, 3));
    }

    #[test]
    fn the_lease_share_is_kept() {
        for (share, low, high) in [
            (0_u64, 0, 0),
            (1 << 30, 2300, 2700),
            (1 << 32, 10_000, 10_000),
        ] {
            let leases = (0..10_000)
                .filter(|plot| Home::new(5, StateName::ALL, share, *plot, 0).is_lease())
                .count();
            assert!((low..=high).contains(&leases), "{leases} at {share}");
        }
    }
}
