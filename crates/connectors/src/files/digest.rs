//! The hash of what was consumed of a file: 64 KiB blocks, each hashed with the hash before it as its seed,
//! so that it goes on after a restart by reading the last block alone. Not a defence against forgery.

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

/// Bytes in a block of the chain.
pub(super) const BLOCK_BYTES: usize = 64 * 1024;

/// The most of a file's beginning that its head's hash covers.
pub(super) const HEAD_BYTES: usize = 4096;

/// What a [`Chain`] says of the bytes before an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Digest {
    /// The whole blocks, chained; 0 when there is none yet.
    pub(super) blocks: u64,
    /// The last, partial block, seeded by `blocks`.
    pub(super) rest: u64,
    /// The first `min(HEAD_BYTES, offset)` bytes.
    pub(super) head: u64,
}

/// Hashes a file's bytes as they are consumed, in order.
pub(super) struct Chain {
    blocks: u64,
    rest: Xxh3,
    rest_len: usize,
    head: Head,
}

enum Head {
    Growing(Vec<u8>),
    Whole(u64),
}

impl Chain {
    /// At the start of a file.
    pub(super) fn new() -> Self {
        Self {
            blocks: 0,
            rest: Xxh3::with_seed(0),
            rest_len: 0,
            head: Head::Growing(Vec::new()),
        }
    }

    /// Goes on behind `rest`, the bytes of the last, partial block, when they are those of `digest`.
    pub(super) fn resume(offset: u64, digest: Digest, rest: &[u8]) -> Option<Self> {
        let head = if offset < HEAD_BYTES as u64 {
            Head::Growing(rest.to_vec())
        } else {
            Head::Whole(digest.head)
        };
        let mut chain = Self {
            blocks: digest.blocks,
            rest: Xxh3::with_seed(digest.blocks),
            rest_len: rest.len(),
            head,
        };
        chain.rest.update(rest);
        (chain.digest() == digest).then_some(chain)
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        if let Head::Growing(head) = &mut self.head {
            let taken = bytes.len().min(HEAD_BYTES - head.len());
            head.extend_from_slice(&bytes[..taken]);
            if head.len() == HEAD_BYTES {
                self.head = Head::Whole(xxh3_64(head));
            }
        }
        while !bytes.is_empty() {
            let (part, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.rest_len));
            bytes = later;
            if part.len() == BLOCK_BYTES {
                self.begin_block(xxh3_64_with_seed(part, self.blocks));
                continue;
            }
            self.rest.update(part);
            self.rest_len += part.len();
            if self.rest_len == BLOCK_BYTES {
                self.begin_block(self.rest.digest());
            }
        }
    }

    fn begin_block(&mut self, blocks: u64) {
        self.blocks = blocks;
        self.rest = Xxh3::with_seed(blocks);
        self.rest_len = 0;
    }

    /// The hash of everything taken so far.
    pub(super) fn digest(&self) -> Digest {
        Digest {
            blocks: self.blocks,
            rest: self.rest.digest(),
            head: match &self.head {
                Head::Growing(head) => xxh3_64(head),
                Head::Whole(hash) => *hash,
            },
        }
    }

    /// The head's hash, once the head is whole.
    pub(super) fn whole_head(&self) -> Option<u64> {
        match &self.head {
            Head::Growing(_) => None,
            Head::Whole(hash) => Some(*hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digest_of(bytes: &[u8]) -> Digest {
        let mut chain = Chain::new();
        chain.update(bytes);
        chain.digest()
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            len in 0usize..300_000,
            cuts in prop::collection::vec(0usize..300_000, 0..6),
        ) {
            let bytes: Vec<u8> = (0..len).map(|at| (at * 31 % 251) as u8).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(len)).collect();
            cuts.push(len);
            cuts.sort_unstable();
            let mut chain = Chain::new();
            let mut start = 0;
            for cut in cuts {
                chain.update(&bytes[start..cut]);
                start = cut;
                let digest = chain.digest();
                prop_assert_eq!(digest, digest_of(&bytes[..cut]));
                let rest = &bytes[cut - cut % BLOCK_BYTES..cut];
                chain = Chain::resume(cut as u64, digest, rest).expect("the same bytes");
            }
        }

        #[test]
        fn any_changed_byte_shows(len in 1usize..200_000, at in 0usize..200_000) {
            let mut bytes = vec![7u8; len];
            let before = digest_of(&bytes);
            bytes[at % len] = 8;
            let after = digest_of(&bytes);
            prop_assert_ne!((before.blocks, before.rest), (after.blocks, after.rest));
        }
    }

    #[test]
    fn another_last_block_does_not_resume() {
        let digest = digest_of(b"abc");
        assert!(Chain::resume(3, digest, b"abd").is_none());
    }
}
