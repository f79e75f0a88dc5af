//! Checkpoints: the state at a position, as chunks of the entries that changed since the one before, with the
//! last two manifests kept. Written off the hot path; a damaged one is found by its checksum.

use std::borrow::Cow;
use std::collections::BTreeMap;

use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use freehold_kernel::plant::{Bug, is_planted};
use freehold_kernel::record::{FeedId, SnapshotEnd};
use freehold_kernel::state::{ListingEntry, Summary};
use freehold_kernel::time::Day;
use freehold_kernel::varint::Reader;

use crate::disk::Disk;
use crate::engine::{Engine, HeldSnapshot};
use crate::store::{Store, StoreError, StoreErrorKind};

const FILE: &str = "state.redb";
const CHUNKS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("chunks");
const MANIFESTS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("manifests");
const CACHE_BYTES: usize = 16 << 20;

/// A base chunk holds about this much, so that a restart can read several at once.
const BASE_CHUNK_BYTES: usize = 32 << 20;

/// A new base is written when the chunks behind it outweigh it, and are worth the work.
const REBASE_BYTES_MIN: u64 = 8 << 20;

/// How many manifests are kept: the newest, and one to fall back on.
const MANIFESTS_KEPT: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ChunkFacts {
    number: u64,
    bytes: u64,
    checksum: u64,
}

/// What one checkpoint is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    position: u64,
    generation: u64,
    plan: String,
    summary: Vec<u8>,
    held: Vec<StoredHeld>,
    decisions: BTreeMap<u64, String>,
    /// How many of the chunks are the base.
    base: usize,
    chunks: Vec<ChunkFacts>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredHeld {
    feed: u16,
    time: i64,
    day: i32,
    shrink_percent_max: u8,
    position: u64,
    live: u64,
    absent: u64,
}

/// A checkpoint that could be read.
pub struct Stored {
    /// Position of the first record that it does not hold.
    pub position: u64,
    /// Generation of the log that it belongs to.
    pub generation: u64,
    /// Fingerprint of the plan under which it was made.
    pub plan: String,
    /// Entries, oldest chunk first.
    pub chunks: Vec<Vec<u8>>,
    /// How many of the chunks are the base, in which each listing has one entry.
    pub base: usize,
    /// State beside listings.
    pub summary: Summary,
    /// Snapshots held then.
    pub held: Vec<HeldSnapshot>,
    /// Decisions in force then.
    pub decisions: BTreeMap<u64, String>,
}

/// What is to be checkpointed; taken at an epoch's end, written whenever.
pub struct Captured {
    position: u64,
    generation: u64,
    plan: String,
    entries: Vec<Vec<u8>>,
    summary: Summary,
    held: Vec<HeldSnapshot>,
    decisions: BTreeMap<u64, String>,
}

impl Captured {
    /// Takes what changed in `engine` since the last capture.
    pub fn of(engine: &mut Engine, generation: u64) -> Self {
        let (entries, summary) = engine.take_dirty();
        Self {
            position: engine.position(),
            generation,
            plan: engine.plan().fingerprint(),
            entries,
            summary,
            held: engine.held_snapshots().to_vec(),
            decisions: engine.decisions().clone(),
        }
    }

    /// The position that it holds.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }
}

/// A chunk that is not stored yet, with its number.
type Fresh<'a> = (u64, Cow<'a, [u8]>);

/// The checkpoints of a data directory.
pub struct Checkpoints {
    store: Store,
    current: Option<Manifest>,
    next_chunk: u64,
    /// Entries captured but not durable yet: a failed write must not lose them.
    pending: Vec<Vec<u8>>,
    /// Why the file was set aside, and this one begun.
    damage: Option<String>,
}

impl Checkpoints {
    /// Opens the checkpoints of a data directory.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(disk: &dyn Disk) -> Result<Self, StoreError> {
        Self::of(Store::open(disk, FILE, CACHE_BYTES)?)
    }

    /// As [`Checkpoints::open`], to go on from: a damaged file is set aside, as the log can make again what it held.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open_or_set_aside(disk: &dyn Disk) -> Result<Self, StoreError> {
        let (store, mut damage) = Store::open_or_set_aside(disk, FILE, CACHE_BYTES)?;
        let opened = Self::of(store).and_then(|opened| {
            opened.manifests()?;
            Ok(opened)
        });
        let opened = match opened {
            Err(error) if error.kind == StoreErrorKind::Damaged => {
                Store::set_aside(disk, FILE)?;
                damage = Some(format!("{error}; it was set aside as {FILE}.damaged"));
                Self::of(Store::open(disk, FILE, CACHE_BYTES)?)
            }
            other => other,
        };
        Ok(Self { damage, ..opened? })
    }

    fn of(store: Store) -> Result<Self, StoreError> {
        let next_chunk = store.run("prepare", |database| {
            let write = database.begin_write()?;
            write.open_table(MANIFESTS)?;
            let last = write
                .open_table(CHUNKS)?
                .last()?
                .map(|(number, _)| number.value() + 1);
            write.commit()?;
            Ok(last.unwrap_or(0))
        })?;
        Ok(Self {
            store,
            current: None,
            next_chunk,
            pending: Vec::new(),
            damage: None,
        })
    }

    /// The manifests that there are, newest first, each read whole or with why it cannot be.
    ///
    /// # Errors
    /// When the file itself cannot be read.
    pub fn candidates(&mut self) -> Result<Vec<Result<Stored, StoreError>>, StoreError> {
        let mut read = Vec::new();
        if let Some(damage) = &self.damage {
            read.push(Err(self.store.damaged("open", damage)));
        }
        for bytes in self.manifests()? {
            let stored = self.read_manifest(&bytes);
            let good = stored.is_ok();
            if let (Ok((manifest, _)), None) = (&stored, &self.current) {
                self.current = Some(manifest.clone());
            }
            read.push(stored.map(|(_, stored)| stored));
            if is_planted(Bug::RestoreStaleCheckpoint) && read.len() == 1 {
                continue;
            }
            if good {
                // Older ones are read only when this one cannot be used.
                break;
            }
        }
        if is_planted(Bug::RestoreStaleCheckpoint)
            && let [Ok(newest), Ok(older)] = &mut read[..]
        {
            older.position = newest.position;
            read.swap(0, 1);
        }
        Ok(read)
    }

    /// The stored manifests, newest first.
    fn manifests(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.store.run("read", |database| {
            let table = database.begin_read()?.open_table(MANIFESTS)?;
            let mut all = Vec::new();
            for entry in table.iter()?.rev() {
                all.push(entry?.1.value().to_vec());
            }
            Ok(all)
        })
    }

    fn read_manifest(&self, bytes: &[u8]) -> Result<(Manifest, Stored), StoreError> {
        let damaged = |cause: String| self.store.damaged("read a checkpoint of", cause);
        let (checksum, json) = bytes
            .split_first_chunk::<8>()
            .ok_or_else(|| damaged("an empty manifest".into()))?;
        if xxh3_64(json) != u64::from_le_bytes(*checksum) {
            return Err(damaged("the manifest's checksum does not fit".into()));
        }
        let manifest: Manifest =
            serde_json::from_slice(json).map_err(|error| damaged(error.to_string()))?;
        let mut chunks = Vec::with_capacity(manifest.chunks.len());
        for facts in &manifest.chunks {
            let bytes = self.store.run("read a chunk of", |database| {
                let table = database.begin_read()?.open_table(CHUNKS)?;
                Ok(table.get(facts.number)?.map(|value| value.value().to_vec()))
            })?;
            let bytes = bytes.filter(|bytes| xxh3_64(bytes) == facts.checksum);
            chunks.push(
                bytes.ok_or_else(|| {
                    damaged(format!("chunk {} is missing or damaged", facts.number))
                })?,
            );
        }
        let summary =
            Summary::decode(&manifest.summary).map_err(|error| damaged(error.to_string()))?;
        let held = manifest.held.iter().map(|held| HeldSnapshot {
            end: SnapshotEnd {
                feed: FeedId(held.feed),
                time: held.time,
                day: Day(held.day),
                shrink_percent_max: held.shrink_percent_max,
                forced: false,
            },
            position: held.position,
            live: held.live,
            absent: held.absent,
        });
        let stored = Stored {
            position: manifest.position,
            generation: manifest.generation,
            plan: manifest.plan.clone(),
            chunks,
            base: manifest.base,
            summary,
            held: held.collect(),
            decisions: manifest.decisions.clone(),
        };
        Ok((manifest, stored))
    }

    /// Forgets every checkpoint: the state is to be made from the log again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        self.store.run("clear", |database| {
            let write = database.begin_write()?;
            write.open_table(MANIFESTS)?.retain(|_, _| false)?;
            write.open_table(CHUNKS)?.retain(|_, _| false)?;
            write.commit()?;
            Ok(())
        })?;
        self.current = None;
        self.pending.clear();
        Ok(())
    }

    /// The lowest position that a restart may have to read the log from.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn oldest_position(&self) -> Result<Option<u64>, StoreError> {
        self.store.run("read", |database| {
            let table = database.begin_read()?.open_table(MANIFESTS)?;
            if table.iter()?.count() < MANIFESTS_KEPT {
                return Ok(None);
            }
            Ok(table.first()?.map(|(position, _)| position.value()))
        })
    }

    /// Writes a checkpoint; when this returns it is durable. Entries that did not change stay where they are.
    ///
    /// # Errors
    /// When it is not durable; the one before is still there.
    pub fn write(&mut self, mut captured: Captured) -> Result<(), StoreError> {
        let mut entries = std::mem::take(&mut self.pending);
        entries.append(&mut captured.entries);
        entries.retain(|bytes| !bytes.is_empty());
        let written = self.write_entries(&entries, captured);
        if written.is_err() && !is_planted(Bug::LoseFailedCheckpoint) {
            self.pending = entries;
        }
        written
    }

    fn write_entries(&mut self, entries: &[Vec<u8>], captured: Captured) -> Result<(), StoreError> {
        let mut chunks = self
            .current
            .as_ref()
            .map(|current| current.chunks.clone())
            .unwrap_or_default();
        let mut base = self.current.as_ref().map_or(0, |current| current.base);
        let mut fresh: Vec<Fresh<'_>> = Vec::new();
        for bytes in entries {
            chunks.push(self.facts_of(bytes));
            fresh.push((self.next_chunk - 1, bytes.into()));
        }
        let weight = |chunks: &[ChunkFacts]| chunks.iter().map(|chunk| chunk.bytes).sum::<u64>();
        let behind = weight(&chunks[base..]);
        if behind > REBASE_BYTES_MIN.max(weight(&chunks[..base])) || base == 0 {
            let merged = self.merge(&chunks, &fresh)?;
            chunks.clear();
            fresh.clear();
            for bytes in merged {
                chunks.push(self.facts_of(&bytes));
                fresh.push((self.next_chunk - 1, bytes.into()));
            }
            base = chunks.len();
        }
        let held = captured.held.iter().map(|held| StoredHeld {
            feed: held.end.feed.0,
            time: held.end.time,
            day: held.end.day.0,
            shrink_percent_max: held.end.shrink_percent_max,
            position: held.position,
            live: held.live,
            absent: held.absent,
        });
        let manifest = Manifest {
            position: captured.position,
            generation: captured.generation,
            plan: captured.plan,
            summary: captured.summary.encode(),
            held: held.collect(),
            decisions: captured.decisions,
            base,
            chunks,
        };
        self.commit(&manifest, &fresh)?;
        self.damage = None;
        self.current = Some(manifest);
        Ok(())
    }

    fn facts_of(&mut self, bytes: &[u8]) -> ChunkFacts {
        let number = self.next_chunk;
        self.next_chunk += 1;
        ChunkFacts {
            number,
            bytes: bytes.len() as u64,
            checksum: xxh3_64(bytes),
        }
    }

    fn commit(&self, manifest: &Manifest, fresh: &[Fresh<'_>]) -> Result<(), StoreError> {
        let damaged = |error: serde_json::Error| self.store.damaged("write a checkpoint of", error);
        let json = serde_json::to_vec(manifest).map_err(damaged)?;
        let mut bytes = xxh3_64(&json).to_le_bytes().to_vec();
        bytes.extend_from_slice(&json);
        self.store.run("write a checkpoint of", |database| {
            let write = database.begin_write()?;
            {
                let mut chunks = write.open_table(CHUNKS)?;
                for (number, bytes) in fresh {
                    chunks.insert(number, &**bytes)?;
                }
                let mut manifests = write.open_table(MANIFESTS)?;
                manifests.insert(manifest.position, bytes.as_slice())?;
                while manifests.iter()?.count() > MANIFESTS_KEPT {
                    manifests.pop_first()?;
                }
                // Chunks of manifests that are still there stay; others go. A kept manifest that cannot be
                // read protects nothing: its chunks could not be used either.
                let mut needed: Vec<u64> = Vec::new();
                for entry in manifests.iter()? {
                    let (_, value) = entry?;
                    if let Some(kept) = value
                        .value()
                        .get(8..)
                        .and_then(|json| serde_json::from_slice::<Manifest>(json).ok())
                    {
                        needed.extend(kept.chunks.iter().map(|chunk| chunk.number));
                    }
                }
                needed.sort_unstable();
                chunks.retain(|number, _| needed.binary_search(&number).is_ok())?;
            }
            write.commit()?;
            Ok(())
        })
    }

    /// The newest entry of each listing, in new chunks.
    fn merge(&self, old: &[ChunkFacts], fresh: &[Fresh<'_>]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for facts in old {
            let bytes = match fresh.iter().find(|(number, _)| *number == facts.number) {
                Some((_, bytes)) => bytes.to_vec(),
                None => self.store.run("read a chunk of", |database| {
                    let table = database.begin_read()?.open_table(CHUNKS)?;
                    Ok(table
                        .get(facts.number)?
                        .map(|value| value.value().to_vec())
                        .unwrap_or_default())
                })?,
            };
            if xxh3_64(&bytes) != facts.checksum {
                let cause = format!("chunk {} is missing or damaged", facts.number);
                return Err(self.store.damaged("merge chunks of", cause));
            }
            all.push(bytes);
        }
        let mut seen = std::collections::HashSet::new();
        let mut merged: Vec<Vec<u8>> = Vec::new();
        for chunk in all.iter().rev() {
            let mut reader = Reader::new(chunk);
            while !reader.is_empty() {
                let start = reader.rest();
                let entry = ListingEntry::next(&mut reader);
                let entry = entry.map_err(|error| self.store.damaged("merge chunks of", error))?;
                if !seen.insert((entry.feed, entry.key)) {
                    continue;
                }
                if merged
                    .last()
                    .is_none_or(|last| last.len() > BASE_CHUNK_BYTES)
                {
                    merged.push(Vec::new());
                }
                if let Some(last) = merged.last_mut() {
                    let size = start.len() - reader.rest().len();
                    last.extend_from_slice(&start[..size]);
                }
            }
        }
        Ok(merged)
    }
}
