//! What a home posts, derived from all versions of its listings. This is the slow, plain form; the fold of
//! a single listing must agree with it.

use super::fold::{Fold, Post};
use super::placement::Placement;
use crate::listing::{Listing, Version};
use crate::market::{EventKey, StockEntry, UNKNOWN, What, settle};
use crate::time::{Day, Millis};

/// Closings of one home this close together, in days, are one sale told by several listings.
const SAME_SALE_DAYS: i32 = 14;

/// A home of one kind (sale or lease) as its markets see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// Which of the listings given leads the stock.
    pub lead: usize,
    /// Where it posts.
    pub placement: Placement,
    /// What it adds to the stock.
    pub stock: Option<StockEntry>,
    /// The newest list price of the leading listing in cents, or [`crate::market::NO_VALUE`].
    pub asking: u64,
    /// Its events, sorted, each with how often it counts.
    pub events: Vec<(EventKey, i32)>,
}

/// Folds one listing over the versions that `known` lets through; returns the fold and what the listing adds
/// to the stock.
pub(crate) fn fold_versions(
    listing: &Listing,
    relist_gap_days: u32,
    known: &dyn Fn(&Version<'_>) -> bool,
    post: &mut impl Post,
) -> (Fold, Option<StockEntry>) {
    let mut fold = Fold::default();
    let mut stock = None;
    listing.each_version(|version| {
        if known(version) {
            stock = fold.step(version, &listing.placement, relist_gap_days, post);
        }
    });
    (fold, stock)
}

/// One listing's share in a home.
struct Voice {
    /// Its place among the listings given.
    at: usize,
    placement: Placement,
    since: Millis,
    asking: u64,
    stock: Option<StockEntry>,
    events: Vec<(EventKey, i32)>,
    episodes: Vec<(Day, Day)>,
}

/// Derives a home from its listings of one kind, which are given in order of (feed, key): the versions
/// that `known` lets through, as corrected. `None` when nothing is known.
///
/// One listing speaks for itself. Where several tell of one home, the listing whose phase changed last
/// leads the stock; overlapping episodes are one, told by the listing that started first; closings
/// within 14 days are one sale.
#[must_use]
pub fn derive(
    listings: &[&Listing],
    relist_gap_days: u32,
    known: &dyn Fn(&Version<'_>) -> bool,
) -> Option<Derived> {
    let mut voices = Vec::with_capacity(listings.len());
    for (at, listing) in listings.iter().enumerate() {
        let mut events = Vec::new();
        let post = &mut |event: EventKey, change: i32| events.push((event, change));
        let (fold, stock) = fold_versions(listing, relist_gap_days, known, post);
        settle(&mut events);
        if fold.phase != super::fold::Phase::Unseen {
            let episodes = episodes_of(&events);
            voices.push(Voice {
                at,
                placement: listing.placement,
                since: fold.phase_since,
                asking: fold.asking(),
                stock,
                events,
                episodes,
            });
        }
    }
    let lead = leads(voices.iter().map(|voice| voice.since))?;
    let leader = voices[lead].at;
    let placement = voices[lead].placement;
    let (stock, asking) = (voices[lead].stock, voices[lead].asking);
    if voices.len() == 1 {
        let events = std::mem::take(&mut voices[0].events);
        return Some(Derived {
            lead: leader,
            placement,
            stock,
            asking,
            events,
        });
    }
    let mut events = merge_episodes(&voices, placement);
    let mut closings: Vec<(EventKey, usize)> = Vec::new();
    let mut contracts: Vec<(EventKey, usize)> = Vec::new();
    let mut to_list: Vec<(EventKey, usize)> = Vec::new();
    let mut to_original: Vec<(EventKey, usize)> = Vec::new();
    for (at, voice) in voices.iter().enumerate() {
        for &(event, count) in &voice.events {
            match event.what {
                What::EpisodeStart | What::EpisodeEnd | What::NewListing => {}
                What::Close => closings.push((event, at)),
                // One each with every closing, so that the same are kept.
                What::SaleToList => to_list.push((event, at)),
                What::SaleToOriginal => to_original.push((event, at)),
                _ if !speaks(&voices, at, event.day) => {}
                What::Contract => contracts.push((event, at)),
                What::CutSeen
                | What::CutOffMarket
                | What::CutInferred
                | What::BackOnMarket
                | What::Withdrawn
                | What::Expired
                | What::Removed => events.push((event, count)),
            }
        }
    }
    for told in [closings, contracts, to_list, to_original] {
        told_once(told, &mut events);
    }
    for (event, _) in &mut events {
        event.tag = placement.tag;
    }
    settle(&mut events);
    Some(Derived {
        lead: leader,
        placement,
        stock,
        asking,
        events,
    })
}

/// Which of several listings leads the stock, by the times since when each is in its phase: the one that
/// changed last, of several at once the first.
pub(crate) fn leads(since: impl Iterator<Item = Millis>) -> Option<usize> {
    let numbered = since.enumerate();
    numbered
        .max_by_key(|(at, since)| (*since, std::cmp::Reverse(*at)))
        .map(|(at, _)| at)
}

/// Start and end of each episode; an open one ends at the last day there is.
fn episodes_of(events: &[(EventKey, i32)]) -> Vec<(Day, Day)> {
    let days = |what: What| {
        let mut days: Vec<Day> = Vec::new();
        for (event, count) in events.iter().filter(|(event, _)| event.what == what) {
            days.extend(std::iter::repeat_n(event.day, (*count).max(0) as usize));
        }
        days.sort_unstable();
        days
    };
    let ends = days(What::EpisodeEnd);
    let starts = days(What::EpisodeStart).into_iter().enumerate();
    starts
        .map(|(at, start)| (start, ends.get(at).copied().unwrap_or(Day(i32::MAX))))
        .collect()
}

/// Keeps what several listings tell of one sale once: an event of another listing within 14 days of the one
/// kept before is the same.
fn told_once(mut told: Vec<(EventKey, usize)>, events: &mut Vec<(EventKey, i32)>) {
    told.sort_by_key(|(event, at)| (event.day, *at, *event));
    let mut kept: Option<(Day, usize)> = None;
    for (event, at) in told {
        let is_again = kept.is_some_and(|(day, teller)| {
            teller != at && event.day.0.saturating_sub(day.0) <= SAME_SALE_DAYS
        });
        if !is_again {
            events.push((event, 1));
            kept = Some((event.day, at));
        }
    }
}

/// Whether voice `at` may tell of `day`: no other listing's episode that started before covers it.
fn speaks(voices: &[Voice], at: usize, day: Day) -> bool {
    let covering = |voice: &Voice| {
        voice
            .episodes
            .iter()
            .filter(|(start, end)| *start <= day && day <= *end)
            .map(|(start, _)| *start)
            .min()
    };
    let own = covering(&voices[at]).unwrap_or(day);
    let first = voices
        .iter()
        .enumerate()
        .filter_map(|(other, voice)| Some((covering(voice)?, other)))
        .min();
    first.is_none_or(|first| (own, at) <= first)
}

/// Joins overlapping episodes and says when each began, whether that was seen, and when it ended.
fn merge_episodes(voices: &[Voice], placement: Placement) -> Vec<(EventKey, i32)> {
    let mut all: Vec<(Day, Day, bool)> = Vec::new();
    for voice in voices {
        for &(start, end) in &voice.episodes {
            let seen = voice
                .events
                .iter()
                .any(|(event, _)| event.what == What::NewListing && event.day == start);
            all.push((start, end, seen));
        }
    }
    all.sort_unstable();
    let mut merged: Vec<(Day, Day, bool)> = Vec::new();
    for (start, end, seen) in all {
        match merged.last_mut() {
            Some(open) if start <= open.1 => {
                open.1 = open.1.max(end);
                open.2 |= seen && start == open.0;
            }
            _ => merged.push((start, end, seen)),
        }
    }
    let plain = |what, day| EventKey {
        what,
        day,
        tag: placement.tag,
        other_day: UNKNOWN,
        price: crate::market::NO_VALUE,
        ratio: crate::market::NO_VALUE,
    };
    let mut events = Vec::new();
    for (start, end, seen) in merged {
        events.push((plain(What::EpisodeStart, start), 1));
        if seen {
            events.push((plain(What::NewListing, start), 1));
        }
        if end != Day(i32::MAX) {
            events.push((plain(What::EpisodeEnd, end), 1));
        }
    }
    events
}
