//! Chance with an address: every decision has its own stream, so that no edit re-rolls another. Knows no toxics.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// One stream of chance.
#[derive(Clone, Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream that belongs to these names under this seed.
    pub(super) fn new(seed: u64, names: &[&str]) -> Self {
        // FNV-1a: the same on every platform and release, which the standard library's hasher does not promise.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
        let mut feed = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        for name in names {
            name.bytes().for_each(&mut feed);
            feed(0xff);
        }
        seed.to_le_bytes().into_iter().for_each(&mut feed);
        Self(ChaCha8Rng::seed_from_u64(hash))
    }

    /// Uniform in `0..bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// Uniform in `-spread..spread`; 0 where the spread is 0.
    pub(super) fn around(&mut self, spread: u64) -> i64 {
        let spread = spread.min(1 << 62);
        let drawn = i128::from(self.below(spread * 2)) - i128::from(spread);
        if spread == 0 { 0 } else { i64::try_from(drawn).unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    fn some(seed: u64, names: &[&str]) -> Vec<u64> {
        let mut dice = Dice::new(seed, names);
        (0..8).map(|_| dice.below(1000)).collect()
    }

    #[test]
    fn a_stream_is_its_seed_and_its_names() {
        assert_eq!(some(1, &["a", "b"]), some(1, &["a", "b"]));
        assert_ne!(some(1, &["a", "b"]), some(2, &["a", "b"]));
        assert_ne!(some(1, &["a", "b"]), some(1, &["ab"]));
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut dice = Dice::new(7, &[]);
        let drawn: Vec<i64> = (0..2000).map(|_| dice.around(10)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-10), Some(&9)));
        assert_eq!((dice.around(0), dice.below(0)), (0, 0));
    }
}
