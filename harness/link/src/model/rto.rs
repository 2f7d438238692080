//! The retransmission clock of a thin TCP flow (RFC 6298): a byte-stream link loses nothing, but loss takes time.
//! Knows round trips and attempts, no bytes.

/// Shortest time-out that Linux uses, µs.
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
        (self.smoothed_us + 4 * self.variation_us).clamp(LEAST_US, MOST_US)
    }

    /// How late a segment is that was lost so many times in a row, µs.
    pub(crate) fn late_us(&self, losses: u64) -> u64 {
        let mut timeout = self.timeout_us();
        let mut late = 0u64;
        for _ in 0..losses {
            late += timeout;
            timeout = (timeout * 2).min(MOST_US);
        }
        late
    }

    /// When a segment that was sent first at `first_us` is sent again for the first time at or after `back_us`, µs.
    pub(crate) fn resumes_us(&self, first_us: u64, back_us: u64) -> u64 {
        let mut timeout = self.timeout_us();
        let mut at = first_us;
        while at < back_us {
            at = at.saturating_add(timeout);
            timeout = (timeout * 2).min(MOST_US);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_double_their_distance() {
        let mut rto = Rto::default();
        (0..100).for_each(|_| rto.sample(100_000));
        assert_eq!(rto.timeout_us(), LEAST_US);
        assert_eq!((rto.late_us(0), rto.late_us(1), rto.late_us(3)), (0, 200_000, 1_400_000));
        // Attempts at 0.2, 0.6, 1.4, 3.0, 6.2 s behind the first.
        assert_eq!(rto.resumes_us(1_000_000, 4_000_000), 4_000_000);
        assert_eq!(rto.resumes_us(1_000_000, 4_000_001), 7_200_000);
        assert_eq!(rto.resumes_us(5, 5), 5);
    }
}
