//! The simulator's own randomness: SplitMix64 as a hash and as a stream, integers only, the same on every
//! platform. Not for secrets.

/// The SplitMix64 finaliser (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#[inline]
pub(super) fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Folds `value` into the hash `seed`: chains of it name a draw by what it is for.
#[inline]
pub(super) fn fold(seed: u64, value: u64) -> u64 {
    mix(seed.wrapping_add(GOLDEN) ^ value.wrapping_mul(GOLDEN).rotate_left(32))
}

/// A stream of draws.
#[derive(Debug, Clone)]
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    /// The stream that starts at `seed`.
    #[inline]
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    #[inline]
    pub(super) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Two values of `0..1000` of one draw.
    #[inline]
    pub(super) fn two_in_thousand(&mut self) -> (u32, u32) {
        let bits = self.bits();
        let scaled = |half: u64| ((half * 1000) >> 32) as u32;
        (scaled(bits >> 32), scaled(bits & 0xffff_ffff))
    }

    /// A value of `0..bound` (0 when `bound` is 0); the bias is below `bound / 2^32`.
    #[inline]
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// A value of `low..=high`.
    #[inline]
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }
}

/// The hash `bits` as a value of `0..bound`.
#[inline]
pub(super) fn place_in(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // First outputs of the reference implementation for seed 1234567.
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.bits(), 6_457_827_717_110_365_317);
        assert_eq!(rng.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn draws_stay_inside_their_bounds() {
        let mut rng = Rng::new(7);
        let draws: Vec<u32> = (0..2000).map(|_| rng.between(3, 9)).collect();
        assert_eq!(draws.iter().min(), Some(&3));
        assert_eq!(draws.iter().max(), Some(&9));
        assert_eq!(rng.below(0), 0);
    }
}
