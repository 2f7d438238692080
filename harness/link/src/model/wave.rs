//! A log-normal quantity that remembers itself: AR(1) in the logarithm, one value a step. Knows not what it measures.

use super::{
    dice::Dice,
    fixed::{self, Fx, ONE},
};

/// The numbers of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaveShape {
    /// The median.
    pub(crate) median: u64,
    /// Standard deviation of the logarithm.
    pub(crate) sigma: Fx,
    /// Correlation from one step to the next.
    pub(crate) correlation: Fx,
    /// One step, µs.
    pub(crate) step_us: u64,
}

/// The quantity over time. It depends on the time since it began only, never on who asks how often.
#[derive(Debug)]
pub(crate) struct Wave {
    pub(crate) shape: WaveShape,
    pub(crate) dice: Dice,
    /// When it begins, µs.
    origin_us: u64,
    /// How much of each step is new.
    fresh: Fx,
    /// Steps taken, the first at the beginning.
    steps: u64,
    deviation: Fx,
    value: u64,
}

impl Wave {
    pub(crate) fn new(shape: WaveShape, dice: Dice, origin_us: u64) -> Self {
        let fresh = fixed::sqrt(ONE - fixed::mul(shape.correlation, shape.correlation));
        Self { shape, dice, origin_us, fresh, steps: 0, deviation: 0, value: shape.median }
    }

    /// The value at this time. Time does not go back: what was passed stays.
    pub(crate) fn at(&mut self, now_us: u64) -> u64 {
        if self.shape.sigma == 0 {
            return self.shape.median;
        }
        let wanted = now_us.saturating_sub(self.origin_us) / self.shape.step_us + 1;
        while self.steps < wanted {
            self.step();
        }
        self.value
    }

    /// When the value changes next, µs.
    pub(crate) fn changes_us(&self) -> u64 {
        if self.shape.sigma == 0 { u64::MAX } else { self.origin_us + self.steps * self.shape.step_us }
    }

    fn step(&mut self) {
        let (shape, first, fresh) = (self.shape, self.steps == 0, self.fresh);
        let deviation = &mut self.deviation;
        self.steps += 1;
        self.value = self.dice.decide(|draw| {
            let new = draw.normal();
            // The first value is drawn from where the process settles, so that no warm-up is needed.
            *deviation =
                if first { new } else { fixed::mul(shape.correlation, *deviation) + fixed::mul(fresh, new) };
            fixed::times_exp(shape.median, fixed::mul(shape.sigma, *deviation))
        });
    }
}
