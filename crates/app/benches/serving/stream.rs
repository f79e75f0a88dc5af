//! One event stream, read as fast as it comes: what it brought, and how late.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::http::Connection;

/// A stream has a beat each 5 s; one that is silent for longer than this is broken.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// What a stream brought.
#[derive(Default)]
pub(crate) struct Brought {
    /// Of each message of readings: receipt of the oldest record in it to its reading here, in milliseconds.
    pub(crate) since_receipt: Vec<f64>,
    /// The same from when the server made it.
    pub(crate) since_sent: Vec<f64>,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    /// Why it ended too early.
    pub(crate) broken: Option<String>,
}

/// Reads a stream until a moment.
pub(crate) async fn read(address: String, target: String, until: Instant) -> Brought {
    let mut brought = Brought::default();
    let reading = follow(&address, &target, &mut brought);
    match tokio::time::timeout_at(until.into(), reading).await {
        // It was read to the end of the phase.
        Err(_) => {}
        Ok(Ok(())) => brought.broken = Some(format!("{target}: the server ended it")),
        Ok(Err(error)) => brought.broken = Some(format!("{target}: {error:#}")),
    }
    brought
}

async fn follow(address: &str, target: &str, brought: &mut Brought) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    connection.get_chunks(target).await?;
    let mut unread = Vec::new();
    loop {
        let chunk = tokio::time::timeout(SILENCE_MAX, connection.chunk(&mut unread)).await;
        let Ok(chunk) = chunk else {
            bail!("silent for {} s", SILENCE_MAX.as_secs());
        };
        if !chunk? {
            return Ok(());
        }
        let now = now_ms()?;
        let mut start = 0;
        // Events hold no empty line inside.
        while let Some(length) = unread[start..].windows(2).position(|two| two == b"\n\n") {
            let event = &unread[start..start + length];
            start += length + 2;
            brought.messages += 1;
            brought.bytes += length as u64 + 2;
            if let Some((received, sent)) = stamps(event)? {
                brought.since_receipt.push(now - received);
                brought.since_sent.push(now - sent);
            }
        }
        unread.drain(..start);
    }
}

/// When the oldest record of a message of readings was received, and when it was made; `None` for other events.
fn stamps(event: &[u8]) -> Result<Option<(f64, f64)>> {
    const HEAD_BYTES: usize = 240;
    let head = String::from_utf8_lossy(&event[..event.len().min(HEAD_BYTES)]);
    if !head.lines().any(|line| line == "event: readings") {
        return Ok(None);
    }
    let number = |name: &str| {
        let (_, rest) = head.split_once(name)?;
        let end = rest.find(|next: char| !next.is_ascii_digit())?;
        rest[..end].parse::<f64>().ok()
    };
    let stamps = number("\"received\":").zip(number("\"sent\":"));
    Ok(Some(stamps.context("a message of readings has no stamps")?))
}

/// The wall clock, which is the server's, too.
fn now_ms() -> Result<f64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(since.context("the clock stands before 1970")?.as_secs_f64() * 1000.0)
}
