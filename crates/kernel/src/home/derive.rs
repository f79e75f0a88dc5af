//! What a home posts, derived from all versions of its listings. This is the slow, plain form; the fold of
//! a single listing must agree with it.

use super::fold::{Fold, Post, contract, plain, start_key};
use super::placement::Placement;
use crate::as_of::Knowledge;
use crate::listing::{Listing, Version};
use crate::market::{EventKey, StockClass, StockEntry, Tag, UNKNOWN, What, settle};
use crate::plan::{Gaps, Plan};
use crate::quarantine::{Held, Quarantine};
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

/// Folds one listing over the versions that are known; returns the fold and what the listing adds
/// to the stock, and whether anything of it is held.
pub(crate) fn fold_versions(
    listing: &Listing,
    quarantine: &Quarantine,
    gaps: Gaps,
    knowledge: Knowledge,
    post: &mut impl Post,
) -> (Fold, Option<StockEntry>, bool) {
    let mut fold = Fold::default();
    let (mut stock, mut has_held) = (None, false);
    listing.each_known(knowledge, |version, corrections| {
        let placement = &listing.placement;
        let held = quarantine.held(&version.terms, placement, corrections);
        has_held |= held.is_any();
        stock = step_judged(&mut fold, version, placement, &held, gaps, post);
    });
    (fold, stock, has_held)
}

/// One step of a fold, as markets take it: without the values that are held.
#[inline]
pub(crate) fn step_judged(
    fold: &mut Fold,
    version: &Version<'_>,
    placement: &Placement,
    held: &Held,
    gaps: Gaps,
    post: &mut impl Post,
) -> Option<StockEntry> {
    if !held.is_any() {
        return fold.step(version, placement, gaps, post);
    }
    let version = Version {
        terms: held.cut(&version.terms),
        ..*version
    };
    fold.step(&version, &held.cut_area(placement), gaps, post)
}

/// One listing's share in a home.
struct Voice {
    /// Its place among the listings given.
    at: usize,
    placement: Placement,
    reset_gap: u32,
    since: Millis,
    asking: u64,
    stock: Option<StockEntry>,
    events: Vec<(EventKey, i32)>,
    episodes: Vec<Episode>,
}

/// A marketing episode.
#[derive(Debug, Clone, Copy)]
struct Episode {
    start: Day,
    /// The last day there is while it is open.
    end: Day,
    /// Whether its start was seen.
    seen: bool,
    /// Days on market in all of it, or [`UNKNOWN`].
    days: Day,
}

/// Derives a home from its listings of one kind, which are given in order of (feed, key): the versions
/// that are known, as corrected. `None` when nothing is known.
///
/// One listing speaks for itself. Where several tell of one home, the listing whose phase changed last
/// leads the stock; overlapping episodes are one, told by the listing that started first; closings
/// within 14 days are one sale.
#[must_use]
pub(crate) fn derive(
    plan: &Plan,
    quarantine: &Quarantine,
    listings: &[&Listing],
    knowledge: Knowledge,
) -> Option<Derived> {
    let mut voices = Vec::with_capacity(listings.len());
    for (at, listing) in listings.iter().enumerate() {
        let mut events = Vec::new();
        let post = &mut |event: EventKey, change: i32| events.push((event, change));
        let gaps = plan.gaps(listing.feed);
        let (fold, stock, _) = fold_versions(listing, quarantine, gaps, knowledge, post);
        settle(&mut events);
        if fold.phase != super::fold::Phase::Unseen {
            let episodes = episodes_of(&events);
            voices.push(Voice {
                at,
                placement: listing.placement,
                reset_gap: gaps.reset,
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
    let (mut stock, asking) = (voices[lead].stock, voices[lead].asking);
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
    let episodes = merge_episodes(&voices);
    let mut events = told_episodes(&episodes);
    if let Some(entry) = stock
        .as_mut()
        .filter(|entry| entry.class == StockClass::Active)
    {
        entry.start = start_key(open_since(&events));
    }
    let mut closings: Vec<(EventKey, usize)> = Vec::new();
    let mut contracts: Vec<(EventKey, usize)> = Vec::new();
    let mut to_list: Vec<(EventKey, usize)> = Vec::new();
    let mut to_original: Vec<(EventKey, usize)> = Vec::new();
    for (at, voice) in voices.iter().enumerate() {
        for &(event, count) in &voice.events {
            match event.what {
                // Told of the merged episodes.
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
    let closed: Vec<Day> = closings.iter().map(|(event, _)| event.day).collect();
    for told in [closings, to_list, to_original] {
        let kept = told_once(told).into_iter();
        events.extend(kept.map(|(event, _)| (event, 1)));
    }
    for (told, teller) in told_once(contracts) {
        let reset_gap = voices[teller].reset_gap;
        events.push((with_earlier(&told, reset_gap, &episodes, &closed), 1));
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
fn leads(since: impl Iterator<Item = Millis>) -> Option<usize> {
    let numbered = since.enumerate();
    numbered
        .max_by_key(|(at, since)| (*since, std::cmp::Reverse(*at)))
        .map(|(at, _)| at)
}

/// The episodes of one listing, by its events.
fn episodes_of(events: &[(EventKey, i32)]) -> Vec<Episode> {
    let told = |what: What| {
        let events = events.iter().filter(move |(event, _)| event.what == what);
        events.flat_map(|(event, count)| {
            std::iter::repeat_n((event.day, event.other_day), (*count).max(0) as usize)
        })
    };
    let seen: Vec<Day> = told(What::NewListing).map(|(day, _)| day).collect();
    // Events are sorted: starts and ends come in the order of their days.
    let mut ends = told(What::EpisodeEnd);
    let starts = told(What::EpisodeStart).map(|(start, _)| start);
    let episodes = starts.map(|start| {
        let (end, days) = ends.next().unwrap_or((Day(i32::MAX), UNKNOWN));
        Episode {
            start,
            end,
            seen: seen.contains(&start),
            days,
        }
    });
    episodes.collect()
}

/// The start of the episode that is open, of episodes that do not overlap; [`UNKNOWN`] where it was not seen.
fn open_since(events: &[(EventKey, i32)]) -> Day {
    let newest = |what: What| {
        let days = events.iter().filter(|(event, _)| event.what == what);
        days.map(|(event, _)| event.day).max()
    };
    match (newest(What::EpisodeStart), newest(What::NewListing)) {
        (Some(start), Some(seen)) if start == seen => start,
        _ => UNKNOWN,
    }
}

/// Keeps what several listings tell of one sale once, with the teller: an event of another listing within 14 days of the
/// one kept before is the same.
fn told_once(mut told: Vec<(EventKey, usize)>) -> Vec<(EventKey, usize)> {
    told.sort_by_key(|(event, at)| (event.day, *at, *event));
    let mut kept: Vec<(EventKey, usize)> = Vec::with_capacity(told.len());
    for (event, at) in told {
        let is_again = kept.last().is_some_and(|(last, teller)| {
            *teller != at && event.day.0.saturating_sub(last.day.0) <= SAME_SALE_DAYS
        });
        if !is_again {
            kept.push((event, at));
        }
    }
    kept
}

/// A contract with the days on market of earlier episodes of whichever listing, back to a closing, or to a time off the
/// market that resets them.
fn with_earlier(told: &EventKey, reset_gap: u32, episodes: &[Episode], closed: &[Day]) -> EventKey {
    let within = episodes.partition_point(|episode| episode.start <= told.day);
    let mut is_reset = false;
    let mut earlier = (0, 0);
    for at in (1..within).rev() {
        let (before, after) = (&episodes[at - 1], &episodes[at]);
        let begun = match at.checked_sub(2) {
            Some(at) => episodes[at].end,
            None => Day(i32::MIN),
        };
        if closed.iter().any(|day| begun < *day && *day <= before.end) {
            break;
        }
        let away = i64::from(after.start.0) - i64::from(before.end.0);
        is_reset |= away >= i64::from(reset_gap);
        if before.days != UNKNOWN {
            earlier.1 += before.days.0;
            earlier.0 += if is_reset { 0 } else { before.days.0 };
        }
    }
    let own = told.other_day;
    if own != UNKNOWN && (told.price as i64) < i64::from(own.0) {
        // They began anew within the episode.
        earlier.0 = told.price as i32 - own.0;
    }
    contract(told.day, own, earlier, told.tag)
}

/// Whether voice `at` may tell of `day`: no other listing's episode that started before covers it.
fn speaks(voices: &[Voice], at: usize, day: Day) -> bool {
    let covering = |voice: &Voice| {
        let episodes = voice.episodes.iter();
        let covering = episodes.filter(|episode| episode.start <= day && day <= episode.end);
        covering.map(|episode| episode.start).min()
    };
    let own = covering(&voices[at]).unwrap_or(day);
    let first = voices
        .iter()
        .enumerate()
        .filter_map(|(other, voice)| Some((covering(voice)?, other)))
        .min();
    first.is_none_or(|first| (own, at) <= first)
}

/// Joins overlapping episodes. One that several listings tell is on the market from the first start to the last end.
fn merge_episodes(voices: &[Voice]) -> Vec<Episode> {
    let mut all: Vec<Episode> = Vec::new();
    voices
        .iter()
        .for_each(|voice| all.extend_from_slice(&voice.episodes));
    all.sort_unstable_by_key(|episode| (episode.start, episode.end, episode.seen, episode.days));
    let mut merged: Vec<Episode> = Vec::new();
    for episode in all {
        match merged.last_mut() {
            Some(open) if episode.start <= open.end => {
                open.end = open.end.max(episode.end);
                open.seen |= episode.seen && episode.start == open.start;
                open.days = match open.seen && open.end != Day(i32::MAX) {
                    true => Day(open.end.0 - open.start.0),
                    false => UNKNOWN,
                };
            }
            _ => merged.push(episode),
        }
    }
    merged
}

/// When each episode began, whether that was seen, and when it ended.
fn told_episodes(episodes: &[Episode]) -> Vec<(EventKey, i32)> {
    let mut events = Vec::new();
    for episode in episodes {
        events.push((plain(What::EpisodeStart, episode.start, Tag(0)), 1));
        if episode.seen {
            events.push((plain(What::NewListing, episode.start, Tag(0)), 1));
        }
        if episode.end != Day(i32::MAX) {
            let end = EventKey {
                other_day: episode.days,
                ..plain(What::EpisodeEnd, episode.end, Tag(0))
            };
            events.push((end, 1));
        }
    }
    events
}
