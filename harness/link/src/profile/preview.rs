//! What a profile does to a round trip, tried out: small messages through a link of its own, answered at once.

use std::collections::VecDeque;

use super::named::Profile;
use crate::{Direction, Identity, Link, Note, Output, PathId};

/// A small MQTT packet's size, bytes.
const MESSAGE: usize = 8;

/// Who speaks after which silence, s, in turn: an idle radio is met by both ends, and a sleeping one is left asleep.
const TURNS: [(Direction, u64); 4] =
    [(Direction::Up, 60), (Direction::Down, 2), (Direction::Up, 2), (Direction::Down, 60)];

/// The messages of one direction on their way: an answer is `true`, and when its question was asked, µs.
type OnWay = VecDeque<(bool, u64)>;

struct Trial {
    link: Link,
    path: PathId,
    connected: bool,
    on_way: [OnWay; 2],
    /// Bytes of an unfinished message.
    part: [usize; 2],
    /// How long the client waits for an answer that never comes, µs.
    patience_us: u64,
    /// Something was lost without a word: no answer comes any more.
    lost: bool,
    trips: Vec<u64>,
}

impl Profile {
    /// Round trips of `count` small messages with every process on, sorted, µs. One half begins at the client, the other at
    /// the broker; each follows a silence of 2 s or of 60 s. Those that never come back are left out. Where the address
    /// translation forgets without a word, a client that has waited for [`Self::patience_us`] makes another connection.
    pub fn round_trips_us(&self, count: u64, seed: u64) -> Vec<u64> {
        let identity = Identity { seed, scenario: "preview".to_owned(), link: self.name.clone() };
        let mut trial = Trial {
            link: Link::with_profile(self, identity),
            path: PathId(0),
            connected: false,
            on_way: Default::default(),
            part: [0; 2],
            patience_us: self.patience_us(),
            lost: false,
            trips: Vec::new(),
        };
        let turn = |made: u64| TURNS[(made % TURNS.len() as u64) as usize];
        let (mut now_us, mut made, mut next_us) = (0u64, 0u64, 0u64);
        loop {
            if trial.gives_up_us() <= now_us {
                trial.link.forget(trial.path);
                trial.disconnect();
            }
            if made < count && now_us >= next_us {
                trial.ask(now_us, turn(made).0);
                made += 1;
                next_us += turn(made).1 * 1_000_000;
            }
            trial.carry(now_us);
            // Whatever is under way at the end gets an hour.
            let end_us = if made < count { next_us } else { next_us + 3_600_000_000 };
            if made == count && (now_us >= end_us || trial.on_way.iter().all(VecDeque::is_empty)) {
                break;
            }
            let wakes_us = trial.link.wake_at_us().unwrap_or(u64::MAX).min(trial.gives_up_us());
            now_us = wakes_us.max(now_us + 1).min(end_us);
        }
        trial.trips.sort_unstable();
        trial.trips
    }
}

impl Trial {
    /// A message of this direction. A client that has no connection makes one; the broker has none to speak on then.
    fn ask(&mut self, now_us: u64, direction: Direction) {
        self.link.advance(now_us);
        if !self.connected && direction == Direction::Up && self.link.usable() {
            (self.path, self.connected) = (PathId(self.path.0 + 1), true);
            self.link.open(now_us, self.path);
        }
        if self.connected {
            self.write(now_us, direction, (false, now_us));
        }
    }

    /// When the client has waited too long for an answer, µs. What the broker asks it knows nothing of, and what is only slow
    /// shall be seen to be.
    fn gives_up_us(&self) -> u64 {
        if !self.lost {
            return u64::MAX;
        }
        let [up, down] = &self.on_way;
        let asked = up.iter().filter(|message| !message.0).chain(down.iter().filter(|message| message.0));
        asked.map(|message| message.1.saturating_add(self.patience_us)).min().unwrap_or(u64::MAX)
    }

    fn disconnect(&mut self) {
        (self.on_way, self.part) = (Default::default(), [0; 2]);
        (self.connected, self.lost) = (false, false);
    }

    fn write(&mut self, now_us: u64, direction: Direction, message: (bool, u64)) {
        self.on_way[direction as usize].push_back(message);
        // No packet is so long, so the link does not look for packets.
        match direction {
            Direction::Up => self.link.client_bytes(now_us, self.path, &[0xff; MESSAGE]),
            Direction::Down => self.link.broker_bytes(now_us, self.path, &[0xff; MESSAGE]),
        }
    }

    /// Takes what arrives, and answers it.
    fn carry(&mut self, now_us: u64) {
        while let Some(output) = self.link.poll(now_us, self.path) {
            let (direction, bytes) = match output {
                Output::ToBroker(bytes) => (Direction::Up, bytes.len()),
                Output::ToClient(bytes) => (Direction::Down, bytes.len()),
                Output::RstToClient => {
                    self.disconnect();
                    continue;
                }
                Output::Note(Note::Swallowed { .. }) => {
                    self.lost = true;
                    continue;
                }
                _ => continue,
            };
            let part = &mut self.part[direction as usize];
            let whole = (*part + bytes) / MESSAGE;
            *part = (*part + bytes) % MESSAGE;
            for _ in 0..whole {
                match self.on_way[direction as usize].pop_front() {
                    Some((false, at_us)) => self.write(now_us, direction.opposite(), (true, at_us)),
                    Some((true, at_us)) => self.trips.push(now_us - at_us),
                    None => {}
                }
            }
        }
    }
}
