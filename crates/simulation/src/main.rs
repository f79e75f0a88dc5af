//! `freehold-sim`: a whole instance in one thread, of the shipped driver, books, parsers and store library, in a world that
//! misbehaves, seed by seed. The same seed gives the same run.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

mod check;
mod feeds;
mod run;
mod sink;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use clap::Parser;
use freehold_pipeline::testing::Fault;

use check::Finding;
use run::{Outcome, RECOVERIES};

/// Fewer seeds than this need not meet every fault and decide every recovery.
const SEEDS_FOR_ALL: u64 = 100;

/// Simulates instances in a world that misbehaves, and looks for anything that does not hold.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    start_seed: u64,
    /// How many seeds follow each other.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// Threads that run seeds side by side; each seed is one thread's work.
    #[arg(long, default_value_t = 1)]
    threads: u64,
    /// Plants a bug, which must be found: the exit code is then that of a finding. For builds with the feature `plant`.
    #[arg(long, value_name = "BUG")]
    plant: Option<String>,
    /// Plants every bug in turn, and says which checker found it after how many seeds.
    #[arg(long)]
    scoreboard: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !freehold_pipeline::panic_becomes_error() {
            told(panic);
        }
    }));
    if arguments.scoreboard {
        return scoreboard(&arguments);
    }
    if let Some(name) = &arguments.plant
        && let Err(problem) = plant(Some(name))
    {
        println!("{problem}");
        return ExitCode::from(2);
    }
    let begun = Instant::now();
    let total = Mutex::new(Total::default());
    let next = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let at = {
                        let mut next = lock(&next);
                        *next += 1;
                        *next - 1
                    };
                    if at >= arguments.seeds || !lock(&total).findings.is_empty() {
                        return;
                    }
                    let seed = arguments.start_seed + at;
                    let outcome = run_whole(seed);
                    let mut total = lock(&total);
                    total.add(seed, outcome);
                    if total.seeds % 100 == 0 {
                        println!("{} seeds so far", total.seeds);
                    }
                }
            });
        }
    });
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    total.report(&arguments, begun.elapsed().as_secs_f64())
}

/// Runs a seed; a panic is a finding like any other.
fn run_whole(seed: u64) -> Outcome {
    let ran = std::panic::catch_unwind(|| run::run(seed));
    ran.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Outcome {
            finding: Some(Finding {
                checker: "goes on",
                what: format!("it panics: {}", said.unwrap_or_default()),
                is_unreadable: false,
            }),
            ..Outcome::default()
        }
    })
}

/// What all seeds did.
#[derive(Default)]
struct Total {
    seeds: u64,
    epochs: u64,
    epochs_min: Option<(u64, u64)>,
    rows: u64,
    restarts: u64,
    refusals: u64,
    trace: u64,
    counts: BTreeMap<&'static str, u64>,
    findings: Vec<(u64, Finding)>,
}

impl Total {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.epochs += outcome.epochs;
        if outcome.finding.is_none()
            && self
                .epochs_min
                .is_none_or(|(least, _)| outcome.epochs < least)
        {
            self.epochs_min = Some((outcome.epochs, seed));
        }
        self.rows += outcome.rows;
        self.restarts += outcome.restarts;
        self.refusals += outcome.refusals;
        // Seeds may end in any order.
        self.trace = self.trace.wrapping_add(outcome.trace);
        for (name, count) in outcome.counts {
            *self.counts.entry(name).or_insert(0) += count;
        }
        if let Some(finding) = outcome.finding {
            self.findings.push((seed, finding));
        }
    }

    fn report(&self, arguments: &Arguments, seconds: f64) -> ExitCode {
        let least = self.epochs_min.map_or(0, |(least, _)| least);
        println!(
            "{} seeds from {}, {} epochs (at least {least} a seed), {} restarts, {} rows at the end, trace {:016x}, {seconds:.0} s",
            self.seeds, arguments.start_seed, self.epochs, self.restarts, self.rows, self.trace
        );
        println!("damage was found and named {} times", self.refusals);
        let mut missing = Vec::new();
        for name in wanted() {
            let count = self.counts.get(name).copied().unwrap_or(0);
            println!("  {count:>8}  {name}");
            if count == 0 {
                missing.push(name);
            }
        }
        for (seed, finding) in &self.findings {
            let planted = arguments
                .plant
                .as_ref()
                .map_or_else(String::new, |bug| format!(" --plant {bug}"));
            println!("seed {seed}: {}: {}", finding.checker, finding.what);
            println!("  again: freehold-sim --start-seed {seed} --seeds 1{planted}");
        }
        if !self.findings.is_empty() {
            return ExitCode::FAILURE;
        }
        if arguments.seeds >= SEEDS_FOR_ALL && !missing.is_empty() {
            println!("never: {}", missing.join(", "));
            return ExitCode::from(3);
        }
        if let Some((least, seed)) = self.epochs_min.filter(|(least, _)| *least < 200) {
            println!("seed {seed} had {least} epochs, and 200 are wanted");
            return ExitCode::from(3);
        }
        println!("no finding");
        ExitCode::SUCCESS
    }
}

/// Everything that must have happened.
fn wanted() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Fault::ALL.map(Fault::name).to_vec();
    all.extend(feeds::FeedFault::ALL.map(feeds::FeedFault::name));
    all.extend(sink::SinkFault::ALL.map(sink::SinkFault::name));
    all.extend([
        "goes on when there is room",
        "stopped in good order",
        "killed between two steps",
    ]);
    all.extend(RECOVERIES);
    all
}

#[cfg(feature = "plant")]
fn plant(name: Option<&str>) -> Result<(), String> {
    use freehold_kernel::plant::{Bug, plant};
    let bug = name.map(|name| {
        let bug = Bug::ALL.into_iter().find(|bug| bug.name() == name);
        bug.ok_or_else(|| {
            format!(
                "there is no bug {name:?}; there are {}",
                Bug::ALL.map(Bug::name).join(", ")
            )
        })
    });
    plant(bug.transpose()?);
    Ok(())
}

#[cfg(not(feature = "plant"))]
fn plant(_: Option<&str>) -> Result<(), String> {
    Err("bugs can be planted in a build with --features plant only".into())
}

/// Plants every bug in turn; each must be found within the seeds that are given.
#[cfg(feature = "plant")]
fn scoreboard(arguments: &Arguments) -> ExitCode {
    use freehold_kernel::plant::Bug;
    let mut missed = Vec::new();
    println!("| bug | found by | seeds | seed |\n|---|---|---|---|");
    for bug in Bug::ALL {
        if let Err(problem) = plant(Some(bug.name())) {
            println!("{problem}");
            return ExitCode::from(2);
        }
        let mut found = None;
        for seed in arguments.start_seed..arguments.start_seed + arguments.seeds {
            if let Some(finding) = run_whole(seed).finding {
                found = Some((seed, finding));
                break;
            }
        }
        match found {
            Some((seed, finding)) => {
                println!(
                    "| {} | {} | {} | {seed} |",
                    bug.name(),
                    finding.checker,
                    seed - arguments.start_seed + 1
                );
            }
            None => {
                println!("| {} | **nobody** | {} | |", bug.name(), arguments.seeds);
                missed.push(bug.name());
            }
        }
    }
    if missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("not found: {}", missed.join(", "));
    ExitCode::FAILURE
}

#[cfg(not(feature = "plant"))]
fn scoreboard(_: &Arguments) -> ExitCode {
    println!("bugs can be planted in a build with --features plant only");
    ExitCode::from(2)
}
