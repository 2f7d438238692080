//! A log-normal quantity that remembers itself: AR(1) in the logarithm, one value a step. Knows not what it measures.

use std::collections::VecDeque;

use super::{
    fixed::{self, Fx, ONE},
    rng_stream::RngStream,
};

/// The numbers of such a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ar1Shape {
    /// The median.
    pub(crate) median: u64,
    /// Standard deviation of the logarithm.
    pub(crate) sigma: Fx,
    /// Correlation from one step to the next.
    pub(crate) correlation: Fx,
    /// One step, µs.
    pub(crate) step_us: u64,
}

/// The quantity over time. It depends on the time since it began only, never on who asks how often. So each step is taken,
/// and a link that was asked nothing for a week takes all of them at once: six million for a delay, a second or so.
#[derive(Debug)]
pub(crate) struct Ar1Process {
    pub(crate) shape: Ar1Shape,
    pub(crate) rng: RngStream,
    /// When it begins, µs.
    origin_us: u64,
    /// How much its stream had decided then.
    before: u64,
    /// How much of each step is new.
    fresh: Fx,
    deviation: Fx,
    /// The values that are known, from the one of this number on: of now, and as far ahead as it was looked.
    first: u64,
    values: VecDeque<u64>,
    /// No value before the one of this number will be asked for.
    settled: u64,
}

impl Ar1Process {
    pub(crate) fn new(shape: Ar1Shape, rng: RngStream, origin_us: u64) -> Self {
        let fresh = fixed::sqrt(ONE - fixed::mul(shape.correlation, shape.correlation));
        let (before, values) = (rng.decided(), VecDeque::new());
        let mut process =
            Self { shape, rng, origin_us, before, fresh, deviation: 0, first: 0, values, settled: 0 };
        process.settle(origin_us);
        process
    }

    /// The value at this time.
    pub(crate) fn at(&mut self, now_us: u64) -> u64 {
        if self.shape.sigma == 0 {
            return self.shape.median;
        }
        let wanted = self.number(now_us);
        let mut newest = self.shape.median;
        while self.first + self.values.len() as u64 <= wanted {
            newest = self.step();
            if self.values.is_empty() && self.first < self.settled {
                self.first += 1;
            } else {
                self.values.push_back(newest);
            }
        }
        let at = wanted.saturating_sub(self.first) as usize;
        self.values.get(at).copied().unwrap_or(newest)
    }

    /// When the value of this time changes, µs.
    pub(crate) fn changes_us(&self, now_us: u64) -> u64 {
        match self.shape.sigma {
            0 => u64::MAX,
            _ => self.origin_us + (self.number(now_us) + 1) * self.shape.step_us,
        }
    }

    /// No earlier time will be asked for.
    pub(crate) fn settle(&mut self, now_us: u64) {
        self.settled = self.number(now_us);
        self.rng.settle(self.decided(now_us));
        while self.first < self.settled && self.values.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// It ends: its stream, from which is drawn what belongs to the time until now and no more.
    pub(crate) fn end(mut self, now_us: u64) -> RngStream {
        self.at(now_us);
        self.rng.take_back(self.decided(now_us));
        self.rng
    }

    /// How many decisions of its stream belong to the time until then: each step is one.
    fn decided(&self, until_us: u64) -> u64 {
        match self.shape.sigma {
            0 => self.before,
            _ => self.before + self.number(until_us) + 1,
        }
    }

    fn number(&self, now_us: u64) -> u64 {
        now_us.saturating_sub(self.origin_us) / self.shape.step_us
    }

    fn step(&mut self) -> u64 {
        let (shape, fresh) = (self.shape, self.fresh);
        let first = self.first == 0 && self.values.is_empty();
        let deviation = &mut self.deviation;
        self.rng.decide(|draw| {
            let new = draw.normal();
            // The first value is drawn from where the process settles, so that no warm-up is needed.
            *deviation =
                if first { new } else { fixed::mul(shape.correlation, *deviation) + fixed::mul(fresh, new) };
            fixed::times_exp(shape.median, fixed::mul(shape.sigma, *deviation))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Chance, Process};

    fn process() -> Ar1Process {
        let shape = Ar1Shape { median: 1_000_000, sigma: ONE / 2, correlation: ONE / 2, step_us: 1_000_000 };
        Ar1Process::new(shape, Chance::default().take(Process::Rate, None), 500_000)
    }

    #[test]
    fn looking_ahead_changes_nothing_and_what_is_over_is_forgotten() {
        let (mut one, mut other, mut later) = (process(), process(), process());
        other.at(3_000_000_000);
        later.settle(2_000_000_000);
        for at_us in (0..3_000_000_000).step_by(333_333) {
            let value = one.at(at_us);
            assert_eq!(value, other.at(at_us));
            assert!(at_us < 2_000_000_000 || value == later.at(at_us));
            one.settle(at_us);
            assert!(one.values.len() <= 1);
        }
        assert!(later.values.len() <= 1_001);
        assert_eq!([one, other].map(|process| process.end(2_999_999_999).drawn()), [3_000; 2]);
    }
}
