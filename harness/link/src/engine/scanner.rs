//! Where one stream stands in its packets, and the offsets at which armed triggers fire.
//!
//! Holds no bytes, unless a trigger that names fields must see a packet of that type whole: then at most
//! [`Trigger::WITHHELD_MAX`] of them. Does not know what a fault does, nor whether what it lets through arrives.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use deadzone_wire::{Frame, PacketKind, Sender, Version, decode};

use super::{
    armed::Armed,
    framing::{Extent, LevelProbe, Progress, Withheld},
};
use crate::{Direction, Edge, Trigger};

/// What comes next in a stream, in order.
#[derive(Debug)]
pub(super) enum Scan {
    /// These bytes pass.
    Pass(Bytes),
    /// The armed fault with this number happens at this offset.
    Fire(u32),
    /// A packet passes that a trigger with fields should have seen whole.
    Undecided(String),
    /// No packet will be recognised any more.
    Unframeable,
    /// Nothing until more bytes come.
    Idle,
}

/// What the scanner must know of its surroundings while it looks at bytes.
pub(super) struct Watch<'a> {
    /// The armed faults; `None` on a path that triggers do not apply to.
    pub(super) armed: Option<&'a Armed>,
    /// The version that the connection speaks.
    pub(super) version: Version,
}

/// The offset of [`Edge::After`] in a plan: only a packet's end reaches it.
const END: u64 = u64::MAX;
/// Longest fixed header: the first byte and four of Remaining Length.
const HEADER_MAX: usize = 5;

/// One stream's position. Counts of triggers are this connection's, since the trigger was armed.
#[derive(Debug)]
pub(super) struct Scanner {
    direction: Direction,
    header: [u8; HEADER_MAX],
    header_len: usize,
    /// Bytes of the body still to come; `None` inside the fixed header.
    body_left: Option<u32>,
    /// Bytes of the current packet that passed.
    offset: u64,
    /// Whether the current packet's first byte has been looked at.
    begun: bool,
    /// Where in the current packet which fault happens, by offset, then by number.
    plan: Vec<(u64, u32)>,
    /// How many packets matched each trigger.
    matched: BTreeMap<u32, u32>,
    events: VecDeque<Scan>,
    /// The current packet so far, while a trigger with fields decides.
    withheld: Option<Withheld>,
    /// What was withheld and passes now.
    replay: Bytes,
    unframeable: bool,
    level: LevelProbe,
}

impl Scanner {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            direction,
            header: [0; HEADER_MAX],
            header_len: 0,
            body_left: None,
            offset: 0,
            begun: false,
            plan: Vec::new(),
            matched: BTreeMap::new(),
            events: VecDeque::new(),
            withheld: None,
            replay: Bytes::new(),
            unframeable: false,
            level: LevelProbe::default(),
        }
    }

    /// The version that a CONNECT in this stream named.
    pub(super) fn version(&self) -> Option<Version> {
        self.level.version()
    }

    /// Bytes that wait for a decision.
    pub(super) fn withheld(&self) -> usize {
        self.withheld.as_ref().map_or(0, Withheld::len) + self.replay.len()
    }

    /// Lets what is withheld pass undecided; whether there was anything.
    pub(super) fn give_up(&mut self, why: &str) -> bool {
        if self.withheld.is_none() {
            return false;
        }
        self.events.push_back(Scan::Undecided(why.to_owned()));
        self.let_pass();
        true
    }

    /// Looks at nothing any more; what is withheld passes.
    pub(super) fn stop_looking(&mut self) {
        if self.withheld.is_some() {
            self.let_pass();
        }
        self.plan.clear();
        self.unframeable = true;
    }

    /// Forgets what is withheld and looks at nothing any more; how many bytes that was. Faults that are due at the
    /// offset just reached still come out of [`Self::next`].
    pub(super) fn abandon(&mut self) -> usize {
        let bytes = self.withheld();
        self.withheld = None;
        self.replay = Bytes::new();
        self.unframeable = true;
        bytes
    }

    /// Goes on until the next thing that the caller must do. Call it until it is idle; `input` is then empty.
    pub(super) fn next(&mut self, input: &mut &[u8], watch: &Watch<'_>) -> Scan {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            if !self.replay.is_empty() {
                let replay = self.replay.clone();
                let passed = self.run(&replay, watch);
                if passed > 0 {
                    return Scan::Pass(self.replay.split_to(passed));
                }
            } else if input.is_empty() {
                return Scan::Idle;
            } else if self.withheld.is_some() {
                self.withhold(input, watch);
            } else {
                let passed = self.run(input, watch);
                let (passing, rest) = input.split_at(passed);
                *input = rest;
                if passed > 0 {
                    return Scan::Pass(Bytes::copy_from_slice(passing));
                }
            }
        }
    }

    /// Follows the packets in `bytes` as far as nothing happens; how many bytes that is.
    fn run(&mut self, bytes: &[u8], watch: &Watch<'_>) -> usize {
        if self.unframeable {
            return bytes.len();
        }
        let mut passed = 0;
        while passed < bytes.len() && self.events.is_empty() && self.withheld.is_none() {
            if !self.begun {
                self.begin(bytes[passed], watch);
            } else if let Some(left) = self.body_left {
                passed += self.body(&bytes[passed..], left);
            } else {
                self.header_byte(bytes[passed]);
                passed += 1;
            }
        }
        passed
    }

    /// Looks at a packet's first byte before it passes.
    fn begin(&mut self, first: u8, watch: &Watch<'_>) {
        self.begun = true;
        let kind = PacketKind::from_nibble(first >> 4);
        let Some(armed) = watch.armed else { return };
        let mut fields = false;
        for (number, trigger) in armed.watching(self.direction).filter(|(_, t)| t.pattern.kind == kind) {
            if trigger.pattern.fields.is_empty() {
                self.count(number, trigger);
            } else {
                fields = true;
            }
        }
        if fields {
            // The edges found so far wait too: nothing of the packet passes before it is decided.
            self.withheld = Some(Withheld::default());
        } else {
            self.reached_edge();
        }
    }

    /// One more match for a trigger; the n-th one enters the plan.
    fn count(&mut self, number: u32, trigger: &Trigger) {
        let count = self.matched.entry(number).or_insert(0);
        *count += 1;
        if *count == trigger.nth.max(1) {
            let offset = match trigger.edge {
                Edge::Before => 0,
                Edge::At(k) => u64::from(k),
                Edge::After => END,
            };
            self.plan.push((offset, number));
            self.plan.sort_unstable();
        }
    }

    /// Takes bytes of the packet in until it can be decided.
    fn withhold(&mut self, input: &mut &[u8], watch: &Watch<'_>) {
        let Some(held) = &mut self.withheld else { return };
        match held.take_in(input) {
            Progress::Wanting => {}
            Progress::Whole(frame) => {
                self.decide(&frame, watch);
                self.let_pass();
            }
            Progress::TooLong(total) => {
                self.give_up(&format!(
                    "a packet of {total} bytes is over the {} withheld",
                    Trigger::WITHHELD_MAX
                ));
            }
            // The framing error shows when its bytes pass.
            Progress::Endless => self.let_pass(),
        }
    }

    /// Which triggers with fields does the packet match?
    fn decide(&mut self, frame: &Frame, watch: &Watch<'_>) {
        let mut probe = LevelProbe::default();
        if frame.kind() == PacketKind::Connect {
            probe.take_in(&frame.body);
        }
        let version = probe.version().or_else(|| self.version()).unwrap_or(watch.version);
        let sender = match self.direction {
            Direction::Up => Sender::Client,
            Direction::Down => Sender::Server,
        };
        let packet = decode(frame, version, sender).packet;
        let Some(armed) = watch.armed else { return };
        for (number, trigger) in armed.watching(self.direction) {
            let pattern = &trigger.pattern;
            // Not `Pattern::matches`: a trigger takes a packet with any reason code unless one is given.
            if pattern.kind == frame.kind()
                && !pattern.fields.is_empty()
                && pattern.fields.iter().all(|(field, value)| field.get(&packet).as_ref() == Some(value))
            {
                self.count(number, trigger);
            }
        }
    }

    /// What was withheld passes, stopping at the edges in the plan.
    fn let_pass(&mut self) {
        self.replay = self.withheld.take().unwrap_or_default().into_bytes();
        self.reached_edge();
    }

    /// One byte of the fixed header passes.
    fn header_byte(&mut self, byte: u8) {
        self.header[self.header_len] = byte;
        self.header_len += 1;
        self.offset += 1;
        match Extent::of(&self.header[..self.header_len]) {
            Extent::Unknown => self.reached_edge(),
            Extent::Bytes(total) => {
                self.body_left = Some((total - self.header_len) as u32);
                self.reached_edge();
            }
            Extent::Endless => {
                self.reached_edge();
                self.plan.clear();
                self.unframeable = true;
                self.events.push_back(Scan::Unframeable);
            }
        }
    }

    /// Bytes of the body pass, up to the next edge; how many.
    fn body(&mut self, bytes: &[u8], left: u32) -> usize {
        let edge = self.plan.first().map_or(END, |(offset, _)| *offset);
        let run = u64::from(left).min(edge - self.offset).min(bytes.len() as u64) as usize;
        if self.direction == Direction::Up
            && PacketKind::from_nibble(self.header[0] >> 4) == PacketKind::Connect
        {
            self.level.take_in(&bytes[..run]);
        }
        self.offset += run as u64;
        self.body_left = Some(left - run as u32);
        self.reached_edge();
        run
    }

    /// Announces the faults due at this offset. At the end of a packet an edge inside it can't come any more.
    fn reached_edge(&mut self) {
        let ended = self.body_left == Some(0);
        if self.plan.is_empty() && !ended {
            return;
        }
        let here = if ended { END } else { self.offset };
        let (due, ahead) =
            std::mem::take(&mut self.plan).into_iter().partition(|(offset, _)| *offset == here);
        self.plan = ahead;
        let due: Vec<(u64, u32)> = due;
        self.events.extend(due.into_iter().map(|(_, number)| Scan::Fire(number)));
        if ended {
            self.plan.clear();
            self.begun = false;
            self.header_len = 0;
            self.body_left = None;
            self.offset = 0;
        }
    }
}
