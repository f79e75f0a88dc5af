//! Counts of values per fixed bucket of 1/64 octave, kept for areas of many leaves: a quantile first finds
//! its bucket by counting, then only that bucket's values are gathered. Exact, since buckets keep order.

/// The bucket of a sort key that is the bit pattern of a non-negative `f64`.
#[inline]
pub(crate) fn bucket_of_real(bits: u64) -> u32 {
    // 52 bits of mantissa less the 6 that split an octave in 64.
    (bits >> 46) as u32
}

/// The smallest real key of a bucket.
#[inline]
pub(crate) fn bucket_start(bucket: u32) -> u64 {
    u64::from(bucket) << 46
}

/// A growing window of counts.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    first: u32,
    counts: Vec<u32>,
}

impl Buckets {
    /// Counts `change` more values.
    #[inline]
    pub(crate) fn add(&mut self, bucket: u32, change: i32) {
        let at = bucket.wrapping_sub(self.first) as usize;
        if at >= self.counts.len() {
            self.make_room(bucket);
        }
        let count = &mut self.counts[(bucket - self.first) as usize];
        *count = count.wrapping_add_signed(change);
        debug_assert!(
            *count < 1 << 31,
            "a value is taken back that was never counted"
        );
    }

    #[cold]
    fn make_room(&mut self, bucket: u32) {
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let grow = (self.first - bucket) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, grow));
            self.first = bucket;
        }
        let at = (bucket - self.first) as usize;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
    }

    /// Bucket and count, in order, empty ones left out.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(at, count)| (self.first + at as u32, *count))
    }
}
