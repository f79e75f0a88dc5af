//! The books at one position: the engine and its change rows. One thread writes them, an epoch at a time; any
//! number of threads may read them between two epochs, and what they read is the right answer for the position
//! that they find. Whoever reads long makes the next epoch wait: readers bound their work.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use freehold_kernel::time::Millis;

use crate::batch::Batch;
use crate::changes::ChangeStore;
use crate::core::CoreError;
use crate::driver::lock;
use crate::engine::Engine;
use crate::lag::LagMeter;

/// Books that several threads read.
pub type SharedBooks = Arc<RwLock<Books>>;

/// Takes a shared look: of books, at the end of an epoch.
pub fn read<T>(shared: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    // A writer that panicked is resumed by its join, and ends the process: what it left is read no more.
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the only look; a reader that panicked changed nothing.
pub fn write<T>(shared: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    shared.write().unwrap_or_else(PoisonError::into_inner)
}

/// Since when rows wait that are in the log and not in the books yet. It lies beside the books' lock: what waits, mostly
/// waits for whoever holds that.
#[derive(Debug, Clone)]
pub struct Waiting(Arc<AtomicI64>);

impl Default for Waiting {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(Millis::MAX)))
    }
}

impl Waiting {
    /// Receipt time of the oldest row that waits; `None` when none does.
    #[must_use]
    pub fn since(&self) -> Option<Millis> {
        let since = self.0.load(Ordering::Relaxed);
        (since != Millis::MAX).then_some(since)
    }

    pub(crate) fn begin(&self, receipt: Millis) {
        self.0.store(receipt, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.0.store(Millis::MAX, Ordering::Relaxed);
    }
}

/// Engine and change rows.
pub struct Books {
    /// The engine.
    pub engine: Engine,
    changes: Option<ChangeStore>,
    lag: Mutex<LagMeter>,
    waiting: Waiting,
    /// Receipt of the oldest record that nobody has fetched by [`Books::take_oldest_receipt`].
    oldest_receipt: AtomicI64,
}

impl Books {
    /// Books without change rows of their own, of an engine that is only looked at.
    #[must_use]
    pub fn of(engine: Engine) -> Self {
        Self::new(engine, None)
    }

    pub(crate) fn new(engine: Engine, changes: Option<ChangeStore>) -> Self {
        Self {
            engine,
            changes,
            lag: Mutex::default(),
            waiting: Waiting::default(),
            oldest_receipt: AtomicI64::new(Millis::MAX),
        }
    }

    /// The stored change rows, where they are kept.
    #[must_use]
    pub fn changes(&self) -> Option<&ChangeStore> {
        self.changes.as_ref()
    }

    /// Lags from receipt to publication since the start.
    pub fn lag(&self) -> MutexGuard<'_, LagMeter> {
        lock(&self.lag)
    }

    /// What waits for these books, to be asked without holding them.
    #[must_use]
    pub fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// Receipt time of the oldest record that was applied since this was last asked; for a virtual clock, the
    /// wall time at which it was applied.
    pub fn take_oldest_receipt(&self) -> Option<Millis> {
        let oldest = self.oldest_receipt.swap(Millis::MAX, Ordering::Relaxed);
        (oldest != Millis::MAX).then_some(oldest)
    }

    /// Applies records of a batch that begins at `first`: those with offsets in `from..to`, received at
    /// `receipt` (`None` when they are replayed).
    pub(crate) fn apply(
        &mut self,
        (first, batch): (u64, &Batch),
        (from, to): (u64, u64),
        receipt: Option<Millis>,
    ) -> Result<(), CoreError> {
        let receipt = receipt.unwrap_or(Millis::MAX);
        self.oldest_receipt.fetch_min(receipt, Ordering::Relaxed);
        let applied = self.engine.apply(first, batch, from, to);
        applied.map_err(|cause| CoreError::Record {
            offset: first,
            cause,
        })?;
        if let Some(changes) = &mut self.changes {
            let rows = self.engine.take_changes();
            changes.publish(&rows, to);
        }
        Ok(())
    }

    /// Notes how long `count` records took from receipt to publication.
    pub(crate) fn note_lag(&self, lag_ms: Millis, count: u64) {
        self.lag().add(lag_ms, count);
    }

    /// The change rows, to say that they were written.
    pub(crate) fn changes_mut(&mut self) -> Option<&mut ChangeStore> {
        self.changes.as_mut()
    }
}
