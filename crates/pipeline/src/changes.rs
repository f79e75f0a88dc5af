//! The change rows of the data directory: a sink that holds its own position, so that rows which come again
//! after a restart are known and skipped.

use freehold_kernel::change::{Aspect, Change};
use freehold_kernel::plant::{Bug, is_planted};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::Day;
use freehold_kernel::varint::{Reader, put_bytes, put_i64, put_u64};
use redb::{Durability, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use xxhash_rust::xxh3::xxh3_64;

use crate::disk::Disk;
use crate::store::{Store, StoreError, StoreErrorKind};

const FILE: &str = "changes.redb";
const ROWS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("rows");
const FACTS: TableDefinition<'static, &str, u64> = TableDefinition::new("facts");
const CACHE_BYTES: usize = 8 << 20;

/// Rows are written together until they weigh this much.
const BUFFER_BYTES: usize = 1 << 20;

/// The stored change rows.
pub struct ChangeStore {
    store: Store,
    /// Rows below this position are held already.
    position: u64,
    buffer: Vec<u8>,
    /// Where in `buffer` the rows of each epoch begin, by their first position.
    marks: Vec<(u64, usize)>,
    /// Rows below this position are in the store, others in `buffer`.
    buffered_first: u64,
    buffered_to: u64,
    kept_rows_max: u64,
}

impl ChangeStore {
    /// Opens the change rows of a data directory. Beyond `kept_rows_max` positions the oldest are dropped.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(disk: &dyn Disk, kept_rows_max: u64) -> Result<Self, StoreError> {
        Self::of(Store::open(disk, FILE, CACHE_BYTES)?, kept_rows_max)
    }

    /// As [`ChangeStore::open`], to go on from: a damaged file is set aside, as the log can make its rows again. Gives also
    /// why.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open_or_set_aside(
        disk: &dyn Disk,
        kept_rows_max: u64,
    ) -> Result<(Self, Option<String>), StoreError> {
        let (store, damage) = Store::open_or_set_aside(disk, FILE, CACHE_BYTES)?;
        match Self::of(store, kept_rows_max) {
            Err(error) if error.kind == StoreErrorKind::Damaged => {
                Store::set_aside(disk, FILE)?;
                let cause = format!("{error}; it was set aside as {FILE}.damaged");
                Ok((Self::open(disk, kept_rows_max)?, Some(cause)))
            }
            opened => Ok((opened?, damage)),
        }
    }

    fn of(store: Store, kept_rows_max: u64) -> Result<Self, StoreError> {
        let position = store.run("prepare", |database| {
            let write = database.begin_write()?;
            write.open_table(ROWS)?;
            let position = {
                let facts = write.open_table(FACTS)?;
                let of = |name| -> Result<Option<u64>, redb::Error> {
                    Ok(facts.get(name)?.map(|value| value.value()))
                };
                (of("position")?, of("check")?)
            };
            write.commit()?;
            Ok(position)
        })?;
        let position = match position {
            (None, _) => 0,
            // Before there were checks.
            (Some(position), None) => position,
            (Some(position), Some(check)) if check == check_of(position) => position,
            _ => return Err(store.damaged("open", "its position does not fit its checksum")),
        };
        let (buffer, buffered_first, buffered_to) = (Vec::new(), position, position);
        Ok(Self {
            store,
            position,
            buffer,
            marks: Vec::new(),
            buffered_first,
            buffered_to,
            kept_rows_max,
        })
    }

    /// The position up to which rows are held.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Takes the rows of an epoch that ends at `position`; those of records below our own are skipped.
    pub fn publish(&mut self, changes: &[Change], position: u64) {
        let mut new = changes
            .iter()
            .filter(|change| change.position >= self.buffered_to || is_planted(Bug::RepeatChanges))
            .peekable();
        if let Some(first) = new.peek() {
            self.marks.push((first.position, self.buffer.len()));
        }
        new.for_each(|change| put_change(&mut self.buffer, change));
        self.buffered_to = self.buffered_to.max(position);
    }

    /// Whether so much was taken that it should be written.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= BUFFER_BYTES
    }

    /// Writes what was taken: durably, or so that only a crash of the machine takes it back. Readers may read
    /// meanwhile; [`ChangeStore::written`] must follow before anything is taken.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, durable: bool) -> Result<(), StoreError> {
        let durability = if durable {
            Durability::Immediate
        } else {
            Durability::None
        };
        let (first, to) = (self.buffered_first, self.buffered_to);
        let mut bytes = xxh3_64(&self.buffer).to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.buffer);
        let oldest = to.saturating_sub(self.kept_rows_max);
        self.store.run("append to", |database| {
            let mut write = database.begin_write()?;
            write.set_durability(durability)?;
            {
                let mut rows = write.open_table(ROWS)?;
                if bytes.len() > 8 {
                    rows.insert(first, bytes.as_slice())?;
                }
                if oldest > 0 {
                    rows.retain_in(..oldest, |_, _| false)?;
                }
                put_position(&write, to)?;
            }
            write.commit()?;
            Ok(())
        })
    }

    /// What was taken is in the store.
    pub fn written(&mut self) {
        self.buffer.clear();
        self.marks.clear();
        self.position = self.buffered_to;
        self.buffered_first = self.buffered_to;
    }

    /// Forgets every row: they are to be made from the log again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        self.store.run("clear", |database| {
            let write = database.begin_write()?;
            write.open_table(ROWS)?.retain(|_, _| false)?;
            put_position(&write, 0)?;
            write.commit()?;
            Ok(())
        })?;
        self.buffer.clear();
        self.marks.clear();
        (self.position, self.buffered_first, self.buffered_to) = (0, 0, 0);
        Ok(())
    }

    /// Calls `each` with every row held or taken, oldest first, until it says false.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn each(&self, each: &mut dyn FnMut(&Change) -> bool) -> Result<(), StoreError> {
        self.each_from(0, each)
    }

    /// As [`ChangeStore::each`], without what lies well before `position`: its rows begin at the first that is
    /// given, or after it.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn each_from(
        &self,
        position: u64,
        each: &mut dyn FnMut(&Change) -> bool,
    ) -> Result<(), StoreError> {
        let is_buffered = position >= self.buffered_first;
        let firsts = self.store.run("read", |database| {
            if is_buffered {
                return Ok(Vec::new());
            }
            let rows = database.begin_read()?.open_table(ROWS)?;
            // Rows that were written together are found by the first position among them.
            let start = rows.range(..=position)?.next_back().transpose()?;
            let start = start.map_or(0, |entry| entry.0.value());
            let mut firsts = Vec::new();
            // What is being written just now is still read from the buffer.
            for entry in rows.range(start..self.buffered_first.max(start))? {
                firsts.push(entry?.0.value());
            }
            Ok(firsts)
        })?;
        let mut last = 0;
        for first in firsts {
            let bytes = self.store.run("read", |database| {
                let rows = database.begin_read()?.open_table(ROWS)?;
                Ok(rows
                    .get(first)?
                    .map(|value| value.value().to_vec())
                    .unwrap_or_default())
            })?;
            let good = bytes
                .split_first_chunk::<8>()
                .filter(|(sum, rest)| xxh3_64(rest) == u64::from_le_bytes(**sum));
            let Some((_, rows)) = good else {
                return Err(self.store.damaged(
                    "read",
                    format!("the rows at {first} do not fit their checksum"),
                ));
            };
            let mut in_order = true;
            let goes_on = self.each_of(rows, &mut |change| {
                in_order &= last <= change.position && first <= change.position;
                last = last.max(change.position);
                in_order && each(change)
            })?;
            if !in_order {
                let cause = format!("the rows at {first} are not in their place");
                return Err(self.store.damaged("read", cause));
            }
            if !goes_on {
                return Ok(());
            }
        }
        let behind = self.marks.partition_point(|(first, _)| *first <= position);
        let mark = behind.checked_sub(1).map_or(0, |at| self.marks[at].1);
        self.each_of(&self.buffer[mark..], each).map(|_| ())
    }

    fn each_of(
        &self,
        rows: &[u8],
        each: &mut dyn FnMut(&Change) -> bool,
    ) -> Result<bool, StoreError> {
        let mut reader = Reader::new(rows);
        while !reader.is_empty() {
            let change = read_change(&mut reader);
            let change =
                change.ok_or_else(|| self.store.damaged("read", "a change row is damaged"))?;
            if !each(&change) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn put_position(write: &WriteTransaction, position: u64) -> Result<(), redb::Error> {
    let mut facts = write.open_table(FACTS)?;
    facts.insert("position", position)?;
    facts.insert("check", check_of(position))?;
    Ok(())
}

fn check_of(position: u64) -> u64 {
    xxh3_64(&position.to_le_bytes())
}

fn put_change(out: &mut Vec<u8>, change: &Change) {
    put_u64(out, change.position);
    put_u64(out, u64::from(change.ordinal));
    put_u64(out, u64::from(change.home.0.0));
    put_bytes(out, &change.home.1);
    put_i64(out, change.event_time);
    out.push(change.aspect.code());
    put_i64(out, i64::from(change.day.0));
    out.push(u8::from(change.before.is_some()) | u8::from(change.after.is_some()) << 1);
    change
        .before
        .into_iter()
        .chain(change.after)
        .for_each(|value| put_i64(out, value));
}

fn read_change(reader: &mut Reader<'_>) -> Option<Change> {
    let position = reader.u64()?;
    let ordinal = u32::try_from(reader.u64()?).ok()?;
    let feed = FeedId(u16::try_from(reader.u64()?).ok()?);
    let home = (feed, reader.bytes()?.into());
    let event_time = reader.i64()?;
    let aspect = Aspect::from_code(reader.byte()?)?;
    let day = Day(i32::try_from(reader.i64()?).ok()?);
    let presence = reader.byte()?;
    let before = if presence & 1 != 0 {
        Some(reader.i64()?)
    } else {
        None
    };
    let after = if presence & 2 != 0 {
        Some(reader.i64()?)
    } else {
        None
    };
    Some(Change {
        position,
        ordinal,
        home,
        event_time,
        aspect,
        day,
        before,
        after,
    })
}
