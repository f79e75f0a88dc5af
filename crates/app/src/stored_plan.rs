//! The plan as the data directory keeps it, so that questions can be answered without the configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use freehold_kernel::field::ProfileField;
use freehold_kernel::plan::{
    FeedRule, FieldName, Identity, Level, LevelSource, Plan, RESET_GAP_DAYS, Segments,
};
use serde::{Deserialize, Serialize};

const FILE: &str = "plan.json";

/// What is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredPlan {
    matched: bool,
    horizon_days: u32,
    relist_gap_days: u32,
    levels: Vec<StoredLevel>,
    by_type: bool,
    by_bedrooms: bool,
    feeds: Vec<StoredFeed>,
    emit_changes: bool,
    /// Zones of ticks: the instance's own first.
    pub(crate) zones: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredFeed {
    name: String,
    analytics: bool,
    display: bool,
    #[serde(default = "usual_reset_gap")]
    reset_gap_days: u32,
    #[serde(default = "usual_quarantine")]
    quarantine: bool,
}

fn usual_quarantine() -> bool {
    true
}

fn usual_reset_gap() -> u32 {
    RESET_GAP_DAYS
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredLevel {
    name: String,
    source: StoredSource,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredSource {
    Constant(String),
    Fields(Vec<String>),
    Lookup {
        by: String,
        table: BTreeMap<String, String>,
    },
}

fn field_text(field: &FieldName) -> String {
    match field {
        FieldName::Canonical(field) => field.name().into(),
        FieldName::Local(name) => name.clone(),
    }
}

/// A field by its name in the configuration.
pub(crate) fn field_of(name: &str) -> Option<FieldName> {
    if name.starts_with("X_") {
        return Some(FieldName::Local(name.into()));
    }
    let known = ProfileField::ALL
        .iter()
        .copied()
        .find(|field| field.name() == name)?;
    (known.kind() == freehold_kernel::field::ProfileKind::Text)
        .then_some(FieldName::Canonical(known))
}

impl StoredPlan {
    pub(crate) fn of(plan: &Plan, zones: Vec<String>) -> Self {
        let levels = plan.levels.iter().map(|level| StoredLevel {
            name: level.name.clone(),
            source: match &level.source {
                LevelSource::Constant(area) => StoredSource::Constant(area.clone()),
                LevelSource::Fields(fields) => {
                    StoredSource::Fields(fields.iter().map(field_text).collect())
                }
                LevelSource::Lookup { by, table } => StoredSource::Lookup {
                    by: field_text(by),
                    table: (**table).clone(),
                },
            },
        });
        let feeds = plan.feeds.iter().map(|rule| StoredFeed {
            name: rule.name.clone(),
            analytics: rule.analytics,
            display: rule.display,
            reset_gap_days: rule.reset_gap_days,
            quarantine: rule.quarantine,
        });
        Self {
            matched: plan.identity == Identity::Match,
            horizon_days: plan.horizon_days,
            relist_gap_days: plan.relist_gap_days,
            levels: levels.collect(),
            by_type: plan.segments.by_type,
            by_bedrooms: plan.segments.by_bedrooms,
            feeds: feeds.collect(),
            emit_changes: plan.emit_changes,
            zones,
        }
    }

    pub(crate) fn plan(&self) -> Result<Plan> {
        let field = |name: &String| {
            field_of(name).with_context(|| format!("{FILE} names an unknown field {name:?}"))
        };
        let mut levels = Vec::new();
        for level in &self.levels {
            let source = match &level.source {
                StoredSource::Constant(area) => LevelSource::Constant(area.clone()),
                StoredSource::Fields(names) => {
                    LevelSource::Fields(names.iter().map(field).collect::<Result<_>>()?)
                }
                StoredSource::Lookup { by, table } => LevelSource::Lookup {
                    by: field(by)?,
                    table: Arc::new(table.clone()),
                },
            };
            levels.push(Level {
                name: level.name.clone(),
                source,
            });
        }
        let feeds = self.feeds.iter().map(|feed| FeedRule {
            name: feed.name.clone(),
            analytics: feed.analytics,
            display: feed.display,
            reset_gap_days: feed.reset_gap_days,
            quarantine: feed.quarantine,
        });
        Ok(Plan {
            identity: if self.matched {
                Identity::Match
            } else {
                Identity::Listing
            },
            horizon_days: self.horizon_days,
            relist_gap_days: self.relist_gap_days,
            levels,
            segments: Segments {
                by_type: self.by_type,
                by_bedrooms: self.by_bedrooms,
            },
            feeds: feeds.collect(),
            emit_changes: self.emit_changes,
        })
    }

    pub(crate) fn read(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(FILE);
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
            Ok(bytes) => {
                let stored = serde_json::from_slice(&bytes);
                Ok(Some(stored.with_context(|| {
                    format!(
                        "{} is damaged; run the instance again to write it anew",
                        path.display()
                    )
                })?))
            }
        }
    }

    /// Writes it at once, so that a reader sees the old or the new one.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        let draft = directory.join(format!("{FILE}.new"));
        let path = directory.join(FILE);
        std::fs::write(&draft, serde_json::to_vec(self)?)
            .with_context(|| format!("write {}", draft.display()))?;
        std::fs::rename(&draft, &path)
            .with_context(|| format!("rename {} to {}", draft.display(), path.display()))
    }
}
