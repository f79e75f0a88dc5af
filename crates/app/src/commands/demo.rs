//! `demo`: the shipped real data beside simulated markets, replayed on one virtual clock through the whole
//! pipeline. Everything that it needs is inside the binary.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use freehold_kernel::field::Kind;
use freehold_kernel::market::Segment;
use freehold_kernel::measure::{self, Window};
use freehold_kernel::time::Day;
use freehold_pipeline::books::{Books, read};
use freehold_pipeline::intake::Pace;

use crate::commands::run::{report_failures, run_watched, stop_on_signal};
use crate::config::Config;
use crate::instance::RunOptions;
use crate::output::{Cell, Format, Rows};

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the demo keeps its log and state
    #[arg(long, default_value = "freehold-demo")]
    data_dir: PathBuf,
    /// Play all that there is flat out, and end
    #[arg(long)]
    until_idle: bool,
    /// Virtual years that pass in a minute, from 2010 on
    #[arg(long, default_value_t = 3.0)]
    years_per_minute: f64,
    /// Where to serve the page and the API: IP:PORT, or off
    #[arg(long)]
    listen: Option<String>,
    /// No progress line
    #[arg(long)]
    quiet: bool,
}

const CONFIG: &str = include_str!("../../config/demo.toml");

/// Files of the demo, by name.
const FILES: [(&str, &[u8]); 3] = [
    (
        "king-county-sales-2010-2016.csv.gz",
        include_bytes!("../../../../data/king-county-sales-2010-2016.csv.gz"),
    ),
    (
        "grinnell-sales-2005-2015.csv.gz",
        include_bytes!("../../../../data/grinnell-sales-2005-2015.csv.gz"),
    ),
    (
        "us-zip-crosswalk.tsv.gz",
        include_bytes!("../../../../data/us-zip-crosswalk.tsv.gz"),
    ),
];

/// 2010-01-01, when King County's sales begin; the years before are played flat out.
const PACED_FROM: Day = Day(14_610);

/// Virtual milliseconds in a wall millisecond at one year a minute.
const ONE_YEAR_PER_MINUTE: f64 = 365.25 * 24.0 * 60.0;

pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode> {
    let files = args.data_dir.join("files");
    unpack(&files)?;
    let config = Config::parse(CONFIG, "demo.toml", &files)?;
    let ratio = args.years_per_minute.max(0.01) * ONE_YEAR_PER_MINUTE;
    let from = PACED_FROM.start_utc();
    let pace = (!args.until_idle).then_some(Pace { ratio, from });
    let options = RunOptions {
        until_idle: args.until_idle,
        pace,
        stop: stop_on_signal()?,
        sinks: Vec::new(),
        listen: config.listen(args.listen.as_deref(), args.until_idle)?,
    };
    let ended = run_watched(&config, &args.data_dir, options, args.quiet)?;
    let mut out = std::io::stdout().lock();
    let books = read(ended.core.books());
    show_markets(&books, &mut out)?;
    show_ledger(&books, &mut out)?;
    drop(books);
    writeln!(
        out,
        "\nLook further: freehold markets --data-dir {}",
        args.data_dir.display()
    )?;
    Ok(report_failures(&ended))
}

/// Writes the shipped files where they are not yet, each at once.
fn unpack(directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory).with_context(|| format!("make {}", directory.display()))?;
    for (name, bytes) in FILES {
        let path = directory.join(name);
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() == bytes.len() as u64) {
            continue;
        }
        let draft = directory.join(format!(".{name}.new"));
        std::fs::write(&draft, bytes).with_context(|| format!("write {}", draft.display()))?;
        std::fs::rename(&draft, &path).with_context(|| format!("rename {}", draft.display()))?;
    }
    Ok(())
}

/// One line a market: the states and the nation, what is on the market and what was sold.
fn show_markets(books: &Books, out: &mut dyn Write) -> Result<()> {
    const COLUMNS: &[&str] = &[
        "level",
        "area",
        "kind",
        "active",
        "median_list_price",
        "closed_90d",
        "median_close_price_90d",
        "price_cuts_90d",
        "median_days_on_market_90d",
    ];
    let measures = [
        ("active_count", Window::Now),
        ("median_list_price", Window::Now),
        ("closed_count", Window::Trailing90),
        ("median_close_price", Window::Trailing90),
        ("price_cuts", Window::Trailing90),
        ("median_days_on_market", Window::Trailing90),
    ];
    let view = books.engine.view();
    let levels = &books.engine.plan().levels;
    writeln!(
        out,
        "\nMarkets on {} (areas that end in \"(simulated)\" are not real)\n",
        books.engine.shards()[0].clock().today
    )?;
    let mut rows = Rows::begin(out, Format::Table, COLUMNS);
    for (level, area) in view.areas() {
        let name = &levels[usize::from(level)].name;
        if !matches!(name.as_str(), "state" | "nation") {
            continue;
        }
        for kind in Kind::ALL {
            let market = view.market(level, area, kind, Segment::All);
            if market.is_empty() {
                continue;
            }
            let mut cells = vec![Cell::text(name), Cell::text(area), Cell::text(kind.name())];
            for (id, window) in measures {
                let measure = measure::find(id).context("a measure of the registry")?;
                let reading =
                    (measure.read)(&market, window.period(market.today()), measure.variants[0]);
                let value = reading.value.to_string();
                cells.push(if value.is_empty() {
                    Cell::Empty
                } else {
                    Cell::Number(value)
                });
            }
            rows.row(cells)?;
        }
    }
    Ok(rows.end()?)
}

fn show_ledger(books: &Books, out: &mut dyn Write) -> Result<()> {
    const COLUMNS: &[&str] = &[
        "feed",
        "received",
        "accepted",
        "duplicate",
        "stale",
        "late",
        "held",
        "rejected",
        "balance",
    ];
    writeln!(
        out,
        "\nLedger: received = accepted + duplicate + stale + late + held + rejected\n"
    )?;
    let mut rows = Rows::begin(out, Format::Table, COLUMNS);
    for (rule, ledger) in books.engine.plan().feeds.iter().zip(books.engine.ledgers()) {
        let mut cells = vec![Cell::text(&rule.name)];
        cells.extend(ledger.counts().into_iter().take(7).map(Cell::number));
        cells.push(Cell::text(match ledger.imbalance() {
            0 => "ok".to_owned(),
            off => format!("off by {off}"),
        }));
        rows.row(cells)?;
    }
    Ok(rows.end()?)
}
