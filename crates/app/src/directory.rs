//! A data directory: who holds it, and how to get hold of it. One process runs on it; questions reach that
//! process through its socket, or open the directory themselves when nobody runs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

const LOCK: &str = "lock";
const SOCKET: &str = "control.sock";

/// How long a question waits for another question, or a run for a question.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a holder does with the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Run,
    Question,
}

impl Holder {
    fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Question => "question",
        }
    }
}

/// Another process runs on the directory.
#[derive(Debug)]
pub(crate) struct Busy {
    directory: PathBuf,
    process: String,
}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} is in use by a running instance (process {}): stop that one first, or give another --data-dir",
            self.directory.display(),
            self.process
        )
    }
}

impl std::error::Error for Busy {}

/// A held data directory; it is free again when this is dropped.
pub(crate) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Takes hold of `path`, which is made if `create` is set.
    pub(crate) fn hold(path: &Path, holder: Holder, create: bool) -> Result<Self> {
        if create {
            std::fs::create_dir_all(path)
                .with_context(|| format!("make the data directory {}", path.display()))?;
        }
        let lock_path = path.join(LOCK);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .with_context(|| {
                format!(
                    "open {}: is {} a data directory?",
                    lock_path.display(),
                    path.display()
                )
            })?;
        let started = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    lock.rewind()?;
                    lock.read_to_string(&mut text)?;
                    let (word, process) = text.trim().split_once(' ').unwrap_or(("run", "unknown"));
                    if word == Holder::Run.word() || started.elapsed() > PATIENCE {
                        let busy = Busy {
                            directory: path.to_owned(),
                            process: process.to_owned(),
                        };
                        return Err(busy.into());
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("lock {}", lock_path.display()));
                }
            }
        }
        lock.set_len(0)?;
        lock.rewind()?;
        write!(lock, "{} {}", holder.word(), std::process::id())?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Where the socket of a running instance is.
pub(crate) fn socket_path(directory: &Path) -> PathBuf {
    directory.join(SOCKET)
}
