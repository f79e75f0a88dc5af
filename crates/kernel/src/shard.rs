//! One shard: the three books over its listings, one record after the other. A shard shares nothing with
//! others; what must be known of all of them (a snapshot's shrink) is asked first and told then.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::as_of::Knowledge;
use crate::change::{Aspect, Change};
use crate::clock::Clock;
use crate::field::{Kind, Status};
use crate::home::{ALONE, fold_versions, in_stable_order};
use crate::home::{
    Comparable, Derived, Phase, Placement, PropertyBook, derive, match_key, step_judged,
};
use crate::ledger::Ledger;
use crate::listing::{
    Correction, History, Listing, ListingBook, ListingId, Verdict, Version, corrected_profile,
    is_from_future, version_of,
};
use crate::market::{EventKey, LeafId, MarketBook, MarketLoad, NO_VALUE, StockEntry, settle};
use crate::plan::{Identity, Plan};
use crate::plant::{Bug, is_planted};
use crate::quarantine::{Norms, Quarantine};
use crate::record::{Cents, FeedId, Observation, Profile, SnapshotEnd, Terms, Tick};
use crate::state::Summary;
use crate::time::{Day, Millis};
use crate::watch::Watch;

/// What a snapshot's end would do to one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SnapshotShrink {
    /// Live listings of the feed.
    pub live: u64,
    /// Those of them that the snapshot did not name.
    pub absent: u64,
}

impl SnapshotShrink {
    /// Adds another shard's counts.
    pub fn add(&mut self, other: Self) {
        self.live += other.live;
        self.absent += other.absent;
    }

    /// Whether the snapshot may be applied: it takes away at most `percent_max` of the live listings.
    #[must_use]
    pub fn is_within(&self, percent_max: u8) -> bool {
        u128::from(self.absent) * 100 <= u128::from(self.live) * u128::from(percent_max)
    }
}

/// The three books of one shard.
#[derive(Debug)]
pub struct Shard {
    plan: Arc<Plan>,
    clock: Clock,
    listings: ListingBook,
    homes: PropertyBook,
    markets: MarketBook,
    ledgers: Vec<Ledger>,
    /// Snapshots that have ended, a feed.
    snapshots: Vec<u32>,
    changes: Vec<Change>,
    watch: Watch,
    quarantine: Quarantine,
    /// Listings of which a row's value is held, with how many rows.
    pub(crate) held: BTreeMap<ListingId, u32>,
}

/// The record that causes a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause {
    position: u64,
    time: Millis,
    day: Day,
}

/// One home before or after a change: of each kind, what it posts.
pub(crate) type Posted = [Option<Derived>; 2];

impl Shard {
    /// An empty shard under `plan`.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let feeds = plan.feeds.len();
        Self {
            plan,
            clock: Clock::default(),
            listings: ListingBook::default(),
            homes: PropertyBook::default(),
            markets: MarketBook::new(),
            ledgers: vec![Ledger::default(); feeds],
            snapshots: vec![0; feeds],
            changes: Vec::new(),
            watch: Watch::new(feeds),
            quarantine: Quarantine::default(),
            held: BTreeMap::new(),
        }
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The listings.
    #[must_use]
    pub fn listings(&self) -> &ListingBook {
        &self.listings
    }

    /// The homes.
    #[must_use]
    pub fn homes(&self) -> &PropertyBook {
        &self.homes
    }

    /// The markets.
    #[must_use]
    pub fn markets(&self) -> &MarketBook {
        &self.markets
    }

    /// Counts of each feed, by its number.
    #[must_use]
    pub fn ledgers(&self) -> &[Ledger] {
        &self.ledgers
    }

    /// Newest event time of each feed's listings, by its number; [`Millis::MIN`] for none.
    #[must_use]
    pub fn newest_events(&self) -> &[Millis] {
        self.watch.newest_events()
    }

    /// The oldest event time of all listings.
    #[must_use]
    pub fn oldest_event(&self) -> Option<Millis> {
        self.watch.oldest_event()
    }

    /// What became of the observation at `position`, which must be one of the newest [`VERDICTS_KEPT`] positions and
    /// of a listing of this shard; `None` when it was applied before this process began.
    ///
    /// [`VERDICTS_KEPT`]: crate::VERDICTS_KEPT
    #[must_use]
    pub fn verdict(&self, position: u64) -> Option<Verdict> {
        self.watch.verdict(position)
    }

    /// Leaves that changed since this was last asked.
    pub fn take_touched(&mut self, out: &mut Vec<LeafId>) {
        self.markets.take_touched(out);
    }

    #[inline]
    pub(crate) fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    pub(crate) fn listing_mut(&mut self, id: ListingId) -> &mut Listing {
        self.listings.get_mut(id)
    }

    pub(crate) fn quarantine_mut(&mut self) -> &mut Quarantine {
        &mut self.quarantine
    }

    /// Change rows since this was last asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// How many snapshots of each feed have ended.
    #[must_use]
    pub fn snapshots(&self) -> &[u32] {
        &self.snapshots
    }

    /// Takes listings that changed since this was last asked, for a checkpoint.
    pub fn take_dirty(&mut self) -> Vec<ListingId> {
        self.listings.take_dirty()
    }

    /// Puts back the norms that hold; before any listing.
    pub(crate) fn restore_norms(&mut self, norms: Arc<Norms>) {
        self.quarantine = Quarantine::under(norms, &self.markets);
    }

    /// Puts stored listings in, and builds homes and markets from them.
    pub(crate) fn restore_listings(&mut self, listings: Vec<Listing>) {
        self.listings = ListingBook::of_listings(listings);
        let ids = (0..self.listings.len() as u32).map(ListingId);
        for id in ids.clone() {
            let listing = self.listings.get(id);
            if let Some(first) = listing.history.versions().next() {
                self.watch.note_event(listing.feed, first.time);
            }
            self.watch
                .note_event(listing.feed, listing.history.last_time());
            self.place(id);
            let group = self.group_of(id);
            self.homes.join(group, id);
            self.listings.get_mut(id).group = group;
        }
        let mut load = MarketLoad::default();
        for id in ids {
            if self.homes.is_single(self.listings.get(id).group) {
                self.load_single(id, &mut load);
            }
        }
        for members in self.homes.shared() {
            for derived in self.derived(members).into_iter().flatten() {
                let leaf = derived.placement.leaf;
                for (event, count) in &derived.events {
                    load.post_event(leaf, *event, *count);
                }
                if let Some(entry) = &derived.stock {
                    load.add_stock(leaf, derived.placement.tag, entry);
                }
            }
        }
        load.finish(&mut self.markets);
        self.restore_held();
    }

    /// Counts the rows that are held, again; the ledgers, which come back from the summary, count them already. Listings
    /// that were folded alone know whether they have any.
    fn restore_held(&mut self) {
        for number in 0..self.listings.len() as u32 {
            let id = ListingId(number);
            let listing = self.listings.get(id);
            let count = match self.homes.is_single(listing.group) && !listing.has_held {
                true => 0,
                false => self.held_rows(id),
            };
            self.listings.get_mut(id).has_held = count > 0;
            if count > 0 {
                self.held.insert(id, count);
            }
        }
    }

    /// Folds a listing that is a home of its own, once: what it posts and the fold that it keeps.
    fn load_single(&mut self, id: ListingId, load: &mut MarketLoad) {
        let listing = self.listings.get(id);
        let (leaf, tag) = (listing.placement.leaf, listing.placement.tag);
        let analytics = self.is_analytic(listing.feed);
        let post = &mut |event: EventKey, change: i32| {
            if analytics {
                load.post_event(leaf, event, change);
            }
        };
        let gaps = self.plan.gaps(listing.feed);
        let (fold, stock, has_held) =
            fold_versions(listing, &self.quarantine, gaps, Knowledge::NOW, post);
        if let Some(entry) = stock.filter(|_| analytics) {
            load.add_stock(leaf, tag, &entry);
        }
        let listing = self.listings.get_mut(id);
        (listing.fold, listing.has_held) = (fold, has_held);
    }

    /// Puts back what is not derived from listings.
    pub(crate) fn restore_summary(&mut self, summary: Summary) {
        self.clock = summary.clock;
        if is_planted(Bug::ClockOff) {
            self.clock.first_day = self.clock.first_day.plus(1);
        }
        self.ledgers = summary.ledgers;
        self.snapshots = summary.snapshots;
        let feeds = self
            .plan
            .feeds
            .len()
            .max(self.ledgers.len())
            .max(self.snapshots.len());
        self.ledgers.resize(feeds, Ledger::default());
        self.snapshots.resize(feeds, 0);
        for (kind, names, event, count) in summary.apart {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let leaf = self.markets.leaf_of_names(kind, &names);
            self.markets.set_apart(leaf, event, count);
        }
    }

    /// Moves the clock.
    pub fn tick(&mut self, tick: &Tick<'_>) {
        self.clock.tick(tick);
    }

    /// Counts a row that could not be read.
    pub fn refuse(&mut self, feed: FeedId) {
        let ledger = self.ledger(feed);
        ledger.received += 1;
        ledger.rejected += 1;
    }

    #[inline]
    pub(crate) fn ledger(&mut self, feed: FeedId) -> &mut Ledger {
        let at = usize::from(feed.0);
        if at >= self.ledgers.len() {
            self.ledgers.resize(at + 1, Ledger::default());
            self.snapshots.resize(at + 1, 0);
        }
        &mut self.ledgers[at]
    }

    /// Looks at what [`Shard::observe`] will need of these listings, stage by stage: hash slots, listings, then
    /// their bytes. Within a stage nothing waits for anything, so that cache misses overlap.
    pub fn warm(&self, rows: &[(FeedId, &[u8])]) {
        self.listings.warm(rows);
    }

    /// Takes an observation received at `receipt`, which stands at `position` of the log.
    pub fn observe(&mut self, row: &Observation<'_>, receipt: Millis, position: u64) -> Verdict {
        self.ledger(row.feed).received += 1;
        let (verdict, id) = self.judge_and_apply(row, receipt, position);
        let ledger = self.ledger(row.feed);
        match verdict {
            Verdict::Rejected => ledger.rejected += 1,
            Verdict::Duplicate => ledger.duplicate += 1,
            Verdict::Stale => ledger.stale += 1,
            Verdict::Late => ledger.late += 1,
            Verdict::First | Verdict::Newest | Verdict::Inserted => {
                ledger.accepted += 1;
                self.watch.note_event(row.feed, row.event_time);
                if let Some(id) = id.filter(|id| self.listings.get(*id).has_held) {
                    self.count_held(id);
                }
            }
        }
        self.watch.note_verdict(position, verdict);
        verdict
    }

    #[inline]
    fn judge_and_apply(
        &mut self,
        row: &Observation<'_>,
        receipt: Millis,
        position: u64,
    ) -> (Verdict, Option<ListingId>) {
        if is_from_future(row, receipt) {
            return (Verdict::Rejected, None);
        }
        let cause = Cause {
            position,
            time: row.event_time,
            day: row.event_day,
        };
        let seen = self.snapshots[usize::from(row.feed.0)] + 1;
        let Some(id) = self.listings.find(row.feed, row.key) else {
            let id = self.add(row, seen, cause);
            self.note_update(id);
            return (Verdict::First, Some(id));
        };
        let is_of_snapshots = seen > 1 && row.terms.status != Status::Removed;
        if is_of_snapshots && self.listings.get(id).has_tombstone_at(row.event_time) {
            // The snapshot of that moment names it after all: it was told in pieces.
            self.change(id, cause, |listing| {
                listing.take_tombstone_back(row.event_time)
            });
            let ledger = self.ledger(row.feed);
            ledger.tombstones = ledger.tombstones.saturating_sub(1);
        }
        let floor = self.clock.compaction_floor(self.plan.horizon_days);
        let listing = self.listings.get_mut(id);
        let verdict = listing.judge(row, receipt, self.plan.horizon_ms(), floor);
        if listing.seen != seen {
            listing.seen = seen;
            self.listings.mark_dirty(id);
        }
        match verdict {
            Verdict::Newest => self.append(id, row, floor, cause),
            Verdict::Inserted => {
                let version = self.version_of(row);
                self.change(id, cause, |listing| listing.insert(&version, floor));
            }
            _ => return (verdict, Some(id)),
        }
        self.note_update(id);
        (verdict, Some(id))
    }

    /// Lets those who watch the listing's markets know that an observation was accepted.
    #[inline]
    fn note_update(&mut self, id: ListingId) {
        let listing = self.listings.get(id);
        if self.is_analytic(listing.feed) {
            self.markets.note_update(listing.placement.leaf);
        }
    }

    #[inline]
    fn version_of<'a>(&self, row: &Observation<'a>) -> Version<'a> {
        version_of(row, self.clock.next_print(row.event_time))
    }

    fn add(&mut self, row: &Observation<'_>, seen: u32, cause: Cause) -> ListingId {
        let version = self.version_of(row);
        let listing = Listing::new(row.feed, History::new(row.key, &version), seen);
        let id = self.listings.add(listing);
        self.listings.mark_dirty(id);
        self.place(id);
        let group = self.group_of(id);
        if self.homes.is_vacant(group) {
            self.homes.join(group, id);
            self.listings.get_mut(id).group = group;
            self.step(id, &version, (None, false), cause);
        } else {
            self.join(id, group, cause);
            self.count_held(id);
        }
        id
    }

    /// Works out a listing's placement from its newest profile, as corrected.
    fn place(&mut self, id: ListingId) {
        let listing = self.listings.get(id);
        if !self.is_analytic(listing.feed) {
            // It posts nothing: not even the name of its area may be learned from it.
            return;
        }
        let profile = listing.history.last().profile;
        let mut placement = if listing.corrections.is_empty() {
            Placement::of(&self.plan, &mut self.markets, profile)
        } else {
            let corrected = corrected_profile(&listing.corrections, profile);
            Placement::of(&self.plan, &mut self.markets, Profile(&corrected))
        };
        let feed = listing.feed;
        let rule = self.plan.feeds.get(usize::from(feed.0));
        placement.judged =
            placement.comparable == Comparable::Yes && rule.is_some_and(|rule| rule.quarantine);
        self.quarantine.know_leaves(&self.markets);
        self.markets.note_feed(placement.leaf, feed);
        self.listings.get_mut(id).placement = placement;
    }

    /// Appends the newest version: one step of the fold where the listing speaks for its home alone.
    #[inline]
    fn append(&mut self, id: ListingId, row: &Observation<'_>, floor: Millis, cause: Cause) {
        let version = self.version_of(row);
        let listing = self.listings.get(id);
        let same_place = version.profile == listing.history.last_profile();
        let alone = self.homes.is_single(listing.group) && listing.corrections.is_empty();
        if !(same_place && alone) {
            self.change(id, cause, |listing| listing.history.push(&version));
            return;
        }
        self.listings.mark_dirty(id);
        let listing = self.listings.get_mut(id);
        let before = self.quarantine.stock_terms(listing);
        listing.history.append(&version, false);
        if listing.history.count().is_multiple_of(COMPACT_EVERY) {
            listing.compact(floor);
        }
        self.step(id, &version, before, cause);
    }

    /// Lets a listing that is a home of its own, and that nobody corrected, take one step: its newest version, now in its
    /// history, came after one with this list price, and with a held area or not.
    #[inline]
    fn step(
        &mut self,
        id: ListingId,
        version: &Version<'_>,
        (list_price, area_held): (Option<Cents>, bool),
        cause: Cause,
    ) {
        let horizon = self.plan.horizon_days;
        let listing = self.listings.get_mut(id);
        let analytics = {
            let rule = self.plan.feeds.get(usize::from(listing.feed.0));
            rule.is_some_and(|rule| rule.analytics)
        };
        let emit = self.plan.emit_changes && analytics;
        let (clock, markets) = (&self.clock, &mut self.markets);
        let placement = listing.placement;
        let leaf = placement.leaf;
        let quarantine = &self.quarantine;
        let old_stock = match area_held {
            false => listing.fold.stock(list_price, &placement),
            true => listing.fold.stock(list_price, &placement.without_area()),
        };
        let old_asking = listing.fold.asking();
        let mut events: Vec<(EventKey, i32)> = Vec::new();
        let post = &mut |event: EventKey, change: i32| {
            if analytics {
                markets.post_event(leaf, event, change, clock.is_final(event.day, horizon));
            }
            if emit {
                events.push((event, change));
            }
        };
        let gaps = self.plan.gaps(listing.feed);
        let held = quarantine.held(&version.terms, &placement, &[]);
        listing.has_held |= held.is_any();
        let fold = &mut listing.fold;
        let stock = step_judged(fold, version, &placement, &held, gaps, post);
        let asking = listing.fold.asking();
        if analytics && stock != old_stock {
            markets.change_stock(leaf, placement.tag, old_stock.as_ref(), stock.as_ref());
        }
        if emit {
            settle(&mut events);
            let (stock, asking) = ((old_stock, stock), (old_asking, asking));
            self.emit(&[id], cause, stock, asking, &events);
        }
    }

    /// Any change that is not a plain append: derives the home anew and posts the difference.
    fn change(&mut self, id: ListingId, cause: Cause, mutate: impl FnOnce(&mut Listing)) {
        let group = self.listings.get(id).group;
        let members = self.homes.members(group, id);
        let before = self.derived(&members);
        mutate(self.listings.get_mut(id));
        if !is_planted(Bug::ForgetDirty) {
            self.listings.mark_dirty(id);
        }
        self.place(id);
        let key = self.key_of(id);
        if self.homes.has_key(group, key.as_deref()) {
            let after = self.derived(&members);
            self.post(&members, cause, &before, &after);
        } else {
            self.homes.leave(group, id);
            let left: Vec<ListingId> = members.into_iter().filter(|member| *member != id).collect();
            let after = self.derived(&left);
            self.post(
                if left.is_empty() {
                    std::slice::from_ref(&id)
                } else {
                    &left
                },
                cause,
                &before,
                &after,
            );
            self.refold_single(&left);
            let group = self.group_of(id);
            self.join(id, group, cause);
            self.count_held(id);
            return;
        }
        self.refold_single(&members);
        self.count_held(id);
    }

    /// Lets a listing into the home of a group.
    fn join(&mut self, id: ListingId, group: u32, cause: Cause) {
        let mut members = if group == ALONE {
            Vec::new()
        } else {
            self.homes.members(group, id)
        };
        let before = self.derived(&members);
        self.homes.join(group, id);
        self.listings.get_mut(id).group = group;
        members.push(id);
        let after = self.derived(&members);
        self.post(&members, cause, &before, &after);
        self.refold_single(&members);
    }

    /// The group of the home that a listing's key names.
    fn group_of(&mut self, id: ListingId) -> u32 {
        match self.key_of(id) {
            Some(key) => self.homes.group(&key),
            None => ALONE,
        }
    }

    #[inline]
    pub(crate) fn is_analytic(&self, feed: FeedId) -> bool {
        self.plan
            .feeds
            .get(usize::from(feed.0))
            .is_some_and(|rule| rule.analytics)
    }

    fn key_of(&self, id: ListingId) -> Option<String> {
        if self.plan.identity == Identity::Listing {
            return None;
        }
        let listing = self.listings.get(id);
        let profile = listing.history.last().profile;
        if listing.corrections.is_empty() {
            return match_key(profile);
        }
        match_key(Profile(&corrected_profile(&listing.corrections, profile)))
    }

    /// A listing that is a home of its own keeps its fold, so that its next version costs one step.
    pub(crate) fn refold_single(&mut self, members: &[ListingId]) {
        let [only] = members else { return };
        let listing = self.listings.get(*only);
        let nowhere = &mut |_, _| {};
        let gaps = self.plan.gaps(listing.feed);
        let (fold, ..) = fold_versions(listing, &self.quarantine, gaps, Knowledge::NOW, nowhere);
        self.listings.get_mut(*only).fold = fold;
    }

    pub(crate) fn derived(&self, members: &[ListingId]) -> Posted {
        Kind::ALL.map(|kind| self.derive_home(members, kind, Knowledge::NOW))
    }

    /// What a home of `kind` posts by the versions that are known; only feeds with the use `analytics` speak.
    pub fn derive_home(
        &self,
        members: &[ListingId],
        kind: Kind,
        knowledge: Knowledge,
    ) -> Option<Derived> {
        let speakers: Vec<&Listing> = members
            .iter()
            .map(|id| self.listings.get(*id))
            .filter(|listing| listing.placement.kind == kind && self.is_analytic(listing.feed))
            .collect();
        if speakers.is_empty() {
            return None;
        }
        derive(
            &self.plan,
            &self.quarantine,
            &in_stable_order(&self.plan.feeds, speakers),
            knowledge,
        )
    }

    /// Posts the difference between what a home posted and what it posts now.
    pub(crate) fn post(
        &mut self,
        members: &[ListingId],
        cause: Cause,
        before: &Posted,
        after: &Posted,
    ) {
        for (before, after) in before.iter().zip(after) {
            self.post_kind(members, cause, before.as_ref(), after.as_ref());
        }
    }

    fn post_kind(
        &mut self,
        members: &[ListingId],
        cause: Cause,
        before: Option<&Derived>,
        after: Option<&Derived>,
    ) {
        let mut difference: Vec<((LeafId, EventKey), i32)> = Vec::new();
        for (derived, sign) in [(before, -1), (after, 1)] {
            if let Some(derived) = derived {
                let leaf = derived.placement.leaf;
                difference.extend(
                    derived
                        .events
                        .iter()
                        .map(|(event, count)| ((leaf, *event), sign * count)),
                );
            }
        }
        settle(&mut difference);
        for &((leaf, event), count) in &difference {
            let is_final = self.clock.is_final(event.day, self.plan.horizon_days);
            self.markets.post_event(leaf, event, count, is_final);
        }
        let seat = |derived: Option<&Derived>| {
            derived.and_then(|derived| {
                Some((
                    derived.placement.leaf,
                    derived.placement.tag,
                    derived.stock?,
                ))
            })
        };
        let (old, new) = (seat(before), seat(after));
        match (&old, &new) {
            _ if old == new => {}
            (Some((leaf, tag, entry)), Some((other, new_tag, now)))
                if leaf == other && tag == new_tag =>
            {
                self.markets
                    .change_stock(*leaf, *tag, Some(entry), Some(now));
            }
            _ => {
                if let Some((leaf, tag, entry)) = &old {
                    self.markets.remove_stock(*leaf, *tag, entry);
                }
                if let Some((leaf, tag, entry)) = &new {
                    self.markets.add_stock(*leaf, *tag, entry);
                }
            }
        }
        if self.plan.emit_changes && (before.is_some() || after.is_some()) {
            let mut events: Vec<(EventKey, i32)> = difference
                .iter()
                .map(|((_, event), count)| (*event, *count))
                .collect();
            settle(&mut events);
            let stock = (
                before.and_then(|derived| derived.stock),
                after.and_then(|derived| derived.stock),
            );
            let asking =
                |derived: Option<&Derived>| derived.map_or(NO_VALUE, |derived| derived.asking);
            self.emit(
                members,
                cause,
                stock,
                (asking(before), asking(after)),
                &events,
            );
        }
    }

    fn emit(
        &mut self,
        members: &[ListingId],
        cause: Cause,
        stock: (Option<StockEntry>, Option<StockEntry>),
        asking: (u64, u64),
        events: &[(EventKey, i32)],
    ) {
        let class = |entry: Option<StockEntry>| entry.map(|entry| entry.class as i64);
        let (class_before, class_after) = (class(stock.0), class(stock.1));
        if class_before == class_after && asking.0 == asking.1 && events.is_empty() {
            // More than half of all rows: those that only say that they were looked at again.
            return;
        }
        let speakers: Vec<&Listing> = members.iter().map(|id| self.listings.get(*id)).collect();
        let Some(first) = in_stable_order(&self.plan.feeds, speakers).first().copied() else {
            return;
        };
        let home: (FeedId, Box<[u8]>) = (first.feed, first.history.key().into());
        let same_cause = self
            .changes
            .iter()
            .rev()
            .take_while(|change| change.position == cause.position);
        let mut ordinal = same_cause.filter(|change| change.home == home).count() as u32;
        let mut push = |aspect, day, before: Option<i64>, after: Option<i64>| {
            let home = home.clone();
            let (position, event_time) = (cause.position, cause.time);
            self.changes.push(Change {
                position,
                ordinal,
                home,
                event_time,
                aspect,
                day,
                before,
                after,
            });
            ordinal += 1;
        };
        if class_before != class_after {
            push(Aspect::Stock, cause.day, class_before, class_after);
        }
        if asking.0 != asking.1 {
            let cents = |price: u64| (price != NO_VALUE).then_some(price as i64);
            push(
                Aspect::ListPrice,
                cause.day,
                cents(asking.0),
                cents(asking.1),
            );
        }
        for (event, count) in events.iter().filter(|(event, _)| event.what.is_news()) {
            let value = if event.price == NO_VALUE || event.what != crate::market::What::Close {
                1
            } else {
                event.price as i64
            };
            for _ in 0..count.unsigned_abs() {
                let (before, after) = if *count > 0 {
                    (None, Some(value))
                } else {
                    (Some(value), None)
                };
                push(Aspect::Event(event.what), event.day, before, after);
            }
        }
    }

    /// What the end of a snapshot would take away here.
    #[must_use]
    pub fn snapshot_shrink(&self, end: &SnapshotEnd) -> SnapshotShrink {
        let mut shrink = SnapshotShrink::default();
        for (_, listing) in self.live_before(end) {
            shrink.live += 1;
            shrink.absent += u64::from(self.is_absent(listing));
        }
        shrink
    }

    fn live_before(&self, end: &SnapshotEnd) -> impl Iterator<Item = (ListingId, &Listing)> {
        let (feed, time) = (end.feed, end.time);
        self.listings.iter().filter(move |(_, listing)| {
            let last = listing.history.last();
            listing.feed == feed && last.time <= time && is_present(last.terms.status)
        })
    }

    fn is_absent(&self, listing: &Listing) -> bool {
        listing.seen
            <= self
                .snapshots
                .get(usize::from(listing.feed.0))
                .copied()
                .unwrap_or(0)
    }

    /// Ends a snapshot: with `apply`, live listings that it did not name are gone from its time on.
    pub fn end_snapshot(&mut self, end: &SnapshotEnd, apply: bool, position: u64) {
        self.ledger(end.feed);
        if apply {
            let live = self.live_before(end);
            let absent = live.filter(|(_, listing)| self.is_absent(listing));
            let mut gone: Vec<ListingId> = absent.map(|(id, _)| id).collect();
            // In the order of keys: the order in which this process met them must not show.
            gone.sort_by(|left, right| {
                let key = |id: &ListingId| self.listings.get(*id).history.key();
                key(left).cmp(key(right))
            });
            for id in gone {
                let last = self.listings.get(id).history.last();
                let terms = Terms {
                    status: Status::Removed,
                    ..last.terms
                };
                let profile: Box<[u8]> = last.profile.0.into();
                let cause = Cause {
                    position,
                    time: end.time,
                    day: end.day,
                };
                let floor = self.clock.compaction_floor(self.plan.horizon_days);
                let known = self.clock.next_print(end.time);
                self.change(id, cause, |listing| {
                    let profile = Profile(&profile);
                    let version = Version {
                        time: end.time,
                        sequence: 0,
                        terms,
                        profile,
                        day: end.day,
                        known,
                    };
                    listing.insert(&version, floor);
                });
                self.ledger(end.feed).tombstones += 1;
            }
        }
        self.snapshots[usize::from(end.feed.0)] += 1;
    }

    /// Lays a person's correction over a listing; false when this shard does not have it.
    pub fn correct(
        &mut self,
        feed: FeedId,
        key: &[u8],
        correction: &Correction,
        position: u64,
    ) -> bool {
        let Some(id) = self.listings.find(feed, key) else {
            return false;
        };
        let correction = Correction {
            known: self.clock.next_print(self.clock.now),
            ..correction.clone()
        };
        let cause = self.cause_now(position);
        self.change(id, cause, |listing| listing.corrections.push(correction));
        true
    }

    /// Takes a correction back; false when this shard does not have it.
    pub fn uncorrect(&mut self, number: u64, position: u64) -> bool {
        let has = |listing: &Listing| {
            listing
                .corrections
                .iter()
                .any(|correction| correction.id == number)
        };
        let Some(id) = self
            .listings
            .iter()
            .find(|(_, listing)| has(listing))
            .map(|(id, _)| id)
        else {
            return false;
        };
        let cause = self.cause_now(position);
        self.change(id, cause, |listing| {
            listing
                .corrections
                .retain(|correction| correction.id != number)
        });
        true
    }

    pub(crate) fn cause_now(&self, position: u64) -> Cause {
        Cause {
            position,
            time: self.clock.now,
            day: self.clock.today,
        }
    }
}

/// Whether a snapshot must name a listing of this status: it is live, or only on hold.
fn is_present(status: Status) -> bool {
    Phase::of(status).is_live() || matches!(status, Status::Hold | Status::Incomplete)
}

/// At each multiple of this many versions, repetitions older than the horizon are dropped.
const COMPACT_EVERY: u32 = 64;
