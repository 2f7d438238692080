//! The times without service: stalls, outages and hand-overs, one after another. Knows no bytes.

use super::{
    decision::Process,
    dice::{Dice, Identity},
    shape::{HandoverShape, OutageShape, OutageTimes, Shape, StallShape},
};

/// Why there is no service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Stall,
    Outage,
    Handover,
    /// A hand-over that failed.
    Failure,
}

impl Cause {
    /// For the record.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Stall => "a stall",
            Self::Outage => "an outage",
            Self::Handover => "a hand-over",
            Self::Failure => "a hand-over that failed",
        }
    }

    /// What is sent meanwhile is lost, and sent again by TCP's clock; else the radio keeps it.
    pub(crate) fn loses(self) -> bool {
        matches!(self, Self::Outage | Self::Failure)
    }
}

/// A time without service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from_us: u64,
    pub(crate) to_us: u64,
    pub(crate) cause: Cause,
    /// The modem has another address afterwards.
    pub(crate) new_address: bool,
}

/// Where gaps come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Stall(StallShape),
    Outage(OutageShape),
    Handover(HandoverShape),
}

/// The gaps of one source over time. Times asked for never go back.
#[derive(Debug)]
pub(crate) struct Gaps {
    pub(crate) source: Source,
    pub(crate) dice: Dice,
    /// When the numbers of the source came into force, µs: there is no gap before.
    origin_us: u64,
    current: Option<Gap>,
    /// How many were made.
    made: usize,
    /// There is no other.
    over: bool,
}

impl Gaps {
    pub(crate) fn new(source: Source, dice: Dice, origin_us: u64) -> Self {
        Self { source, dice, origin_us, current: None, made: 0, over: false }
    }

    /// The outages of a link: each view of them sees the same.
    pub(crate) fn of_outages(
        shape: &Shape,
        identity: &Identity,
        (origin_us, since_us): (u64, u64),
    ) -> Option<Self> {
        let outage = shape.outage.clone()?;
        let from_us = if matches!(outage.when, OutageTimes::List(..)) { since_us } else { origin_us };
        Some(Self::new(Source::Outage(outage), Dice::new(identity, None, Process::Outage), from_us))
    }

    /// The hand-overs of a link: each view of them sees the same.
    pub(crate) fn of_handovers(shape: &Shape, identity: &Identity, origin_us: u64) -> Option<Self> {
        let dice = || Dice::new(identity, None, Process::Handover);
        shape.handover.map(|handover| Self::new(Source::Handover(handover), dice(), origin_us))
    }

    /// The gap at this time, or the next one.
    pub(crate) fn from(&mut self, now_us: u64) -> Option<Gap> {
        while !self.over && self.current.is_none_or(|gap| gap.to_us <= now_us) {
            let next = self.next(self.current);
            self.made += 1;
            self.over = next.is_none();
            self.current = next;
        }
        self.current
    }

    /// The gap that was found last, without letting time pass.
    pub(crate) fn current(&self) -> Option<Gap> {
        self.current
    }

    /// Leaves the current gap for the next one.
    pub(crate) fn skip(&mut self) {
        if let Some(gap) = self.current {
            self.from(gap.to_us);
        }
    }

    fn next(&mut self, last: Option<Gap>) -> Option<Gap> {
        let after_us = last.map_or(self.origin_us, |gap| gap.to_us);
        match &self.source {
            Source::Stall(shape) => {
                let up_us = self.dice.decide(|draw| draw.exponential(shape.service_us)).max(1);
                let length_us = self.dice.decide(|draw| shape.length_us(draw.normal()));
                let from_us = after_us + up_us;
                let to_us = from_us + length_us.max(1);
                Some(Gap { from_us, to_us, cause: Cause::Stall, new_address: false })
            }
            Source::Handover(shape) => {
                Some(handover(shape, &mut self.dice, last.map_or(self.origin_us, |g| g.from_us), after_us))
            }
            Source::Outage(shape) => outage(shape, &mut self.dice, self.origin_us, after_us, self.made),
        }
    }
}

/// The hand-over behind one that began at `last_us` and ended at `after_us`. Those that would fall into it do not happen, so
/// that there is always service between two.
fn handover(shape: &HandoverShape, dice: &mut Dice, last_us: u64, after_us: u64) -> Gap {
    let wait_us = dice.decide(|draw| match shape.periodic {
        true => {
            let every_us = shape.every_us.max(1);
            every_us - (after_us - last_us) % every_us
        }
        false => draw.exponential(shape.every_us).max(1),
    });
    let failed = dice.decide(|draw| u64::from(draw.happens(shape.failure))) == 1;
    let (least, most) = if failed { shape.failure_us } else { shape.gap_us };
    let length_us = dice.decide(|draw| draw.even(least, most)).max(1);
    let new_address = dice.decide(|draw| u64::from(draw.happens(shape.new_address))) == 1;
    let from_us = after_us + wait_us;
    let cause = if failed { Cause::Failure } else { Cause::Handover };
    Gap { from_us, to_us: from_us + length_us, cause, new_address }
}

fn outage(shape: &OutageShape, dice: &mut Dice, origin_us: u64, after_us: u64, made: usize) -> Option<Gap> {
    let (from_us, length_us) = match &shape.when {
        OutageTimes::Chance(every_us, (least, most)) => {
            let wait_us = dice.decide(|draw| draw.exponential(*every_us)).max(1);
            (after_us + wait_us, dice.decide(|draw| draw.even(*least, *most)))
        }
        OutageTimes::List(list, period_us, begins_us) => {
            // Those that are over when the profile comes into force never are; of one that is not, the rest is.
            let over = list.iter().filter(|(at_us, length_us)| at_us + length_us <= *begins_us).count();
            let (turn, place) = ((over + made) / list.len().max(1), (over + made) % list.len().max(1));
            if turn > 0 && *period_us == 0 {
                return None;
            }
            let (at_us, length_us) = *list.get(place)?;
            let at_us = turn as u64 * period_us + at_us;
            let passed_us = begins_us.saturating_sub(at_us);
            (origin_us + at_us.saturating_sub(*begins_us), length_us - passed_us)
        }
    };
    let attach_us = dice.decide(|draw| draw.even(shape.attach_us.0, shape.attach_us.1));
    let new_address = dice.decide(|draw| u64::from(draw.happens(shape.new_address))) == 1;
    let to_us = from_us.max(after_us) + (length_us + attach_us).max(1);
    Some(Gap { from_us: from_us.max(after_us), to_us, cause: Cause::Outage, new_address })
}
