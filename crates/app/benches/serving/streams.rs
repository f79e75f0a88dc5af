//! Case `streams`: what readers get while the market comes in, and what they cost it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::instance::Instance;
use crate::look::{Area, Look, Observer};
use crate::options::Options;
use crate::pages::{Pages, Report};
use crate::spread::Spread;
use crate::stream::{self, Brought};

/// Time between two flushes of the server's streams.
const FLUSH_MS: f64 = 250.0;

/// Time in which pages open, before anything is measured.
const SETTLING_SECONDS: u64 = 30;

/// What readers watch; streams take turns over it. Every second one is on an area of its own.
const MIX: [Watch; 4] = [Watch::Area, Watch::States, Watch::Area, Watch::Zips];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watch {
    /// All measures of one ZIP code, city or county, as on the page of a market.
    Area,
    /// All measures of all states.
    States,
    /// One measure of all ZIP codes, as on the page Now.
    Zips,
}

impl Watch {
    const ALL: [Self; 3] = [Self::Area, Self::States, Self::Zips];

    fn about(self) -> &'static str {
        match self {
            Self::Area => "all measures of one area",
            Self::States => "all measures of all states",
            Self::Zips => "one measure of all ZIP codes",
        }
    }

    fn target(self, area: &Area) -> String {
        match self {
            Self::Area => {
                let name = utf8_percent_encode(&area.name, NON_ALPHANUMERIC);
                format!("/v1/stream?level={}&area={name}&events=1", area.level)
            }
            Self::States => "/v1/stream?level=state&events=1".into(),
            Self::Zips => "/v1/stream?level=zip&measure=median_list_price&events=1".into(),
        }
    }
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let mut observer = Observer::new(Instance::start(options)?);
    println!("warm-up, {} s", options.warm_up_seconds);
    observer.watch(options.warm_up_seconds).await?;
    println!("A: no readers, {} s", options.seconds);
    let alone = observer.watch(options.seconds).await?;
    let areas = observer.areas().await?;
    println!(
        "B: {} streams over {} areas and {} pages, {} s",
        options.streams,
        areas.len(),
        options.pages,
        options.seconds
    );
    // A browser that starts takes all there is: what is measured is pages that are open.
    let pages = Pages::start(
        observer.address(),
        options,
        SETTLING_SECONDS + options.seconds,
    )?;
    if options.pages > 0 {
        observer.watch(SETTLING_SECONDS).await?;
    }
    let until = Instant::now() + Duration::from_secs(options.seconds);
    let streams = (0..options.streams as usize).map(|number| {
        let watch = MIX[number % MIX.len()];
        let target = watch.target(&areas[number % areas.len()]);
        let address = observer.address().to_owned();
        (watch, tokio::spawn(stream::read(address, target, until)))
    });
    let streams: Vec<_> = streams.collect();
    let read = observer.watch(options.seconds).await?;
    let mut brought = Vec::new();
    for (watch, task) in streams {
        brought.push((watch, task.await.context("read a stream")?));
    }
    let report = pages.report().await?;
    observer.look().await?;

    let pace = |looks: &[Look]| looks[looks.len() - 1].since(&looks[0]);
    let (a, b) = (pace(&alone), pace(&read));
    println!(
        "updates/s published: A {:.0} (of {:.0} received), B {:.0} (of {:.0}), B/A {:.3}",
        a.accepted,
        a.received,
        b.accepted,
        b.received,
        b.accepted / a.accepted
    );
    println!(
        "server CPU-seconds/s: A {:.2}, B {:.2}; the streams' reader {:.2} in B",
        a.cpu_seconds, b.cpu_seconds, b.reader_cpu_seconds
    );
    // Looks are 10 s apart, so the seventh is a minute in.
    let minute = read
        .get(6)
        .map_or("not reached".into(), |look| look.memory());
    let end = read[read.len() - 1];
    println!("server after a minute of B: {minute}");
    println!(
        "server at the end of B: {}; peak {} MB",
        end.memory(),
        end.peak_mb()
    );
    let mut failures = tell_streams(&brought, options.seconds);
    failures.extend(tell_pages(&report));
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

/// Says what streams brought; gives those that broke.
fn tell_streams(brought: &[(Watch, Brought)], seconds: u64) -> Vec<String> {
    let sum = |count: fn(&Brought) -> u64| brought.iter().map(|(_, one)| count(one)).sum::<u64>();
    println!(
        "streams: {:.0} messages/s, {:.2} MB/s",
        sum(|one| one.messages) as f64 / seconds as f64,
        sum(|one| one.bytes) as f64 / seconds as f64 / 1e6
    );
    let all = |pick: fn(&Brought) -> &Vec<f64>, is_chosen: &dyn Fn(Watch) -> bool| {
        let chosen = brought.iter().filter(|(watch, _)| is_chosen(*watch));
        Spread::of(chosen.flat_map(|(_, one)| pick(one)).copied().collect())
    };
    let since_receipt = all(|one| &one.since_receipt, &|_| true);
    println!("receipt to reader: {}", since_receipt.text(0.0));
    println!(
        "  beyond the {FLUSH_MS} ms flush: {}",
        since_receipt.text(FLUSH_MS)
    );
    for watch in Watch::ALL {
        let spread = all(|one| &one.since_receipt, &|other| other == watch);
        println!("  beyond it, {}: {}", watch.about(), spread.text(FLUSH_MS));
    }
    let since_sent = all(|one| &one.since_sent, &|_| true);
    println!("made to reader: {}", since_sent.text(0.0));
    let broken: Vec<String> = brought
        .iter()
        .filter_map(|(_, one)| Some(format!("a stream broke: {}", one.broken.as_ref()?)))
        .collect();
    println!("streams that broke: {}", broken.len());
    broken
}

/// Says how pages fared; gives what went wrong in them.
fn tell_pages(report: &Report) -> Vec<String> {
    for page in &report.pages {
        println!("{}", page.text());
    }
    let faults = report.pages.iter().flat_map(|page| &page.faults);
    faults
        .map(|fault| format!("a page went wrong: {fault}"))
        .collect()
}
