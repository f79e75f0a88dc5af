//! The stored form of a feed's marks. One byte of version, then each file in order of its name: the name
//! less what it shares with the one before, flags, and numbers as differences, about 40 bytes a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use freehold_kernel::varint::{Reader, put_bytes, put_i64, put_u64};

use super::digest::{BLOCK_BYTES, Digest, HEAD_BYTES};
use super::mark::{Mark, Stat, Tail};

const VERSION: u8 = 1;

const UNTERMINATED: u8 = 1;
const SKIPPING: u8 = 2;
const FINISHED: u8 = 4;
const STOPPED: u8 = 8;
const SNAPSHOT_ENDED: u8 = 16;
const SUSPECT: u8 = 32;
/// The offset equals the size.
const WHOLE: u8 = 64;
/// On the device of the file before.
const SAME_DEVICE: u8 = 128;

/// Appends marks one at a time, in ascending order of name.
#[derive(Clone)]
pub(super) struct Encoder {
    out: Vec<u8>,
    name: Arc<str>,
    stat: Stat,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self {
            out: vec![VERSION],
            name: "".into(),
            stat: Stat::default(),
        }
    }

    pub(super) fn push(&mut self, name: &Arc<str>, mark: &Mark) {
        let out = &mut self.out;
        let pairs = self.name.bytes().zip(name.bytes());
        let shared = pairs.take_while(|(before, now)| before == now).count();
        put_u64(out, shared as u64);
        put_bytes(out, &name.as_bytes()[shared..]);
        let mut flags = match mark.tail {
            Tail::Clean => 0,
            Tail::Unterminated => UNTERMINATED,
            Tail::Skipping => SKIPPING,
        };
        for (is_set, flag) in [
            (mark.is_finished, FINISHED),
            (mark.is_stopped, STOPPED),
            (mark.is_snapshot_ended, SNAPSHOT_ENDED),
            (mark.is_suspect, SUSPECT),
            (mark.offset == mark.stat.size, WHOLE),
            (mark.stat.device == self.stat.device, SAME_DEVICE),
        ] {
            if is_set {
                flags |= flag;
            }
        }
        out.push(flags);
        if flags & SAME_DEVICE == 0 {
            put_u64(out, mark.stat.device);
        }
        put_i64(out, mark.stat.inode.wrapping_sub(self.stat.inode) as i64);
        put_i64(out, mark.stat.modified.wrapping_sub(self.stat.modified));
        put_u64(out, mark.stat.size);
        if flags & WHOLE == 0 {
            put_u64(out, mark.offset);
        }
        put_u64(out, mark.lines);
        out.extend_from_slice(&mark.digest.rest.to_le_bytes());
        if mark.offset >= BLOCK_BYTES as u64 {
            out.extend_from_slice(&mark.digest.blocks.to_le_bytes());
        }
        // Up to here the head is the whole of the first block, whose seed is 0: the same hash.
        if mark.offset > HEAD_BYTES as u64 {
            out.extend_from_slice(&mark.digest.head.to_le_bytes());
        }
        self.name = Arc::clone(name);
        self.stat = mark.stat;
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// Reads what [`Encoder`] wrote; `None` for any other bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<BTreeMap<Arc<str>, Mark>> {
    let mut reader = Reader::new(bytes);
    if reader.byte()? != VERSION {
        return None;
    }
    let mut marks = BTreeMap::new();
    let mut name: Vec<u8> = Vec::new();
    let mut before = Stat::default();
    while !reader.is_empty() {
        let shared = usize::try_from(reader.u64()?).ok()?;
        if shared > name.len() {
            return None;
        }
        name.truncate(shared);
        name.extend_from_slice(reader.bytes()?);
        let mark = decode_mark(&mut reader, before)?;
        before = mark.stat;
        marks.insert(Arc::from(std::str::from_utf8(&name).ok()?), mark);
    }
    Some(marks)
}

fn decode_mark(reader: &mut Reader<'_>, before: Stat) -> Option<Mark> {
    let flags = reader.byte()?;
    let is = |flag: u8| flags & flag != 0;
    let device = if is(SAME_DEVICE) {
        before.device
    } else {
        reader.u64()?
    };
    let inode = before.inode.wrapping_add(reader.i64()? as u64);
    let modified = before.modified.wrapping_add(reader.i64()?);
    let size = reader.u64()?;
    let offset = if is(WHOLE) { size } else { reader.u64()? };
    let lines = reader.u64()?;
    let mut hash = |is_stored: bool, otherwise: u64| {
        if is_stored {
            reader.array().map(u64::from_le_bytes)
        } else {
            Some(otherwise)
        }
    };
    let rest = hash(true, 0)?;
    let blocks = hash(offset >= BLOCK_BYTES as u64, 0)?;
    let head = hash(offset > HEAD_BYTES as u64, rest)?;
    Some(Mark {
        stat: Stat {
            device,
            inode,
            size,
            modified,
        },
        offset,
        lines,
        digest: Digest { blocks, rest, head },
        tail: match (is(UNTERMINATED), is(SKIPPING)) {
            (false, false) => Tail::Clean,
            (true, false) => Tail::Unterminated,
            (false, true) => Tail::Skipping,
            (true, true) => return None,
        },
        is_finished: is(FINISHED),
        is_stopped: is(STOPPED),
        is_snapshot_ended: is(SNAPSHOT_ENDED),
        is_suspect: is(SUSPECT),
    })
}

#[cfg(test)]
mod tests {
    use super::super::digest::Chain;
    use super::*;
    use proptest::prelude::*;

    fn mark(numbers: [u64; 5], flags: u8) -> Mark {
        let [device, inode, size, modified, offset] = numbers;
        let mut chain = Chain::new();
        chain.update(&vec![b'x'; (offset % 200_000) as usize]);
        Mark {
            stat: Stat {
                device: device % 3,
                inode,
                size: size % 200_000,
                modified: modified as i64,
            },
            offset: offset % 200_000,
            lines: size,
            digest: chain.digest(),
            tail: [Tail::Clean, Tail::Unterminated, Tail::Skipping][usize::from(flags % 3)],
            is_finished: flags & 4 != 0,
            is_stopped: flags & 8 != 0,
            is_snapshot_ended: flags & 16 != 0,
            is_suspect: flags & 32 != 0,
        }
    }

    proptest! {
        #[test]
        fn marks_come_back_as_they_were(
            files in prop::collection::btree_map("[ab/é]{1,12}", (any::<[u64; 5]>(), any::<u8>()), 0..8),
        ) {
            let marks: BTreeMap<Arc<str>, Mark> = files
                .into_iter()
                .map(|(name, (numbers, flags))| (Arc::from(name), mark(numbers, flags)))
                .collect();
            let mut encoder = Encoder::new();
            for (name, mark) in &marks {
                encoder.push(name, mark);
            }
            prop_assert_eq!(decode(&encoder.finish()), Some(marks));
        }

        #[test]
        fn any_bytes_decode_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let _ = decode(&[&[VERSION][..], &bytes].concat());
        }
    }

    #[test]
    fn a_finished_file_takes_few_bytes() {
        let mut encoder = Encoder::new();
        for number in 0..1000u64 {
            let name = Arc::from(format!("/var/feeds/listings/2026-{number:04}.csv"));
            let mut mark = mark([1, 90_000 + number, 0, number * 1_000_000_000, 3000], 4);
            mark.stat.size = mark.offset;
            encoder.push(&name, &mark);
        }
        let len = encoder.finish().len();
        assert!(len < 1000 * 34, "{len} bytes");
    }
}
