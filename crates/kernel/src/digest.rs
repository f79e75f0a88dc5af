//! One number for a whole state: a wrapping sum of 128-bit hashes of its parts, so that shards and hosts add
//! up and neither threads nor insertion order show. Positions and receipt times stay outside.

use xxhash_rust::xxh3::xxh3_128;

use crate::market::LeafId;
use crate::quarantine::Norms;
use crate::shard::Shard;
use crate::state::put_event;
use crate::varint::{put_bytes, put_u64};

/// A digest, or a shard's part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest(pub u128);

impl Digest {
    /// Adds another shard's part.
    pub fn add(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }

    fn count(&mut self, bytes: &[u8], times: i64) {
        self.0 = self
            .0
            .wrapping_add(xxh3_128(bytes).wrapping_mul(i128::from(times) as u128));
    }
}

impl Norms {
    /// What these norms add to the digest of a state; once, however many shards share them.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut bytes = vec![b'N'];
        self.put(&mut bytes);
        Digest(xxh3_128(&bytes))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Shard {
    /// This shard's part of the digest: listings, ledgers, and every value and event of its leaves, so that
    /// a derived total that drifted from its listings shows as well.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        let mut bytes = Vec::new();
        for (_, listing) in self.listings().iter() {
            bytes.clear();
            bytes.push(b'L');
            let feed = self
                .plan()
                .feeds
                .get(usize::from(listing.feed.0))
                .map_or("", |rule| &rule.name);
            put_bytes(&mut bytes, feed.as_bytes());
            put_bytes(&mut bytes, listing.history.key());
            put_u64(&mut bytes, u64::from(listing.seen));
            for correction in &listing.corrections {
                put_bytes(&mut bytes, correction.field.as_bytes());
                put_bytes(&mut bytes, correction.text.as_bytes());
            }
            put_bytes(&mut bytes, &listing.history.told());
            digest.count(&bytes, 1);
        }
        for (feed, ledger) in self.ledgers().iter().enumerate() {
            let name = self.plan().feeds.get(feed).map_or("", |rule| &rule.name);
            for (class, count) in ledger.counts().into_iter().enumerate() {
                digest.count(format!("ledger {class} {name}").as_bytes(), count as i64);
            }
        }
        self.digest_markets(&mut digest);
        digest
    }

    fn digest_markets(&self, digest: &mut Digest) {
        let mut bytes = Vec::new();
        for number in 0..self.markets().leaf_count() {
            let leaf = LeafId(number);
            let mut head = vec![b'M'];
            let (kind, names) = self.markets().leaf_names(leaf);
            head.push(kind as u8);
            names.for_each(|name| put_bytes(&mut head, name.as_bytes()));
            self.markets().each_part(leaf, &mut |part, count| {
                bytes.clear();
                bytes.extend_from_slice(&head);
                part.put(&mut bytes);
                digest.count(&bytes, count);
            });
        }
    }
}

/// One part of a leaf's state, with how often it counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LeafPart<'a> {
    /// Class and tag of live homes.
    Stock(u8, u8),
    /// Which value of an active home, its key, and the home's tag.
    StockValue(u8, u64, u8),
    /// An event; the flag says that it came after its day was final.
    Event(&'a crate::market::EventKey, bool),
}

impl LeafPart<'_> {
    fn put(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Stock(class, tag) => bytes.extend_from_slice(&[1, class, tag]),
            Self::StockValue(stock, key, tag) => {
                bytes.extend_from_slice(&[2, stock, tag]);
                bytes.extend_from_slice(&key.to_le_bytes());
            }
            Self::Event(event, apart) => {
                bytes.extend_from_slice(&[3, u8::from(apart)]);
                put_event(bytes, event);
            }
        }
    }
}
