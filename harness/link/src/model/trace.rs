//! A recorded link: the moments at which it could deliver a packet, in Mahimahi's format (one whole number a line, ms).
//! Knows no files.

/// Bytes of one opportunity.
pub(crate) const OPPORTUNITY: u64 = 1504;

/// Longest trace, ms: a week. Far beyond it times could not be counted in microseconds.
const MOST_MS: u64 = 7 * 24 * 3_600_000;

/// Delivery opportunities, repeated for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Times within a period, rising, ms.
    at_ms: Vec<u64>,
    /// The last time, which is where it starts over, ms.
    period_ms: u64,
}

/// Why a trace can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// A line is no whole number of milliseconds.
    #[error("line {0}: `{1}` is no whole number of milliseconds")]
    NoNumber(usize, String),
    /// Time goes back.
    #[error("line {0}: the times of a trace never go back")]
    Backwards(usize),
    /// It is longer than a week.
    #[error("line {0}: {1} ms is more than a week")]
    TooLong(usize, u64),
    /// There is no opportunity, or all are at 0.
    #[error("a trace needs a line, and must end later than at 0 ms")]
    Empty,
}

impl Trace {
    /// Reads the format.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let mut at_ms: Vec<u64> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let word = line.trim();
            if word.is_empty() {
                continue;
            }
            let shown = || word.chars().take(40).collect();
            let ms = word.parse().map_err(|_| TraceError::NoNumber(index + 1, shown()))?;
            if at_ms.last().is_some_and(|last| *last > ms) {
                return Err(TraceError::Backwards(index + 1));
            }
            if ms > MOST_MS {
                return Err(TraceError::TooLong(index + 1, ms));
            }
            at_ms.push(ms);
        }
        let period_ms = at_ms.last().copied().filter(|ms| *ms > 0).ok_or(TraceError::Empty)?;
        Ok(Self { at_ms, period_ms })
    }

    /// Mean rate, bit/s.
    pub fn mean_bit_per_s(&self) -> u64 {
        self.at_ms.len() as u64 * OPPORTUNITY * 8 * 1000 / self.period_ms
    }

    /// The first moment with opportunities at or after this time, µs, and how many bytes they carry together.
    pub(crate) fn next(&self, now_us: u64) -> (u64, u64) {
        let now_ms = now_us.div_ceil(1000);
        let (turn, within_ms) = (now_ms / self.period_ms, now_ms % self.period_ms);
        // The end of a period is also the beginning of the next one.
        if within_ms == 0 && turn > 0 {
            return (now_ms * 1000, self.bytes_at(0) + self.bytes_at(self.period_ms));
        }
        let next_ms = self
            .at_ms
            .get(self.at_ms.partition_point(|ms| *ms < within_ms))
            .copied()
            .unwrap_or(self.period_ms);
        let wraps = if next_ms == self.period_ms { self.bytes_at(0) } else { 0 };
        ((turn * self.period_ms + next_ms) * 1000, self.bytes_at(next_ms) + wraps)
    }

    fn bytes_at(&self, ms: u64) -> u64 {
        let from = self.at_ms.partition_point(|other| *other < ms);
        let count = self.at_ms[from..].partition_point(|other| *other <= ms);
        count as u64 * OPPORTUNITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opportunities_repeat_behind_the_last() {
        let trace = Trace::parse("0\n5\n5\n20\n").unwrap();
        assert_eq!(trace.mean_bit_per_s(), 4 * 1504 * 8 * 50);
        let one = OPPORTUNITY;
        let next = [0, 1, 5_000, 5_001, 20_000, 20_001, 39_999, 40_001].map(|at_us| trace.next(at_us));
        let twice =
            [(20_000, 2 * one), (20_000, 2 * one), (25_000, 2 * one), (40_000, 2 * one), (45_000, 2 * one)];
        assert_eq!(next[..3], [(0, one), (5_000, 2 * one), (5_000, 2 * one)]);
        assert_eq!(next[3..], twice);
    }

    #[test]
    fn a_wrong_trace_is_refused() {
        assert_eq!(Trace::parse("3\nx\n"), Err(TraceError::NoNumber(2, "x".to_owned())));
        assert_eq!(Trace::parse("3\n2\n"), Err(TraceError::Backwards(2)));
        assert_eq!(Trace::parse("\n0\n"), Err(TraceError::Empty));
        let far = "2305843009213693952";
        assert_eq!(Trace::parse(&format!("1\n{far}\n")), Err(TraceError::TooLong(2, 1 << 61)));
        assert_eq!(Trace::parse(&(MOST_MS + 1).to_string()), Err(TraceError::TooLong(1, MOST_MS + 1)));
        assert!(Trace::parse(&MOST_MS.to_string()).is_ok());
    }
}
