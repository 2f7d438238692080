//! Address translation at the network's end of the access link: what of a path gets past it, and what it answers.
//!
//! It hears of what the client sends when that leaves the link, and of what the broker sends when that enters it. So
//! what the radio or a black hole keeps from it is silence, and its reset takes a round trip of the link.

use super::{
    effects::Effects,
    link::Link,
    output::PathId,
    path::Path,
    queue::{End, Load, Travel},
};
use crate::{
    Direction, Note,
    model::{Modem, NatShape},
};

impl Path {
    /// Something of the client's leaves the link: whether it gets to the broker.
    pub(super) fn passes_up(
        &mut self,
        at_us: u64,
        load: &Load,
        effects: &Effects,
        modem: &mut Option<Box<Modem>>,
    ) -> bool {
        // A cut is made at the broker's side.
        let nat = if self.cut { None } else { modem.as_deref_mut() };
        let Some(modem) = nat.filter(|modem| self.forgotten_by(at_us, modem)) else {
            self.active_us = self.active_us.max(at_us);
            return true;
        };
        let rst = modem.shape.nat.is_some_and(|nat| nat.rst);
        if !rst {
            self.stream(Direction::Up).swallow(load.len(), at_us, Some(modem));
            if let Some(bytes) = self.stream(Direction::Up).lost() {
                self.put_note(Note::Swallowed { direction: Direction::Up, bytes });
            }
            return false;
        }
        let bytes = load.len() as u64 + self.stream(Direction::Up).discard(at_us, Some(modem));
        if bytes > 0 {
            self.put_note(Note::Discarded { direction: Direction::Up, bytes });
        }
        self.stream(Direction::Up).ended = true;
        if !matches!(load, Load::End(End::Rst)) {
            // What had passed before is still on its way, and the reset comes behind it.
            let us = modem.travel_us(at_us, Direction::Down);
            let travel = Travel { us, ..Travel::NONE };
            let down = self.stream(Direction::Down);
            down.send_end(at_us, End::Rst, effects.lane(Direction::Down), travel);
            down.sealed = true;
        }
        false
    }

    /// Whether it is forgotten by now.
    fn forgotten_by(&mut self, now_us: u64, modem: &Modem) -> bool {
        let Some(NatShape { rst, idle_us }) = modem.shape.nat else { return false };
        if !self.forgotten && modem.forgot(now_us, self.active_us).is_some() {
            self.forgotten = true;
            let silence_s = idle_us / 1_000_000;
            let what = format!("the address translation has forgotten it after {silence_s} s of silence");
            self.put_note(Note::Radio { direction: None, what });
        }
        if self.forgotten && !rst {
            self.stream(Direction::Up).die();
            self.stream(Direction::Down).die();
        }
        self.forgotten
    }
}

impl Link {
    /// Something of the broker's enters the link, bytes or its end: whether it is answered here, and goes no further.
    pub(super) fn answers_broker(&mut self, now_us: u64, id: PathId, end: Option<End>) -> bool {
        let Some(path) = self.paths.get_mut(&id) else { return false };
        if path.cut || path.stream(Direction::Down).ended {
            return false;
        }
        let Some(modem) = self.radio.modem.as_deref().filter(|modem| path.forgotten_by(now_us, modem)) else {
            path.active_us = now_us;
            return false;
        };
        if modem.shape.nat.is_some_and(|nat| !nat.rst) {
            return false;
        }
        let down = path.stream(Direction::Down);
        let bytes = down.scanner.abandon() as u64;
        (down.sealed, down.ended) = (true, true);
        if bytes > 0 {
            path.put_note(Note::Discarded { direction: Direction::Down, bytes });
        }
        // The end that sends learns it; the other end does when it sends itself. No reset is answered.
        if end != Some(End::Rst) {
            path.put_end(Direction::Up, End::Rst);
        }
        true
    }

    /// Whether a reset that the client sends now will get to the broker, as far as it is known.
    pub(super) fn reset_passes(&mut self, now_us: u64, id: PathId) -> bool {
        let (Some(modem), Some(path)) = (self.radio.modem.as_deref(), self.paths.get_mut(&id)) else {
            return true;
        };
        path.cut || !path.forgotten_by(now_us, modem)
    }
}
