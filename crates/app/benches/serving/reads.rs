//! Case `reads`: requests for one market each, at a rate that does not wait for answers.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;

use crate::http::Connection;
use crate::instance::Instance;
use crate::look::{Area, Observer};
use crate::options::Options;
use crate::spread::Spread;

/// How long answers may take behind the last request that is due.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests with a due time each, whatever became of those before.
struct Schedule {
    start: Instant,
    rate: f64,
    count: u64,
    /// One permit for each request that is due.
    due: Arc<Semaphore>,
    next: Cell<u64>,
    answered: Cell<u64>,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    /// From when a request was due to the last byte of its answer, in milliseconds.
    since_due: Vec<f64>,
    /// From when it was due to when it was sent: what the reader itself, or busy connections, add.
    until_sent: Vec<f64>,
    not_200: u64,
    bytes: u64,
    last: Option<Instant>,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let mut observer = Observer::new(Instance::start(options)?);
    println!("warm-up, {} s", options.warm_up_seconds);
    observer.watch(options.warm_up_seconds).await?;
    let targets: Rc<[String]> = targets(&observer.areas().await?, options.list).into();
    println!(
        "{} requests/s over {} areas, such as GET {}, on {} connections, {} s",
        options.rate,
        targets.len(),
        targets[0],
        options.connections,
        options.seconds
    );
    let mut connections = Vec::new();
    for _ in 0..options.connections {
        connections.push(Connection::open(observer.address()).await?);
    }
    let schedule = Rc::new(Schedule {
        start: Instant::now() + Duration::from_millis(10),
        rate: options.rate as f64,
        count: options.rate * options.seconds,
        due: Arc::new(Semaphore::new(0)),
        next: Cell::new(0),
        answered: Cell::new(0),
    });
    schedule.start_clock();
    let local = LocalSet::new();
    let readers = connections.into_iter().map(|connection| {
        local.spawn_local(read(connection, Rc::clone(&schedule), Rc::clone(&targets)))
    });
    let readers: Vec<_> = readers.collect();
    let (looks, seen) = local
        .run_until(async {
            let looks = observer.watch(options.seconds).await?;
            let mut seen = Vec::new();
            let until = Instant::now() + PATIENCE;
            for reader in readers {
                let Ok(one) = tokio::time::timeout_at(until.into(), reader).await else {
                    let answered = schedule.answered.get();
                    let wait = PATIENCE.as_secs();
                    bail!(
                        "{answered} of {} were answered, {wait} s later",
                        schedule.count
                    );
                };
                seen.push(one.context("read over a connection")??);
            }
            anyhow::Ok((looks, seen))
        })
        .await?;
    observer.look().await?;
    let pace = looks[looks.len() - 1].since(&looks[0]);
    println!(
        "meanwhile {:.0} updates/s published (of {:.0} received), {:.2} CPU-seconds/s of the server and {:.2} of the reader",
        pace.accepted, pace.received, pace.cpu_seconds, pace.reader_cpu_seconds
    );
    tell(&seen, &schedule)
}

/// What is asked, over and over: each area's market, or its row of the list.
fn targets(areas: &[Area], list: bool) -> Vec<String> {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let target = |area: &Area| {
        let Area { level, name } = area;
        if list {
            let name = encoded(name);
            format!("/v1/markets?level={level}&area={name}&measure=median_list_price&window=now")
        } else {
            format!("/v1/markets/{}", encoded(&format!("{level}:{name}")))
        }
    };
    areas.iter().map(target).collect()
}

impl Schedule {
    fn due(&self, number: u64) -> Instant {
        self.start + Duration::from_secs_f64(number as f64 / self.rate)
    }

    /// Gives permits at their times, from a thread that sleeps more finely than the readers' timer, of 1 ms, does.
    fn start_clock(&self) {
        let (start, rate, count) = (self.start, self.rate, self.count);
        let due = Arc::downgrade(&self.due);
        std::thread::spawn(move || {
            for number in 0..count {
                let at = start + Duration::from_secs_f64(number as f64 / rate);
                std::thread::sleep(at.saturating_duration_since(Instant::now()));
                let Some(due) = due.upgrade() else { return };
                due.add_permits(1);
            }
            // Whoever still waits learns that there is no more.
            if let Some(due) = due.upgrade() {
                due.add_permits(Semaphore::MAX_PERMITS / 2);
            }
        });
    }
}

/// Takes whatever request is due next, until there is none.
async fn read(
    mut connection: Connection,
    schedule: Rc<Schedule>,
    targets: Rc<[String]>,
) -> Result<Seen> {
    let mut seen = Seen::default();
    let milliseconds = |from: Instant| from.elapsed().as_secs_f64() * 1000.0;
    loop {
        schedule.due.acquire().await?.forget();
        let number = schedule.next.get();
        if number >= schedule.count {
            return Ok(seen);
        }
        schedule.next.set(number + 1);
        let due = schedule.due(number);
        seen.until_sent.push(milliseconds(due));
        let target = &targets[number as usize % targets.len()];
        let answer = connection.get(target).await?;
        seen.since_due.push(milliseconds(due));
        schedule.answered.set(schedule.answered.get() + 1);
        seen.not_200 += u64::from(answer.status != 200);
        seen.bytes += answer.body.len() as u64;
        seen.last = Some(Instant::now());
    }
}

fn tell(seen: &[Seen], schedule: &Schedule) -> Result<()> {
    let all =
        |pick: fn(&Seen) -> &Vec<f64>| Spread::of(seen.iter().flat_map(pick).copied().collect());
    let answers: usize = seen.iter().map(|one| one.since_due.len()).sum();
    let bytes: u64 = seen.iter().map(|one| one.bytes).sum();
    let not_200: u64 = seen.iter().map(|one| one.not_200).sum();
    let last = seen.iter().filter_map(|one| one.last).max();
    let last = last.context("nothing was answered")?;
    println!(
        "{answers} answers, {:.0}/s, {} bytes each",
        answers as f64 / (last - schedule.start).as_secs_f64(),
        bytes / answers as u64
    );
    println!("due to last byte: {}", all(|one| &one.since_due).text(0.0));
    println!(
        "  of it, due to sent: {}",
        all(|one| &one.until_sent).text(0.0)
    );
    println!("answers other than 200: {not_200}");
    if not_200 > 0 {
        bail!("{not_200} answers were not 200");
    }
    Ok(())
}
