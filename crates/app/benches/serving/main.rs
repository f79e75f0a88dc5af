//! The release binary under readers: a live simulated market comes in while streams, pages and requests read it.
//!
//! `cargo bench -p freehold --bench serving -- CASE [options]`, on Linux:
//! - `streams`: a phase without readers, then one with `--streams N` event streams and `--pages N` Chromium pages
//!   (`tests/browser/load.mjs`), each of `--seconds N`;
//! - `reads`: `--rate N` requests a second for one market each, for `--seconds N` over `--connections N`; with
//!   `--list`, for one row of the list of markets.
//!
//! Both take `--warm-up N` seconds, and `--turns N` (a second) and `--listings N` of the simulated feed. Ends with a failure
//! when the server died, a stream broke, a page went wrong or an answer was not 200.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints its results"
)]

mod feed;
mod http;
mod instance;
mod look;
mod options;
mod pages;
mod reads;
mod spread;
mod stream;
mod streams;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::options::{Case, Options};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if words.is_empty() {
        println!("serving: name a case: streams or reads");
        return ExitCode::SUCCESS;
    }
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("serving: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<()> {
    let options = Options::read(words)?;
    let cores = std::thread::available_parallelism().context("count the cores")?;
    println!(
        "cargo bench -p freehold --bench serving -- {}",
        words.join(" ")
    );
    println!("{cores} cores, shared by the server, the simulated feed inside it and all readers");
    // One thread: the readers take a core at most.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the readers' thread")?;
    let case = async {
        match options.case {
            Case::Streams => streams::run(&options).await,
            Case::Reads => reads::run(&options).await,
        }
    };
    // Whatever ends first: the case is dropped, and with it the processes that it started.
    runtime.block_on(async {
        tokio::select! {
            result = case => result,
            () = broken_off() => bail!("broken off"),
        }
    })
}

/// Waits for Ctrl-C or SIGTERM.
async fn broken_off() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return std::future::pending().await;
    };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = sender.send(());
        }
    });
    let _ = receiver.await;
}
