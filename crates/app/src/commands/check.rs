//! `check`: a configuration without running it; with `--sample`, how the first rows of each feed are read.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use freehold_connectors::format::FileProblem;
use freehold_connectors::mapping::sample;
use freehold_kernel::field::ProfileField;
use freehold_kernel::record::{FeedId, Observation, Record, Records, decode_area, decode_local};
use freehold_kernel::time::format_instant;

use crate::commands::init::head_of;
use crate::config::{Config, FeedConfig, FeedKind};
use crate::output::dollars;

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The configuration
    #[arg(long)]
    config: PathBuf,
    /// Show how this many rows of each feed's first file are read: raw, canonical, areas
    #[arg(long, value_name = "ROWS", num_args = 0..=1, default_missing_value = "20")]
    sample: Option<usize>,
}

pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode> {
    let config = Config::load(&args.config)?;
    let mut out = std::io::stdout().lock();
    let mut code = ExitCode::SUCCESS;
    for feed in &config.feeds {
        if let Some(limit) = args.sample
            && !sample_feed(&config, feed, limit, &mut out)?
        {
            code = ExitCode::from(2);
        }
    }
    if code == ExitCode::SUCCESS {
        writeln!(
            out,
            "{} is good: {} feeds",
            args.config.display(),
            config.feeds.len()
        )?;
    }
    Ok(code)
}

/// Shows how a feed's first file is read; false when it does not fit.
fn sample_feed(
    config: &Config,
    feed: &FeedConfig,
    limit: usize,
    out: &mut dyn Write,
) -> Result<bool> {
    let FeedKind::Files(files) = &feed.kind else {
        writeln!(out, "feed {}: simulated, nothing to sample", feed.name)?;
        return Ok(true);
    };
    let Some(path) = freehold_connectors::files::first_file(&files.paths) else {
        writeln!(
            out,
            "feed {}: no file matches {}",
            feed.name,
            files.paths.join(", ")
        )?;
        return Ok(false);
    };
    let head = match head_of(std::path::Path::new(&path)) {
        Ok(head) => head,
        Err(error) => {
            writeln!(out, "feed {}: {error:#}", feed.name)?;
            return Ok(false);
        }
    };
    let rows = match sample(&files.format(FeedId(0)), &path, &head, limit) {
        Ok(rows) => rows,
        Err(FileProblem::Unfit {
            field,
            reason,
            hint,
        }) => {
            let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            writeln!(out, "feed {}: {path}: {field}: {reason}{hint}", feed.name)?;
            return Ok(false);
        }
        Err(FileProblem::NeedMore) => {
            writeln!(
                out,
                "feed {}: {path} ends before its header does",
                feed.name
            )?;
            return Ok(false);
        }
    };
    writeln!(out, "feed {}: {path}", feed.name)?;
    let (mut is_read, mut has_price) = (false, false);
    for row in rows {
        writeln!(
            out,
            "\n  raw        {}",
            row.raw.chars().take(300).collect::<String>()
        )?;
        match Records::new(&row.record)
            .next()
            .context("a sampled row has a record")??
        {
            Record::Observation(observation) => {
                let terms = observation.terms;
                is_read = true;
                has_price |= terms.list_price.is_some() || terms.close_price.is_some();
                show(config, &observation, out)?;
            }
            Record::Refused(refused) => {
                let field = if refused.field.is_empty() {
                    "row"
                } else {
                    refused.field
                };
                writeln!(
                    out,
                    "  refused    {field}: {} ({})",
                    refused.reason, refused.place
                )?;
            }
            Record::Tick(_) | Record::SnapshotEnd(_) | Record::Control(_) => {}
        }
    }
    if is_read && !has_price {
        writeln!(
            out,
            "\n  note       none of these rows has a ListPrice or a ClosePrice: map the columns that hold them, or prices stay empty"
        )?;
    }
    writeln!(out)?;
    Ok(true)
}

fn show(config: &Config, row: &Observation<'_>, out: &mut dyn Write) -> Result<()> {
    let terms = row.terms;
    let mut parts = vec![
        format!("ListingKey={}", String::from_utf8_lossy(row.key)),
        format!(
            "ModificationTimestamp={} (local {})",
            format_instant(row.event_time),
            row.event_day
        ),
        format!("StandardStatus={}", terms.status.name()),
    ];
    let money = [
        ("ListPrice", terms.list_price),
        ("OriginalListPrice", terms.original_list_price),
        ("ClosePrice", terms.close_price),
    ];
    parts.extend(
        money
            .iter()
            .filter_map(|(name, cents)| Some(format!("{name}={}", dollars((*cents)?)))),
    );
    let dates = [
        ("OnMarketDate", terms.on_market_date),
        ("PurchaseContractDate", terms.contract_date),
        ("CloseDate", terms.close_date),
        ("OffMarketDate", terms.off_market_date),
    ];
    parts.extend(
        dates
            .iter()
            .filter_map(|(name, day)| Some(format!("{name}={}", (*day)?))),
    );
    for (field, payload) in row.profile.fields() {
        parts.push(match field {
            ProfileField::LivingArea => match decode_area(payload) {
                Some((hundredths, unit)) => {
                    format!("LivingArea={} {}", hundredths as f64 / 100.0, unit.name())
                }
                None => continue,
            },
            ProfileField::Local => match decode_local(payload) {
                Some((name, text)) => format!("{name}={text}"),
                None => continue,
            },
            _ => match (
                row.profile.text(field),
                row.profile.integer(field),
                field.kind(),
            ) {
                (_, _, freehold_kernel::field::ProfileKind::Code) => {
                    format!("{}={}", field.name(), coded(field, payload))
                }
                (Some(text), _, freehold_kernel::field::ProfileKind::Text) => {
                    format!("{}={text}", field.name())
                }
                (_, Some(number), _) => format!("{}={}", field.name(), unscaled(field, number)),
                _ => continue,
            },
        });
    }
    writeln!(out, "  canonical  {}", parts.join("; "))?;
    let plan = config.plan(Vec::new());
    let areas = plan.levels.iter().map(|level| {
        let mut area = String::new();
        if level.area(row.profile, &mut area) {
            format!("{}={area}", level.name)
        } else {
            format!("{}=(none)", level.name)
        }
    });
    writeln!(out, "  areas      {}", areas.collect::<Vec<_>>().join("; "))?;
    Ok(())
}

fn coded(field: ProfileField, payload: &[u8]) -> &'static str {
    use freehold_kernel::field::{PropertySubType, PropertyType};
    let code = payload.first().copied().unwrap_or(0);
    let name = if field == ProfileField::PropertyType {
        PropertyType::from_code(code).map(PropertyType::name)
    } else {
        PropertySubType::from_code(code).map(PropertySubType::name)
    };
    name.unwrap_or("?")
}

fn unscaled(field: ProfileField, number: i64) -> f64 {
    match field {
        ProfileField::BathroomsTotalInteger => number as f64 / 100.0,
        ProfileField::Latitude | ProfileField::Longitude => number as f64 / 1e6,
        _ => number as f64,
    }
}
