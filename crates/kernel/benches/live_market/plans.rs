//! The plans that the benchmark runs under: levels, segments, identity and change rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use freehold_kernel::field::ProfileField;
use freehold_kernel::plan::{FeedRule, FieldName, Identity, Level, LevelSource, Plan, Segments};

/// How many ZIP areas make a metro.
const ZIPS_PER_METRO: usize = 20;

/// Prices and counts per ZIP, for all homes together.
pub(crate) fn zip_only() -> Plan {
    Plan {
        identity: Identity::Listing,
        horizon_days: 90,
        relist_gap_days: 45,
        levels: vec![fields("zip", &[ProfileField::PostalCode])],
        segments: Segments::default(),
        feeds: vec![FeedRule {
            name: "live".into(),
            analytics: true,
            display: true,
            reset_gap_days: freehold_kernel::plan::RESET_GAP_DAYS,
            quarantine: true,
        }],
        emit_changes: false,
    }
}

/// ZIP, city, county, metro (by table), state and nation.
pub(crate) fn six_levels<'a>(zips: impl Iterator<Item = &'a str>) -> Plan {
    let table: BTreeMap<String, String> = zips
        .enumerate()
        .map(|(at, zip)| (zip.to_owned(), format!("Metro {}", at / ZIPS_PER_METRO)))
        .collect();
    let mut plan = zip_only();
    let state = ProfileField::StateOrProvince;
    plan.levels.extend([
        fields("city", &[ProfileField::City, state]),
        fields("county", &[ProfileField::CountyOrParish, state]),
        Level {
            name: "metro".into(),
            source: LevelSource::Lookup {
                by: FieldName::Canonical(ProfileField::PostalCode),
                table: Arc::new(table),
            },
        },
        fields("state", &[state]),
        Level {
            name: "nation".into(),
            source: LevelSource::Constant("US".into()),
        },
    ]);
    plan
}

fn fields(name: &str, of: &[ProfileField]) -> Level {
    Level {
        name: name.into(),
        source: LevelSource::Fields(of.iter().copied().map(FieldName::Canonical).collect()),
    }
}
