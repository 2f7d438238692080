//! Chance with an address: every decision has its own stream, so that no edit re-rolls another. Knows no toxics.

use deadzone_link::Fnv;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// One stream of chance.
#[derive(Clone, Debug)]
pub(super) struct RngStream(ChaCha8Rng);

impl RngStream {
    /// The stream that belongs to these names under this seed.
    pub(super) fn new(seed: u64, names: &[&str]) -> Self {
        let with = |hash: Fnv, name: &&str| hash.with(name.as_bytes()).with(&[0xff]);
        let hash = names.iter().fold(Fnv::salted(seed), with).with(&seed.to_le_bytes());
        Self(ChaCha8Rng::seed_from_u64(hash.value()))
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
    use super::RngStream;

    fn some(seed: u64, names: &[&str]) -> Vec<u64> {
        let mut rng = RngStream::new(seed, names);
        (0..8).map(|_| rng.below(1000)).collect()
    }

    #[test]
    fn a_stream_is_its_seed_and_its_names() {
        assert_eq!(some(1, &["a", "b"]), some(1, &["a", "b"]));
        assert_ne!(some(1, &["a", "b"]), some(2, &["a", "b"]));
        assert_ne!(some(1, &["a", "b"]), some(1, &["ab"]));
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut rng = RngStream::new(7, &[]);
        let drawn: Vec<i64> = (0..2000).map(|_| rng.around(10)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-10), Some(&9)));
        assert_eq!((rng.around(0), rng.below(0)), (0, 0));
    }
}
