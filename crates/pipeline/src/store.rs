//! Opens a file of the store library and names it in every error. The only place that knows how the library
//! says that something is wrong.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::RwLock;

use redb::Database;
use xxhash_rust::xxh3::xxh3_64;

use crate::books::{read, write};
use crate::disk::{AnyBackend, Disk};

/// What the caller must do about a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The disk refused (full, failing, no permission): make room or mend it, then go on.
    Disk,
    /// The file is damaged or of another form: it cannot be used.
    Damaged,
    /// Another process has it open.
    Busy,
}

/// A file of the data directory could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {file}: {cause}")]
pub struct StoreError {
    /// What to do about it.
    pub kind: StoreErrorKind,
    /// What was being done.
    pub doing: &'static str,
    /// To which file.
    pub file: String,
    /// What went wrong.
    pub cause: String,
}

impl StoreError {
    /// Whether the disk refused, so that the same may succeed later.
    #[must_use]
    pub fn is_of_disk(&self) -> bool {
        self.kind == StoreErrorKind::Disk
    }

    pub(crate) fn disk(doing: &'static str, file: String, error: &std::io::Error) -> Self {
        Self {
            kind: StoreErrorKind::Disk,
            doing,
            file,
            cause: error.to_string(),
        }
    }
}

/// An open file of the store library. After the disk refused something the library wants the file opened again: the next
/// use does that, so that what waited goes on when there is room.
pub(crate) struct Store {
    database: RwLock<Option<Database>>,
    disk: Box<dyn Disk>,
    name: String,
    cache_bytes: usize,
}

impl Store {
    pub(crate) fn open(
        disk: &dyn Disk,
        name: &str,
        cache_bytes: usize,
    ) -> Result<Self, StoreError> {
        let refused = |error: std::io::Error| StoreError::disk("open", disk.path(name), &error);
        if !disk.has(name) {
            // The library does not make a file at once: one that was cut short would be no file of its own.
            let draft = format!("{name}.new");
            disk.remove(&draft).map_err(refused)?;
            drop(open_file(disk, &draft, cache_bytes)?);
            disk.rename(&draft, name).map_err(refused)?;
        }
        Ok(Self {
            database: RwLock::new(Some(open_file(disk, name, cache_bytes)?)),
            disk: disk.boxed(),
            name: name.to_owned(),
            cache_bytes,
        })
    }

    /// As [`Store::open`]; a damaged file of what can be made again is set aside under another name, and an empty one begun.
    /// Gives also why.
    pub(crate) fn open_or_set_aside(
        disk: &dyn Disk,
        name: &str,
        cache_bytes: usize,
    ) -> Result<(Self, Option<String>), StoreError> {
        let damage = match Self::open(disk, name, cache_bytes) {
            Ok(store) => return Ok((store, None)),
            Err(error) if error.kind == StoreErrorKind::Damaged => error,
            Err(error) => return Err(error),
        };
        Self::set_aside(disk, name)?;
        let cause = format!("{damage}; it was set aside as {name}.damaged");
        Ok((Self::open(disk, name, cache_bytes)?, Some(cause)))
    }

    pub(crate) fn set_aside(disk: &dyn Disk, name: &str) -> Result<(), StoreError> {
        let renamed = disk.rename(name, &format!("{name}.damaged"));
        renamed.map_err(|error| StoreError::disk("set aside", disk.path(name), &error))
    }

    /// Runs `work`, and says what was being done to which file when it fails.
    pub(crate) fn run<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let open = read(&self.database);
        let open = match open.is_some() {
            true => open,
            false => {
                drop(open);
                self.open_again()?;
                read(&self.database)
            }
        };
        let Some(database) = open.as_ref() else {
            return Err(self.damaged(doing, "another user of it found it failing just now"));
        };
        let (done, panicked) = match guarded(|| work(database)) {
            Ok(done) => {
                let done = done.map_err(|error| wrap(doing, &self.file(), error));
                (done, false)
            }
            Err(cause) => (Err(self.damaged(doing, cause)), true),
        };
        drop(open);
        if panicked || done.as_ref().is_err_and(StoreError::is_of_disk) {
            give_up(&mut write(&self.database));
        }
        done
    }

    /// Opens the file again where it was given up.
    fn open_again(&self) -> Result<(), StoreError> {
        let mut database = write(&self.database);
        if database.is_none() {
            *database = Some(open_file(&*self.disk, &self.name, self.cache_bytes)?);
        }
        Ok(())
    }

    /// What to call the file in messages.
    pub(crate) fn file(&self) -> String {
        self.disk.path(&self.name)
    }

    /// A small value with its checksum before it, so that a bit that a bad disk changed is found; see [`Store::checked`].
    pub(crate) fn sealed(value: &[u8]) -> Vec<u8> {
        let mut bytes = xxh3_64(value).to_le_bytes().to_vec();
        bytes.extend_from_slice(value);
        bytes
    }

    /// What [`Store::sealed`] sealed.
    pub(crate) fn checked(
        &self,
        doing: &'static str,
        what: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let good = sealed
            .split_first_chunk::<8>()
            .filter(|(sum, value)| xxh3_64(value) == u64::from_le_bytes(**sum));
        let Some((_, value)) = good else {
            return Err(self.damaged(doing, format!("{what} does not fit its checksum")));
        };
        Ok(value.to_vec())
    }

    pub(crate) fn damaged(&self, doing: &'static str, cause: impl ToString) -> StoreError {
        StoreError {
            kind: StoreErrorKind::Damaged,
            doing,
            file: self.file(),
            cause: cause.to_string(),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        give_up(&mut write(&self.database));
    }
}

/// Closes a database, which may panic as well: over a damaged page, or because it did before.
fn give_up(database: &mut Option<Database>) {
    let closed = guarded(|| drop(database.take()));
    // What could not be closed in order is closed by the next start.
    drop(closed);
}

fn open_file(disk: &dyn Disk, name: &str, cache_bytes: usize) -> Result<Database, StoreError> {
    let file = disk.path(name);
    let backend = disk
        .open(name)
        .map_err(|error| StoreError::disk("open", file.clone(), &error))?;
    let mut builder = redb::Builder::new();
    builder.set_cache_size(cache_bytes);
    let opened = guarded(|| builder.create_with_backend(AnyBackend(backend)));
    let opened = opened.map_err(|cause| StoreError {
        kind: StoreErrorKind::Damaged,
        doing: "open",
        file: file.clone(),
        cause,
    })?;
    opened.map_err(|error| wrap("open", &file, error.into()))
}

thread_local! {
    static IS_TRYING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, now, is one of the store library's that becomes an error: a panic hook need not tell it.
#[must_use]
pub fn panic_becomes_error() -> bool {
    IS_TRYING.get()
}

/// The store library trusts what its pages say, and may panic over a page that a bad disk changed: that is damage to be
/// told of like any other.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let outer = IS_TRYING.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_TRYING.set(outer);
    done.map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        format!("a page is damaged: {}", said.unwrap_or("it makes no sense"))
    })
}

fn wrap(doing: &'static str, file: &str, error: redb::Error) -> StoreError {
    use redb::Error;
    let kind = match &error {
        Error::DatabaseAlreadyOpen => StoreErrorKind::Busy,
        Error::Io(cause) if cause.kind() != std::io::ErrorKind::InvalidData => StoreErrorKind::Disk,
        Error::PreviousIo => StoreErrorKind::Disk,
        _ => StoreErrorKind::Damaged,
    };
    StoreError {
        kind,
        doing,
        file: file.to_owned(),
        cause: error.to_string(),
    }
}
