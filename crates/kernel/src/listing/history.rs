//! The versions of one listing, delta-coded in one allocation: a version that only moves the timestamp
//! costs about five bytes. The newest version is kept decoded.
//!
//! Layout of `bytes`: the listing's key, then per version `time delta varint, flags u8`, and what the flags
//! name: day shift i8, print shift varint, sequence varint, changed terms (mask u8, then one varint each), profile (length,
//! bytes). The bytes are a pure function of key and versions, so that equal histories have equal bytes.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::held_terms::HeldTerms;
use crate::clock::print_at_once;
use crate::field::Status;
use crate::record::{Profile, Terms};
use crate::time::{Day, Millis};
use crate::varint::{Reader, put_bytes, put_u64, unzigzag, zigzag};

const HAS_DAY_SHIFT: u8 = 1;
const HAS_SEQUENCE: u8 = 2;
const HAS_TERMS: u8 = 4;
const HAS_PROFILE: u8 = 8;
const HAS_PRINT_SHIFT: u8 = 16;

/// One accepted version of a listing. Ordered by event time, then sequence, then content, so that
/// arrival never decides: when it became known is no part of what it is.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    /// Event time.
    pub time: Millis,
    /// The source's sequence; 0 where it has none.
    pub sequence: u64,
    /// Status, prices, dates.
    pub terms: Terms,
    /// What the home is and where.
    pub profile: Profile<'a>,
    /// Local day of the event time.
    pub day: Day,
    /// The first day whose print knows it: when it was told, the day had not closed.
    pub known: Day,
}

impl Version<'_> {
    fn told(&self) -> (Millis, u64, &Terms, &Profile<'_>, Day) {
        let Self {
            time,
            sequence,
            terms,
            profile,
            day,
            known: _,
        } = self;
        (*time, *sequence, terms, profile, *day)
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.told() == other.told()
    }
}

impl Eq for Version<'_> {}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.told().cmp(&other.told())
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// All versions of one listing.
#[derive(Debug, Clone)]
pub struct History {
    bytes: Vec<u8>,
    key_len: u16,
    /// Whether a version was not told at once.
    has_print_shift: bool,
    count: u32,
    profile_start: u32,
    profile_len: u32,
    time: Millis,
    day: Day,
    known: Day,
    sequence: u64,
    terms: HeldTerms,
}

impl History {
    /// The history of a listing of which one version is known.
    #[must_use]
    pub fn new(key: &[u8], first: &Version<'_>) -> Self {
        let mut bytes = Vec::with_capacity(key.len() + first.profile.0.len() + 56);
        bytes.extend_from_slice(key);
        let mut history = Self {
            bytes,
            key_len: key.len() as u16,
            has_print_shift: false,
            count: 0,
            profile_start: 0,
            profile_len: 0,
            time: 0,
            day: Day(0),
            known: Day(0),
            sequence: 0,
            terms: HeldTerms::of(&Terms::new(Status::Removed)),
        };
        history.push(first);
        history
    }

    /// The history that holds `versions`, which are in order and at least one.
    #[must_use]
    pub fn of_versions(key: &[u8], versions: &[Version<'_>]) -> Option<Self> {
        let (first, rest) = versions.split_first()?;
        let mut history = Self::new(key, first);
        rest.iter().for_each(|version| history.push(version));
        history.bytes.shrink_to_fit();
        Some(history)
    }

    /// The feed's key of the listing.
    #[inline]
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.bytes[..usize::from(self.key_len)]
    }

    /// How many versions there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The newest version.
    #[inline]
    #[must_use]
    pub fn last(&self) -> Version<'_> {
        Version {
            time: self.time,
            sequence: self.sequence,
            terms: self.terms.terms(),
            profile: self.last_profile(),
            day: self.day,
            known: self.known,
        }
    }

    /// The newest version's event time.
    #[inline]
    #[must_use]
    pub(crate) fn last_time(&self) -> Millis {
        self.time
    }

    /// The newest version's profile.
    #[inline]
    #[must_use]
    pub(crate) fn last_profile(&self) -> Profile<'_> {
        Profile(&self.bytes[self.profile_start as usize..][..self.profile_len as usize])
    }

    /// Appends a version that comes after all others.
    #[inline]
    pub fn push(&mut self, version: &Version<'_>) {
        let profile_changed = self.count == 0 || version.profile != self.last_profile();
        self.append(version, profile_changed);
    }

    /// Appends a version that comes after all others; `profile_changed` says whether its profile is another
    /// than the newest, which a caller that looked already need not ask again.
    #[inline]
    pub(crate) fn append(&mut self, version: &Version<'_>, profile_changed: bool) {
        let terms = HeldTerms::of(&version.terms);
        let terms_changed = self.count == 0 || terms != self.terms;
        let shift = version.day.0 - Day::of_utc(version.time).0;
        let print_shift = version.known.0 - print_at_once(version.time).0;
        let flags = if shift != 0 { HAS_DAY_SHIFT } else { 0 }
            | if print_shift != 0 { HAS_PRINT_SHIFT } else { 0 }
            | if version.sequence != 0 {
                HAS_SEQUENCE
            } else {
                0
            }
            | if terms_changed { HAS_TERMS } else { 0 }
            | if profile_changed { HAS_PROFILE } else { 0 };
        self.make_room(
            32 + if profile_changed {
                version.profile.0.len()
            } else {
                0
            },
        );
        let bytes = &mut self.bytes;
        put_u64(bytes, zigzag(version.time.wrapping_sub(self.time)));
        bytes.push(flags);
        if shift != 0 {
            bytes.push(shift as i8 as u8);
        }
        if print_shift != 0 {
            put_u64(bytes, zigzag(i64::from(print_shift)));
            self.has_print_shift = true;
        }
        if version.sequence != 0 {
            put_u64(bytes, version.sequence);
        }
        if terms_changed {
            put_terms(bytes, &self.terms.terms(), &version.terms);
        }
        if profile_changed {
            put_bytes(bytes, version.profile.0);
            self.profile_len = version.profile.0.len() as u32;
            self.profile_start = bytes.len() as u32 - self.profile_len;
        }
        self.count += 1;
        self.time = version.time;
        self.day = version.day;
        self.known = version.known;
        self.sequence = version.sequence;
        self.terms = terms;
    }

    /// Grows by an eighth at least: doubling would waste half of a million small histories.
    #[inline]
    fn make_room(&mut self, most: usize) {
        let free = self.bytes.capacity() - self.bytes.len();
        if free < most.min(12) {
            self.bytes.reserve_exact(most.max(self.bytes.len() / 8));
        }
    }

    /// All versions, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = Version<'_>> {
        Versions {
            reader: Reader::new(&self.bytes[usize::from(self.key_len)..]),
            time: 0,
            terms: Terms::new(Status::Removed),
            profile: &[],
            has_print_shift: false,
        }
    }

    /// The stored form of all versions as if each had been told at once: what was told, not when.
    #[must_use]
    pub(crate) fn told(&self) -> Cow<'_, [u8]> {
        if !self.has_print_shift {
            return Cow::Borrowed(self.stored());
        }
        let at_once = self.versions().map(|version| Version {
            known: print_at_once(version.time),
            ..version
        });
        let versions: Vec<Version<'_>> = at_once.collect();
        let told = Self::of_versions(&[], &versions);
        Cow::Owned(told.map_or_else(Vec::new, |told| told.bytes))
    }

    /// The stored form of all versions, without the key.
    #[must_use]
    pub fn stored(&self) -> &[u8] {
        &self.bytes[usize::from(self.key_len)..]
    }

    /// Reads what [`History::stored`] gave; `None` when the bytes are damaged.
    #[must_use]
    pub fn from_stored(key: &[u8], stored: &[u8]) -> Option<Self> {
        let mut versions = Versions {
            reader: Reader::new(stored),
            time: 0,
            terms: Terms::new(Status::Removed),
            profile: &[],
            has_print_shift: false,
        };
        let mut count = 0;
        let mut last = None;
        for version in versions.by_ref() {
            count += 1;
            last = Some(version);
        }
        let last = last?;
        if !versions.reader.is_empty() {
            return None;
        }
        let mut bytes = Vec::with_capacity(key.len() + stored.len() + stored.len() / 8);
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(stored);
        // The newest profile lies inside `stored`; its place is found by address, once, at load.
        let profile_at = (last.profile.0.as_ptr() as usize).checked_sub(stored.as_ptr() as usize)?;
        Some(Self {
            key_len: u16::try_from(key.len()).ok()?,
            has_print_shift: versions.has_print_shift,
            count,
            profile_start: (key.len() + profile_at) as u32,
            profile_len: last.profile.0.len() as u32,
            time: last.time,
            day: last.day,
            known: last.known,
            sequence: last.sequence,
            terms: HeldTerms::of(&last.terms),
            bytes,
        })
    }

    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

struct Versions<'a> {
    reader: Reader<'a>,
    time: Millis,
    terms: Terms,
    profile: &'a [u8],
    has_print_shift: bool,
}

impl<'a> Iterator for Versions<'a> {
    type Item = Version<'a>;

    #[inline]
    fn next(&mut self) -> Option<Version<'a>> {
        let start = self.reader;
        let version = self.read();
        if version.is_none() {
            self.reader = start;
        }
        version
    }
}

impl<'a> Versions<'a> {
    #[inline]
    fn read(&mut self) -> Option<Version<'a>> {
        self.time = self.time.wrapping_add(self.reader.i64()?);
        let flags = self.reader.byte()?;
        let shift = if flags & HAS_DAY_SHIFT != 0 {
            self.reader.byte()? as i8
        } else {
            0
        };
        let mut known = print_at_once(self.time);
        if flags & HAS_PRINT_SHIFT != 0 {
            let shift = i32::try_from(self.reader.i64()?).ok()?;
            known = Day(known.0.checked_add(shift)?);
            self.has_print_shift = true;
        }
        let sequence = if flags & HAS_SEQUENCE != 0 {
            self.reader.u64()?
        } else {
            0
        };
        if flags & HAS_TERMS != 0 {
            read_terms(&mut self.reader, &mut self.terms)?;
        }
        if flags & HAS_PROFILE != 0 {
            self.profile = self.reader.bytes()?;
        }
        Some(Version {
            time: self.time,
            sequence,
            terms: self.terms,
            profile: Profile(self.profile),
            day: Day::of_utc(self.time).plus(i32::from(shift)),
            known,
        })
    }
}

fn values(terms: &Terms) -> [Option<i64>; 7] {
    let day = |day: Option<Day>| day.map(|day| i64::from(day.0));
    [
        terms.list_price,
        terms.original_list_price,
        terms.close_price,
        day(terms.on_market_date),
        day(terms.contract_date),
        day(terms.close_date),
        day(terms.off_market_date),
    ]
}

/// Writes what differs: a mask (bit 0 the status, then the values in order), then one varint each:
/// 0 for absent, else the zigzag difference from the old value (or from 0) plus one.
#[inline]
fn put_terms(out: &mut Vec<u8>, old: &Terms, new: &Terms) {
    let mask_at = out.len();
    let mut mask = 0u8;
    out.push(0);
    if old.status != new.status {
        mask |= 1;
        out.push(new.status.code());
    }
    for (bit, (before, after)) in values(old).into_iter().zip(values(new)).enumerate() {
        if before != after {
            mask |= 2 << bit;
            match after {
                None => out.push(0),
                Some(after) => {
                    let difference = zigzag(after.wrapping_sub(before.unwrap_or(0)));
                    // Differences this large do not occur between amounts that were checked at the door.
                    put_u64(out, difference.saturating_add(1));
                }
            }
        }
    }
    out[mask_at] = mask;
}

#[inline]
fn read_terms(reader: &mut Reader<'_>, terms: &mut Terms) -> Option<()> {
    let mask = reader.byte()?;
    if mask & 1 != 0 {
        terms.status = Status::from_code(reader.byte()?)?;
    }
    let mut value = |bit: u8, old: Option<i64>| -> Option<Option<i64>> {
        if mask & bit == 0 {
            return Some(old);
        }
        Some(match reader.u64()? {
            0 => None,
            coded => Some(old.unwrap_or(0).wrapping_add(unzigzag(coded - 1))),
        })
    };
    let day = |value: Option<i64>| -> Option<Option<Day>> {
        value.map_or(Some(None), |value| {
            Some(Some(Day(i32::try_from(value).ok()?)))
        })
    };
    let old = values(terms);
    terms.list_price = value(2, old[0])?;
    terms.original_list_price = value(4, old[1])?;
    terms.close_price = value(8, old[2])?;
    terms.on_market_date = day(value(16, old[3])?)?;
    terms.contract_date = day(value(32, old[4])?)?;
    terms.close_date = day(value(64, old[5])?)?;
    terms.off_market_date = day(value(128, old[6])?)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms() -> impl Strategy<Value = Terms> {
        let price = || prop::option::of(0i64..1_000_000_000_000);
        let day = || prop::option::of((-10_000i32..40_000).prop_map(Day));
        (
            0usize..12,
            price(),
            price(),
            price(),
            day(),
            day(),
            day(),
            day(),
        )
            .prop_map(
                |(status, list, original, close, market, contract, closed, off)| Terms {
                    status: Status::ALL[status],
                    list_price: list,
                    original_list_price: original,
                    close_price: close,
                    on_market_date: market,
                    contract_date: contract,
                    close_date: closed,
                    off_market_date: off,
                },
            )
    }

    proptest! {
        #[test]
        fn versions_come_back_and_stored_bytes_too(
            mut parts in prop::collection::vec(
                (any::<i32>(), 0u64..3, terms(), 0usize..3, -1i32..=1, -2i32..=2), 1..20)
        ) {
            let profiles: [&[u8]; 3] = [b"", b"\x0a\x0507030", b"\x0a\x0507031\x03\x01\x06"];
            parts.sort_by_key(|part| part.0);
            let versions: Vec<Version<'_>> = parts.iter().map(|part| {
                let time = Millis::from(part.0) * 1000;
                Version {
                    time,
                    sequence: part.1,
                    terms: part.2,
                    profile: Profile(profiles[part.3]),
                    day: Day::of_utc(time).plus(part.4),
                    known: print_at_once(time).plus(part.5 / 2),
                }
            }).collect();
            let history = History::of_versions(b"key", &versions).expect("at least one");
            prop_assert_eq!(history.versions().collect::<Vec<_>>(), versions.clone());
            let known = |versions: &mut dyn Iterator<Item = Version<'_>>| versions.map(|version| version.known).collect::<Vec<_>>();
            prop_assert_eq!(known(&mut history.versions()), known(&mut versions.iter().copied()));
            let at_once: Vec<Version<'_>> = versions.iter().map(|version| Version { known: print_at_once(version.time), ..*version }).collect();
            let at_once = History::of_versions(b"key", &at_once).expect("at least one");
            prop_assert_eq!(history.told(), at_once.stored());
            prop_assert_eq!(history.key(), b"key");
            prop_assert_eq!(Some(history.last()), versions.last().copied());
            let again = History::from_stored(b"key", history.stored()).expect("undamaged");
            prop_assert_eq!(again.last(), history.last());
            prop_assert_eq!(again.stored(), history.stored());
            let mut pushed = History::new(b"key", &versions[0]);
            versions[1..].iter().for_each(|version| pushed.push(version));
            prop_assert_eq!(pushed.stored(), history.stored());
        }

        #[test]
        fn damaged_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = History::from_stored(b"k", &bytes);
        }
    }
}
