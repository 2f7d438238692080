//! A recorded link: the moments at which it could deliver a packet, in Mahimahi's format (one whole number a line, ms).
//! Knows no files.

/// Bytes of one opportunity.
pub(crate) const OPPORTUNITY: u64 = 1504;

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
            at_ms.push(ms);
        }
        let period_ms = at_ms.last().copied().filter(|ms| *ms > 0).ok_or(TraceError::Empty)?;
        Ok(Self { at_ms, period_ms })
    }

    /// Mean rate, bit/s.
    pub fn mean_bit_per_s(&self) -> u64 {
        self.at_ms.len() as u64 * OPPORTUNITY * 8 * 1000 / self.period_ms
    }

    /// When the `n`-th opportunity is, from 0, µs.
    pub(crate) fn at_us(&self, n: u64) -> u64 {
        let len = self.at_ms.len() as u64;
        (n / len * self.period_ms + self.at_ms[(n % len) as usize]) * 1000
    }

    /// The first opportunity at or after this time.
    pub(crate) fn first_at(&self, now_us: u64) -> u64 {
        let period_us = self.period_ms * 1000;
        let (turn, within_us) = (now_us / period_us, now_us % period_us);
        let index = self.at_ms.partition_point(|ms| ms * 1000 < within_us) as u64;
        // The end of a period is also the beginning of the next one: an opportunity there counts once, at the end.
        let first = turn * self.at_ms.len() as u64 + index;
        match (0..first).rev().take_while(|n| self.at_us(*n) >= now_us).last() {
            Some(earlier) => earlier,
            None => first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opportunities_repeat_behind_the_last() {
        let trace = Trace::parse("0\n5\n5\n20\n").unwrap();
        assert_eq!(trace.mean_bit_per_s(), 4 * 1504 * 8 * 50);
        assert_eq!([0, 1, 2, 3, 4, 5].map(|n| trace.at_us(n)), [0, 5_000, 5_000, 20_000, 20_000, 25_000]);
        assert_eq!([0, 1, 5_000, 5_001, 20_000, 20_001].map(|t| trace.first_at(t)), [0, 1, 1, 3, 3, 5]);
    }

    #[test]
    fn a_wrong_trace_is_refused() {
        assert_eq!(Trace::parse("3\nx\n"), Err(TraceError::NoNumber(2, "x".to_owned())));
        assert_eq!(Trace::parse("3\n2\n"), Err(TraceError::Backwards(2)));
        assert_eq!(Trace::parse("\n0\n"), Err(TraceError::Empty));
    }
}
