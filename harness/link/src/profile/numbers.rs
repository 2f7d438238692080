//! A profile's numbers as the model computes with them. Only multiplication and rounding, so it is the same everywhere.

use std::sync::Arc;

use super::named::Profile;
use crate::{
    Direction,
    model::{
        Ar1Shape, Fx, HandoverShape, IdleShape, LaneShape, NatShape, OutageShape, OutageTimes, Service,
        Shape, StallShape, fx,
    },
};

/// The delay changes this often, µs.
const DELAY_STEP_US: u64 = 100_000;
/// The rate changes this often, µs.
const RATE_STEP_US: u64 = 1_000_000;
/// Queue of a profile that gives none, bytes.
const QUEUE_BYTES: f64 = 65_536.0;

fn scaled(value: f64, factor: f64) -> u64 {
    // `as` saturates; values were checked when the profile was read.
    (value * factor).round() as u64
}

impl Profile {
    fn us(&self, path: &str, unit_us: f64) -> u64 {
        scaled(self.one(path).unwrap_or(0.0), unit_us)
    }

    fn span_us(&self, least: &str, most: &str, unit_us: f64) -> (u64, u64) {
        let least_us = self.us(least, unit_us);
        (least_us, self.one(most).map_or(least_us, |most| scaled(most, unit_us)))
    }

    fn number(&self, path: &str) -> Fx {
        fx(self.one(path).unwrap_or(0.0))
    }

    /// What the model needs.
    pub(crate) fn shape(&self) -> Shape {
        const S: f64 = 1e6;
        const MS: f64 = 1e3;
        let chance = || {
            let length_us = self.span_us("outage.least_s", "outage.most_s", S);
            OutageTimes::Chance(self.us("outage.every_s", S), length_us)
        };
        let outage = self.has("outage").then(|| OutageShape {
            when: match self.list("outage.schedule_s") {
                [] => chance(),
                list => {
                    let pairs = list.chunks(2).map(|pair| (scaled(pair[0], S), scaled(pair[1], S)));
                    let (repeat_us, from_us) =
                        (self.us("outage.repeat_s", S), self.us("outage.schedule_from_s", S));
                    OutageTimes::List(
                        pairs.collect(),
                        repeat_us,
                        from_us.checked_rem(repeat_us).unwrap_or(from_us),
                    )
                }
            },
            attach_us: self.span_us("outage.attach_least_s", "outage.attach_most_s", S),
            new_address: self.number("outage.new_address_probability"),
        });
        let handover = self.has("handover").then(|| HandoverShape {
            every_us: self.us("handover.every_s", S),
            periodic: self.one("handover.periodic") == Some(1.0),
            gap_us: self.span_us("handover.gap_least_ms", "handover.gap_most_ms", MS),
            failure: self.number("handover.failure_probability"),
            failure_us: self.span_us("handover.failure_least_s", "handover.failure_most_s", S),
            new_address: self.number("handover.new_address_probability"),
        });
        let idle = self.has("idle").then(|| IdleShape {
            after_us: self.us("idle.after_s", S),
            promotion_us: self.us("idle.promotion_ms", MS),
            sigma: self.number("idle.promotion_sigma_ln"),
            paging_us: self.us("idle.paging_cycle_ms", MS),
            sleep_us: self.us("idle.sleep_after_s", S),
            wake_us: self.us("idle.wake_every_s", S),
        });
        let nat = self
            .has("nat")
            .then(|| NatShape { idle_us: self.us("nat.idle_s", S), rst: self.one("nat.rst") == Some(1.0) });
        let half_duplex = self.one("rate.half_duplex") == Some(1.0);
        let (up, down) = (self.lane(Direction::Up), self.lane(Direction::Down));
        Shape { up, down, half_duplex, outage, handover, idle, nat }
    }

    fn lane(&self, direction: Direction) -> LaneShape {
        let way = |path: &str| self.way(path, direction);
        let us = |path: &str, unit_us: f64| scaled(way(path).unwrap_or(0.0), unit_us);
        let sigma = |path: &str| fx(way(path).unwrap_or(0.0));
        let service = match &self.trace[direction as usize] {
            Some(trace) => Service::Trace(Arc::clone(trace)),
            None if way("rate.mean_kbit_per_s").is_some() => Service::Rate(Ar1Shape::of_mean(
                us("rate.mean_kbit_per_s", 1e3),
                sigma("rate.sigma_ln"),
                self.number("rate.correlation_per_s"),
                RATE_STEP_US,
            )),
            None => Service::Unlimited,
        };
        LaneShape {
            floor_us: us("delay.floor_ms", 1e3),
            delay: way("delay.median_ms").filter(|median| *median > 0.0).map(|median| Ar1Shape {
                median: scaled(median, 1e3),
                sigma: sigma("delay.sigma_ln"),
                correlation: self.number("delay.correlation_per_100ms"),
                step_us: DELAY_STEP_US,
            }),
            service,
            queue_bytes: way("queue.capacity_bytes").unwrap_or(QUEUE_BYTES) as usize,
            loss: sigma("loss.probability_per_segment"),
            stall: self.stall(direction),
        }
    }

    /// The stalls of one direction.
    pub(super) fn stall(&self, direction: Direction) -> Option<StallShape> {
        let us = |name: &str| scaled(self.way(&format!("stall.{name}"), direction).unwrap_or(0.0), 1e6);
        self.has("stall")
            .then(|| StallShape::new(us("every_s"), us("least_s"), us("median_s"), us("p90_s"), us("cap_s")))
    }

    /// How long an answer may well take beyond what a good link needs, µs: for the time-outs of what waits. Round trips at
    /// their worst hundredth, the longest stall each way, a promotion and a gap that may come together; outages of at
    /// most two minutes.
    pub fn patience_us(&self) -> u64 {
        let mut patience_us = 0;
        for direction in [Direction::Up, Direction::Down] {
            let way = |path: &str, unit_us: f64| scaled(self.way(path, direction).unwrap_or(0.0), unit_us);
            let sigma = self.way("delay.sigma_ln", direction).unwrap_or(0.0);
            // e^(2.3 sigma) by its series to the third power: a bound on patience needs no more.
            let x = 2.3 * sigma;
            let tail = 1.0 + x + x * x / 2.0 + x * x * x / 6.0;
            let segment_us = self
                .way("rate.mean_kbit_per_s", direction)
                .map_or(0, |kbit| scaled(crate::model::SEGMENT as f64 * 8.0 / kbit, 1e3));
            patience_us += way("delay.floor_ms", 1e3)
                + scaled(way("delay.median_ms", 1e3) as f64, tail)
                + way("stall.cap_s", 1e6)
                + segment_us.min(20_000_000);
        }
        patience_us +=
            2 * self.us("idle.promotion_ms", 1e3) + self.us("idle.paging_cycle_ms", 1e3).min(60_000_000);
        patience_us += self.us("handover.failure_most_s", 1e6).max(self.us("handover.gap_most_ms", 1e3));
        let scheduled =
            self.list("outage.schedule_s").iter().skip(1).step_by(2).fold(0.0, |most: f64, s| most.max(*s));
        let outage_us = self.us("outage.most_s", 1e6).max(scaled(scheduled, 1e6));
        let out_us = outage_us + self.us("outage.attach_most_s", 1e6);
        // Retransmission may overshoot an outage by its own length.
        2 * patience_us + (2 * out_us).min(120_000_000)
    }
}
