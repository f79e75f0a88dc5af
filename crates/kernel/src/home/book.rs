//! Groups of listings that are one home. What a home posts is derived (`derive`), not kept.

use std::cmp::Ordering;

use crate::key_index::{KeyIndex, hash_key};
use crate::listing::{Listing, ListingBook, ListingId};
use crate::plan::FeedRule;

/// A home's number inside one book; never leaves the process.
pub(crate) type GroupId = u32;

/// No group: the listing stands alone.
pub(crate) const ALONE: GroupId = u32::MAX;

#[derive(Debug)]
struct Group {
    key: Box<str>,
    members: Vec<ListingId>,
}

/// Which listings are one home.
#[derive(Debug, Default)]
pub struct PropertyBook {
    groups: Vec<Group>,
    index: KeyIndex,
}

impl PropertyBook {
    /// The group with this match key, made if need be.
    pub(crate) fn group(&mut self, key: &str) -> GroupId {
        let hash = hash_key(0, key.as_bytes());
        let groups = &self.groups;
        if let Some(found) = self
            .index
            .find(hash, |number| *groups[number as usize].key == *key)
        {
            return found;
        }
        let number = self.groups.len() as u32;
        self.groups.push(Group {
            key: key.into(),
            members: Vec::new(),
        });
        let groups = &self.groups;
        self.index.insert(hash, number, |number| {
            hash_key(0, groups[number as usize].key.as_bytes())
        });
        number
    }

    /// Whether a group has this match key.
    pub(crate) fn has_key(&self, group: GroupId, key: Option<&str>) -> bool {
        match key {
            None => group == ALONE,
            Some(key) => group != ALONE && *self.groups[group as usize].key == *key,
        }
    }

    pub(crate) fn join(&mut self, group: GroupId, listing: ListingId) {
        if group != ALONE {
            self.groups[group as usize].members.push(listing);
        }
    }

    pub(crate) fn leave(&mut self, group: GroupId, listing: ListingId) {
        if group != ALONE {
            self.groups[group as usize]
                .members
                .retain(|member| *member != listing);
        }
    }

    /// The listings of the home that `listing`, a member of `group`, belongs to.
    pub(crate) fn members(&self, group: GroupId, listing: ListingId) -> Vec<ListingId> {
        if group == ALONE {
            vec![listing]
        } else {
            self.groups[group as usize].members.clone()
        }
    }

    /// The listings of the home of a listing.
    #[must_use]
    pub fn home_of(&self, listings: &ListingBook, listing: ListingId) -> Vec<ListingId> {
        self.members(listings.get(listing).group, listing)
    }

    /// Whether a group holds nothing but `listing`.
    #[inline]
    pub(crate) fn is_single(&self, group: GroupId) -> bool {
        group == ALONE || self.groups[group as usize].members.len() == 1
    }

    /// Whether a listing that joins this group would be a home of its own.
    #[inline]
    pub(crate) fn is_vacant(&self, group: GroupId) -> bool {
        group == ALONE || self.groups[group as usize].members.is_empty()
    }

    /// The listings of each home that several tell of.
    pub(crate) fn shared(&self) -> impl Iterator<Item = &[ListingId]> {
        let groups = self.groups.iter().map(|group| group.members.as_slice());
        groups.filter(|members| members.len() > 1)
    }

    /// Every home that has listings, as its listings.
    pub fn homes<'a>(
        &'a self,
        listings: &'a ListingBook,
    ) -> impl Iterator<Item = Vec<ListingId>> + 'a {
        let grouped = self.groups.iter().filter(|group| !group.members.is_empty());
        let alone = listings
            .iter()
            .filter(|(_, listing)| listing.group == ALONE)
            .map(|(id, _)| vec![id]);
        grouped.map(|group| group.members.clone()).chain(alone)
    }
}

/// Listings in order of their stable ids: feed name, then key.
pub(crate) fn in_stable_order<'a>(
    feeds: &[FeedRule],
    mut listings: Vec<&'a Listing>,
) -> Vec<&'a Listing> {
    listings.sort_by(|left, right| stable_order(feeds, left, right));
    listings
}

/// The order of two listings by their stable ids.
pub(crate) fn stable_order(feeds: &[FeedRule], left: &Listing, right: &Listing) -> Ordering {
    if left.feed == right.feed {
        return left.history.key().cmp(right.history.key());
    }
    let name = |listing: &Listing| {
        feeds
            .get(usize::from(listing.feed.0))
            .map(|rule| rule.name.as_str())
    };
    (name(left), left.history.key()).cmp(&(name(right), right.history.key()))
}
