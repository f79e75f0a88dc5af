//! Opens a file of the store library and names it in every error. The only place that knows how the library
//! says that something is wrong.

use redb::Database;

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
    pub(crate) fn disk(doing: &'static str, file: String, error: &std::io::Error) -> Self {
        Self {
            kind: StoreErrorKind::Disk,
            doing,
            file,
            cause: error.to_string(),
        }
    }
}

/// An open file of the store library.
pub(crate) struct Store {
    pub(crate) database: Database,
    file: String,
}

impl Store {
    pub(crate) fn open(
        disk: &dyn Disk,
        name: &str,
        cache_bytes: usize,
    ) -> Result<Self, StoreError> {
        let refused = |error: std::io::Error| StoreError {
            kind: StoreErrorKind::Disk,
            doing: "open",
            file: disk.path(name),
            cause: error.to_string(),
        };
        if !disk.has(name) {
            // The library does not make a file at once: one that was cut short would be no file of its own.
            let draft = format!("{name}.new");
            disk.remove(&draft).map_err(refused)?;
            drop(Self::open_file(disk, &draft, cache_bytes)?);
            disk.rename(&draft, name).map_err(refused)?;
        }
        Self::open_file(disk, name, cache_bytes)
    }

    fn open_file(disk: &dyn Disk, name: &str, cache_bytes: usize) -> Result<Self, StoreError> {
        let file = disk.path(name);
        let backend = disk.open(name).map_err(|error| StoreError {
            kind: StoreErrorKind::Disk,
            doing: "open",
            file: file.clone(),
            cause: error.to_string(),
        })?;
        let database = redb::Builder::new()
            .set_cache_size(cache_bytes)
            .create_with_backend(AnyBackend(backend))
            .map_err(|error| wrap("open", &file, error.into()))?;
        Ok(Self { database, file })
    }

    /// Runs `work`, and says what was being done to which file when it fails.
    pub(crate) fn run<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        work(&self.database).map_err(|error| wrap(doing, &self.file, error))
    }

    /// What to call the file in messages.
    pub(crate) fn file(&self) -> String {
        self.file.clone()
    }

    pub(crate) fn damaged(&self, doing: &'static str, cause: impl ToString) -> StoreError {
        StoreError {
            kind: StoreErrorKind::Damaged,
            doing,
            file: self.file.clone(),
            cause: cause.to_string(),
        }
    }
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
