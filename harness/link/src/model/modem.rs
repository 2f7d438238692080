//! The radio of one link: both directions, and what they share: working time, idle states, coverage, address.
//! Knows no paths and no faults.

use super::{
    airtime::{ALONE, Airtime, AirtimeSchedule},
    cell::{Cell, Member},
    coverage::{Begin, Coverage},
    decision::Process,
    idle::Idle,
    interruptions::Gap,
    lane::{Lane, Served},
    rng_stream::{Chance, RngStream},
    shape::{NatShape, Shape},
};
use crate::Direction;

/// A radio with its state.
#[derive(Debug)]
pub(crate) struct Modem {
    pub(crate) shape: Shape,
    up: Lane,
    down: Lane,
    /// What is reserved of each direction's time; with one direction at a time the first holds both.
    books: [AirtimeSchedule; 2],
    cell: Option<Member>,
    turns: u64,
    idle: Idle,
    pub(crate) coverage: Coverage,
    /// No earlier time will be asked for, µs.
    settled_us: u64,
}

/// What entering bytes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When the radio is ready for them, µs; not before now.
    pub(crate) ready_us: u64,
    /// How long they travel to the server, µs.
    pub(crate) travel_us: u64,
    /// They wake a sleeping radio then, µs: what waits for it goes on.
    pub(crate) wakes_us: Option<u64>,
}

impl Modem {
    /// Its processes draw from the link's streams, which a modem that was before it may have left somewhere.
    pub(crate) fn new(shape: Shape, begin: Begin, chance: &mut Chance) -> Self {
        Self {
            up: Lane::new(&shape.up, begin.origin_us, Direction::Up, chance),
            down: Lane::new(&shape.down, begin.origin_us, Direction::Down, chance),
            books: Default::default(),
            cell: None,
            turns: 0,
            idle: Idle::new(chance.take(Process::Idle, None), begin.origin_us),
            coverage: Coverage::new(&shape, begin, chance),
            settled_us: begin.origin_us,
            shape,
        }
    }

    /// Other numbers from now on. Processes whose numbers stay go on undisturbed; what is being served is served anew.
    pub(crate) fn change(&mut self, shape: Shape, begin: Begin, chance: &mut Chance) {
        self.up.change(&shape.up, begin.origin_us, Direction::Up, chance);
        self.down.change(&shape.down, begin.origin_us, Direction::Down, chance);
        self.coverage.change(&self.shape, &shape, begin, chance);
        self.give_back(begin.origin_us, None);
        self.shape = shape;
    }

    /// There is none from now on; its streams remain.
    pub(crate) fn end(mut self, now_us: u64, chance: &mut Chance) {
        self.give_back(now_us, None);
        self.coverage.end(now_us, chance);
        self.up.end(now_us, chance);
        self.down.end(now_us, chance);
        chance.park_all([self.idle.rng]);
    }

    pub(crate) fn share(&mut self, cell: &Cell) {
        self.cell = Some(Member::new(cell.clone(), self.settled_us));
    }

    fn lane(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// Bytes enter.
    pub(crate) fn enter(&mut self, now_us: u64, direction: Direction) -> Entry {
        let (ready_us, wakes_us) = self.idle.ready(now_us, direction, self.shape.idle);
        let back_us = self.lane(direction.opposite()).travel_us(now_us);
        let there_us = self.lane(direction).travel_us(now_us);
        self.lane(direction).rto.sample(there_us + back_us);
        Entry { ready_us, travel_us: there_us, wakes_us }
    }

    /// How long something travels that starts now and consists of no connection's bytes, µs.
    pub(crate) fn travel_us(&mut self, now_us: u64, direction: Direction) -> u64 {
        self.lane(direction).travel_us(now_us)
    }

    /// Serves bytes that are at the server at `from_us`.
    pub(crate) fn serve(&mut self, from_us: u64, direction: Direction, bytes: usize) -> Served {
        self.occupy(direction, |lane, coverage, air| lane.serve(from_us, bytes, coverage, air))
    }

    /// Serves a packet that is at the server at `from_us`, or loses it.
    pub(crate) fn pass(&mut self, from_us: u64, direction: Direction, bytes: usize) -> Served {
        self.occupy(direction, |lane, coverage, air| lane.pass(from_us, bytes, coverage, air))
    }

    /// Has a lane work where there is time for it.
    fn occupy(
        &mut self,
        direction: Direction,
        work: impl FnOnce(&mut Lane, &mut Coverage, &mut Airtime<'_>) -> Served,
    ) -> Served {
        self.turns += 1;
        let lane = match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        };
        let own = &mut self.books[if self.shape.half_duplex { 0 } else { direction as usize }];
        let mut cell = self.cell.as_ref().map(|member| (member, member.lock()));
        let cell =
            cell.as_mut().map(|(member, inner)| (inner.book(direction, member.settled_us), member.number));
        let turn = self.turns;
        let mut served = work(lane, &mut self.coverage, &mut Airtime { own, cell, turn });
        served.turn = turn;
        // What goes on is no silence.
        self.idle.busy(served.leaves_us);
        served
    }

    /// What was to be served after now, in this turn or in all of them, is gone.
    pub(crate) fn give_back(&mut self, now_us: u64, turn: Option<u64>) {
        for book in &mut self.books {
            book.give_back(now_us, ALONE, turn);
        }
        if let Some(member) = &self.cell {
            member.give_back(now_us, turn);
        }
    }

    /// No earlier time will be asked for: what is over may be forgotten.
    pub(crate) fn settle(&mut self, now_us: u64) {
        self.settled_us = now_us;
        self.coverage.settle(now_us);
        self.up.settle(now_us);
        self.down.settle(now_us);
        for book in &mut self.books {
            book.settle(now_us, 0);
        }
        if let Some(member) = &mut self.cell {
            member.settled_us = now_us;
        }
    }

    /// Until when time has passed, µs.
    pub(crate) fn settled_us(&self) -> u64 {
        self.settled_us
    }

    /// Whether the address translation has forgotten a path that was silent since `since_us`.
    pub(crate) fn forgot(&self, now_us: u64, since_us: u64) -> Option<NatShape> {
        self.shape.nat.filter(|nat| now_us > since_us.saturating_add(nat.idle_us))
    }

    /// Lets coverage change until now; a gap that has ended and after which the address is new.
    pub(crate) fn turn(&mut self, now_us: u64) -> Option<Gap> {
        self.coverage.turn(now_us)
    }

    /// Every stream that a process holds.
    pub(crate) fn rng_streams(&mut self) -> impl Iterator<Item = &mut RngStream> {
        let own = std::iter::once(&mut self.idle.rng).chain(self.coverage.rng_streams());
        own.chain(self.up.rng_streams()).chain(self.down.rng_streams())
    }
}
