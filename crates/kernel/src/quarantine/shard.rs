//! What a shard holds back: how many rows of which listings, and what becomes of them under other norms.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Held, Norm, Norms, Quarantine, ValueCounts, count_values};
use crate::field::Status;
use crate::listing::{Listing, ListingId, Version};
use crate::shard::Shard;

impl Shard {
    /// Counts the values of this shard's listings, from which norms are taken.
    #[must_use]
    pub fn value_counts(&self) -> ValueCounts {
        count_values(self.listings(), self.markets())
    }

    /// What is usual, as values are judged by.
    #[must_use]
    pub fn norms(&self) -> &Arc<Norms> {
        self.quarantine().norms()
    }

    /// What is usual in a listing's place; `None` where too little is known, or where it is not judged.
    #[must_use]
    pub fn norm_of(&self, listing: &Listing) -> Option<&Norm> {
        let placement = &listing.placement;
        let judged = Some(placement).filter(|placement| placement.judged)?;
        self.quarantine().norm(judged)
    }

    /// What is held of a version of a listing, as corrected.
    #[must_use]
    pub fn held(&self, listing: &Listing, version: &Version<'_>) -> Held {
        let placement = &listing.placement;
        self.quarantine()
            .held(&version.terms, placement, &listing.corrections)
    }

    /// Listings of which something is held, in the order in which this process met them.
    pub fn held_listings(&self) -> impl Iterator<Item = ListingId> + '_ {
        self.held.keys().copied()
    }

    /// How many rows of a listing have a value that is held.
    pub(crate) fn held_rows(&self, id: ListingId) -> u32 {
        let listing = self.listings().get(id);
        if !listing.placement.judged {
            return 0;
        }
        let mut count = 0;
        listing.each_version(|version| {
            // A snapshot's end is no row.
            let is_row = version.terms.status != Status::Removed;
            count += u32::from(is_row && self.held(listing, version).is_any());
        });
        count
    }

    /// Brings the ledger and the list of what is held up to date with a listing.
    pub(crate) fn count_held(&mut self, id: ListingId) {
        let count = self.held_rows(id);
        let before = match count {
            0 => self.held.remove(&id),
            _ => self.held.insert(id, count),
        };
        let before = before.unwrap_or(0);
        self.listing_mut(id).has_held = count > 0;
        if count != before {
            let feed = self.listings().get(id).feed;
            let ledger = self.ledger(feed);
            // The row in hand is not counted yet: in between, a count may be one below none.
            let moved = u64::from(count).wrapping_sub(u64::from(before));
            ledger.held = ledger.held.wrapping_add(moved);
            ledger.accepted = ledger.accepted.wrapping_sub(moved);
        }
    }

    /// Judges every value by these norms from now on: homes of which a verdict changes post the difference.
    pub fn set_norms(&mut self, norms: Arc<Norms>, position: u64) {
        let new = Quarantine::under(norms, self.markets());
        let ids = (0..self.listings().len() as u32).map(ListingId);
        let changed: Vec<ListingId> = ids.filter(|id| self.is_judged_anew(*id, &new)).collect();
        // A home of several listings once, by its first.
        let mut homes = BTreeSet::new();
        let members = changed
            .iter()
            .map(|id| self.homes().home_of(self.listings(), *id));
        homes.extend(members);
        let before: Vec<_> = homes.iter().map(|members| self.derived(members)).collect();
        *self.quarantine_mut() = new;
        let cause = self.cause_now(position);
        for (members, before) in homes.iter().zip(&before) {
            let after = self.derived(members);
            self.post(members, cause, before, &after);
            self.refold_single(members);
        }
        changed.into_iter().for_each(|id| self.count_held(id));
    }

    /// Whether anything of a listing is judged otherwise by `new`.
    fn is_judged_anew(&self, id: ListingId, new: &Quarantine) -> bool {
        let listing = self.listings().get(id);
        let placement = &listing.placement;
        if !placement.judged {
            return false;
        }
        let mut is_other = false;
        listing.each_version(|version| {
            let corrections = &listing.corrections;
            is_other |=
                self.held(listing, version) != new.held(&version.terms, placement, corrections);
        });
        is_other
    }
}
