//! `simulate`: listing updates of a simulated market as NDJSON, which the file feed reads as it stands.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use freehold_connectors::simulator::{
    FaultConfig, Simulator, SimulatorConfig, StateName, write_ndjson,
};
use freehold_kernel::time::Day;

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Everything random follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the homes stand: NJ, AR, TX
    #[arg(long, value_delimiter = ',', default_value = "NJ,AR,TX")]
    states: Vec<String>,
    /// Listings on the market on average
    #[arg(long, default_value_t = 10_000)]
    listings: usize,
    /// First virtual day
    #[arg(long, default_value = "2010-01-01")]
    start: String,
    /// Virtual day at which it ends
    #[arg(long)]
    end: Option<String>,
    /// Rows after which it ends
    #[arg(long)]
    updates: Option<u64>,
    /// Share of rentals, from 0 to 1
    #[arg(long, default_value_t = 0.25)]
    lease_share: f64,
    /// Rows a second of wall time; flat out without it
    #[arg(long)]
    per_second: Option<f64>,
    /// Labelled faults with their shares, such as duplicates=0.01,extra_zero=0.001 (also out_of_order,
    /// missing_zero, unit_mix_up, annual_rent)
    #[arg(long, value_delimiter = ',')]
    faults: Vec<String>,
    /// Where the rows go; the standard output without it
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &SimulateArgs) -> Result<ExitCode> {
    if args.end.is_none() && args.updates.is_none() && args.per_second.is_none() {
        bail!("flat out it would never end: give --updates, --end or --per-second");
    }
    let states = args.states.iter().map(|name| {
        StateName::parse(name)
            .with_context(|| format!("there is no simulated state {name:?}; there are NJ, AR, TX"))
    });
    let config = SimulatorConfig {
        seed: args.seed,
        states: states.collect::<Result<_>>()?,
        listings: args.listings,
        start: day(&args.start)?.start_utc(),
        end: args
            .end
            .as_deref()
            .map(day)
            .transpose()?
            .map(Day::start_utc),
        updates: args.updates,
        rate: None,
        lease_share: args.lease_share,
        faults: faults(&args.faults)?,
    };
    let simulator = Simulator::new(&config)?;
    match &args.out {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
            write_all(
                simulator,
                args.per_second,
                BufWriter::with_capacity(1 << 20, file),
            )?;
        }
        None => write_all(
            simulator,
            args.per_second,
            BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
        )?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write_all(simulator: Simulator, per_second: Option<f64>, mut out: impl Write) -> Result<()> {
    let started = Instant::now();
    let mut line = Vec::new();
    for (number, update) in simulator.enumerate() {
        line.clear();
        write_ndjson(&update, &mut line);
        out.write_all(&line)?;
        if let Some(rate) = per_second {
            let due = Duration::from_secs_f64(number as f64 / rate.max(1e-9));
            if let Some(wait) = due.checked_sub(started.elapsed()) {
                out.flush()?;
                std::thread::sleep(wait);
            }
        }
    }
    Ok(out.flush()?)
}

fn day(text: &str) -> Result<Day> {
    Day::parse_iso(text).with_context(|| format!("{text:?} is no date; wanted YYYY-MM-DD"))
}

fn faults(list: &[String]) -> Result<FaultConfig> {
    let mut faults = FaultConfig::default();
    for item in list {
        let (name, share) = item
            .split_once('=')
            .with_context(|| format!("{item:?} is no fault; wanted NAME=SHARE"))?;
        let share: f64 = share
            .parse()
            .with_context(|| format!("{share:?} is no share from 0 to 1"))?;
        let place = match name {
            "duplicates" => &mut faults.duplicates,
            "out_of_order" => &mut faults.out_of_order,
            "extra_zero" => &mut faults.extra_zero,
            "missing_zero" => &mut faults.missing_zero,
            "unit_mix_up" => &mut faults.unit_mix_up,
            "annual_rent" => &mut faults.annual_rent,
            _ => bail!("there is no fault {name:?}"),
        };
        *place = share;
    }
    Ok(faults)
}
