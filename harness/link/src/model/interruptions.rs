//! The times without service: stalls, outages and hand-overs, one after another. Knows no bytes.

use std::collections::VecDeque;

use super::{
    rng_stream::RngStream,
    shape::{HandoverShape, OutageShape, OutageTimes, StallShape},
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

    /// No legal profile has a longer one, µs. A list of decisions may, and what changes by steps is computed through each
    /// gap in which bytes wait.
    fn longest_us(self) -> u64 {
        const S: u64 = 1_000_000;
        match self {
            Self::Stall => 3600 * S,
            Self::Handover => 60 * S,
            Self::Failure => 86_400 * S,
            Self::Outage => 30 * 86_400 * S,
        }
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

/// A gap that is not over.
#[derive(Debug)]
struct Known {
    gap: Gap,
    /// How much of the stream was drawn before it.
    drawn: u64,
    /// How much of the stream was decided with it.
    decided: u64,
}

/// The gaps of one source over time. To look ahead changes nothing: a gap is forgotten only when it is over.
#[derive(Debug)]
pub(crate) struct Interruptions {
    pub(crate) source: Source,
    pub(crate) rng: RngStream,
    /// When the numbers of the source came into force, µs: there is no gap before.
    origin_us: u64,
    /// In order: those that are not over, as far as it was looked.
    known: VecDeque<Known>,
    /// Of these, so many have begun and were told.
    told: usize,
    /// Their beginnings are told.
    watched: bool,
    last: Option<Gap>,
    /// How many were made.
    made: usize,
    /// No earlier time will be asked for, µs.
    settled_us: u64,
}

impl Interruptions {
    pub(crate) fn new(source: Source, rng: RngStream, origin_us: u64) -> Self {
        let watched = !matches!(source, Source::Stall(_));
        let known = VecDeque::new();
        Self { source, rng, origin_us, known, told: 0, watched, last: None, made: 0, settled_us: 0 }
    }

    /// The gap at this time, or the next one.
    pub(crate) fn at(&mut self, now_us: u64) -> Option<Gap> {
        if let Some(known) = self.known.iter().find(|known| known.gap.to_us > now_us) {
            return Some(known.gap);
        }
        loop {
            let gap = self.make()?;
            if gap.to_us > now_us {
                return Some(gap);
            }
        }
    }

    /// The next gap that has begun until now.
    pub(crate) fn begun(&mut self, now_us: u64) -> Option<Gap> {
        if self.known.len() == self.told {
            self.make()?;
        }
        let gap = self.known.get(self.told)?.gap;
        (gap.from_us <= now_us).then(|| self.told += 1)?;
        Some(gap)
    }

    /// When the next one begins, µs, as far as it is known.
    pub(crate) fn begins_us(&self) -> Option<u64> {
        self.known.get(self.told).map(|known| known.gap.from_us)
    }

    /// Those that have begun and are not over.
    pub(crate) fn under_way(&self, now_us: u64) -> impl Iterator<Item = Gap> {
        let under_way = move |gap: &Gap| gap.from_us <= now_us && now_us < gap.to_us;
        self.known.iter().map(|known| known.gap).filter(under_way)
    }

    /// No earlier time will be asked for.
    pub(crate) fn settle(&mut self, now_us: u64) {
        self.settled_us = now_us;
        if let Some(decided) = self.decided(now_us) {
            self.rng.settle(decided);
        }
        while (!self.watched || self.told > 0) && self.known.front().is_some_and(|k| k.gap.to_us <= now_us) {
            self.known.pop_front();
            self.told = self.told.saturating_sub(1);
        }
    }

    /// They end: their stream, from which is drawn what belongs to the time until now and no more. The gap ahead is drawn anew
    /// but stays decided: a replay of the decisions must know that there was none before it.
    pub(crate) fn end(mut self, now_us: u64) -> RngStream {
        while self.last.is_none_or(|last| last.from_us <= now_us) && self.make().is_some() {}
        self.rng.take_back(self.decided(now_us).unwrap_or_else(|| self.rng.decided()));
        if let Some(ahead) = self.known.iter().find(|known| known.gap.from_us > now_us) {
            self.rng.rewind(ahead.drawn);
        }
        self.rng
    }

    /// How many decisions of the stream belong to the time until then: with the next gap.
    fn decided(&self, until_us: u64) -> Option<u64> {
        self.known.iter().find(|known| known.gap.from_us > until_us).map(|known| known.decided)
    }

    fn make(&mut self) -> Option<Gap> {
        let drawn = self.rng.drawn();
        let mut gap = self.next(self.last)?;
        gap.to_us = gap.to_us.min(gap.from_us + gap.cause.longest_us());
        let decided = self.rng.decided();
        if self.last.is_none_or(|last| last.from_us <= self.settled_us) {
            self.rng.settle(decided);
        }
        self.made += 1;
        self.last = Some(gap);
        if self.watched || gap.to_us > self.settled_us {
            self.known.push_back(Known { gap, drawn, decided });
        }
        Some(gap)
    }

    fn next(&mut self, last: Option<Gap>) -> Option<Gap> {
        let after_us = last.map_or(self.origin_us, |gap| gap.to_us);
        match &self.source {
            Source::Stall(shape) => {
                let up_us = self.rng.decide(|draw| draw.exponential(shape.service_us)).max(1);
                let length_us = self.rng.decide(|draw| shape.length_us(draw.normal()));
                let from_us = after_us + up_us;
                let to_us = from_us + length_us.max(1);
                Some(Gap { from_us, to_us, cause: Cause::Stall, new_address: false })
            }
            Source::Handover(shape) => {
                Some(handover(shape, &mut self.rng, last.map_or(self.origin_us, |g| g.from_us), after_us))
            }
            Source::Outage(shape) => outage(shape, &mut self.rng, self.origin_us, after_us, self.made),
        }
    }
}

/// The hand-over behind one that began at `last_us` and ended at `after_us`. Those that would fall into it do not happen, so
/// that there is always service between two.
fn handover(shape: &HandoverShape, rng: &mut RngStream, last_us: u64, after_us: u64) -> Gap {
    let wait_us = rng.decide(|draw| {
        // Drawn in any case: each decision takes its own place in the stream.
        let by_chance_us = draw.exponential(shape.every_us).max(1);
        let every_us = shape.every_us.max(1);
        if shape.periodic { every_us - (after_us - last_us) % every_us } else { by_chance_us }
    });
    let failed = rng.decide(|draw| u64::from(draw.happens(shape.failure))) == 1;
    let (least, most) = if failed { shape.failure_us } else { shape.gap_us };
    let length_us = rng.decide(|draw| draw.even(least, most)).max(1);
    let new_address = rng.decide(|draw| u64::from(draw.happens(shape.new_address))) == 1;
    let from_us = after_us + wait_us;
    let cause = if failed { Cause::Failure } else { Cause::Handover };
    Gap { from_us, to_us: from_us + length_us, cause, new_address }
}

fn outage(
    shape: &OutageShape,
    rng: &mut RngStream,
    origin_us: u64,
    after_us: u64,
    made: usize,
) -> Option<Gap> {
    let (from_us, length_us) = match &shape.when {
        OutageTimes::Chance(every_us, (least, most)) => {
            let wait_us = rng.decide(|draw| draw.exponential(*every_us)).max(1);
            (after_us + wait_us, rng.decide(|draw| draw.even(*least, *most)))
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
    let attach_us = rng.decide(|draw| draw.even(shape.attach_us.0, shape.attach_us.1));
    let new_address = rng.decide(|draw| u64::from(draw.happens(shape.new_address))) == 1;
    // One that begins while another is not over begins behind it, and ends when it would have: a list keeps its times.
    let begins_us = from_us.max(after_us);
    let to_us = (from_us + length_us + attach_us).max(begins_us + 1);
    Some(Gap { from_us: begins_us, to_us, cause: Cause::Outage, new_address })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Chance, Process};

    fn every_second(watched: bool) -> Interruptions {
        let mut gaps = {
            let outage = OutageShape {
                when: OutageTimes::Chance(1_000_000, (1_000, 100_000)),
                attach_us: (0, 0),
                new_address: 0,
            };
            Interruptions::new(Source::Outage(outage), Chance::default().take(Process::Outage, None), 0)
        };
        gaps.watched = watched;
        gaps
    }

    #[test]
    fn looking_ahead_changes_nothing() {
        let (mut one, mut other) = (every_second(false), every_second(false));
        other.at(1_000_000_000);
        for at_us in (0..1_000_000_000).step_by(777_777) {
            assert_eq!(one.at(at_us), other.at(at_us));
            one.settle(at_us);
        }
        let (at_us, again) = (500_000_000, other.at(500_000_000));
        assert_eq!(other.at(at_us), again);
    }

    #[test]
    fn what_is_over_is_forgotten() {
        for watched in [false, true] {
            let mut gaps = every_second(watched);
            for at_us in (0..10_000_000_000).step_by(50_000_000) {
                while watched && gaps.begun(at_us).is_some() {}
                gaps.settle(at_us);
                gaps.at(at_us + 10_000_000);
                assert!(gaps.known.len() < 100, "{}", gaps.known.len());
            }
            // After a long time of nothing as well.
            gaps.settle(100_000_000_000);
            gaps.at(100_000_000_000);
            assert!(watched || gaps.known.len() < 100, "{}", gaps.known.len());
        }
    }

    #[test]
    fn how_far_it_was_looked_does_not_show_in_the_stream() {
        let drawn = |ahead_us: u64| {
            let mut gaps = every_second(false);
            gaps.at(50_000_000);
            gaps.at(50_000_000 + ahead_us);
            gaps.end(50_000_000).drawn()
        };
        assert_eq!(drawn(0), drawn(40_000_000));
    }
}
