//! One direction of a modem: how long bytes travel, and when they are served. Knows no paths and no faults.

use super::{
    decision::{Decision, Process},
    dice::{Dice, Identity},
    gaps::{Cause, Gap, Gaps, Source},
    rto::Rto,
    shape::{LaneShape, Service, Shape},
    trace::OPPORTUNITY,
    wave::Wave,
};
use crate::Direction;

/// Bits per byte times microseconds per second: work is counted so that a rate of 1 bit/s does one unit in 1 µs.
const WORK_PER_BYTE: u128 = 8_000_000;

/// The service of one direction.
#[derive(Debug)]
enum Server {
    Unlimited,
    Rate(Box<Wave>),
    /// With the next opportunity and the bytes left in it.
    Trace {
        next: u64,
        left: u64,
    },
}

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
}

impl Served {
    fn at(from_us: u64) -> Self {
        Self { done_us: from_us, leaves_us: from_us, kept: None, losses: 0, lost: None, again_us: None }
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
    delay: Option<Wave>,
    floor_us: u64,
    server: Server,
    stall: Option<Gaps>,
    outage: Option<Gaps>,
    handover: Option<Gaps>,
    loss: Dice,
    pub(crate) rto: Rto,
    pub(crate) shape: LaneShape,
}

impl Lane {
    pub(crate) fn new(
        shape: &Shape,
        identity: &Identity,
        direction: Direction,
        (origin_us, since_us): (u64, u64),
    ) -> Self {
        let lane = shape.lane(direction).clone();
        let own = |process| Dice::new(identity, Some(direction), process);
        Self {
            delay: lane.delay.map(|shape| Wave::new(shape, own(Process::Delay), origin_us)),
            floor_us: lane.floor_us,
            server: server(&lane.service, origin_us, || own(Process::Rate)),
            stall: lane.stall.map(|s| Gaps::new(Source::Stall(s), own(Process::Stall), origin_us)),
            outage: Gaps::of_outages(shape, identity, (origin_us, since_us)),
            handover: Gaps::of_handovers(shape, identity, origin_us),
            loss: own(Process::Loss),
            rto: Rto::default(),
            shape: lane,
        }
    }

    /// Takes over every process of an older lane whose numbers are the same, with its place in its stream.
    pub(crate) fn keep(&mut self, old: &mut Self) {
        if self.shape.delay == old.shape.delay {
            std::mem::swap(&mut self.delay, &mut old.delay);
        }
        if self.shape.service == old.shape.service {
            std::mem::swap(&mut self.server, &mut old.server);
        }
        let same = |new: &Option<Gaps>, old: &Option<Gaps>| matches!((new, old), (Some(new), Some(old)) if new.source == old.source);
        for (new, old) in [
            (&mut self.stall, &mut old.stall),
            (&mut self.outage, &mut old.outage),
            (&mut self.handover, &mut old.handover),
        ] {
            if same(new, old) {
                std::mem::swap(new, old);
            }
        }
        std::mem::swap(&mut self.loss, &mut old.loss);
        self.rto = old.rto;
    }

    /// How long bytes travel that start now, µs.
    pub(crate) fn travel_us(&mut self, now_us: u64) -> u64 {
        self.floor_us + self.delay.as_mut().map_or(0, |wave| wave.at(now_us))
    }

    /// Serves this many bytes of a stream from `from_us` on: those that are lost come again by the retransmission clock.
    pub(crate) fn serve(&mut self, from_us: u64, bytes: usize) -> Served {
        let mut served = self.through(from_us, bytes);
        match served.lost.take() {
            Some((cause, back_us)) => {
                let again_us = self.rto.resumes_us(served.done_us, back_us);
                served.keep(cause, again_us - served.done_us);
                served.again_us = Some(again_us);
            }
            None => {
                served.losses = self.losses(bytes);
                served.leaves_us = served.done_us + self.rto.late_us(served.losses);
            }
        }
        served
    }

    /// Serves one packet from `from_us` on, or loses it.
    pub(crate) fn pass(&mut self, from_us: u64, bytes: usize) -> Served {
        let mut served = self.through(from_us, bytes);
        let probability = self.shape.loss;
        if served.lost.is_none() && probability > 0 {
            served.losses = self.loss.decide(|draw| u64::from(draw.happens(probability)));
        }
        served
    }

    /// Serves from `from_us` on until it is done, or lost in a gap.
    fn through(&mut self, from_us: u64, bytes: usize) -> Served {
        let mut served = Served::at(from_us);
        let mut left = bytes as u128 * WORK_PER_BYTE;
        let mut now_us = from_us;
        loop {
            let next_gap_us = match self.gap(now_us) {
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
            if self.work(&mut now_us, next_gap_us, &mut left) {
                break;
            }
        }
        (served.done_us, served.leaves_us) = (now_us, now_us);
        served
    }

    /// Works until it is done (`true`) or the gap begins.
    fn work(&mut self, now_us: &mut u64, gap_us: u64, left: &mut u128) -> bool {
        match (&mut self.server, &self.shape.service) {
            (Server::Rate(wave), _) => loop {
                if *left == 0 {
                    return true;
                }
                let rate = u128::from(wave.at(*now_us).max(1));
                let until_us = wave.changes_us().min(gap_us);
                let needed_us = left.div_ceil(rate);
                let span_us = u128::from(until_us.saturating_sub(*now_us));
                if needed_us <= span_us {
                    *now_us += needed_us as u64;
                    return true;
                }
                *left -= span_us * rate;
                *now_us = until_us;
                if until_us == gap_us {
                    return false;
                }
            },
            (Server::Trace { next, left: room }, Service::Trace(trace)) => {
                while *left > 0 {
                    if *room == 0 || trace.at_us(*next) < *now_us {
                        *next = trace.first_at(*now_us).max(if *room == 0 { *next + 1 } else { 0 });
                        *room = OPPORTUNITY;
                    }
                    if trace.at_us(*next) >= gap_us {
                        *now_us = gap_us;
                        return false;
                    }
                    *now_us = (*now_us).max(trace.at_us(*next));
                    let taken = (u128::from(*room) * WORK_PER_BYTE).min(*left);
                    *left -= taken;
                    *room -= (taken / WORK_PER_BYTE) as u64;
                }
                true
            }
            _ => true,
        }
    }

    fn losses(&mut self, bytes: usize) -> u64 {
        const MOST: u64 = 8;
        let probability = self.shape.loss;
        if bytes == 0 || probability == 0 {
            return 0;
        }
        self.loss.decide(|draw| (0..MOST).take_while(|_| draw.happens(probability)).count() as u64)
    }

    /// The gap at this time or the next one, over all sources.
    fn gap(&mut self, now_us: u64) -> Option<Gap> {
        let sources = [&mut self.stall, &mut self.outage, &mut self.handover];
        sources.into_iter().flatten().filter_map(|gaps| gaps.from(now_us)).min_by_key(|gap| gap.from_us)
    }

    /// Every dice of its own; the shared ones belong to the modem.
    pub(crate) fn dice(&mut self) -> impl Iterator<Item = &mut Dice> {
        let rate = match &mut self.server {
            Server::Rate(wave) => Some(&mut wave.dice),
            _ => None,
        };
        let delay = self.delay.as_mut().map(|wave| &mut wave.dice);
        let stall = self.stall.as_mut().map(|gaps| &mut gaps.dice);
        [delay, rate, stall, Some(&mut self.loss)].into_iter().flatten()
    }

    /// The dice of outages and of hand-overs: this direction's view of what all share.
    pub(crate) fn shared(&mut self) -> [Option<&mut Dice>; 2] {
        [&mut self.outage, &mut self.handover].map(|gaps| gaps.as_mut().map(|gaps| &mut gaps.dice))
    }

    /// Plays a list instead of chance, as far as it goes.
    pub(crate) fn replay(&mut self, decisions: &[Decision]) {
        for dice in self.dice() {
            dice.replay(decisions);
        }
        for gaps in [&mut self.outage, &mut self.handover].into_iter().flatten() {
            gaps.dice.replay(decisions);
        }
    }
}

fn server(service: &Service, origin_us: u64, dice: impl FnOnce() -> Dice) -> Server {
    match service {
        Service::Unlimited => Server::Unlimited,
        Service::Rate(shape) => Server::Rate(Box::new(Wave::new(*shape, dice(), origin_us))),
        Service::Trace(_) => Server::Trace { next: 0, left: OPPORTUNITY },
    }
}
