//! One direction of a modem: how long bytes travel, and when they are served. Knows no paths and no faults.

use super::{
    airtime::Airtime,
    ar1_process::Ar1Process,
    coverage::Coverage,
    decision::{MOST_LOSSES, Process},
    fixed::{self, Fx, ONE},
    interruptions::{Cause, Gap, Interruptions, Source},
    rng_stream::{Chance, RngStream},
    rto::Rto,
    shape::{LaneShape, SEGMENT, Service},
};
use crate::Direction;

/// Bits per byte times microseconds per second: work is counted so that a rate of 1 bit/s does one unit in 1 µs.
const WORK_PER_BYTE: u128 = 8_000_000;

/// When something is served, and what kept it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    /// The server is free for the next.
    pub(crate) done_us: u64,
    /// It leaves the link.
    pub(crate) leaves_us: u64,
    /// The longest gap that it waited for, and for how long, µs.
    pub(crate) kept: Option<(Cause, u64)>,
    /// How often it was lost.
    pub(crate) losses: u64,
    /// It was lost for want of coverage, which is back then, µs.
    pub(crate) lost: Option<(Cause, u64)>,
    /// Bytes of a stream were lost, and their sender tries again then, µs: nothing has left yet.
    pub(crate) again_us: Option<u64>,
    /// Under this number it can be given up.
    pub(crate) turn: u64,
}

impl Served {
    fn at(from_us: u64) -> Self {
        let (done_us, leaves_us) = (from_us, from_us);
        Self { done_us, leaves_us, kept: None, losses: 0, lost: None, again_us: None, turn: 0 }
    }

    fn keep(&mut self, cause: Cause, kept_us: u64) {
        if self.kept.is_none_or(|(_, longest_us)| longest_us < kept_us) {
            self.kept = Some((cause, kept_us));
        }
    }
}

/// One direction.
#[derive(Debug)]
pub(crate) struct Lane {
    delay: Option<Ar1Process>,
    rate: Option<Box<Ar1Process>>,
    stall: Option<Interruptions>,
    loss: RngStream,
    pub(crate) rto: Rto,
    shape: LaneShape,
}

impl Lane {
    pub(crate) fn new(shape: &LaneShape, origin_us: u64, direction: Direction, chance: &mut Chance) -> Self {
        let loss = chance.take(Process::Loss, Some(direction));
        let (rto, shape) = (Rto::default(), shape.clone());
        let mut lane = Self { delay: None, rate: None, stall: None, loss, rto, shape };
        lane.begin(origin_us, direction, chance);
        lane
    }

    /// Other numbers from now on. Every process whose numbers stay goes on, the others begin where their streams stand.
    pub(crate) fn change(
        &mut self,
        shape: &LaneShape,
        now_us: u64,
        direction: Direction,
        chance: &mut Chance,
    ) {
        let old = std::mem::replace(&mut self.shape, shape.clone());
        if old.delay != shape.delay {
            chance.park_all(self.delay.take().map(|process| process.end(now_us)));
        }
        if old.service != shape.service {
            chance.park_all(self.rate.take().map(|process| process.end(now_us)));
        }
        if old.stall != shape.stall {
            chance.park_all(self.stall.take().map(|gaps| gaps.end(now_us)));
        }
        self.begin(now_us, direction, chance);
    }

    /// Begins each process that has numbers and does not go on.
    fn begin(&mut self, origin_us: u64, direction: Direction, chance: &mut Chance) {
        let mut own = |process| chance.take(process, Some(direction));
        if let (None, Some(shape)) = (&self.delay, self.shape.delay) {
            self.delay = Some(Ar1Process::new(shape, own(Process::Delay), origin_us));
        }
        if let (None, Service::Rate(shape)) = (&self.rate, &self.shape.service) {
            self.rate = Some(Box::new(Ar1Process::new(*shape, own(Process::Rate), origin_us)));
        }
        if let (None, Some(shape)) = (&self.stall, self.shape.stall) {
            self.stall = Some(Interruptions::new(Source::Stall(shape), own(Process::Stall), origin_us));
        }
    }

    pub(crate) fn end(self, now_us: u64, chance: &mut Chance) {
        let waves = self.delay.into_iter().chain(self.rate.map(|process| *process));
        chance.park_all(waves.map(|process| process.end(now_us)));
        chance.park_all(self.stall.map(|gaps| gaps.end(now_us)));
        chance.park_all([self.loss]);
    }

    /// No earlier time will be asked for.
    pub(crate) fn settle(&mut self, now_us: u64) {
        if let Some(delay) = &mut self.delay {
            delay.settle(now_us);
        }
        if let Some(rate) = &mut self.rate {
            rate.settle(now_us);
        }
        if let Some(stall) = &mut self.stall {
            stall.settle(now_us);
        }
    }

    /// How long bytes travel that start now, µs.
    pub(crate) fn travel_us(&mut self, now_us: u64) -> u64 {
        self.shape.floor_us + self.delay.as_mut().map_or(0, |process| process.at(now_us))
    }

    /// Serves this many bytes of a stream from `from_us` on: those that are lost come again by the retransmission clock.
    pub(crate) fn serve(
        &mut self,
        from_us: u64,
        bytes: usize,
        coverage: &mut Coverage,
        air: &mut Airtime<'_>,
    ) -> Served {
        let mut served = self.through(from_us, bytes, coverage, air);
        match served.lost.take() {
            Some((cause, back_us)) => {
                let again_us = self.rto.resumes_us(served.done_us, back_us);
                served.keep(cause, again_us - served.done_us);
                served.again_us = Some(again_us);
            }
            None => {
                served.losses = self.losses(bytes);
                served.leaves_us = served.done_us + self.rto.late_us(served.losses);
                if served.losses > 0 {
                    self.past_gaps(&mut served, coverage);
                }
            }
        }
        served
    }

    /// What is sent again meets the gaps that are then: it waits for the end, or is lost once more and tried again.
    fn past_gaps(&mut self, served: &mut Served, coverage: &mut Coverage) {
        while let Some(gap) = self.gap(served.leaves_us, coverage).filter(|g| g.from_us <= served.leaves_us) {
            if gap.cause.loses() {
                let again_us = self.rto.resumes_us(served.done_us, gap.to_us);
                served.keep(gap.cause, again_us - served.leaves_us);
                served.again_us = Some(again_us);
                return;
            }
            served.keep(gap.cause, gap.to_us - served.leaves_us);
            served.leaves_us = gap.to_us;
        }
    }

    /// Serves one packet from `from_us` on, or loses it.
    pub(crate) fn pass(
        &mut self,
        from_us: u64,
        bytes: usize,
        coverage: &mut Coverage,
        air: &mut Airtime<'_>,
    ) -> Served {
        let mut served = self.through(from_us, bytes, coverage, air);
        let probability = self.shape.loss;
        if served.lost.is_none() && probability > 0 {
            served.losses = self.loss.decide(|draw| u64::from(draw.happens(probability)));
        }
        served
    }

    /// Serves from `from_us` on until it is done, or lost in a gap.
    fn through(
        &mut self,
        from_us: u64,
        bytes: usize,
        coverage: &mut Coverage,
        air: &mut Airtime<'_>,
    ) -> Served {
        let mut served = Served::at(from_us);
        let mut left = bytes as u128 * WORK_PER_BYTE;
        let mut now_us = from_us;
        loop {
            let next_gap_us = match self.gap(now_us, coverage) {
                Some(gap) if gap.from_us <= now_us && gap.cause.loses() => {
                    served.lost = Some((gap.cause, gap.to_us));
                    break;
                }
                Some(gap) if gap.from_us <= now_us => {
                    served.keep(gap.cause, gap.to_us - now_us);
                    now_us = gap.to_us;
                    continue;
                }
                Some(gap) => gap.from_us,
                None => u64::MAX,
            };
            if self.work(&mut now_us, next_gap_us, &mut left, air) {
                break;
            }
        }
        (served.done_us, served.leaves_us) = (now_us, now_us);
        served
    }

    /// Works until it is done (`true`) or the gap begins.
    fn work(&mut self, now_us: &mut u64, gap_us: u64, left: &mut u128, air: &mut Airtime<'_>) -> bool {
        while *left > 0 {
            let (free_us, taken_us) = air.free(*now_us);
            if free_us >= gap_us {
                *now_us = gap_us;
                return false;
            }
            *now_us = free_us;
            if let Some(process) = &mut self.rate {
                let rate = u128::from(process.at(*now_us).max(1));
                let until_us = process.changes_us(*now_us).min(gap_us).min(taken_us);
                let span_us = u128::from(until_us - *now_us).min(left.div_ceil(rate));
                *left = left.saturating_sub(span_us * rate);
                air.reserve(*now_us, *now_us + span_us as u64);
                *now_us += span_us as u64;
            } else if let Service::Trace(trace) = &self.shape.service {
                let (at_us, bytes) = trace.next(*now_us);
                if at_us >= taken_us.min(gap_us) {
                    *now_us = taken_us.min(gap_us);
                    continue;
                }
                let room = bytes.saturating_sub(air.taken_at(at_us));
                *now_us = if room == 0 { at_us + 1 } else { at_us };
                let taken = (u128::from(room) * WORK_PER_BYTE).min(*left);
                *left -= taken;
                if taken > 0 {
                    air.take(at_us, (taken / WORK_PER_BYTE) as u64);
                }
            } else {
                *left = 0;
            }
        }
        true
    }

    fn losses(&mut self, bytes: usize) -> u64 {
        let probability = self.shape.loss;
        if bytes == 0 || probability == 0 {
            return 0;
        }
        let segments = bytes.div_ceil(SEGMENT) as u64;
        self.loss.decide(|draw| {
            let part = draw.part();
            (1..=MOST_LOSSES).take_while(|times| part < any_lost(probability, *times, segments)).count()
                as u64
        })
    }

    /// The gap at this time or the next one, over all sources.
    fn gap(&mut self, now_us: u64, coverage: &mut Coverage) -> Option<Gap> {
        let stall = self.stall.as_mut().and_then(|gaps| gaps.at(now_us));
        stall.into_iter().chain(coverage.gap(now_us)).min_by_key(|gap| gap.from_us)
    }

    /// Every stream of its own.
    pub(crate) fn rng_streams(&mut self) -> impl Iterator<Item = &mut RngStream> {
        let delay = self.delay.as_mut().map(|process| &mut process.rng);
        let rate = self.rate.as_mut().map(|process| &mut process.rng);
        let stall = self.stall.as_mut().map(|gaps| &mut gaps.rng);
        [delay, rate, stall, Some(&mut self.loss)].into_iter().flatten()
    }
}

/// The probability that at least one of these many segments is lost so many times in a row.
fn any_lost(probability: Fx, times: u64, segments: u64) -> Fx {
    ONE - power(ONE - power(probability, times), segments)
}

fn power(base: Fx, exponent: u64) -> Fx {
    let (mut base, mut left, mut product) = (base, exponent, ONE);
    while left > 0 {
        if left & 1 == 1 {
            product = fixed::mul(product, base);
        }
        base = fixed::mul(base, base);
        left >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lost_segment_of_many_makes_it_late() {
        let float = |x: Fx| x as f64 / ONE as f64;
        for p in [1e-6, 1e-4, 0.001, 0.02, 0.5] {
            for n in [1, 2, 193] {
                for k in [1, 2] {
                    let asked = 1.0 - (1.0 - f64::powi(p, k)).powi(n);
                    let got = float(any_lost(fixed::fx(p), k as u64, n as u64));
                    assert!((got - asked).abs() < 1e-3 * asked + 1e-7, "{p} {n} {k}: {got} {asked}");
                }
            }
        }
    }
}
