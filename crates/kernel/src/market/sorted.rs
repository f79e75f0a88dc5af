//! A multiset of values with tags, kept sorted in small chunks: an insert moves at most one chunk.
//! Equal values are kept as often as they occur, so that taking one back is exact.

use super::segment::{Segment, Tag};

/// A chunk is split above this many values: 4 KB of keys, so that a move stays in the first cache.
const CHUNK_MAX: usize = 256;

#[derive(Debug, Default)]
struct Chunk {
    keys: Vec<u64>,
    tags: Vec<u8>,
}

/// Sorted values, each with the tag of the home that it belongs to.
#[derive(Debug, Default)]
pub(crate) struct SortedValues {
    chunks: Vec<Chunk>,
    len: usize,
}

impl SortedValues {
    /// The values given.
    pub(crate) fn of_unsorted(mut values: Vec<(u64, u8)>) -> Self {
        values.sort_unstable();
        // Half full, as after a split: the next inserts find room.
        let chunks = values.chunks(CHUNK_MAX / 2).map(|values| Chunk {
            keys: values.iter().map(|value| value.0).collect(),
            tags: values.iter().map(|value| value.1).collect(),
        });
        Self {
            chunks: chunks.collect(),
            len: values.len(),
        }
    }

    /// How many values there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The first chunk that may hold (key, tag) or something after it.
    #[inline]
    fn chunk_for(&self, key: u64, tag: u8) -> usize {
        self.chunks.partition_point(|chunk| {
            let last = chunk.keys.len() - 1;
            (chunk.keys[last], chunk.tags[last]) < (key, tag)
        })
    }

    #[inline]
    fn place_in(chunk: &Chunk, key: u64, tag: u8) -> usize {
        let mut at = chunk.keys.partition_point(|&other| other < key);
        while at < chunk.keys.len() && chunk.keys[at] == key && chunk.tags[at] < tag {
            at += 1;
        }
        at
    }

    /// Puts a value in.
    #[inline]
    pub(crate) fn insert(&mut self, key: u64, tag: Tag) {
        self.len += 1;
        if self.chunks.is_empty() {
            self.chunks.push(Chunk {
                keys: vec![key],
                tags: vec![tag.0],
            });
            return;
        }
        let index = self.chunk_for(key, tag.0).min(self.chunks.len() - 1);
        let chunk = &mut self.chunks[index];
        let at = Self::place_in(chunk, key, tag.0);
        chunk.keys.insert(at, key);
        chunk.tags.insert(at, tag.0);
        if chunk.keys.len() > CHUNK_MAX {
            let upper = Chunk {
                keys: chunk.keys.split_off(CHUNK_MAX / 2),
                tags: chunk.tags.split_off(CHUNK_MAX / 2),
            };
            self.chunks.insert(index + 1, upper);
        }
    }

    /// Takes one occurrence of a value out; false when there is none.
    #[inline]
    #[must_use]
    pub(crate) fn remove(&mut self, key: u64, tag: Tag) -> bool {
        let index = self.chunk_for(key, tag.0);
        let chunks = self.chunks.len();
        let Some(chunk) = self.chunks.get_mut(index) else {
            return false;
        };
        let at = Self::place_in(chunk, key, tag.0);
        if chunk.keys.get(at) != Some(&key) || chunk.tags[at] != tag.0 {
            return false;
        }
        chunk.keys.remove(at);
        chunk.tags.remove(at);
        self.len -= 1;
        if chunk.keys.is_empty() {
            self.chunks.remove(index);
        } else if chunk.keys.len() < CHUNK_MAX / 8 && index + 1 < chunks {
            let room = CHUNK_MAX - chunk.keys.len();
            if self.chunks[index + 1].keys.len() < room / 2 {
                let next = self.chunks.remove(index + 1);
                let chunk = &mut self.chunks[index];
                chunk.keys.extend(next.keys);
                chunk.tags.extend(next.tags);
            }
        }
        true
    }

    /// The value with `rank` others before it.
    pub(crate) fn at(&self, mut rank: usize) -> Option<u64> {
        for chunk in &self.chunks {
            if rank < chunk.keys.len() {
                return Some(chunk.keys[rank]);
            }
            rank -= chunk.keys.len();
        }
        None
    }

    /// How many values lie before each chunk, for [`SortedValues::count_up_to`].
    pub(crate) fn starts(&self) -> Vec<usize> {
        let mut before = 0;
        let starts = self.chunks.iter().map(|chunk| {
            let start = before;
            before += chunk.keys.len();
            start
        });
        starts.collect()
    }

    /// How many values are no greater than `key`.
    pub(crate) fn count_up_to(&self, key: u64, starts: &[usize]) -> usize {
        let is_whole = |chunk: &Chunk| chunk.keys[chunk.keys.len() - 1] <= key;
        let at = self.chunks.partition_point(is_whole);
        let Some(chunk) = self.chunks.get(at) else {
            return self.len;
        };
        starts[at] + chunk.keys.partition_point(|&other| other <= key)
    }

    /// The least and the greatest value.
    pub(crate) fn ends(&self) -> Option<(u64, u64)> {
        let (first, last) = (self.chunks.first()?, self.chunks.last()?);
        Some((first.keys[0], last.keys[last.keys.len() - 1]))
    }

    /// Appends the values of a segment, in order.
    pub(crate) fn gather(&self, segment: Segment, out: &mut Vec<u64>) {
        for chunk in &self.chunks {
            if segment == Segment::All {
                out.extend_from_slice(&chunk.keys);
            } else {
                // Without a branch per value: tags are in no order, so a branch would be guessed wrong often.
                let mut end = out.len();
                out.resize(end + chunk.keys.len(), 0);
                for (key, tag) in chunk.keys.iter().zip(&chunk.tags) {
                    out[end] = *key;
                    end += usize::from(segment.holds(Tag(*tag)));
                }
                out.truncate(end);
            }
        }
    }

    /// Appends the values in `low..high`.
    pub(crate) fn gather_range(&self, low: u64, high: u64, out: &mut Vec<u64>) {
        let first = self
            .chunks
            .partition_point(|chunk| chunk.keys[chunk.keys.len() - 1] < low);
        for chunk in &self.chunks[first..] {
            let from = chunk.keys.partition_point(|&key| key < low);
            let to = chunk.keys.partition_point(|&key| key < high);
            out.extend_from_slice(&chunk.keys[from..to]);
            if to < chunk.keys.len() {
                break;
            }
        }
    }

    /// Each key with its tag, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, u8)> + '_ {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.keys.iter().copied().zip(chunk.tags.iter().copied()))
    }

    /// Each key, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.keys.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_holds_what_a_plain_sorted_list_holds(
            steps in prop::collection::vec((any::<bool>(), 0u64..400, 0u8..3), 0..3000)
        ) {
            let mut sorted = SortedValues::default();
            let mut plain: Vec<(u64, u8)> = Vec::new();
            for (insert, key, tag) in steps {
                if insert || plain.len() < 600 {
                    sorted.insert(key, Tag(tag));
                    plain.push((key, tag));
                } else {
                    let found = plain.iter().position(|entry| *entry == (key, tag));
                    prop_assert_eq!(sorted.remove(key, Tag(tag)), found.is_some());
                    if let Some(at) = found {
                        plain.swap_remove(at);
                    }
                }
            }
            plain.sort_unstable();
            let loaded = SortedValues::of_unsorted(plain.iter().rev().copied().collect());
            prop_assert_eq!(loaded.len(), sorted.len());
            prop_assert!(loaded.entries().eq(sorted.entries()));
            let keys: Vec<u64> = plain.iter().map(|entry| entry.0).collect();
            prop_assert_eq!(sorted.keys().collect::<Vec<_>>(), keys.clone());
            prop_assert_eq!(sorted.len(), keys.len());
            for rank in [0, keys.len() / 2, keys.len().saturating_sub(1)] {
                prop_assert_eq!(sorted.at(rank), keys.get(rank).copied());
            }
            prop_assert_eq!(sorted.ends(), keys.first().copied().zip(keys.last().copied()));
            for key in [0, 150, 399] {
                prop_assert_eq!(sorted.count_up_to(key, &sorted.starts()), keys.iter().filter(|other| **other <= key).count());
            }
            let mut range = Vec::new();
            sorted.gather_range(100, 200, &mut range);
            prop_assert_eq!(range, keys.into_iter().filter(|key| (100..200).contains(key)).collect::<Vec<_>>());
        }
    }
}
