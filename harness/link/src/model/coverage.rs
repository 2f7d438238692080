//! Coverage and address of a modem: what outages and hand-overs do to both directions. Knows no bytes.

use super::{
    decision::Process,
    interruptions::{Cause, Gap, Interruptions, Source},
    rng_stream::{Chance, RngStream},
    shape::{OutageTimes, Shape},
};

/// When numbers come into force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin {
    /// Chance begins then, µs.
    pub(crate) origin_us: u64,
    /// Outages that are listed by their times count from then, µs.
    pub(crate) since_us: u64,
    /// They do so even if the list is the same as before.
    pub(crate) anew: bool,
}

/// What both directions share.
#[derive(Debug)]
pub(crate) struct Coverage {
    outage: Option<Interruptions>,
    handover: Option<Interruptions>,
    /// Until when there is none, µs.
    pub(crate) dark_until_us: Option<u64>,
    /// Interruptions that have begun, and after which the address is new.
    moving: Vec<Gap>,
    /// What was over before this came into force changes no address.
    origin_us: u64,
}

impl Coverage {
    pub(crate) fn new(shape: &Shape, begin: Begin, chance: &mut Chance) -> Self {
        Self {
            outage: outages(shape, begin, chance),
            handover: handovers(shape, begin, chance),
            dark_until_us: None,
            moving: Vec::new(),
            origin_us: begin.origin_us,
        }
    }

    /// Other numbers from now on. A process whose numbers stay goes on, and so does the gap that it is in.
    pub(crate) fn change(&mut self, old: &Shape, new: &Shape, begin: Begin, chance: &mut Chance) {
        let now_us = begin.origin_us;
        if begin.anew || old.outage != new.outage {
            end(self.outage.take(), now_us, chance);
            self.outage = outages(new, begin, chance);
        }
        if old.handover != new.handover {
            end(self.handover.take(), now_us, chance);
            self.handover = handovers(new, begin, chance);
        }
        // What a process that is no more had begun does not come to its end.
        let goes_on = [&self.outage, &self.handover].into_iter().flatten();
        let under_way: Vec<Gap> = goes_on.flat_map(|gaps| gaps.under_way(now_us)).collect();
        let dark = under_way.iter().filter(|gap| gap.cause.loses());
        self.dark_until_us = dark.map(|gap| gap.to_us).max();
        self.moving = under_way.into_iter().filter(|gap| gap.new_address).collect();
        self.origin_us = now_us;
    }

    pub(crate) fn end(&mut self, now_us: u64, chance: &mut Chance) {
        end(self.outage.take(), now_us, chance);
        end(self.handover.take(), now_us, chance);
    }

    /// The gap at this time, or the next one.
    pub(crate) fn gap(&mut self, now_us: u64) -> Option<Gap> {
        let gaps = [&mut self.outage, &mut self.handover].into_iter().flatten();
        gaps.filter_map(|gaps| gaps.at(now_us)).min_by_key(|gap| gap.from_us)
    }

    /// The next moment at which coverage or the address may change, µs.
    pub(crate) fn turns_us(&self) -> Option<u64> {
        let next = |gaps: &Option<Interruptions>| gaps.as_ref().and_then(Interruptions::begins_us);
        let moves = self.moving.iter().map(|gap| gap.to_us).min();
        [self.dark_until_us, moves, next(&self.outage), next(&self.handover)].into_iter().flatten().min()
    }

    /// Lets coverage change until now; a gap that has ended and after which the address is new.
    pub(crate) fn turn(&mut self, now_us: u64) -> Option<Gap> {
        if self.dark_until_us.is_some_and(|until_us| until_us <= now_us) {
            self.dark_until_us = None;
        }
        for gaps in [&mut self.outage, &mut self.handover].into_iter().flatten() {
            while let Some(gap) = gaps.begun(now_us) {
                if gap.to_us > now_us && matches!(gap.cause, Cause::Outage | Cause::Failure) {
                    self.dark_until_us = Some(gap.to_us.max(self.dark_until_us.unwrap_or(0)));
                }
                if gap.new_address && gap.to_us > self.origin_us {
                    self.moving.push(gap);
                }
            }
        }
        let ended = self.moving.iter().position(|gap| gap.to_us <= now_us)?;
        Some(self.moving.swap_remove(ended))
    }

    /// No earlier time will be asked for.
    pub(crate) fn settle(&mut self, now_us: u64) {
        for gaps in [&mut self.outage, &mut self.handover].into_iter().flatten() {
            gaps.settle(now_us);
        }
    }

    pub(crate) fn rng_streams(&mut self) -> impl Iterator<Item = &mut RngStream> {
        [&mut self.outage, &mut self.handover].into_iter().flatten().map(|gaps| &mut gaps.rng)
    }
}

fn outages(shape: &Shape, begin: Begin, chance: &mut Chance) -> Option<Interruptions> {
    let outage = shape.outage.clone()?;
    let listed = matches!(outage.when, OutageTimes::List(..));
    let from_us = if listed { begin.since_us } else { begin.origin_us };
    Some(Interruptions::new(Source::Outage(outage), chance.take(Process::Outage, None), from_us))
}

fn handovers(shape: &Shape, begin: Begin, chance: &mut Chance) -> Option<Interruptions> {
    let handover = shape.handover?;
    Some(Interruptions::new(
        Source::Handover(handover),
        chance.take(Process::Handover, None),
        begin.origin_us,
    ))
}

fn end(gaps: Option<Interruptions>, now_us: u64, chance: &mut Chance) {
    chance.park_all(gaps.map(|gaps| gaps.end(now_us)));
}
