//! The retransmission clock of a thin TCP flow (RFC 6298, with the probe of RFC 8985): a byte-stream link loses nothing,
//! but loss takes time. Knows round trips and attempts, no bytes.
//!
//! It is Linux's, as measured at packet level: the time-out is the round trip and at least 200 ms more, and the first
//! attempt is a probe that does not double it. So attempts are once, twice, four times the time-out behind the first.

/// What Linux adds to the round trip at least, µs (TCP_RTO_MIN).
const LEAST_US: u64 = 200_000;
/// Longest one, µs.
const MOST_US: u64 = 120_000_000;

/// The clock of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rto {
    smoothed_us: u64,
    variation_us: u64,
}

impl Rto {
    /// A round trip was seen.
    pub(crate) fn sample(&mut self, round_trip_us: u64) {
        if self.smoothed_us == 0 {
            self.smoothed_us = round_trip_us;
            self.variation_us = round_trip_us / 2;
            return;
        }
        let off = self.smoothed_us.abs_diff(round_trip_us);
        self.variation_us = (3 * self.variation_us + off) / 4;
        self.smoothed_us = (7 * self.smoothed_us + round_trip_us) / 8;
    }

    /// The time-out of the first attempt, µs.
    pub(crate) fn timeout_us(&self) -> u64 {
        (self.smoothed_us + (4 * self.variation_us).max(LEAST_US)).min(MOST_US)
    }

    /// How late a segment is that was lost so many times in a row, µs.
    pub(crate) fn late_us(&self, losses: u64) -> u64 {
        (0..losses).fold(0, |late_us, attempt| late_us + self.wait_us(attempt))
    }

    /// When a segment that was sent first at `first_us` is sent again for the first time at or after `back_us`, µs.
    pub(crate) fn resumes_us(&self, first_us: u64, back_us: u64) -> u64 {
        let (mut at_us, mut attempt) = (first_us, 0);
        while at_us < back_us {
            at_us = at_us.saturating_add(self.wait_us(attempt));
            attempt += 1;
        }
        at_us
    }

    /// How long after attempt `attempt` (0: the first sending) the next one is, µs.
    fn wait_us(&self, attempt: u64) -> u64 {
        // The probe comes after one time-out and the next attempt after another one; only then they double.
        let doublings = attempt.saturating_sub(1).min(20);
        (self.timeout_us() << doublings).min(MOST_US)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_double_their_distance_behind_the_probe() {
        let mut rto = Rto::default();
        (0..100).for_each(|_| rto.sample(100_000));
        assert_eq!(rto.timeout_us(), 300_000);
        assert_eq!([0, 1, 2, 3, 4].map(|n| rto.late_us(n)), [0, 300_000, 600_000, 1_200_000, 2_400_000]);
        // Attempts at 0.3, 0.6, 1.2, 2.4, 4.8 s behind the first.
        assert_eq!(rto.resumes_us(1_000_000, 3_400_000), 3_400_000);
        assert_eq!(rto.resumes_us(1_000_000, 3_400_001), 5_800_000);
        assert_eq!(rto.resumes_us(5, 5), 5);
        // Never more than two minutes apart.
        assert_eq!(rto.late_us(40) - rto.late_us(39), MOST_US);
    }

    #[test]
    fn what_varies_is_waited_for_longer() {
        let mut rto = Rto::default();
        (0..100).for_each(|n| rto.sample(if n % 2 == 0 { 100_000 } else { 500_000 }));
        assert!(rto.timeout_us() > 900_000, "{}", rto.timeout_us());
    }
}
