//! State as entries: bytes that do not depend on threads, insertion order or memory layout. What is stored
//! are listings and what cannot be derived from them; homes and markets are built again from these.

use std::sync::Arc;

use crate::clock::Clock;
use crate::field::Kind;
use crate::ledger::Ledger;
use crate::listing::{Correction, CorrectionError, FieldValue, History, Listing};
use crate::market::{EventKey, Tag, What};
use crate::plan::Plan;
use crate::plant::{Bug, is_planted};
use crate::quarantine::{Norms, Settling};
use crate::record::FeedId;
use crate::shard::Shard;
use crate::time::Day;
use crate::varint::{Reader, put_bytes, put_i64, put_u64};

/// The form of listing entries and summaries; a reader refuses any other.
const VERSION: u8 = 3;

/// Why stored state cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Written by another version.
    #[error("state of form {found}, where this program reads form {VERSION}")]
    Version {
        /// The form found.
        found: u8,
    },
    /// Damaged bytes.
    #[error("state bytes are damaged: {0}")]
    Damaged(&'static str),
    /// A stored correction that this program does not understand.
    #[error(transparent)]
    Correction(#[from] CorrectionError),
}

/// What a shard holds beside listings: counts, clock, and changes that came after their day was final.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// The clock.
    pub clock: Clock,
    /// Counts of each feed.
    pub ledgers: Vec<Ledger>,
    /// Ended snapshots of each feed.
    pub snapshots: Vec<u32>,
    /// Kind, area names and event, with the count set apart.
    pub apart: Vec<(Kind, Vec<String>, EventKey, i32)>,
    /// What is usual, by which values are judged.
    pub norms: Arc<Norms>,
    /// What has come since; a host's, not a shard's.
    pub settling: Settling,
}

/// Appends a listing's entry.
pub fn put_listing(out: &mut Vec<u8>, listing: &Listing) {
    let mut body = Vec::with_capacity(listing.history.stored().len() + 64);
    body.push(VERSION);
    body.extend_from_slice(&listing.feed.0.to_le_bytes());
    put_bytes(&mut body, listing.history.key());
    put_u64(&mut body, u64::from(listing.seen));
    put_u64(&mut body, listing.corrections.len() as u64);
    for correction in &listing.corrections {
        put_u64(&mut body, correction.id);
        put_bytes(&mut body, correction.field.as_bytes());
        put_bytes(&mut body, correction.text.as_bytes());
        put_bytes(&mut body, correction.reason.as_bytes());
        put_i64(&mut body, i64::from(correction.known.0));
    }
    body.extend_from_slice(listing.history.stored());
    put_bytes(out, &body);
}

/// The feed and key of an entry that [`put_listing`] wrote, and its whole body.
#[derive(Debug, Clone, Copy)]
pub struct ListingEntry<'a> {
    /// The feed.
    pub feed: FeedId,
    /// The feed's key.
    pub key: &'a [u8],
    body: &'a [u8],
}

impl<'a> ListingEntry<'a> {
    /// The next entry of `reader`.
    ///
    /// # Errors
    /// When the bytes are damaged or of another version.
    pub fn next(reader: &mut Reader<'a>) -> Result<Self, StateError> {
        let body = reader
            .bytes()
            .ok_or(StateError::Damaged("a listing entry is cut"))?;
        let mut inner = Reader::new(body);
        let found = inner
            .byte()
            .ok_or(StateError::Damaged("an empty listing entry"))?;
        if found != VERSION {
            return Err(StateError::Version { found });
        }
        let head = (|| Some((u16::from_le_bytes(inner.array()?), inner.bytes()?)))();
        let (feed, key) = head.ok_or(StateError::Damaged("a listing entry without key"))?;
        Ok(Self {
            feed: FeedId(feed),
            key,
            body,
        })
    }

    /// The listing itself.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn listing(&self) -> Result<Listing, StateError> {
        let damaged = StateError::Damaged("a listing entry");
        let mut reader = Reader::new(self.body);
        let parts = (|| {
            reader.take(3)?;
            reader.bytes()?;
            let seen = u32::try_from(reader.u64()?).ok()?;
            let mut corrections = Vec::new();
            for _ in 0..reader.u64()? {
                let id = reader.u64()?;
                let mut text = || Some(std::str::from_utf8(reader.bytes()?).ok()?.to_owned());
                let (field, value, reason) = (text()?, text()?, text()?);
                let known = Day(i32::try_from(reader.i64()?).ok()?);
                corrections.push((id, field, value, reason, known));
            }
            Some((
                seen,
                corrections,
                History::from_stored(self.key, reader.rest())?,
            ))
        })();
        let (seen, corrections, history) = parts.ok_or(damaged)?;
        let mut listing = Listing::new(self.feed, history, seen);
        for (id, field, text, reason, known) in corrections {
            let value = FieldValue::parse(&field, &text)?;
            listing.corrections.push(Correction {
                id,
                field,
                text,
                value,
                reason,
                known,
            });
        }
        Ok(listing)
    }
}

impl Summary {
    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put_i64(&mut out, self.clock.now);
        put_i64(&mut out, i64::from(self.clock.today.0));
        put_i64(&mut out, i64::from(self.clock.first_day.0));
        put_u64(&mut out, self.ledgers.len() as u64);
        for ledger in &self.ledgers {
            ledger
                .counts()
                .iter()
                .for_each(|count| put_u64(&mut out, *count));
        }
        put_u64(&mut out, self.snapshots.len() as u64);
        self.snapshots
            .iter()
            .for_each(|count| put_u64(&mut out, u64::from(*count)));
        put_u64(&mut out, self.apart.len() as u64);
        for (kind, names, event, count) in &self.apart {
            out.push(*kind as u8);
            put_u64(&mut out, names.len() as u64);
            names
                .iter()
                .for_each(|name| put_bytes(&mut out, name.as_bytes()));
            put_event(&mut out, event);
            put_i64(&mut out, i64::from(*count));
        }
        self.norms.put(&mut out);
        put_u64(&mut out, self.settling.rows);
        put_u64(&mut out, self.settling.listings);
        put_i64(&mut out, self.settling.last_tick);
        out
    }

    /// Reads what [`Summary::encode`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged or of another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = Reader::new(bytes);
        let found = reader
            .byte()
            .ok_or(StateError::Damaged("an empty summary"))?;
        if found != VERSION {
            return Err(StateError::Version { found });
        }
        Self::read(&mut reader).ok_or(StateError::Damaged("a summary"))
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let now = reader.i64()?;
        let today = Day(i32::try_from(reader.i64()?).ok()?);
        let first_day = Day(i32::try_from(reader.i64()?).ok()?);
        let mut summary = Self {
            clock: Clock {
                now,
                today,
                first_day,
            },
            ..Self::default()
        };
        for _ in 0..reader.u64()? {
            let mut counts = [0; 8];
            for count in &mut counts {
                *count = reader.u64()?;
            }
            summary.ledgers.push(Ledger::from_counts(counts));
        }
        for _ in 0..reader.u64()? {
            summary.snapshots.push(u32::try_from(reader.u64()?).ok()?);
        }
        for _ in 0..reader.u64()? {
            let code = reader.byte()?;
            let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == code)?;
            let mut names = Vec::new();
            for _ in 0..reader.u64()? {
                names.push(std::str::from_utf8(reader.bytes()?).ok()?.to_owned());
            }
            let event = read_event(reader)?;
            summary
                .apart
                .push((kind, names, event, i32::try_from(reader.i64()?).ok()?));
        }
        summary.norms = Arc::new(Norms::read(reader)?);
        summary.settling = Settling {
            rows: reader.u64()?,
            listings: reader.u64()?,
            last_tick: reader.i64()?,
        };
        Some(summary)
    }

    /// Adds another shard's part. Clock, snapshots and norms are the same in every shard.
    pub fn add(&mut self, other: Self) {
        self.clock = other.clock;
        if self.ledgers.len() < other.ledgers.len() {
            self.ledgers.resize(other.ledgers.len(), Ledger::default());
        }
        self.ledgers
            .iter_mut()
            .zip(&other.ledgers)
            .for_each(|(sum, part)| sum.add(part));
        self.snapshots = other.snapshots;
        self.norms = other.norms;
        self.apart.extend(other.apart);
    }
}

/// Appends an event's stored form, which is also what digests hash.
pub(crate) fn put_event(out: &mut Vec<u8>, event: &EventKey) {
    out.push(event.what as u8);
    out.push(event.tag.0);
    out.extend_from_slice(&event.day.0.to_le_bytes());
    out.extend_from_slice(&event.other_day.0.to_le_bytes());
    out.extend_from_slice(&event.price.to_le_bytes());
    out.extend_from_slice(&event.ratio.to_le_bytes());
}

fn read_event(reader: &mut Reader<'_>) -> Option<EventKey> {
    Some(EventKey {
        what: What::from_code(reader.byte()?)?,
        tag: Tag(reader.byte()?),
        day: Day(i32::from_le_bytes(reader.array()?)),
        other_day: Day(i32::from_le_bytes(reader.array()?)),
        price: u64::from_le_bytes(reader.array()?),
        ratio: u64::from_le_bytes(reader.array()?),
    })
}

impl Shard {
    /// The part of the state that is not listings.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let names = |leaf| {
            let (kind, names) = self.markets().leaf_names(leaf);
            (kind, names.map(ToOwned::to_owned).collect())
        };
        let apart = self.markets().apart().map(|(leaf, event, count)| {
            let (kind, names): (Kind, Vec<String>) = names(leaf);
            (kind, names, *event, count)
        });
        Summary {
            clock: *self.clock(),
            ledgers: self.ledgers().to_vec(),
            snapshots: self.snapshots().to_vec(),
            apart: apart.collect(),
            norms: Arc::clone(self.norms()),
            settling: Settling::default(),
        }
    }

    /// A shard of stored listings: homes and markets are built from them. `summary` is the whole state's for
    /// one shard, and one without ledgers and events for the others.
    #[must_use]
    pub fn restore(plan: Arc<Plan>, listings: Vec<Listing>, summary: Summary) -> Self {
        let mut shard = Self::new(plan);
        if !is_planted(Bug::LoseNorms) {
            shard.restore_norms(Arc::clone(&summary.norms));
        }
        shard.restore_listings(listings);
        shard.restore_summary(summary);
        shard
    }
}
