//! Finds a listing, judges a row against its history, and puts accepted versions in their place.

use std::borrow::Cow;

use super::correction::{Correction, corrected_profile, corrected_terms};
use super::history::{History, Version};
use crate::as_of::Knowledge;
use crate::field::Status;
use crate::home::{Fold, NOWHERE, Placement};
use crate::key_index::{KeyIndex, hash_key};
use crate::market::{LeafId, Tag};
use crate::plant::{Bug, is_planted};
use crate::record::{FeedId, Observation, Profile};
use crate::time::{DAY_MS, Day, Millis};

/// A listing's number inside one book; never leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListingId(pub u32);

/// One listing.
#[derive(Debug)]
pub struct Listing {
    /// Which feed.
    pub feed: FeedId,
    /// Key and versions.
    pub history: History,
    /// The snapshot of its feed in which it was last seen, counted from 1.
    pub seen: u32,
    /// Corrections in force, oldest first.
    pub corrections: Vec<Correction>,
    /// Where its home's values are posted.
    pub(crate) placement: Placement,
    /// The state of its life so far, while no correction overlays it.
    pub(crate) fold: Fold,
    /// Its home's group, where listings are matched.
    pub(crate) group: u32,
    /// Changed since the last checkpoint.
    pub(crate) dirty: bool,
    /// Whether a value of one of its versions is held.
    pub(crate) has_held: bool,
}

impl Listing {
    /// The leaf in which it stands; `None` when it reaches no market.
    #[must_use]
    pub fn leaf(&self) -> Option<LeafId> {
        Some(self.placement.leaf).filter(|leaf| *leaf != NOWHERE)
    }

    /// Where its values are posted, and by what they are divided.
    #[must_use]
    pub fn place(&self) -> &Placement {
        &self.placement
    }

    /// The segments to which it belongs.
    #[must_use]
    pub fn tag(&self) -> Tag {
        self.placement.tag
    }

    /// Each version as people corrected it, oldest first.
    pub fn each_version(&self, mut each: impl FnMut(&Version<'_>)) {
        self.each_known(Knowledge::NOW, |version, _| each(version));
    }

    /// Each version that is known, oldest first, as the corrections that are known overlay it, with these.
    pub fn each_known(
        &self,
        knowledge: Knowledge,
        mut each: impl FnMut(&Version<'_>, &[Correction]),
    ) {
        let is_known = |version: &Version<'_>| knowledge.knows(version);
        let versions = self.history.versions().filter(is_known);
        if self.corrections.is_empty() {
            versions.for_each(|version| each(&version, &[]));
            return;
        }
        let corrections = self.corrections_known(knowledge);
        for version in versions {
            let profile = corrected_profile(&corrections, version.profile);
            let terms = corrected_terms(&corrections, version.terms);
            let corrected = Version {
                terms,
                profile: Profile(&profile),
                ..version
            };
            each(&corrected, &corrections);
        }
    }

    fn corrections_known(&self, knowledge: Knowledge) -> Cow<'_, [Correction]> {
        let is_known = |correction: &&Correction| knowledge.has(correction.known);
        if self.corrections.iter().all(|one| is_known(&one)) {
            return Cow::Borrowed(&self.corrections);
        }
        Cow::Owned(self.corrections.iter().filter(is_known).cloned().collect())
    }
}

/// What a row is to the listing's history. The classes exclude each other and are judged in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its event time lies more than a day after its receipt.
    Rejected,
    /// The same time and content as a version that we hold.
    Duplicate,
    /// Adds nothing to a part of the history that is compacted already.
    Stale,
    /// Older than the horizon, while a newer version is held.
    Late,
    /// The first version of a listing.
    First,
    /// Newer than all others.
    Newest,
    /// Takes its place before newer versions.
    Inserted,
}

/// All listings of one shard.
#[derive(Debug, Default)]
pub struct ListingBook {
    listings: Vec<Listing>,
    index: KeyIndex,
    dirty: Vec<ListingId>,
}

impl ListingBook {
    /// How many listings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listings.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listings.is_empty()
    }

    /// The listing with this number.
    #[inline]
    #[must_use]
    pub fn get(&self, id: ListingId) -> &Listing {
        &self.listings[id.0 as usize]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: ListingId) -> &mut Listing {
        &mut self.listings[id.0 as usize]
    }

    /// Every listing, in the order in which this process met them.
    pub fn iter(&self) -> impl Iterator<Item = (ListingId, &Listing)> {
        self.listings
            .iter()
            .enumerate()
            .map(|(number, listing)| (ListingId(number as u32), listing))
    }

    /// The listing with this key.
    #[inline]
    #[must_use]
    pub fn find(&self, feed: FeedId, key: &[u8]) -> Option<ListingId> {
        let listings = &self.listings;
        let is_it = |number: u32| {
            let listing = &listings[number as usize];
            listing.feed == feed && listing.history.key() == key
        };
        self.index
            .find(hash_key(u64::from(feed.0), key), is_it)
            .map(ListingId)
    }

    /// See [`crate::Shard::warm`].
    pub(crate) fn warm(&self, rows: &[(FeedId, &[u8])]) {
        const TOGETHER: usize = 16;
        for rows in rows.chunks(TOGETHER) {
            let mut numbers = [None; TOGETHER];
            for (number, (feed, key)) in numbers.iter_mut().zip(rows) {
                *number = self.index.candidate(hash_key(u64::from(feed.0), key));
            }
            let mut sum = 0u64;
            for number in numbers.iter().flatten() {
                let listing = &self.listings[*number as usize];
                sum = sum
                    .wrapping_add(u64::from(listing.group) ^ u64::from(listing.placement.leaf.0));
                sum = sum.wrapping_add(listing.history.count().into());
            }
            for number in numbers.iter().flatten() {
                let bytes = self.listings[*number as usize].history.key();
                sum = sum.wrapping_add(u64::from(bytes.first().copied().unwrap_or(0)));
            }
            std::hint::black_box(sum);
        }
    }

    /// A book of stored listings.
    pub(crate) fn of_listings(listings: Vec<Listing>) -> Self {
        let mut book = Self {
            index: KeyIndex::with_capacity(listings.len()),
            listings,
            dirty: Vec::new(),
        };
        for number in 0..book.listings.len() as u32 {
            book.index_listing(number);
        }
        book
    }

    /// Puts a new listing in.
    pub(crate) fn add(&mut self, listing: Listing) -> ListingId {
        let number = self.listings.len() as u32;
        self.listings.push(listing);
        self.index_listing(number);
        ListingId(number)
    }

    fn index_listing(&mut self, number: u32) {
        let listings = &self.listings;
        let hash_of = |number: u32| {
            let listing = &listings[number as usize];
            hash_key(u64::from(listing.feed.0), listing.history.key())
        };
        self.index.insert(hash_of(number), number, hash_of);
    }

    /// Marks a listing as changed since the last checkpoint.
    #[inline]
    pub(crate) fn mark_dirty(&mut self, id: ListingId) {
        let listing = &mut self.listings[id.0 as usize];
        if !listing.dirty {
            listing.dirty = true;
            self.dirty.push(id);
        }
    }

    /// Listings that changed since this was last asked.
    pub(crate) fn take_dirty(&mut self) -> Vec<ListingId> {
        let dirty = std::mem::take(&mut self.dirty);
        for id in &dirty {
            self.listings[id.0 as usize].dirty = false;
        }
        dirty
    }
}

impl Listing {
    pub(crate) fn new(feed: FeedId, history: History, seen: u32) -> Self {
        Self {
            feed,
            history,
            seen,
            corrections: Vec::new(),
            placement: Placement::default(),
            fold: Fold::default(),
            group: u32::MAX,
            dirty: false,
            has_held: false,
        }
    }

    /// What `row` is to this listing. `floor` is the time before which runs are compacted.
    #[inline]
    pub(crate) fn judge(
        &self,
        row: &Observation<'_>,
        receipt: Millis,
        horizon: Millis,
        floor: Millis,
    ) -> Verdict {
        if row.event_time > self.history.last_time() {
            // Nearly every row: decided without the newest version's terms and profile.
            return Verdict::Newest;
        }
        let version = version_of(row, self.history.last().known);
        let last = self.history.last();
        match version.cmp(&last) {
            std::cmp::Ordering::Greater => return Verdict::Newest,
            std::cmp::Ordering::Equal if is_planted(Bug::SkipDedupe) => return Verdict::Newest,
            std::cmp::Ordering::Equal => return Verdict::Duplicate,
            std::cmp::Ordering::Less => {}
        }
        let mut in_force = None;
        for held in self.history.versions() {
            match held.cmp(&version) {
                std::cmp::Ordering::Less => in_force = Some(held),
                std::cmp::Ordering::Equal => return Verdict::Duplicate,
                std::cmp::Ordering::Greater => break,
            }
        }
        let adds_nothing = in_force
            .is_some_and(|held| held.terms == version.terms && held.profile == version.profile);
        if version.time < floor && adds_nothing {
            return Verdict::Stale;
        }
        if receipt.saturating_sub(version.time) > horizon {
            return Verdict::Late;
        }
        Verdict::Inserted
    }

    /// Whether a snapshot's end found the listing gone at `time`.
    pub(crate) fn has_tombstone_at(&self, time: Millis) -> bool {
        self.history.last().time >= time
            && self
                .history
                .versions()
                .any(|version| is_tombstone(&version, time))
    }

    /// Takes a tombstone back: the snapshot named the listing after all.
    pub(crate) fn take_tombstone_back(&mut self, time: Millis) {
        let versions: Vec<Version<'_>> = self
            .history
            .versions()
            .filter(|version| !is_tombstone(version, time))
            .collect();
        if let Some(history) = History::of_versions(self.history.key(), &versions) {
            self.history = history;
        }
    }

    /// Puts a version in its place among the others.
    pub(crate) fn insert(&mut self, version: &Version<'_>, floor: Millis) {
        let mut versions: Vec<Version<'_>> = self.history.versions().collect();
        let at = versions.partition_point(|held| held < version);
        versions.insert(at, *version);
        compact(&mut versions, floor);
        if let Some(history) = History::of_versions(self.history.key(), &versions) {
            self.history = history;
        }
    }

    /// Drops repetitions older than `floor`: they can no longer matter to anything that still comes.
    pub(crate) fn compact(&mut self, floor: Millis) {
        let mut versions: Vec<Version<'_>> = self.history.versions().collect();
        if compact(&mut versions, floor)
            && let Some(history) = History::of_versions(self.history.key(), &versions)
        {
            self.history = history;
        }
    }
}

/// Drops each version older than `floor` that repeats the one before it; true when one was dropped. What is said again
/// counts as known since the first of them was told.
fn compact(versions: &mut Vec<Version<'_>>, floor: Millis) -> bool {
    let before = versions.len();
    let mut kept: Vec<Version<'_>> = Vec::with_capacity(before);
    for (number, version) in versions.iter().enumerate() {
        match kept.last_mut() {
            Some(last)
                if (last.terms, last.profile) == (version.terms, version.profile)
                    && version.time < floor
                    && number != before - 1 =>
            {
                last.known = last.known.min(version.known);
            }
            _ => kept.push(*version),
        }
    }
    *versions = kept;
    versions.len() < before
}

fn is_tombstone(version: &Version<'_>, time: Millis) -> bool {
    version.time == time && version.terms.status == Status::Removed && version.sequence == 0
}

/// The version that a row would be, which the print of `known` is the first to know.
#[inline]
pub(crate) fn version_of<'a>(row: &Observation<'a>, known: Day) -> Version<'a> {
    Version {
        time: row.event_time,
        sequence: row.sequence,
        terms: row.terms,
        profile: row.profile,
        day: row.event_day,
        known,
    }
}

/// Whether a row claims to come from the future.
#[inline]
pub(crate) fn is_from_future(row: &Observation<'_>, receipt: Millis) -> bool {
    row.event_time.saturating_sub(receipt) > DAY_MS
}
