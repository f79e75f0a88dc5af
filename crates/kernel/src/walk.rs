//! Walks the homes that may stand in some leaves, cheaply where most do not: a listing's leaf is looked at
//! before anything is folded. What a home posts is not worked out here.

use std::ops::Range;

use crate::field::Kind;
use crate::home::stable_order;
use crate::listing::ListingId;
use crate::market::LeafId;
use crate::shard::Shard;

impl Shard {
    /// Calls `each` with the listings, in order of their stable ids, that speak for a home of `kind`: every
    /// home with a listing in a leaf that `within` lets through, once, with the first such listing in
    /// `numbers`. Ranges that follow each other thus give every home once.
    pub(crate) fn each_home(
        &self,
        numbers: Range<u32>,
        kind: Kind,
        within: &dyn Fn(LeafId) -> bool,
        each: &mut dyn FnMut(&[ListingId]),
    ) {
        let end = numbers.end.min(self.listings().len() as u32);
        for id in (numbers.start..end).map(ListingId) {
            if !self.speaks_in(id, kind, within) {
                continue;
            }
            let group = self.listings().get(id).group;
            if self.homes().is_single(group) {
                each(&[id]);
                continue;
            }
            let mut members = self.homes().members(group, id);
            members.retain(|member| self.speaks_in(*member, kind, &|_| true));
            let in_leaves = members.iter().copied();
            let first = in_leaves
                .filter(|member| self.speaks_in(*member, kind, within))
                .min();
            if first == Some(id) {
                members.sort_by(|left, right| self.stable_order(*left, *right));
                each(&members);
            }
        }
    }

    /// The order of two listings by their stable ids.
    pub(crate) fn stable_order(&self, left: ListingId, right: ListingId) -> std::cmp::Ordering {
        let listing = |id| self.listings().get(id);
        stable_order(&self.plan().feeds, listing(left), listing(right))
    }

    #[inline]
    fn speaks_in(&self, id: ListingId, kind: Kind, within: &dyn Fn(LeafId) -> bool) -> bool {
        let listing = self.listings().get(id);
        // A listing of a feed without the use `analytics` has no place: its leaf means nothing.
        listing.placement.kind == kind
            && self.is_analytic(listing.feed)
            && within(listing.placement.leaf)
    }
}

/// Leaves of one book, asked once a listing.
#[derive(Debug)]
pub(crate) struct LeafSet(Vec<bool>);

impl LeafSet {
    pub(crate) fn new(leaves: &[LeafId], leaf_count: u32) -> Self {
        let mut is_in = vec![false; leaf_count as usize];
        leaves.iter().for_each(|leaf| is_in[leaf.0 as usize] = true);
        Self(is_in)
    }

    #[inline]
    pub(crate) fn holds(&self, leaf: LeafId) -> bool {
        // A leaf may be newer than the set.
        self.0.get(leaf.0 as usize).copied().unwrap_or(false)
    }
}
