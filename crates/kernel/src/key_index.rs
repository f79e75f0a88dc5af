//! A hash index from bytes to numbers that cannot be iterated, so that no output can depend on its order.
//! The only place in the kernel that names a hash table.
#![expect(clippy::disallowed_types, reason = "the wrapper that cannot be walked")]

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The hash of a feed's key, the same on every machine.
#[inline]
#[must_use]
pub fn hash_key(seed: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, seed)
}

/// Finds numbers by hash; the caller holds the keys and says which candidate is meant.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    table: HashTable<(u32, u32)>,
}

impl KeyIndex {
    /// An index with room for `count` numbers.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self {
            table: HashTable::with_capacity(count),
        }
    }

    /// The number stored under `hash` for which `is_it` says yes.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let check = hash as u32;
        self.table
            .find(hash, |&(low, number)| low == check && is_it(number))
            .map(|&(_, number)| number)
    }

    /// A number that may be stored under `hash`, by 32 bits of it alone.
    #[inline]
    pub(crate) fn candidate(&self, hash: u64) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// Stores `number` under `hash`. `hash_of` gives the full hash of a stored number when the table grows.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        self.table
            .insert_unique(hash, (hash as u32, number), |&(_, number)| hash_of(number));
    }
}
