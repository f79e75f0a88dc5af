//! Damaged or hostile bytes end as errors, in every reader of stored bytes.

use freehold_kernel::record::Records;
use freehold_kernel::state::{ListingEntry, Summary};
use freehold_kernel::varint::Reader;
use proptest::prelude::*;

use crate::rows::row;

proptest! {
    #[test]
    fn records_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for record in Records::new(&bytes).flatten() {
            let _ = format!("{record:?}");
        }
    }

    /// A good record with some bytes overwritten: what still decodes can be walked to its end.
    #[test]
    fn damaged_records_never_panic(row in row(), damage in prop::collection::vec((any::<u16>(), any::<u8>()), 1..6)) {
        let mut bytes = row.record();
        for (at, byte) in damage {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        for record in Records::new(&bytes).flatten() {
            if let freehold_kernel::record::Record::Observation(row) = record {
                let _ = (row.profile.fields().count(), row.profile.living_area(), row.profile.local("X_Area"));
            }
        }
    }

    #[test]
    fn stored_state_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Summary::decode(&bytes);
        let mut versioned = vec![1];
        versioned.extend_from_slice(&bytes);
        let _ = Summary::decode(&versioned);
        let mut entry = Vec::new();
        freehold_kernel::varint::put_bytes(&mut entry, &versioned);
        if let Ok(entry) = ListingEntry::next(&mut Reader::new(&entry)) {
            let _ = entry.listing().map(|listing| listing.history.count());
        }
    }
}
