//! Questions and decisions to a running instance, over a socket in its data directory.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use freehold_kernel::Shard;
use freehold_kernel::record::FeedId;
use freehold_pipeline::books::{Books, SharedBooks, read};
use freehold_pipeline::decision::Decision;
use freehold_pipeline::driver::{Command, SharedLog};
use serde::{Deserialize, Serialize};

use crate::directory::socket_path;
use crate::query::Query;

/// What can be asked of a running instance.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    Query(Query),
    Decide(Decision),
}

const REQUEST_BYTES_MAX: u64 = 1 << 20;
const GOOD: u8 = 0;
const BAD: u8 = 1;

/// Sends a request; the answer goes to `out`. `None` when no instance runs on the directory.
pub(crate) fn ask(directory: &Path, request: &Request, out: &mut dyn Write) -> Result<Option<()>> {
    let Some(mut stream) = connect(directory)? else {
        return Ok(None);
    };
    stream
        .write_all(&serde_json::to_vec(request)?)
        .context("send to the running instance")?;
    stream
        .shutdown(Shutdown::Write)
        .context("send to the running instance")?;
    let mut status = [BAD];
    stream
        .read_exact(&mut status)
        .context("the running instance ended before it answered")?;
    if status[0] == GOOD {
        std::io::copy(&mut stream, out).context("pass on the answer of the running instance")?;
        return Ok(Some(()));
    }
    let mut message = String::new();
    stream
        .read_to_string(&mut message)
        .context("read the running instance's answer")?;
    bail!("{message}")
}

/// A path for the socket that is short enough, whatever the directory's: socket paths hold 107 bytes at most.
fn short(directory: &Path) -> Result<(PathBuf, Option<std::fs::File>)> {
    let path = socket_path(directory);
    if path.as_os_str().len() < 100 {
        return Ok((path, None));
    }
    let handle = std::fs::File::open(directory)?;
    let through = PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()));
    Ok((socket_path(&through), Some(handle)))
}

fn connect(directory: &Path) -> Result<Option<UnixStream>> {
    if !directory.is_dir() {
        return Ok(None);
    }
    let (path, _handle) = short(directory)?;
    match UnixStream::connect(&path) {
        Ok(stream) => Ok(Some(stream)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(None)
        }
        Err(error) => {
            Err(error).with_context(|| format!("connect to {}", socket_path(directory).display()))
        }
    }
}

/// What a running instance answers from, and where decisions go.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) books: SharedBooks,
    pub(crate) log: SharedLog,
    pub(crate) commands: Sender<Command>,
}

/// Listens until `stop` is set; removes the socket afterwards.
pub(crate) struct Listener {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
    path: PathBuf,
}

impl Listener {
    pub(crate) fn start(directory: &Path, asked: Asked) -> Result<Self> {
        let full = socket_path(directory);
        match std::fs::remove_file(&full) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("remove the old {}", full.display()));
            }
            _ => {}
        }
        let (path, _handle) = short(directory)?;
        let listener =
            UnixListener::bind(&path).with_context(|| format!("listen on {}", full.display()))?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let asked = asked.clone();
                        std::thread::spawn(move || serve(stream, &asked));
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(10)),
                }
            }
        });
        Ok(Self {
            stop,
            thread: Some(thread),
            path: full,
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

fn serve(mut stream: UnixStream, asked: &Asked) {
    let answer = read_request(&mut stream).and_then(|request| answer(request, asked));
    // Whoever asked may be gone: then there is nobody to tell.
    let _ = match answer {
        Ok(bytes) => stream
            .write_all(&[GOOD])
            .and_then(|()| stream.write_all(&bytes)),
        Err(error) => stream
            .write_all(&[BAD])
            .and_then(|()| stream.write_all(format!("{error:#}").as_bytes())),
    };
}

fn read_request(stream: &mut UnixStream) -> Result<Request> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut bytes = Vec::new();
    stream.take(REQUEST_BYTES_MAX).read_to_end(&mut bytes)?;
    serde_json::from_slice(&bytes).context("the request is of another version of freehold")
}

fn answer(request: Request, asked: &Asked) -> Result<Vec<u8>> {
    let ended = || anyhow!("the instance is ending");
    match request {
        Request::Query(query) => {
            let mut out = Vec::new();
            query.answer(&read(&asked.books), &asked.log, &mut out)?;
            Ok(out)
        }
        Request::Decide(decision) => {
            check_decision(&decision, &read(&asked.books))?;
            let (reply, answered) = sync_channel(1);
            asked
                .commands
                .send(Command { decision, reply })
                .map_err(|_| ended())?;
            let position = answered
                .recv()
                .map_err(|_| ended())?
                .map_err(|message| anyhow!(message))?;
            Ok(position.to_string().into_bytes())
        }
    }
}

/// A decision about something that is not there would wait for ever, and its author would not know.
fn check_decision(decision: &Decision, books: &Books) -> Result<()> {
    match decision {
        Decision::Correct { feed, key, .. } => listing_is_known(books, feed, key),
        Decision::Uncorrect { correction } => correction_is_in_force(books, *correction),
        Decision::Purge { .. } => bail!("a purge needs a directory on which nobody runs"),
    }
}

fn correction_is_in_force(books: &Books, number: u64) -> Result<()> {
    let mut listings = books
        .engine
        .shards()
        .iter()
        .flat_map(|shard| shard.listings().iter());
    let is_there =
        listings.any(|(_, listing)| listing.corrections.iter().any(|held| held.id == number));
    if !is_there {
        bail!("there is no correction {number} in force");
    }
    Ok(())
}

fn listing_is_known(books: &Books, feed: &str, key: &str) -> Result<()> {
    let rules = &books.engine.plan().feeds;
    let Some(number) = rules.iter().position(|rule| rule.name == feed) else {
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        bail!("there is no feed {feed:?}; there are {}", names.join(", "));
    };
    let feed_id = FeedId(u16::try_from(number)?);
    let is_here = |shard: &Shard| shard.listings().find(feed_id, key.as_bytes()).is_some();
    if !books.engine.shards().iter().any(is_here) {
        bail!("feed {feed:?} has no listing {key:?}");
    }
    Ok(())
}
