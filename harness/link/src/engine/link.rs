//! The way in: steps, bytes, closes and time come in here. What a fault then does is in `passage`.

use std::collections::{BTreeMap, VecDeque};

use super::{
    armed::{Armed, ArmedFault, Taken},
    effects::Effects,
    output::{Output, PathId},
    path::Path,
    queue::End,
    radio::Radio,
};
use crate::{Direction, LinkStep, Note};

/// One client's modem with its paths. Times are microseconds of the caller's clock and never go back.
///
/// After any call, poll every path that the caller still serves and [`Self::poll_note`] until they are empty: one call may make something
/// due on several paths. A path of which both ends are gone is forgotten once its outputs are fetched; calls for a path
/// that is not known change nothing but the time.
#[derive(Debug, Default)]
pub struct Link {
    /// Boxed: a map makes room for eleven at once, and most links have one.
    pub(super) paths: BTreeMap<PathId, Box<Path>>,
    pub(super) effects: Effects,
    pub(super) armed: Armed,
    pub(super) notes: VecDeque<Note>,
    pub(super) radio: Radio,
    /// Every live path counts, not only the newest.
    pub(super) equal: bool,
    /// How often something happened that may concern every path.
    pub(super) generation: u64,
}

impl Link {
    /// An unimpaired link.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most bytes that [`Self::window`] lets an end send into a direction out of which nothing comes: about what TCP has
    /// under way without an answer.
    pub const BLIND_MAX: usize = 64 * 1024;

    /// All live paths are equal from now on: triggers watch each of them, and a cut that no trigger placed ends them all.
    /// Otherwise only the newest counts, as for a client that has one connection after the other.
    pub fn make_equal(&mut self) {
        self.equal = true;
    }

    /// Grows whenever something happened that may concern paths other than the one of the call: a fault, or one that waits
    /// from now on, a radio that woke up, another address or profile, a newer connection where only the newest counts.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether a new connection could be made now: no black hole covers either direction, and the radio has coverage.
    /// It does not let time pass: see [`Self::advance`].
    pub fn usable(&self) -> bool {
        !self.radio.is_dark() && ![Direction::Up, Direction::Down].iter().any(|d| self.effects.lane(*d).dark)
    }

    /// Whether bytes that enter this way come out: no black hole covers it, and the radio has coverage.
    pub fn passes(&self, direction: Direction) -> bool {
        !self.radio.is_dark() && !self.effects.lane(direction).dark
    }

    /// Whether a fault waits for a packet.
    pub fn is_armed(&self) -> bool {
        self.armed.waits_for_a_packet()
    }

    /// Whether a fault is in force, or waits for its packet or its time.
    pub fn is_faulty(&self) -> bool {
        self.effects != Effects::default()
            || self.armed.waits_for_a_packet()
            || self.armed.next_due_us().is_some()
    }

    /// Whether anything but a perfect link lies between the ends: a fault or a profile.
    pub fn is_impaired(&self) -> bool {
        self.is_faulty() || self.profile().is_some()
    }

    /// A connection was made. Trigger counts start at 1 for it; the older paths that were cut silently live on, dead.
    pub fn open(&mut self, now_us: u64, path: PathId) {
        self.advance(now_us);
        if let Some(older) = self.current().filter(|_| !self.equal) {
            self.generation += 1;
            // Triggers leave the older path here, and so does what waits for one of them.
            self.give_up(now_us, older, Direction::Up, "a newer connection was made");
            self.give_up(now_us, older, Direction::Down, "a newer connection was made");
        }
        self.paths.retain(|_, path| !path.is_over());
        self.paths.insert(path, Box::new(Path::new(now_us)));
    }

    /// The client has left the connection that it had: what was armed on it for one of its packets waits for no packet of the
    /// next one. What waits for a CONNECT or CONNACK, and what was armed without a connection, is meant for the next.
    pub fn leave(&mut self) {
        for ArmedFault { number: fault, fault: effect, text, .. } in self.armed.leave() {
            self.note(self.current(), Note::NeverFired { fault, effect, text });
        }
    }

    /// The caller serves a path no longer, whatever state it is in. Notes that were not fetched move to
    /// [`Self::poll_note`]. Not needed for a path of which both ends were closed.
    pub fn forget(&mut self, path: PathId) {
        let Some(mut gone) = self.paths.remove(&path) else { return };
        self.radio.let_go(&mut gone);
        self.radio.count(&self.paths, &mut self.generation);
        while let Some(output) = gone.pop() {
            if let Output::Note(note) = output {
                self.notes.push_back(note);
            }
        }
    }

    /// A step whose turn has come. Cuts, and triggers, apply to the newest path that was not cut (but see
    /// [`Self::make_equal`]). A trigger counts packets whose first byte comes after it was armed.
    pub fn step(&mut self, now_us: u64, step: LinkStep) {
        self.advance(now_us);
        let connected = self.current().is_some();
        match self.armed.take_in(now_us, step, connected) {
            Taken::Now(fault) => self.fire(now_us, fault, None),
            Taken::Waits(fault, effect, text) => {
                // Every path's server must know when it is due.
                self.generation += 1;
                self.note(self.current(), Note::Armed { fault, effect, text });
            }
        }
        self.advance(now_us);
    }

    /// Bytes that the client wrote.
    pub fn client_bytes(&mut self, now_us: u64, path: PathId, bytes: &[u8]) {
        self.advance(now_us);
        self.enter(now_us, path, Direction::Up, bytes);
    }

    /// Bytes that were read from the broker.
    pub fn broker_bytes(&mut self, now_us: u64, path: PathId, bytes: &[u8]) {
        self.advance(now_us);
        self.enter(now_us, path, Direction::Down, bytes);
    }

    /// The client closed in an orderly way (`rst` false) or reset its end. It travels behind its bytes.
    /// After an orderly close the client still reads; after a reset nothing reaches it.
    pub fn client_closed(&mut self, now_us: u64, path: PathId, rst: bool) {
        self.advance(now_us);
        self.close(now_us, path, Direction::Up, if rst { End::Rst } else { End::Fin });
    }

    /// The broker closed (`rst` false: FIN) or reset. It travels behind its bytes and is lost in a black hole.
    pub fn broker_closed(&mut self, now_us: u64, path: PathId, rst: bool) {
        self.advance(now_us);
        self.close(now_us, path, Direction::Down, if rst { End::Rst } else { End::Fin });
    }

    /// The next thing to do for a path, if anything is due at `now_us`.
    pub fn poll(&mut self, now_us: u64, path: PathId) -> Option<Output> {
        self.advance(now_us);
        let polled = self.paths.get_mut(&path)?;
        let output = polled.pop();
        if polled.is_over() {
            self.paths.remove(&path);
        }
        output
    }

    /// Notes that belong to no path (armed, restored while nothing was connected).
    pub fn poll_note(&mut self) -> Option<Note> {
        self.notes.pop_front()
    }

    /// When something becomes due next (a timed fault, a delayed or gathered byte), µs; it may lie in the past.
    /// What is due already waits in [`Self::poll`] and is not covered.
    pub fn wake_at_us(&self) -> Option<u64> {
        let queued = self.paths.values().filter_map(|path| path.wake_at_us(&self.effects)).min();
        queued.into_iter().chain(self.armed.next_due_us()).chain(self.radio.turns_us()).min()
    }

    /// The same where one path of many is served: what becomes due on it, on the modem as a whole, or at a fault. What
    /// else may concern it shows in [`Self::generation`].
    pub fn path_wakes_at_us(&self, path: PathId) -> Option<u64> {
        let own = self.paths.get(&path).and_then(|path| path.wake_at_us(&self.effects));
        own.into_iter().chain(self.armed.next_due_us()).chain(self.radio.turns_us()).min()
    }

    /// Lets time pass until `now_us`: timed faults happen and delayed bytes become due, in the order of their times.
    /// Every other call that takes a time does it too; this one serves a link without a path.
    pub fn advance(&mut self, now_us: u64) {
        while let Some((due_us, fault)) = self.armed.take_due(now_us) {
            self.turn(due_us);
            self.fire(due_us, fault, None);
        }
        self.turn(now_us);
        self.deliver(now_us);
        if let Some(modem) = &mut self.radio.modem {
            modem.settle(now_us);
        }
    }

    /// Bytes that the link holds for a path in either direction (held, delayed, withheld), for back-pressure.
    /// Outputs not fetched yet count as well.
    pub fn held_bytes(&self, path: PathId) -> usize {
        self.paths.get(&path).map_or(0, |path| path.held_bytes())
    }

    /// The same for one direction of a path.
    pub fn held_on(&self, path: PathId, direction: Direction) -> usize {
        self.paths.get(&path).map_or(0, |path| path.held_on(direction))
    }

    /// This connection does not speak MQTT: no packet is looked for in it any more, in neither direction. Every other fault
    /// applies as ever.
    pub fn opaque(&mut self, path: PathId, why: &str) {
        let Some(path) = self.paths.get_mut(&path) else { return };
        for direction in [Direction::Up, Direction::Down] {
            path.stream(direction).scanner.stop_looking();
            path.put_note(Note::Disarmed { direction, why: why.to_owned() });
        }
    }

    /// The experiment is over: a note for every armed fault that never fired.
    pub fn finish(&mut self) -> Vec<Note> {
        let never =
            |ArmedFault { number: fault, fault: effect, text, .. }| Note::NeverFired { fault, effect, text };
        self.armed.drain().into_iter().map(never).collect()
    }

    /// Whether triggers watch this path.
    pub(super) fn watches(&self, id: PathId) -> bool {
        match self.equal {
            true => self.paths.get(&id).is_some_and(|path| path.is_live()),
            false => self.current() == Some(id),
        }
    }

    /// The paths that a fault without an offset is for.
    pub(super) fn concerned(&self) -> Vec<PathId> {
        match self.equal {
            true => self.paths.iter().filter(|(_, path)| path.is_live()).map(|(id, _)| *id).collect(),
            false => self.current().into_iter().collect(),
        }
    }

    /// The newest live path.
    pub(super) fn current(&self) -> Option<PathId> {
        self.paths.iter().rev().find(|(_, path)| path.is_live()).map(|(id, _)| *id)
    }

    /// Records something in its place among a path's outputs, or with no path.
    pub(super) fn note(&mut self, path: Option<PathId>, note: Note) {
        match path.and_then(|id| self.paths.get_mut(&id)) {
            Some(path) => path.put_note(note),
            None => self.notes.push_back(note),
        }
    }

    /// Moves everything due to the outputs.
    pub(super) fn deliver(&mut self, now_us: u64) {
        for path in self.paths.values_mut() {
            path.deliver(now_us, &self.effects, &mut self.radio.modem);
        }
        self.radio.count(&self.paths, &mut self.generation);
    }
}
