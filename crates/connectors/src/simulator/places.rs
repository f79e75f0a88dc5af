//! Where the simulated homes stand: a few real counties, cities and ZIP codes of three states with price and
//! rent levels of 2010 and a yearly price index. Not a gazetteer, and no claim about any real market.

/// A state that the simulator has a preset for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateName {
    /// New Jersey: dear, slow to recover after 2010.
    NJ,
    /// Arkansas: cheap and steady.
    AR,
    /// Texas: rising fast.
    TX,
}

impl StateName {
    /// Every preset.
    pub const ALL: &'static [Self] = &[Self::NJ, Self::AR, Self::TX];

    /// The postal code: `NJ`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NJ => "NJ",
            Self::AR => "AR",
            Self::TX => "TX",
        }
    }

    /// The preset with this postal code, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|state| state.code().eq_ignore_ascii_case(text))
    }

    /// The IANA zone in which its days are counted.
    #[must_use]
    pub fn zone(self) -> &'static str {
        match self {
            Self::NJ => "America/New_York",
            Self::AR | Self::TX => "America/Chicago",
        }
    }

    pub(super) fn zips(self) -> &'static [Zip] {
        match self {
            Self::NJ => NJ,
            Self::AR => AR,
            Self::TX => TX,
        }
    }

    /// Price level in `year` as thousandths of the level of 2010.
    pub(super) fn price_index(self, year: i32) -> i64 {
        let levels = match self {
            Self::NJ => &NJ_INDEX,
            Self::AR => &AR_INDEX,
            Self::TX => &TX_INDEX,
        };
        let last = levels.len() as i32 - 1;
        i64::from(levels[(year - INDEX_FIRST_YEAR).clamp(0, last) as usize])
    }
}

/// A ZIP code with what the simulator needs to know about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Zip {
    pub(super) code: &'static str,
    pub(super) city: &'static str,
    pub(super) county: &'static str,
    pub(super) county_fips: &'static str,
    /// Millionths of a degree.
    pub(super) latitude: i32,
    /// Millionths of a degree.
    pub(super) longitude: i32,
    /// Typical dollars for a square foot in 2010.
    pub(super) dollars_per_square_foot: u32,
    /// Typical dollars a month for two bedrooms in 2010.
    pub(super) rent: u32,
}

#[rustfmt::skip]
#[expect(clippy::too_many_arguments, reason = "the columns of the tables below")]
const fn zip(
    code: &'static str, city: &'static str, county: &'static str, county_fips: &'static str,
    latitude: i32, longitude: i32, dollars_per_square_foot: u32, rent: u32,
) -> Zip {
    Zip { code, city, county, county_fips, latitude, longitude, dollars_per_square_foot, rent }
}

#[rustfmt::skip]
const NJ: &[Zip] = &[
    zip("07003", "Bloomfield", "Essex County", "34013", 40_809_140, -74_187_140, 190, 1279),
    zip("07042", "Montclair", "Essex County", "34013", 40_813_490, -74_219_010, 260, 1520),
    zip("07052", "West Orange", "Essex County", "34013", 40_785_760, -74_265_060, 200, 1350),
    zip("07103", "Newark", "Essex County", "34013", 40_738_850, -74_195_260, 115, 1010),
    zip("07104", "Newark", "Essex County", "34013", 40_767_710, -74_168_350, 125, 1040),
    zip("07002", "Bayonne", "Hudson County", "34017", 40_662_490, -74_110_200, 195, 1227),
    zip("07030", "Hoboken", "Hudson County", "34017", 40_745_250, -74_027_930, 470, 2150),
    zip("07302", "Jersey City", "Hudson County", "34017", 40_718_810, -74_044_630, 400, 1990),
    zip("07305", "Jersey City", "Hudson County", "34017", 40_693_000, -74_069_650, 170, 1180),
    zip("08816", "East Brunswick", "Middlesex County", "34023", 40_414_290, -74_416_290, 200, 1409),
    zip("08820", "Edison", "Middlesex County", "34023", 40_576_810, -74_365_750, 225, 1480),
    zip("08901", "New Brunswick", "Middlesex County", "34023", 40_483_640, -74_442_460, 160, 1310),
    zip("08540", "Princeton", "Mercer County", "34021", 40_364_730, -74_656_310, 280, 1640),
    zip("08608", "Trenton", "Mercer County", "34021", 40_219_080, -74_766_840, 75, 960),
    zip("08701", "Lakewood", "Ocean County", "34029", 40_077_070, -74_198_510, 140, 1271),
    zip("08723", "Brick", "Ocean County", "34029", 40_038_580, -74_111_600, 175, 1271),
    zip("08753", "Toms River", "Ocean County", "34029", 39_979_670, -74_150_740, 165, 1250),
];

#[rustfmt::skip]
const AR: &[Zip] = &[
    zip("72712", "Bentonville", "Benton County", "05007", 36_398_390, -94_222_350, 95, 720),
    zip("72713", "Bentonville", "Benton County", "05007", 36_297_960, -94_282_780, 90, 690),
    zip("72714", "Bella Vista", "Benton County", "05007", 36_467_350, -94_222_150, 78, 640),
    zip("72756", "Rogers", "Benton County", "05007", 36_321_110, -93_990_070, 82, 655),
    zip("72758", "Rogers", "Benton County", "05007", 36_299_430, -94_140_990, 98, 740),
    zip("72114", "North Little Rock", "Pulaski County", "05119", 34_764_900, -92_260_350, 52, 560),
    zip("72116", "North Little Rock", "Pulaski County", "05119", 34_800_260, -92_245_320, 83, 684),
    zip("72202", "Little Rock", "Pulaski County", "05119", 34_738_130, -92_247_250, 70, 630),
    zip("72204", "Little Rock", "Pulaski County", "05119", 34_717_570, -92_358_330, 58, 600),
    zip("72076", "Jacksonville", "Pulaski County", "05119", 34_912_090, -92_137_670, 66, 610),
    zip("72701", "Fayetteville", "Washington County", "05143", 35_992_390, -94_085_580, 92, 655),
    zip("72703", "Fayetteville", "Washington County", "05143", 36_118_050, -94_043_540, 100, 690),
    zip("72764", "Springdale", "Washington County", "05143", 36_175_680, -94_060_220, 76, 620),
    zip("72901", "Fort Smith", "Sebastian County", "05131", 35_365_190, -94_414_870, 55, 520),
    zip("72903", "Fort Smith", "Sebastian County", "05131", 35_354_960, -94_360_730, 74, 557),
];

#[rustfmt::skip]
const TX: &[Zip] = &[
    zip("77004", "Houston", "Harris County", "48201", 29_724_270, -95_364_240, 105, 930),
    zip("77373", "Spring", "Harris County", "48201", 30_062_170, -95_383_970, 62, 840),
    zip("77379", "Spring", "Harris County", "48201", 30_039_460, -95_534_380, 75, 920),
    zip("77449", "Katy", "Harris County", "48201", 29_837_610, -95_733_740, 60, 860),
    zip("77450", "Katy", "Harris County", "48201", 29_748_170, -95_736_150, 82, 990),
    zip("78701", "Austin", "Travis County", "48453", 30_270_570, -97_742_590, 290, 1620),
    zip("78702", "Austin", "Travis County", "48453", 30_263_380, -97_714_480, 165, 1040),
    zip("78703", "Austin", "Travis County", "48453", 30_293_270, -97_766_050, 260, 1280),
    zip("75040", "Garland", "Dallas County", "48113", 32_928_900, -96_619_780, 62, 830),
    zip("75060", "Irving", "Dallas County", "48113", 32_798_050, -96_952_560, 64, 820),
    zip("75201", "Dallas", "Dallas County", "48113", 32_788_310, -96_799_570, 240, 1560),
    zip("75203", "Dallas", "Dallas County", "48113", 32_744_320, -96_801_870, 55, 740),
    zip("77407", "Richmond", "Fort Bend County", "48157", 29_670_000, -95_708_090, 70, 940),
    zip("77479", "Sugar Land", "Fort Bend County", "48157", 29_565_040, -95_635_060, 92, 1180),
    zip("78628", "Georgetown", "Williamson County", "48491", 30_664_540, -97_778_620, 95, 930),
    zip("78664", "Round Rock", "Williamson County", "48491", 30_505_410, -97_647_280, 84, 954),
    zip("78681", "Round Rock", "Williamson County", "48491", 30_541_760, -97_716_640, 90, 1000),
];

// FHFA all-transactions house price index by state (US public domain), third quarter, 2010 = 1000.
const INDEX_FIRST_YEAR: i32 = 2000;
#[rustfmt::skip]
const NJ_INDEX: [u16; 24] = [
    593, 651, 730, 799, 911, 1071, 1182, 1189, 1129, 1047, 1000, 961,
    932, 941, 959, 988, 1010, 1029, 1061, 1095, 1140, 1271, 1515, 1628,
];
#[rustfmt::skip]
const AR_INDEX: [u16; 24] = [
    738, 775, 798, 833, 880, 945, 1007, 1042, 1042, 1031, 1000, 976,
    977, 1001, 1008, 1032, 1065, 1098, 1142, 1184, 1226, 1363, 1641, 1775,
];
#[rustfmt::skip]
const TX_INDEX: [u16; 24] = [
    728, 779, 802, 833, 853, 888, 939, 995, 1014, 1018, 1000, 982,
    997, 1039, 1114, 1194, 1280, 1377, 1460, 1528, 1586, 1784, 2217, 2283,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zip_is_whole_and_named_once() {
        let mut codes = std::collections::BTreeSet::new();
        for state in StateName::ALL {
            for zip in state.zips() {
                assert!(codes.insert(zip.code), "{} twice", zip.code);
                assert_eq!(zip.code.len(), 5);
                assert_eq!(zip.county_fips.len(), 5);
                assert!(zip.dollars_per_square_foot > 0 && zip.rent > 0);
            }
        }
        assert_eq!(StateName::parse("tx"), Some(StateName::TX));
        assert_eq!(StateName::parse("WA"), None);
    }

    #[test]
    fn the_index_holds_outside_its_years() {
        assert_eq!(StateName::NJ.price_index(2010), 1000);
        assert_eq!(StateName::NJ.price_index(1900), 593);
        assert_eq!(StateName::TX.price_index(2100), 2283);
    }
}
