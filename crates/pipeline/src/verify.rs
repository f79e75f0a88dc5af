//! Whether the state that goes on is the one that the log gives: a fresh replay beside it, and where the two part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use freehold_kernel::change::Change;
use freehold_kernel::ledger::Ledger;
use freehold_kernel::plan::Plan;
use freehold_kernel::state::put_listing;

use crate::books::Books;
use crate::core::CoreError;
use crate::engine::Engine;
use crate::log::Log;

/// Something of which state and replay say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parting {
    /// A listing.
    Listing {
        /// Its feed.
        feed: String,
        /// The feed's key of it.
        key: String,
        /// What is wrong with it.
        how: Difference,
    },
    /// The counts of a feed.
    Ledger {
        /// Its name.
        feed: String,
        /// What the state counts.
        state: Ledger,
        /// What the log gives.
        replay: Ledger,
    },
    /// What is usual, by which values are judged.
    Norms,
    /// The clock: last tick or first day.
    Clock,
    /// Decisions of people.
    Decisions,
    /// Nothing of these, but what is derived from them: values or events of markets.
    Markets,
}

/// How a listing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The state has it, the log does not give it.
    OnlyInState,
    /// The log gives it, the state does not have it.
    OnlyInLog,
    /// Both have it, with other versions or decisions.
    Other,
}

/// All records of a log up to `to`, applied to an empty engine.
///
/// # Errors
/// When the log cannot be read, or begins later than at its first record.
pub fn replay(
    log: &dyn Log,
    plan: Arc<Plan>,
    threads: usize,
    to: u64,
) -> Result<Engine, CoreError> {
    if log.first_offset() > 0 {
        return Err(CoreError::Stop(format!(
            "the log was trimmed and begins at {}: what came before cannot be replayed",
            log.first_offset()
        )));
    }
    let mut books = Books::of(Engine::new(plan, threads));
    // Nobody asks for change rows here.
    replay_on(log, &mut books, to, &mut |_, _| {})?;
    Ok(books.engine)
}

/// Applies the records of a log from where the books stand up to `to`, and gives the change rows of each batch.
///
/// # Errors
/// When the log cannot be read.
pub fn replay_on(
    log: &dyn Log,
    books: &mut Books,
    to: u64,
    each: &mut dyn FnMut(&Books, &[Change]),
) -> Result<(), CoreError> {
    let mut at = books.engine.position();
    while at < to
        && let Some((first, batch)) = log.read(at)?
    {
        let end = to.min(first + batch.count);
        let applied = books.engine.apply(first, &batch, at, end);
        applied.map_err(|cause| CoreError::Record {
            offset: first,
            cause,
        })?;
        let changes = books.engine.take_changes();
        each(books, &changes);
        at = end;
    }
    Ok(())
}

/// Where two engines at one position part; empty when they are equal, also by their digests.
#[must_use]
pub fn partings(state: &Engine, replay: &Engine) -> Vec<Parting> {
    let mut found = Vec::new();
    let (held, given) = (listings(state), listings(replay));
    let keys: BTreeSet<&Name> = held.keys().chain(given.keys()).collect();
    for key in keys {
        let how = match (held.get(key), given.get(key)) {
            (Some(left), Some(right)) if left == right => continue,
            (Some(_), Some(_)) => Difference::Other,
            (Some(_), None) => Difference::OnlyInState,
            (None, _) => Difference::OnlyInLog,
        };
        let (feed, key) = (key.0.clone(), String::from_utf8_lossy(&key.1).into_owned());
        found.push(Parting::Listing { feed, key, how });
    }
    let ledgers = state.ledgers().into_iter().zip(replay.ledgers());
    for ((state_counts, replayed), rule) in ledgers.zip(&state.plan().feeds) {
        if state_counts != replayed {
            found.push(Parting::Ledger {
                feed: rule.name.clone(),
                state: state_counts,
                replay: replayed,
            });
        }
    }
    if state.norms() != replay.norms() {
        found.push(Parting::Norms);
    }
    if state.shards()[0].clock() != replay.shards()[0].clock() {
        found.push(Parting::Clock);
    }
    if state.decisions() != replay.decisions() {
        found.push(Parting::Decisions);
    }
    if found.is_empty() && state.digest() != replay.digest() {
        found.push(Parting::Markets);
    }
    found
}

/// A listing's feed and key.
type Name = (String, Box<[u8]>);

/// The entry of each listing.
fn listings(engine: &Engine) -> BTreeMap<Name, Box<[u8]>> {
    let feeds = &engine.plan().feeds;
    let of_shards = engine
        .shards()
        .iter()
        .flat_map(|shard| shard.listings().iter());
    let entries = of_shards.map(|(_, listing)| {
        let feed = feeds.get(usize::from(listing.feed.0));
        let feed = feed.map_or_else(String::new, |rule| rule.name.clone());
        let mut entry = Vec::new();
        put_listing(&mut entry, listing);
        ((feed, listing.history.key().into()), entry.into())
    });
    entries.collect()
}

impl std::fmt::Display for Parting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listing { feed, key, how } => {
                let how = match how {
                    Difference::OnlyInState => "is in the state, and not in the log",
                    Difference::OnlyInLog => "is in the log, and not in the state",
                    Difference::Other => "has other versions or decisions",
                };
                write!(f, "listing {feed}/{key} {how}")
            }
            Self::Ledger {
                feed,
                state,
                replay,
            } => {
                let (state, replay) = (state.counts(), replay.counts());
                write!(
                    f,
                    "ledger of {feed}: {state:?} in the state, {replay:?} from the log"
                )
            }
            Self::Norms => write!(f, "what is usual, by which values are judged, differs"),
            Self::Clock => write!(f, "the clock differs"),
            Self::Decisions => write!(f, "decisions of people differ"),
            Self::Markets => write!(f, "listings and counts agree, what markets hold does not"),
        }
    }
}
