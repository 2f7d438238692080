//! How bytes and closes pass, and what faults do to them on the way: the part of [`Link`] behind its public face.
//! Every rule of the form "this fault does that" stands here and nowhere else.

use super::{
    armed::ArmedFault,
    effects::{Effects, Lane},
    link::Link,
    output::PathId,
    queue::{End, Travel},
    scanner::{Scan, Watch},
};
use crate::{Cut, Direction, Fault, Note, Way};

/// Where a trigger found its offset.
pub(super) type Offset = Option<(PathId, Direction)>;

impl Link {
    /// Bytes enter a path at one end.
    pub(super) fn enter(&mut self, now_us: u64, id: PathId, direction: Direction, bytes: &[u8]) {
        if direction == Direction::Down && self.answers_broker(now_us, id, None) {
            return;
        }
        let Some(stream) = self.paths.get_mut(&id).map(|path| path.stream(direction)) else { return };
        if stream.sealed || stream.ended {
            stream.ignore(bytes.len());
            return;
        }
        self.pump(now_us, id, direction, bytes);
        self.deliver(now_us);
    }

    /// Takes a stream as far as its bytes go: lets them pass up to each offset that a trigger names, where its fault happens.
    fn pump(&mut self, now_us: u64, id: PathId, direction: Direction, mut input: &[u8]) {
        let mut discarded = 0;
        let travel = if input.is_empty() { Travel::NONE } else { self.travel(now_us, direction) };
        loop {
            let watched = self.watches(id);
            let Some(path) = self.paths.get_mut(&id) else { return };
            let version = path.version();
            let stream = path.stream(direction);
            if stream.sealed {
                // A fault at an offset behind us cut the path. Other faults at that offset still happen.
                discarded += (input.len() + stream.scanner.abandon()) as u64;
                input = &[];
            }
            let watch = Watch { armed: watched.then_some(&self.armed), version };
            match stream.scanner.next(&mut input, &watch) {
                Scan::Pass(bytes) => stream.send(now_us, bytes, self.effects.lane(direction), travel),
                Scan::Fire(number) => {
                    if let Some(fault) = self.armed.take(number) {
                        self.fire(now_us, fault, Some((id, direction)));
                    }
                }
                Scan::Undecided(why) => path.put_note(Note::Undecided { direction, why }),
                Scan::Unframeable => {
                    let why = "Remaining Length longer than four bytes".to_owned();
                    path.put_note(Note::Disarmed { direction, why });
                }
                Scan::Idle => break,
            }
        }
        let Some(path) = self.paths.get_mut(&id) else { return };
        if let Some(bytes) = path.stream(direction).lost() {
            path.put_note(Note::Swallowed { direction, bytes });
        }
        if discarded > 0 {
            path.put_note(Note::Discarded { direction, bytes: discarded });
        }
    }

    /// Lets bytes pass that wait for a trigger's decision, because the stream can't wait any longer.
    pub(super) fn give_up(&mut self, now_us: u64, id: PathId, direction: Direction, why: &str) {
        if self.paths.get_mut(&id).is_some_and(|path| path.stream(direction).scanner.give_up(why)) {
            self.pump(now_us, id, direction, &[]);
            self.deliver(now_us);
        }
    }

    /// One end closes. Its close travels in `direction`, behind its bytes.
    pub(super) fn close(&mut self, now_us: u64, id: PathId, direction: Direction, end: End) {
        self.give_up(now_us, id, direction, "the stream ended inside the packet");
        if direction == Direction::Down && self.answers_broker(now_us, id, Some(end)) {
            return;
        }
        let travel = self.travel(now_us, direction);
        let passes = direction == Direction::Down || end == End::Fin || self.reset_passes(now_us, id);
        let Some(path) = self.paths.get_mut(&id) else { return };
        let stream = path.stream(direction);
        if stream.ended {
            return;
        }
        stream.ended = true;
        let lane = self.effects.lane(direction);
        let arrives = passes && !stream.sealed && stream.send_end(now_us, end, lane, travel);
        if end == End::Rst {
            // Nothing reaches an end that has reset; and an end that a reset reaches is gone as well.
            let back = direction.opposite();
            let bytes = path.stream(back).discard(now_us, self.radio.modem.as_deref_mut());
            path.stream(back).ended |= arrives;
            if bytes > 0 {
                path.put_note(Note::Discarded { direction: back, bytes });
            }
        }
        self.deliver(now_us);
    }

    /// A fault happens. `offset` is where its trigger found it; without one it acts on every path that is concerned.
    pub(super) fn fire(&mut self, now_us: u64, fault: ArmedFault, offset: Offset) {
        self.generation += 1;
        // What passed before the fault, or is due at the same time, is not touched by it any more.
        self.deliver(now_us);
        let concerned = self.concerned();
        let targets = offset.map_or_else(|| concerned.clone(), |(id, _)| vec![id]);
        // A cut is of its targets; what else a fault does is done to the modem.
        let settled = if matches!(fault.fault, Fault::Cut(_)) { &targets } else { &concerned };
        for id in settled {
            let own = offset.filter(|(at, _)| at == id).map(|(_, direction)| direction);
            self.settle(now_us, *id, fault.fault, own);
        }
        let target = targets.last().copied();
        for id in targets.iter().copied().map(Some).chain(target.is_none().then_some(None)) {
            self.note(id, Note::Fired { fault: fault.number, effect: fault.fault, text: fault.text.clone() });
        }
        match fault.fault {
            Fault::Blackhole(way) => self.effects.change(way, |lane| lane.dark = true),
            Fault::Hold(way) => self.effects.change(way, |lane| lane.held = true),
            Fault::Slice(way, n) => self.effects.change(way, |lane| lane.slice = (n > 0).then_some(n)),
            Fault::Coalesce(way, us) => self.effects.change(way, |lane| lane.gather_us = us),
            Fault::Delay(way, us) => self.effects.change(way, |lane| lane.delay_us = us),
            Fault::Release(way) => self.release(now_us, way),
            Fault::Restore => {
                self.note(target, Note::Restored);
                for ArmedFault { number: fault, fault: effect, text, .. } in
                    self.armed.take_effects(fault.number)
                {
                    self.note(target, Note::NeverFired { fault, effect, text });
                }
                self.release(now_us, Way::Both);
                for path in self.paths.values_mut() {
                    path.stream(Direction::Up).queue.hasten(now_us);
                    path.stream(Direction::Down).queue.hasten(now_us);
                }
                // Slicing ends for what is delivered now as well: the lanes are clean before anything moves.
                self.effects = Effects::default();
            }
            Fault::Cut(how) => {
                for id in targets {
                    self.cut(now_us, id, how, offset.map(|(_, direction)| direction));
                }
            }
        }
        self.deliver(now_us);
    }

    /// A fault acts behind every byte written before it, so bytes that wait for a trigger's decision go first.
    /// Where the fault has an offset in the same stream they are behind it, and stay.
    fn settle(&mut self, now_us: u64, id: PathId, fault: Fault, offset: Option<Direction>) {
        let way = match fault {
            Fault::Blackhole(way) | Fault::Hold(way) => way,
            Fault::Cut(_) => Way::Both,
            _ => return,
        };
        for direction in [Direction::Up, Direction::Down] {
            if way.covers(direction) && offset != Some(direction) {
                self.give_up(now_us, id, direction, "a fault came before the packet was complete");
            }
        }
    }

    /// Held bytes may go on.
    fn release(&mut self, now_us: u64, way: Way) {
        for direction in [Direction::Up, Direction::Down] {
            if !way.covers(direction) || !self.effects.lane(direction).held {
                continue;
            }
            for path in self.paths.values_mut() {
                let queue = &mut path.stream(direction).queue;
                queue.not_before(now_us);
                let bytes = queue.bytes() as u64;
                if bytes > 0 {
                    path.put_note(Note::Released { direction, bytes });
                }
            }
        }
        self.effects.change(way, |lane| lane.held = false);
    }

    /// Ends a connection. It is made by the link, not sent through it, so a black hole does not keep it from the broker.
    /// In the stream whose offset it is, what still travels arrives first; FIN lets it arrive in any case upwards.
    pub(super) fn cut(&mut self, now_us: u64, id: PathId, how: Cut, offset: Option<Direction>) {
        let Some(path) = self.paths.get_mut(&id).filter(|path| !path.cut) else { return };
        path.cut = true;
        path.put_note(Note::Cut { how });
        for direction in [Direction::Up, Direction::Down] {
            let lane = self.effects.lane(direction);
            let arrives = offset == Some(direction) || (direction == Direction::Up && how == Cut::Fin);
            if !arrives || lane.held {
                // The next connection need not wait until it would have been served.
                let bytes = path.stream(direction).discard(now_us, self.radio.modem.as_deref_mut());
                if bytes > 0 {
                    path.put_note(Note::Discarded { direction, bytes });
                }
            }
            let stream = path.stream(direction);
            stream.sealed = true;
            // The client's end is closed by every cut; the broker's end only by a reset.
            stream.ended |= direction == Direction::Up || how == Cut::Rst;
            let end = match (direction, how) {
                (Direction::Up, Cut::Silent) => continue,
                (_, Cut::Fin) => End::Fin,
                (_, Cut::Rst | Cut::Silent) => End::Rst,
            };
            // Only a FIN upwards takes as long as bytes do: a reset comes at once, the client's end is closed on the spot.
            let at_once = Lane::default();
            let travels = direction == Direction::Up && how == Cut::Fin;
            if lane.held {
                path.put_end(direction, end);
            } else {
                path.stream(direction).queue.push_end(
                    now_us,
                    end,
                    if travels { lane } else { &at_once },
                    Travel::NONE,
                );
            }
        }
    }
}
