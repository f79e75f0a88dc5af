//! Where the store library keeps its files: the real disk, or one that misbehaves on purpose (`testing`).

use std::path::{Path, PathBuf};

use redb::StorageBackend;

/// Opens the files of a data directory.
pub trait Disk: Send + Sync {
    /// The file `name`, made if it does not exist.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self, name: &str) -> std::io::Result<Box<dyn StorageBackend>>;

    /// The same disk, to be kept.
    fn boxed(&self) -> Box<dyn Disk>;

    /// What to call `name` in messages.
    fn path(&self, name: &str) -> String;

    /// Whether there is a file `name`.
    fn has(&self, name: &str) -> bool;

    /// Renames a file, durably and at once.
    ///
    /// # Errors
    /// When it cannot be renamed.
    fn rename(&self, from: &str, to: &str) -> std::io::Result<()>;

    /// Removes `name`, if it is there.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, name: &str) -> std::io::Result<()>;
}

/// A directory of the real file system.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The directory `root`, which exists.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }
}

impl Disk for Directory {
    fn open(&self, name: &str) -> std::io::Result<Box<dyn StorageBackend>> {
        let path = self.root.join(name);
        let file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let backend = redb::backends::FileBackend::new(file).map_err(std::io::Error::other)?;
        Ok(Box::new(backend))
    }

    fn boxed(&self) -> Box<dyn Disk> {
        Box::new(self.clone())
    }

    fn path(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    fn has(&self, name: &str) -> bool {
        self.root.join(name).exists()
    }

    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        std::fs::rename(self.root.join(from), self.root.join(to))?;
        // A rename is durable once its directory is.
        std::fs::File::open(&self.root)?.sync_all()
    }

    fn remove(&self, name: &str) -> std::io::Result<()> {
        match std::fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

/// A backend behind a pointer, as the store library wants a type of its own.
#[derive(Debug)]
pub(crate) struct AnyBackend(pub(crate) Box<dyn StorageBackend>);

impl StorageBackend for AnyBackend {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> std::io::Result<()> {
        self.0.close()
    }
}
