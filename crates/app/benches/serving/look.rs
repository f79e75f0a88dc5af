//! The server from outside: what it published, and what it cost.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::http::Connection;
use crate::instance::Instance;

/// Ticks a second of the times in /proc, on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// Time between two looks while a phase runs.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The server at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    at: Instant,
    received: u64,
    accepted: u64,
    listings: u64,
    cpu_seconds: f64,
    /// Of this process, which reads.
    reader_cpu_seconds: f64,
    resident: u64,
    /// The most that was resident since the start.
    peak: u64,
}

/// What happened between two looks, per second.
pub(crate) struct Pace {
    pub(crate) received: f64,
    pub(crate) accepted: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) reader_cpu_seconds: f64,
}

impl Look {
    pub(crate) fn since(&self, earlier: &Self) -> Pace {
        let seconds = (self.at - earlier.at).as_secs_f64();
        Pace {
            received: (self.received - earlier.received) as f64 / seconds,
            accepted: (self.accepted - earlier.accepted) as f64 / seconds,
            cpu_seconds: (self.cpu_seconds - earlier.cpu_seconds) / seconds,
            reader_cpu_seconds: (self.reader_cpu_seconds - earlier.reader_cpu_seconds) / seconds,
        }
    }

    pub(crate) fn memory(&self) -> String {
        format!(
            "RSS {} MB ({} bytes a listing, {} listings)",
            self.resident / 1_000_000,
            self.resident / self.listings.max(1),
            self.listings
        )
    }

    pub(crate) fn peak_mb(&self) -> u64 {
        self.peak / 1_000_000
    }
}

/// A market's place.
pub(crate) struct Area {
    pub(crate) level: &'static str,
    pub(crate) name: String,
}

/// Looks at a server, over a fresh connection each time: the server ends those that are idle for 10 s.
pub(crate) struct Observer {
    instance: Instance,
}

impl Observer {
    pub(crate) fn new(instance: Instance) -> Self {
        Self { instance }
    }

    pub(crate) fn address(&self) -> &str {
        &self.instance.address
    }

    pub(crate) async fn look(&mut self) -> Result<Look> {
        self.instance.check_alive()?;
        let totals = &self.json("/v1/feeds").await?["totals"];
        let count = |name: &str| {
            let count = totals[name].as_u64();
            count.with_context(|| format!("/v1/feeds tells no {name}"))
        };
        let (received, accepted) = (count("received")?, count("accepted")?);
        let metrics = self.get("/metrics").await?;
        let metrics = String::from_utf8_lossy(&metrics);
        let listings = metrics
            .lines()
            .find_map(|line| line.strip_prefix("freehold_listings "));
        let listings = listings.and_then(|count| count.parse().ok());
        let pid = self.instance.pid();
        let (resident, peak) = memory(pid)?;
        Ok(Look {
            at: Instant::now(),
            received,
            accepted,
            listings: listings.context("/metrics tells no listings")?,
            cpu_seconds: cpu_seconds(pid)?,
            reader_cpu_seconds: cpu_seconds(std::process::id())?,
            resident,
            peak,
        })
    }

    /// Looks until so many seconds are over, says each time what it sees, and gives all.
    pub(crate) async fn watch(&mut self, seconds: u64) -> Result<Vec<Look>> {
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut looks = vec![self.look().await?];
        let first = looks[0];
        let mut last = first;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            tokio::time::sleep(left.min(LOOK_EVERY)).await;
            let look = self.look().await?;
            let pace = look.since(&last);
            println!(
                "  {:>4.0} s: {:.0} updates/s, {:.2} CPU-seconds/s, {}",
                (look.at - first.at).as_secs_f64(),
                pace.accepted,
                pace.cpu_seconds,
                look.memory()
            );
            looks.push(look);
            last = look;
            if Instant::now() >= until {
                return Ok(looks);
            }
        }
    }

    /// Every ZIP code, city and county that has homes.
    pub(crate) async fn areas(&self) -> Result<Vec<Area>> {
        let mut areas = Vec::new();
        for level in ["zip", "city", "county"] {
            let target = format!(
                "/v1/markets?level={level}&measure=active_count&segment=all&kind=sale&limit=1000"
            );
            let answer = self.json(&target).await?;
            let rows = answer["rows"].as_array().context("a list has no rows")?;
            let names = rows.iter().filter_map(|row| row["area"].as_str());
            areas.extend(names.map(|name| Area {
                level,
                name: name.to_owned(),
            }));
        }
        if areas.is_empty() {
            bail!("the server knows no area; --warm-up gives it more time");
        }
        Ok(areas)
    }

    async fn json(&self, target: &str) -> Result<Value> {
        let body = self.get(target).await?;
        serde_json::from_slice(&body).with_context(|| format!("read the answer to GET {target}"))
    }

    async fn get(&self, target: &str) -> Result<Vec<u8>> {
        let mut connection = Connection::open(self.address()).await?;
        let answer = connection.get(target).await?;
        if answer.status != 200 {
            let body = String::from_utf8_lossy(&answer.body);
            bail!("GET {target} was answered {}: {body}", answer.status);
        }
        Ok(answer.body)
    }
}

/// User and system time of a process.
fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("read /proc")?;
    // The name in brackets may hold spaces; user and system time are the 12th and 13th behind it.
    let (_, rest) = stat.rsplit_once(") ").context("read /proc/PID/stat")?;
    let ticks: Option<f64> = rest
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().ok())
        .sum();
    Ok(ticks.context("read /proc/PID/stat")? / TICKS)
}

/// Bytes of a process that are resident, and the most that were.
fn memory(pid: u32) -> Result<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("read /proc")?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
        kilobytes
            .map(|kilobytes| kilobytes << 10)
            .with_context(|| format!("/proc/PID/status has no {name}"))
    };
    Ok((bytes("VmRSS:")?, bytes("VmHWM:")?))
}
