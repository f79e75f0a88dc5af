//! The log in the process: one file of the store library, a batch a value under its first offset.

use std::sync::Arc;

use freehold_kernel::plant::{Bug, is_planted};
use freehold_kernel::record::{FeedId, Records};
use redb::{Durability, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::{Log, LogError, LogFacts};
use crate::batch::{Batch, Draft};
use crate::disk::Disk;
use crate::source::Cursor;
use crate::store::{Store, StoreError};

const FILE: &str = "log.redb";
const NEXT_FILE: &str = "log-next.redb";
const BATCHES: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("batches");
const REFUSED: TableDefinition<'static, u64, ()> = TableDefinition::new("refused");
/// Cursors with their checksums. A log that was begun before these has them in `cursors`, until a feed's next batch.
const MARKS: TableDefinition<'static, u16, &[u8]> = TableDefinition::new("marks");
const CURSORS: TableDefinition<'static, u16, &[u8]> = TableDefinition::new("cursors");
/// `sealed facts` (before these: `facts`, without a checksum) and `first`, where everything was trimmed.
const FACTS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("facts");

/// Reads are rare and sequential: a small cache is enough.
const CACHE_BYTES: usize = 16 << 20;

/// The embedded log.
pub struct EmbeddedLog {
    store: Store,
    facts: LogFacts,
    first: u64,
    next: u64,
    /// Set when an append failed: whether its batch is durable nevertheless is to be looked up.
    unsure: bool,
}

impl EmbeddedLog {
    /// Opens the log of a data directory, or makes an empty one.
    ///
    /// # Errors
    /// When the file cannot be opened, or its last batch is damaged.
    pub fn open(disk: &dyn Disk) -> Result<Self, LogError> {
        Self::open_file(disk, FILE)
    }

    /// Makes an empty log beside the one in use, to be put in its place by [`EmbeddedLog::replace`].
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create_next(disk: &dyn Disk) -> Result<Self, LogError> {
        disk.remove(NEXT_FILE)
            .map_err(|error| StoreError::disk("remove", disk.path(NEXT_FILE), &error))?;
        Self::open_file(disk, NEXT_FILE)
    }

    /// Puts the log that [`EmbeddedLog::create_next`] began in the place of the one in use, at once. Both must
    /// be closed.
    ///
    /// # Errors
    /// When it cannot be renamed; the one in use is then as before.
    pub fn replace(disk: &dyn Disk) -> Result<(), LogError> {
        let renamed = disk.rename(NEXT_FILE, FILE);
        Ok(renamed.map_err(|error| StoreError::disk("rename", disk.path(NEXT_FILE), &error))?)
    }

    fn open_file(disk: &dyn Disk, name: &str) -> Result<Self, LogError> {
        let store = Store::open(disk, name, CACHE_BYTES)?;
        let facts = store.run("prepare", |database| {
            let write = database.begin_write()?;
            let mut batches = write.open_table(BATCHES)?;
            if is_planted(Bug::LoseTornTail) {
                batches.pop_last()?;
            }
            drop(batches);
            write.open_table(REFUSED)?;
            write.open_table(CURSORS)?;
            write.open_table(MARKS)?;
            let found = {
                let facts = write.open_table(FACTS)?;
                let of = |name| -> Result<Option<Vec<u8>>, redb::Error> {
                    Ok(facts.get(name)?.map(|value| value.value().to_vec()))
                };
                (of("sealed facts")?, of("facts")?)
            };
            write.commit()?;
            Ok(found)
        })?;
        let (sealed, plain) = facts;
        let facts = match sealed {
            Some(sealed) => {
                Some(store.checked("read facts of", "what it says of itself", &sealed)?)
            }
            None => plain,
        };
        let facts = match facts {
            None => LogFacts::default(),
            Some(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| store.damaged("read facts of", error))?,
        };
        let mut log = Self {
            store,
            facts,
            first: 0,
            next: 0,
            unsure: false,
        };
        log.find_ends()?;
        Ok(log)
    }

    /// Reads where the log begins and ends.
    fn find_ends(&mut self) -> Result<(), LogError> {
        let (first, last) = self.store.run("read ends of", |database| {
            let read = database.begin_read()?;
            let batches = read.open_table(BATCHES)?;
            let trimmed = read
                .open_table(FACTS)?
                .get("first")?
                .map(|value| value.value().to_vec());
            let first = batches.first()?.map(|(offset, _)| offset.value());
            let last = batches
                .last()?
                .map(|(offset, value)| (offset.value(), value.value().to_vec()));
            Ok((
                first.or_else(|| {
                    trimmed.and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?)))
                }),
                last,
            ))
        })?;
        self.first = first.unwrap_or(0);
        self.next = match last {
            None => self.first,
            Some((offset, bytes)) => offset + self.decode(offset, bytes)?.count,
        };
        Ok(())
    }

    /// After an append that failed: whether the batch `bytes` is at `offset` nevertheless.
    fn holds(&mut self, offset: u64, bytes: &[u8]) -> Result<bool, LogError> {
        self.find_ends()?;
        self.unsure = false;
        if self.next == offset {
            return Ok(false);
        }
        let found = self.store.run("read", |database| {
            let batches = database.begin_read()?.open_table(BATCHES)?;
            Ok(batches
                .get(offset)?
                .is_some_and(|value| value.value() == bytes))
        })?;
        match found {
            true => Ok(true),
            false => {
                let cause = format!("it ended at {offset} and ends at {} now", self.next);
                Err(self.store.damaged("append to", cause).into())
            }
        }
    }

    fn put(&self, offset: u64, draft: &Draft, bytes: &[u8]) -> Result<(), StoreError> {
        let has_refused = draft.count > 0 && holds_refused(&draft.records);
        self.store.run("append to", |database| {
            let mut write = database.begin_write()?;
            if is_planted(Bug::SkipSync) {
                write.set_durability(Durability::None)?;
            }
            if draft.count > 0 {
                write.open_table(BATCHES)?.insert(offset, bytes)?;
            }
            if has_refused {
                write.open_table(REFUSED)?.insert(offset, ())?;
            }
            put_marks(&write, draft)?;
            write.commit()?;
            Ok(())
        })
    }

    fn decode(&self, offset: u64, bytes: Vec<u8>) -> Result<Batch, LogError> {
        let file = || self.store.file();
        Batch::decode(Arc::new(bytes)).map_err(|cause| LogError::Batch {
            file: file(),
            offset,
            cause,
        })
    }
}

impl Log for EmbeddedLog {
    fn first_offset(&self) -> u64 {
        self.first
    }

    fn next_offset(&self) -> u64 {
        self.next
    }

    fn append(&mut self, draft: &Draft) -> Result<(u64, Batch), LogError> {
        let bytes = draft.encode();
        let offset = self.next;
        if is_planted(Bug::CommitPositionEarly) {
            self.store.run("append to", |database| {
                let write = database.begin_write()?;
                put_marks(&write, draft)?;
                Ok(write.commit()?)
            })?;
        }
        let is_there = self.unsure && self.holds(offset, &bytes)?;
        if !is_there && let Err(error) = self.put(offset, draft, &bytes) {
            self.unsure = true;
            return Err(error.into());
        }
        self.next = offset + draft.count;
        let file = || self.store.file();
        let batch = Batch::trusted(Arc::new(bytes));
        Ok((
            offset,
            batch.map_err(|cause| LogError::Batch {
                file: file(),
                offset,
                cause,
            })?,
        ))
    }

    fn read(&self, offset: u64) -> Result<Option<(u64, Batch)>, LogError> {
        if offset < self.first {
            return Err(LogError::Trimmed {
                wanted: offset,
                first: self.first,
            });
        }
        if offset >= self.next {
            return Ok(None);
        }
        let found = self.store.run("read", |database| {
            let batches = database.begin_read()?.open_table(BATCHES)?;
            let last = batches.range(..=offset)?.next_back().transpose()?;
            Ok(last.map(|(first, value)| (first.value(), value.value().to_vec())))
        })?;
        if let Some((first, bytes)) = found {
            let batch = self.decode(first, bytes)?;
            // The one before it may be found where its own key is damaged.
            if offset < first + batch.count {
                return Ok(Some((first, batch)));
            }
        }
        let cause = format!(
            "no batch holds offset {offset}, though the log ends at {}",
            self.next
        );
        Err(self.store.damaged("read", cause).into())
    }

    fn refused_batches(&self) -> Result<Vec<u64>, LogError> {
        Ok(self.store.run("read refused rows of", |database| {
            let refused = database.begin_read()?.open_table(REFUSED)?;
            let mut offsets = Vec::new();
            for entry in refused.iter()? {
                offsets.push(entry?.0.value());
            }
            Ok(offsets)
        })?)
    }

    fn cursor(&self, feed: FeedId) -> Result<Option<Cursor>, LogError> {
        let doing = "read a cursor of";
        let (sealed, plain) = self.store.run(doing, |database| {
            let read = database.begin_read()?;
            let of = |table: TableDefinition<'static, u16, &'static [u8]>| -> Result<Option<Vec<u8>>, redb::Error> {
                let found = read.open_table(table)?.get(feed.0)?;
                Ok(found.map(|value| value.value().to_vec()))
            };
            Ok((of(MARKS)?, of(CURSORS)?))
        })?;
        let checked = |sealed: Vec<u8>| {
            let what = format!("the cursor of feed number {}", feed.0);
            self.store.checked(doing, &what, &sealed)
        };
        Ok(sealed.map(checked).transpose()?.or(plain))
    }

    fn facts(&self) -> &LogFacts {
        &self.facts
    }

    fn set_facts(&mut self, facts: LogFacts) -> Result<(), LogError> {
        let bytes = serde_json::to_vec(&facts)
            .map_err(|error| self.store.damaged("write facts of", error))?;
        self.store.run("write facts of", |database| {
            let write = database.begin_write()?;
            let sealed = Store::sealed(&bytes);
            let mut facts = write.open_table(FACTS)?;
            facts.insert("sealed facts", sealed.as_slice())?;
            // A program that does not know of these must not take the log for one without cursors.
            facts.insert("facts", b"sealed".as_slice())?;
            drop(facts);
            write.commit()?;
            Ok(())
        })?;
        self.facts = facts;
        Ok(())
    }

    fn trim(&mut self, offset: u64) -> Result<(), LogError> {
        let first = self.store.run("trim", |database| {
            let write = database.begin_write()?;
            let mut first = offset;
            {
                let mut batches = write.open_table(BATCHES)?;
                if let Some((holding, _)) = batches.range(..=offset)?.next_back().transpose()? {
                    first = holding.value();
                }
                batches.retain_in(..first, |_, _| false)?;
                write
                    .open_table(REFUSED)?
                    .retain_in(..first, |_, ()| false)?;
                write
                    .open_table(FACTS)?
                    .insert("first", first.to_le_bytes().as_slice())?;
            }
            write.commit()?;
            Ok(first)
        })?;
        self.first = self.first.max(first.min(self.next));
        Ok(())
    }
}

fn put_marks(write: &WriteTransaction, draft: &Draft) -> Result<(), redb::Error> {
    let mut marks = write.open_table(MARKS)?;
    for (feed, cursor) in &draft.cursors {
        marks.insert(feed.0, Store::sealed(cursor).as_slice())?;
    }
    Ok(())
}

fn holds_refused(records: &[u8]) -> bool {
    let mut records = Records::new(records);
    while let Some(Ok(raw)) = records.next_raw() {
        if raw.is_refused() {
            return true;
        }
    }
    false
}
