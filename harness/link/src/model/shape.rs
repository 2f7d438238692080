//! The numbers of a link as the model computes with them: whole microseconds, bits and bytes. Knows no files and no words.

use std::sync::Arc;

use super::{
    ar1_process::Ar1Shape,
    fixed::{self, Fx, ONE},
    trace::Trace,
};
use crate::Direction;

/// Everything of a link's model. `None` switches a process off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) up: LaneShape,
    pub(crate) down: LaneShape,
    /// One direction at a time.
    pub(crate) half_duplex: bool,
    pub(crate) outage: Option<OutageShape>,
    pub(crate) handover: Option<HandoverShape>,
    pub(crate) idle: Option<IdleShape>,
    pub(crate) nat: Option<NatShape>,
}

/// One direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LaneShape {
    /// Least propagation delay, µs.
    pub(crate) floor_us: u64,
    /// Delay above the floor, µs.
    pub(crate) delay: Option<Ar1Shape>,
    pub(crate) service: Service,
    /// Most bytes that wait for service.
    pub(crate) queue_bytes: usize,
    /// Probability that a segment is lost, each time that it is sent.
    pub(crate) loss: Fx,
    pub(crate) stall: Option<StallShape>,
}

/// How fast bytes are served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Service {
    /// At once.
    #[default]
    Unlimited,
    /// At this rate, bit/s.
    Rate(Ar1Shape),
    /// At recorded opportunities.
    Trace(Arc<Trace>),
}

/// Service stops now and then; nothing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StallShape {
    /// Mean time of service between two, µs; 0: there is no room for any.
    pub(crate) service_us: u64,
    /// No stall is shorter, µs.
    pub(crate) least_us: u64,
    /// Median of what comes on top, µs, and the deviation of its logarithm.
    pub(crate) median_us: u64,
    pub(crate) sigma: Fx,
    pub(crate) cap_us: u64,
}

/// No coverage: what is sent is lost and sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutageShape {
    pub(crate) when: OutageTimes,
    /// To attach again, µs.
    pub(crate) attach_us: (u64, u64),
    /// Probability of a new address.
    pub(crate) new_address: Fx,
}

/// When outages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutageTimes {
    /// By chance: mean time between them and their length from and to, µs.
    Chance(u64, (u64, u64)),
    /// By a list of beginnings and lengths and the period of it (0: once); the profile comes into force at the third of its
    /// times, µs.
    List(Vec<(u64, u64)>, u64, u64),
}

/// The cell changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HandoverShape {
    pub(crate) every_us: u64,
    /// Always after that time, else that is the mean.
    pub(crate) periodic: bool,
    pub(crate) gap_us: (u64, u64),
    /// Probability that it fails.
    pub(crate) failure: Fx,
    /// The gap then, µs.
    pub(crate) failure_us: (u64, u64),
    /// Probability of a new address.
    pub(crate) new_address: Fx,
}

/// The radio goes to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdleShape {
    /// Silence after which it is idle, µs.
    pub(crate) after_us: u64,
    /// Median time to wake up, µs, and the deviation of its logarithm.
    pub(crate) promotion_us: u64,
    pub(crate) sigma: Fx,
    /// An idle radio listens once in this time, µs; 0: always.
    pub(crate) paging_us: u64,
    /// Silence after which it can't be reached (power saving), µs; 0: never.
    pub(crate) sleep_us: u64,
    /// How often it wakes up by itself then, µs.
    pub(crate) wake_us: u64,
}

/// The address translation forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NatShape {
    /// Silence after which it does, µs.
    pub(crate) idle_us: u64,
    /// It answers with a reset, else it says nothing.
    pub(crate) rst: bool,
}

/// Bytes that are served in one go at least, whatever the rate: a segment.
pub(crate) const SEGMENT: usize = 1360;
/// How much time of service one go takes at most where the rate is high, µs.
const GO_US: u64 = 10_000;
/// Most bytes of one go.
const GO_MAX: u64 = 256 * 1024;

impl Shape {
    pub(crate) fn lane(&self, direction: Direction) -> &LaneShape {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }
}

impl IdleShape {
    /// When a radio that was last active at `active_us` wakes up by itself; `None` if it can be reached now. Power saving
    /// (3GPP TS 24.301, 5.3.11): it sleeps when it has been silent for a while, wakes up in turns, and can be reached for
    /// the same while each time.
    pub(crate) fn wakes_us(&self, active_us: u64, now_us: u64) -> Option<u64> {
        let asleep_us = active_us.saturating_add(self.sleep_us);
        let since_us = now_us.checked_sub(asleep_us).filter(|_| self.sleep_us > 0)?;
        let wake_us = self.wake_us.max(1);
        let (turns, within_us) = (since_us / wake_us, since_us % wake_us);
        let reachable = turns > 0 && within_us < self.sleep_us;
        (!reachable).then(|| asleep_us + (turns + 1) * wake_us)
    }
}

impl LaneShape {
    /// Bytes that are served in one go.
    pub(crate) fn go_bytes(&self) -> usize {
        match &self.service {
            Service::Rate(rate) => {
                let per_go = rate.median / 8 * GO_US / 1_000_000;
                per_go.clamp(SEGMENT as u64, GO_MAX) as usize
            }
            Service::Trace(_) => SEGMENT,
            Service::Unlimited => GO_MAX as usize,
        }
    }

    /// Median delay, µs.
    pub(crate) fn median_us(&self) -> u64 {
        self.floor_us + self.delay.map_or(0, |d| d.median)
    }

    /// Most bytes that a sender may have on the way: what the queue holds, and what travels at this rate meanwhile.
    pub(crate) fn room_bytes(&self) -> usize {
        match &self.service {
            Service::Unlimited => usize::MAX,
            Service::Rate(rate) => {
                let travelling = u128::from(rate.median) * u128::from(self.median_us()) / 8_000_000;
                self.queue_bytes.saturating_add(travelling as usize)
            }
            Service::Trace(trace) => {
                let travelling =
                    u128::from(trace.mean_bit_per_s()) * u128::from(self.median_us()) / 8_000_000;
                self.queue_bytes.saturating_add(travelling as usize)
            }
        }
    }
}

impl StallShape {
    /// One begins every `every_us` in the mean. Their lengths are log-normal from `least_us` on, with this median and this
    /// 90 % point.
    pub(crate) fn new(every_us: u64, least_us: u64, median_us: u64, p90_us: u64, cap_us: u64) -> Self {
        let above = |us: u64| us.saturating_sub(least_us).max(1);
        let spread = (fixed::ln(above(p90_us)) - fixed::ln(above(median_us))).max(0);
        let sigma = ((i128::from(spread) << 32) / i128::from(fixed::Z_90)) as Fx;
        let shape = Self { service_us: 0, least_us, median_us: above(median_us), sigma, cap_us };
        Self { service_us: every_us.saturating_sub(shape.mean_us()), ..shape }
    }

    /// The length at this deviation from the median, µs.
    pub(crate) fn length_us(&self, deviation: Fx) -> u64 {
        let above_us = fixed::times_exp(self.median_us, fixed::mul(self.sigma, deviation));
        self.least_us.saturating_add(above_us).min(self.cap_us).max(1)
    }

    /// The mean length, µs: over evenly spaced parts of all stalls, because a cap has no closed form in whole numbers.
    pub(crate) fn mean_us(&self) -> u64 {
        const PARTS: u64 = 512;
        let middle = |part: u64| fixed::normal((2 * part + 1) * (u64::MAX / (2 * PARTS)));
        let total: u128 = (0..PARTS).map(|part| u128::from(self.length_us(middle(part)))).sum();
        (total / u128::from(PARTS)) as u64
    }
}

impl Ar1Shape {
    /// With this mean: the median of a log-normal quantity lies below it.
    pub(crate) fn of_mean(mean: u64, sigma: Fx, correlation: Fx, step_us: u64) -> Self {
        let median = fixed::times_exp(mean, -(fixed::mul(sigma, sigma) / 2)).max(1);
        Self { median, sigma, correlation: correlation.min(ONE - 1), step_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of `least + LN(median - least, p90 - least)`, capped, s: by many parts of a float's normal distribution.
    fn mean_s(least: f64, median: f64, p90: f64, cap: f64) -> f64 {
        let sigma = ((p90 - least) / (median - least)).ln() / 1.281_551_565_544_6;
        let step = 0.001;
        let parts = (-8_000..8_000).map(|n| f64::from(n) * step).map(|z| {
            let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
            density * step * (least + (median - least) * (sigma * z).exp()).min(cap)
        });
        parts.sum()
    }

    #[test]
    fn a_stall_and_the_service_behind_it_take_the_time_from_one_beginning_to_the_next() {
        for (every, least, median, p90, cap) in [
            (18.0, 0.5, 0.9, 1.6, 4.0),
            (14.0, 0.5, 0.85, 2.5, 6.0),
            (30.0, 0.0, 4.0, 10.0, 40.0),
            (9.0, 0.0, 2.0, 2.0, 2.0),
        ] {
            let us = |s: f64| (s * 1e6) as u64;
            let shape = StallShape::new(us(every), us(least), us(median), us(p90), us(cap));
            let (wanted, got) = (mean_s(least, median, p90, cap), shape.mean_us() as f64 / 1e6);
            assert!((got - wanted).abs() < wanted * 0.005, "{got} {wanted}");
            assert_eq!(shape.service_us + shape.mean_us(), us(every));
            assert_eq!(shape.length_us(0).abs_diff(us(median)) / 10, 0);
            assert!(shape.length_us(-20 * ONE) >= us(least) && shape.length_us(20 * ONE) == us(cap));
        }
        assert_eq!(StallShape::new(1_000_000, 0, 2_000_000, 2_000_000, 2_000_000).service_us, 0);
    }
}
