//! The radio of one link: both directions, and what they share: idle states, coverage, address. Knows no paths and no faults.

use super::{
    cell::Cell,
    decision::{Decision, Process},
    dice::{Dice, Identity},
    fixed,
    gaps::{Cause, Gap, Gaps},
    lane::{Lane, Served},
    shape::{IdleShape, NatShape, Shape},
};
use crate::Direction;

/// A radio with its state.
#[derive(Debug)]
pub(crate) struct Modem {
    pub(crate) shape: Shape,
    identity: Identity,
    up: Lane,
    down: Lane,
    /// When each direction's service is free, µs.
    busy_us: [u64; 2],
    cell: Option<Cell>,
    idle: Dice,
    /// The last time that something was under way, µs.
    active_us: u64,
    /// A promotion ends then, µs.
    awake_us: u64,
    /// Its own view of what both directions share: for coverage and addresses.
    outage: Option<Gaps>,
    handover: Option<Gaps>,
    /// Until when there is no coverage, µs.
    pub(crate) dark_until_us: Option<u64>,
    /// Gaps that have begun, and after which the address is new.
    moving: Vec<Gap>,
    /// When its numbers came into force, µs.
    origin_us: u64,
    recording: bool,
    /// What processes decided that are no more.
    past: Vec<Decision>,
}

/// What entering bytes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// How long they travel to the server, µs.
    pub(crate) travel_us: u64,
    /// They wake a sleeping radio then, µs: what waits for it goes on.
    pub(crate) wakes_us: Option<u64>,
}

impl Modem {
    /// Its chances begin at `origin_us`; outages that are listed by their times count from `since_us`.
    pub(crate) fn new(shape: Shape, identity: Identity, origin_us: u64, since_us: u64) -> Self {
        let shared = |process| Dice::new(&identity, None, process);
        Self {
            up: Lane::new(&shape, &identity, Direction::Up, (origin_us, since_us)),
            down: Lane::new(&shape, &identity, Direction::Down, (origin_us, since_us)),
            busy_us: [0; 2],
            cell: None,
            idle: shared(Process::Idle),
            active_us: origin_us,
            awake_us: origin_us,
            outage: Gaps::of_outages(&shape, &identity, (origin_us, since_us)),
            handover: Gaps::of_handovers(&shape, &identity, origin_us),
            dark_until_us: None,
            shape,
            identity,
            moving: Vec::new(),
            origin_us,
            recording: false,
            past: Vec::new(),
        }
    }

    /// Other numbers from now on. Processes whose numbers stay go on undisturbed.
    pub(crate) fn change(&mut self, now_us: u64, since_us: u64, shape: Shape) {
        let mut new = Self::new(shape, self.identity.clone(), now_us, since_us);
        if new.shape.outage == self.shape.outage {
            std::mem::swap(&mut new.outage, &mut self.outage);
        }
        if new.shape.handover == self.shape.handover {
            std::mem::swap(&mut new.handover, &mut self.handover);
        }
        std::mem::swap(&mut new.idle, &mut self.idle);
        new.cell = self.cell.take();
        new.active_us = self.active_us;
        new.awake_us = self.awake_us;
        new.moving = std::mem::take(&mut self.moving);
        new.busy_us = [now_us; 2];
        if self.recording {
            new.record();
        }
        let mut old = std::mem::replace(self, new);
        self.up.keep(&mut old.up);
        self.down.keep(&mut old.down);
        self.past = old.decisions();
    }

    pub(crate) fn share(&mut self, cell: Cell) {
        self.cell = Some(cell);
    }

    pub(crate) fn lane(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// Bytes enter.
    pub(crate) fn enter(&mut self, now_us: u64, direction: Direction) -> Entry {
        let (ready_us, wakes_us) = match self.shape.idle {
            Some(idle) if now_us > self.active_us + idle.after_us && now_us >= self.awake_us => {
                self.promote(now_us, direction, idle)
            }
            _ => {
                self.active_us = self.active_us.max(now_us);
                (now_us.max(self.awake_us), None)
            }
        };
        let back_us = self.lane(direction.opposite()).travel_us(now_us);
        let there_us = self.lane(direction).travel_us(now_us);
        let lane = self.lane(direction);
        lane.rto.sample(there_us + back_us);
        Entry { travel_us: ready_us - now_us + there_us, wakes_us }
    }

    /// An idle radio has something to do: when it is ready, and whether it wakes up for good.
    fn promote(&mut self, now_us: u64, direction: Direction, idle: IdleShape) -> (u64, Option<u64>) {
        let promotion_us = self.idle.decide(|draw| {
            let deviation = draw.normal();
            fixed::times_exp(idle.promotion_us, fixed::mul(idle.sigma, deviation))
        });
        let paging_us = self.idle.decide(|draw| draw.even(0, idle.paging_us));
        if direction == Direction::Up {
            self.awake_us = now_us + promotion_us;
            self.active_us = self.awake_us;
            return (self.awake_us, Some(self.awake_us));
        }
        if let Some(wakes_us) = idle.wakes_us(self.active_us, now_us) {
            return (wakes_us + promotion_us, None);
        }
        self.awake_us = now_us + paging_us + promotion_us;
        self.active_us = self.awake_us;
        (self.awake_us, None)
    }

    /// Serves bytes that are at the server at `from_us`.
    pub(crate) fn serve(&mut self, from_us: u64, direction: Direction, bytes: usize) -> Served {
        self.occupy(from_us, direction, |lane, start_us| lane.serve(start_us, bytes))
    }

    /// Serves a packet that is at the server at `from_us`, or loses it.
    pub(crate) fn pass(&mut self, from_us: u64, direction: Direction, bytes: usize) -> Served {
        self.occupy(from_us, direction, |lane, start_us| lane.pass(start_us, bytes))
    }

    /// Has a lane work as soon as it is free.
    fn occupy(
        &mut self,
        from_us: u64,
        direction: Direction,
        work: impl FnOnce(&mut Lane, u64) -> Served,
    ) -> Served {
        let (own, other) = (direction as usize, direction.opposite() as usize);
        let mut start_us = from_us.max(self.busy_us[own]);
        if self.shape.half_duplex {
            start_us = start_us.max(self.busy_us[other]);
        }
        if let Some(cell) = &self.cell {
            start_us = start_us.max(cell.free_us(direction));
        }
        let served = work(self.lane(direction), start_us);
        self.busy_us[own] = served.done_us;
        if let Some(cell) = &self.cell {
            cell.take(direction, served.done_us);
        }
        // What goes on is no silence.
        self.active_us = self.active_us.max(served.leaves_us);
        served
    }

    /// What was being served is gone.
    pub(crate) fn free(&mut self, now_us: u64) {
        self.busy_us = self.busy_us.map(|busy_us| busy_us.min(now_us));
    }

    /// Whether the address translation has forgotten a path that was silent since `since_us`.
    pub(crate) fn forgot(&self, now_us: u64, since_us: u64) -> Option<NatShape> {
        self.shape.nat.filter(|nat| now_us > since_us.saturating_add(nat.idle_us))
    }

    /// The next moment at which coverage or the address may change, µs.
    pub(crate) fn turns_us(&self) -> Option<u64> {
        let next = |gaps: &Option<Gaps>| gaps.as_ref().and_then(Gaps::current).map(|gap| gap.from_us);
        let moves = self.moving.iter().map(|gap| gap.to_us).min();
        [self.dark_until_us, moves, next(&self.outage), next(&self.handover)].into_iter().flatten().min()
    }

    /// Lets coverage change until now; a gap that has ended and after which the address is new.
    pub(crate) fn turn(&mut self, now_us: u64) -> Option<Gap> {
        if self.dark_until_us.is_some_and(|until_us| until_us <= now_us) {
            self.dark_until_us = None;
        }
        for gaps in [&mut self.outage, &mut self.handover].into_iter().flatten() {
            if gaps.current().is_none() {
                gaps.from(self.origin_us);
            }
            while let Some(gap) = gaps.current().filter(|gap| gap.from_us <= now_us) {
                if gap.to_us > now_us && matches!(gap.cause, Cause::Outage | Cause::Failure) {
                    self.dark_until_us = Some(gap.to_us.max(self.dark_until_us.unwrap_or(0)));
                }
                gaps.skip();
                if gap.new_address {
                    self.moving.push(gap);
                }
            }
        }
        let ended = self.moving.iter().position(|gap| gap.to_us <= now_us)?;
        Some(self.moving.swap_remove(ended))
    }

    pub(crate) fn record(&mut self) {
        self.recording = true;
        self.idle.record();
        for dice in self.up.dice().chain(self.down.dice()) {
            dice.record();
        }
        for gaps in [&mut self.outage, &mut self.handover].into_iter().flatten() {
            gaps.dice.record();
        }
        for dice in self.up.shared().into_iter().chain(self.down.shared()).flatten() {
            dice.record();
        }
    }

    /// All that chance decided since recording began, by process.
    pub(crate) fn decisions(&mut self) -> Vec<Decision> {
        let mut all = self.past.clone();
        all.extend_from_slice(self.idle.recorded());
        // All three views of a shared process saw the same; one saw the most of it.
        let own = [&mut self.outage, &mut self.handover].map(|gaps| gaps.as_mut().map(|gaps| &mut gaps.dice));
        for views in own.into_iter().zip(self.up.shared()).zip(self.down.shared()) {
            let ((own, up), down) = views;
            let views = [own, up, down].into_iter().flatten().map(|dice| dice.recorded());
            all.extend_from_slice(views.max_by_key(|list| list.len()).unwrap_or_default());
        }
        for dice in self.up.dice().chain(self.down.dice()) {
            all.extend_from_slice(dice.recorded());
        }
        all
    }

    pub(crate) fn replay(&mut self, decisions: &[Decision]) {
        self.idle.replay(decisions);
        self.up.replay(decisions);
        self.down.replay(decisions);
        for gaps in [&mut self.outage, &mut self.handover].into_iter().flatten() {
            gaps.dice.replay(decisions);
        }
    }
}
