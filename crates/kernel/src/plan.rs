//! What a user chose that changes results: levels, segments, horizon, identity. Not how fast or where
//! (those are the pipeline's settings). Two plans with one fingerprint give the same answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::field::ProfileField;
use crate::record::{FeedId, Profile};
use crate::time::DAY_MS;
use crate::varint::put_bytes;

/// The name of the area of a home that has none on a level.
pub const NO_AREA: &str = "(none)";

/// The field by which a row says that it is simulated: `yes`.
pub const SIMULATED_FIELD: &str = "X_Simulated";

/// What the areas of simulated homes end in.
pub const SIMULATED_MARK: &str = " (simulated)";

/// How listings become homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Each listing is a home of its own.
    Listing,
    /// Listings of one parcel or address (and unit) are one home.
    Match,
}

/// One level of areas, such as ZIP or county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// The name in every output.
    pub name: String,
    /// Where a home's area on this level comes from.
    pub source: LevelSource,
}

/// Where a home's area comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelSource {
    /// One or more fields, joined by `", "`; no area when one is absent.
    Fields(Vec<FieldName>),
    /// The same area for every home.
    Constant(String),
    /// A table from a field's text to the area.
    Lookup {
        /// The field that is looked up.
        by: FieldName,
        /// Field text to area.
        table: Arc<BTreeMap<String, String>>,
    },
}

/// A text field of the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldName {
    /// A canonical field.
    Canonical(ProfileField),
    /// A field of the feed's own (`X_…`).
    Local(String),
}

impl FieldName {
    fn text<'a>(&self, profile: Profile<'a>) -> Option<&'a str> {
        match self {
            Self::Canonical(field) => profile.text(*field),
            Self::Local(name) => profile.local(name),
        }
        .filter(|text| !text.is_empty())
    }

    /// One bit a profile field: codes are below 32.
    fn bit(&self) -> u32 {
        match self {
            Self::Canonical(field) => 1 << field.code(),
            Self::Local(_) => 1 << ProfileField::Local.code(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Canonical(field) => field.name(),
            Self::Local(name) => name,
        }
    }
}

impl Level {
    /// The home's area on this level, appended to `out`; false when it has none. Simulated homes stand in
    /// areas that say so, and never in a real one.
    pub fn area(&self, profile: Profile<'_>, out: &mut String) -> bool {
        let has_area = self.plain_area(profile, out);
        if has_area && profile.local(SIMULATED_FIELD) == Some("yes") {
            out.push_str(SIMULATED_MARK);
        }
        has_area
    }

    fn plain_area(&self, profile: Profile<'_>, out: &mut String) -> bool {
        match &self.source {
            LevelSource::Constant(name) => {
                out.push_str(name);
                true
            }
            LevelSource::Fields(fields) => {
                let start = out.len();
                for (index, field) in fields.iter().enumerate() {
                    let Some(text) = field.text(profile) else {
                        out.truncate(start);
                        return false;
                    };
                    if index > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(text);
                }
                true
            }
            LevelSource::Lookup { by, table } => {
                let Some(area) = by.text(profile).and_then(|text| table.get(text)) else {
                    return false;
                };
                out.push_str(area);
                true
            }
        }
    }
}

/// Which segment families are kept beside `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Segments {
    /// Single family, condo, townhouse, multi-family, other.
    pub by_type: bool,
    /// By number of bedrooms.
    pub by_bedrooms: bool,
}

/// What a feed may be used for, and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRule {
    /// The feed's name: part of every stable id.
    pub name: String,
    /// Its rows may reach markets.
    pub analytics: bool,
    /// Its rows may be shown to people.
    pub display: bool,
    /// Off-market days after which its cumulative days on market begin anew, as its MLS rules; see [`RESET_GAP_DAYS`].
    pub reset_gap_days: u32,
    /// Whether values that cannot be right are held.
    pub quarantine: bool,
}

/// The usual reset gap of cumulative days on market; MLSs have 30 to 90.
pub const RESET_GAP_DAYS: u32 = 45;

/// Days off the market after which something begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gaps {
    /// A return counts as a new listing.
    pub relist: u32,
    /// Cumulative days on market begin anew.
    pub reset: u32,
}

/// Everything that decides results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How listings become homes.
    pub identity: Identity,
    /// How old an event may be and still take its place, in days.
    pub horizon_days: u32,
    /// Off-market days after which a return counts as a new listing.
    pub relist_gap_days: u32,
    /// Levels of areas, finest first.
    pub levels: Vec<Level>,
    /// Segment families.
    pub segments: Segments,
    /// Feeds by number.
    pub feeds: Vec<FeedRule>,
    /// Whether change rows are made.
    pub emit_changes: bool,
}

impl Plan {
    /// The lateness horizon in milliseconds.
    #[must_use]
    pub fn horizon_ms(&self) -> i64 {
        i64::from(self.horizon_days) * DAY_MS
    }

    /// The gaps that hold for a feed's listings.
    #[inline]
    #[must_use]
    pub fn gaps(&self, feed: FeedId) -> Gaps {
        let rule = self.feeds.get(usize::from(feed.0));
        Gaps {
            relist: self.relist_gap_days,
            reset: rule.map_or(RESET_GAP_DAYS, |rule| rule.reset_gap_days),
        }
    }

    /// Appends the stored fields of a profile that decide its areas: equal bytes, equal areas.
    pub(crate) fn put_area_fields(&self, profile: Profile<'_>, out: &mut Vec<u8>) {
        let mut wanted = 0u32;
        for level in &self.levels {
            match &level.source {
                LevelSource::Fields(fields) => {
                    fields.iter().for_each(|field| wanted |= field.bit());
                }
                LevelSource::Lookup { by, .. } => wanted |= by.bit(),
                LevelSource::Constant(_) => {}
            }
        }
        for (field, payload) in profile.fields() {
            if wanted & 1 << field.code() != 0 {
                out.push(field.code());
                put_bytes(out, payload);
            }
        }
    }

    /// A text that is the same exactly when results are: everything but outputs, and feeds but for what they rule.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        use std::fmt::Write;
        let mut text = format!(
            "kernel 4; identity {:?}; horizon {} days; relist gap {} days; segments type {} bedrooms {}",
            self.identity,
            self.horizon_days,
            self.relist_gap_days,
            self.segments.by_type,
            self.segments.by_bedrooms
        );
        for feed in &self.feeds {
            if feed.reset_gap_days != RESET_GAP_DAYS {
                let _ = write!(
                    text,
                    "; reset gap {:?} {} days",
                    feed.name, feed.reset_gap_days
                );
            }
        }
        for feed in self.feeds.iter().filter(|feed| !feed.quarantine) {
            let _ = write!(text, "; no quarantine {:?}", feed.name);
        }
        for level in &self.levels {
            let _ = match &level.source {
                LevelSource::Constant(area) => write!(text, "; level {} = {area:?}", level.name),
                LevelSource::Fields(fields) => {
                    let names: Vec<&str> = fields.iter().map(FieldName::name).collect();
                    write!(text, "; level {} = {}", level.name, names.join("+"))
                }
                LevelSource::Lookup { by, table } => {
                    let mut all = Vec::new();
                    for (from, to) in table.iter() {
                        all.extend_from_slice(from.as_bytes());
                        all.push(0);
                        all.extend_from_slice(to.as_bytes());
                        all.push(0);
                    }
                    let hash = xxhash_rust::xxh3::xxh3_64(&all);
                    write!(
                        text,
                        "; level {} = lookup {} in {hash:016x}",
                        level.name,
                        by.name()
                    )
                }
            };
        }
        text
    }
}
