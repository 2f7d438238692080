//! A process's own stream of chance: seeded by what it belongs to, recorded and replayed. Knows no distribution's use.
//! A stream lives as long as its link: processes come and go with profiles, and each goes on where it was.

use std::collections::VecDeque;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{
    decision::{Decision, Process},
    fixed::{self, Fx},
};
use crate::{Direction, Fnv};

/// Whose chance it is: the same words give the same link on every machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The run's seed.
    pub seed: u64,
    /// The scenario, or whatever else the run performs; may be empty.
    pub scenario: String,
    /// The link's name within it.
    pub link: String,
}

/// The hash of these parts; another one for each salt.
fn hash(salt: u64, parts: &[&[u8]]) -> u64 {
    // A part's length goes first, so that no two lists of parts read the same.
    let with = |hash: Fnv, part: &&[u8]| hash.with(&(part.len() as u64).to_be_bytes()).with(part);
    parts.iter().fold(Fnv::salted(salt), with).value()
}

/// The random numbers of one process.
#[derive(Debug)]
pub(crate) struct RngStream {
    process: Process,
    direction: Option<Direction>,
    rng: ChaCha8Rng,
    /// How many decisions there were.
    decided: u64,
    /// How many of them were drawn, and not played.
    drawn: u64,
    /// So many decisions belong to the time until now. Those behind them are of a time that was looked ahead to; if it
    /// never comes, they are taken back.
    settled: u64,
    replay: VecDeque<u64>,
    /// Decisions that were played and may be taken back, in order, with their numbers.
    played: VecDeque<(u64, u64)>,
    /// The last of all decisions.
    recorded: Option<Vec<Decision>>,
}

impl RngStream {
    /// The stream of this process of this link.
    fn new(identity: &Identity, direction: Option<Direction>, process: Process) -> Self {
        let way = match direction {
            None => "",
            Some(Direction::Up) => "up",
            Some(Direction::Down) => "down",
        };
        let seed = identity.seed.to_be_bytes();
        let words = [identity.scenario.as_str(), &identity.link, way, process.name()].map(str::as_bytes);
        let parts = [&seed[..], words[0], words[1], words[2], words[3]];
        let mut key = [0; 32];
        for (lane, chunk) in key.chunks_exact_mut(8).enumerate() {
            let salt = (lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&hash(salt, &parts).to_be_bytes());
        }
        let rng = ChaCha8Rng::from_seed(key);
        let (replay, played) = (VecDeque::new(), VecDeque::new());
        Self { process, direction, rng, decided: 0, drawn: 0, settled: 0, replay, played, recorded: None }
    }

    /// Writes down what is decided from now on.
    fn record(&mut self) {
        self.recorded.get_or_insert_default();
    }

    /// How many of those that are written down stay so, whatever happens.
    fn lasting(&self) -> usize {
        let ahead = self.decided.saturating_sub(self.settled) as usize;
        self.recorded.as_ref().map_or(0, |list| list.len().saturating_sub(ahead))
    }

    /// What was decided since recording began, or since it was last taken, for the time until now.
    fn recorded(&self) -> &[Decision] {
        self.recorded.as_deref().map_or(&[], |list| &list[..self.lasting()])
    }

    fn take_recorded(&mut self) -> Vec<Decision> {
        let lasting = self.lasting();
        self.recorded.as_mut().map_or_else(Vec::new, |list| {
            let ahead = list.split_off(lasting);
            std::mem::replace(list, ahead)
        })
    }

    /// Takes decisions from a list as long as it lasts. No value is greater than one that could be drawn: what is computed
    /// with it neither overflows nor goes on for ever.
    fn replay(&mut self, decisions: &[Decision]) {
        let own = |d: &&Decision| d.process == self.process && d.direction == self.direction;
        let most = self.process.most();
        self.replay = decisions.iter().filter(own).map(|d| d.value.min(most)).collect();
        self.played.clear();
    }

    /// One decision: from the list if one is played, else drawn.
    pub(crate) fn decide(&mut self, draw: impl FnOnce(&mut Draw<'_>) -> u64) -> u64 {
        let value = match self.replay.pop_front() {
            Some(value) => {
                if self.process.looks_ahead() && self.decided >= self.settled {
                    self.played.push_back((self.decided, value));
                }
                value
            }
            None => {
                self.drawn += 1;
                draw(&mut Draw(&mut self.rng))
            }
        };
        self.decided += 1;
        if !self.process.looks_ahead() {
            self.settled = self.decided;
        }
        if let Some(list) = &mut self.recorded {
            list.push(Decision { process: self.process, direction: self.direction, value });
        }
        value
    }

    /// How many decisions there were until now.
    pub(crate) fn decided(&self) -> u64 {
        self.decided
    }

    /// How many decisions were drawn until now.
    pub(crate) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// The first of all decisions, so many, belong to the time until now.
    pub(crate) fn settle(&mut self, decisions: u64) {
        self.settled = self.settled.max(decisions);
        while self.played.front().is_some_and(|(number, _)| *number < self.settled) {
            self.played.pop_front();
        }
    }

    /// Of all decisions only the first remain, so many: what followed from the others was never seen. They are played
    /// again, or drawn again, and not written down. So what a stream decides does not depend on how far ahead it was
    /// to look.
    pub(crate) fn take_back(&mut self, decisions: u64) {
        let back = self.decided.saturating_sub(decisions);
        self.decided -= back;
        let mut drawn = back;
        while let Some((_, value)) = self.played.back().filter(|(number, _)| *number >= decisions) {
            self.replay.push_front(*value);
            self.played.pop_back();
            drawn -= 1;
        }
        self.rewind(self.drawn.saturating_sub(drawn));
        if let Some(list) = &mut self.recorded {
            list.truncate(list.len().saturating_sub(back as usize));
        }
        // Who goes on with the stream begins here.
        self.settled = self.decided;
        self.played.clear();
    }

    /// Draws anew what was drawn after `drawn` decisions, though they remain.
    pub(crate) fn rewind(&mut self, drawn: u64) {
        let back = self.drawn.saturating_sub(drawn);
        self.drawn -= back;
        let position = self.rng.get_word_pos();
        self.rng.set_word_pos(position.saturating_sub(u128::from(back) * WORDS));
    }
}

/// Words of the generator that one decision takes: each draws once.
const WORDS: u128 = 2;

/// All streams of a link: those that no process holds at the moment, and what is to be done with every one.
#[derive(Debug, Default)]
pub(crate) struct Chance {
    pub(crate) identity: Identity,
    parked: Vec<RngStream>,
    recording: bool,
    replay: Vec<Decision>,
}

impl Chance {
    pub(crate) fn new(identity: Identity) -> Self {
        Self { identity, ..Self::default() }
    }

    /// The stream of a process, where it was left.
    pub(crate) fn take(&mut self, process: Process, direction: Option<Direction>) -> RngStream {
        let own = |rng: &RngStream| rng.process == process && rng.direction == direction;
        if let Some(at) = self.parked.iter().position(own) {
            return self.parked.swap_remove(at);
        }
        let mut rng = RngStream::new(&self.identity, direction, process);
        rng.replay(&self.replay);
        if self.recording {
            rng.record();
        }
        rng
    }

    /// Nothing draws from these for now.
    pub(crate) fn park_all(&mut self, rng: impl IntoIterator<Item = RngStream>) {
        self.parked.extend(rng);
    }

    /// Writes down what is decided from now on; `held` are the streams that processes hold.
    pub(crate) fn record<'a>(&'a mut self, held: impl Iterator<Item = &'a mut RngStream>) {
        self.recording = true;
        self.parked.iter_mut().chain(held).for_each(RngStream::record);
    }

    /// Takes decisions from a list as long as it lasts.
    pub(crate) fn replay<'a>(
        &'a mut self,
        decisions: &[Decision],
        held: impl Iterator<Item = &'a mut RngStream>,
    ) {
        self.replay = decisions.to_vec();
        self.parked.iter_mut().chain(held).for_each(|rng| rng.replay(decisions));
    }

    /// What was decided since recording began, or since it was last taken, process by process.
    pub(crate) fn decisions<'a>(
        &'a mut self,
        held: impl Iterator<Item = &'a mut RngStream>,
    ) -> Vec<Decision> {
        self.parked.iter_mut().chain(held).flat_map(|rng| rng.recorded()).copied().collect()
    }

    pub(crate) fn take_decisions<'a>(
        &'a mut self,
        held: impl Iterator<Item = &'a mut RngStream>,
    ) -> Vec<Decision> {
        self.parked.iter_mut().chain(held).flat_map(RngStream::take_recorded).collect()
    }
}

/// Draws from the stream.
pub(crate) struct Draw<'a>(&'a mut ChaCha8Rng);

impl Draw<'_> {
    /// A normal deviate.
    pub(crate) fn normal(&mut self) -> Fx {
        fixed::normal(self.0.next_u64())
    }

    /// An exponential deviate of this mean.
    pub(crate) fn exponential(&mut self, mean: u64) -> u64 {
        let factor = fixed::minus_ln_even(self.0.next_u64());
        ((u128::from(mean) * factor.max(0) as u128) >> 32) as u64
    }

    /// Evenly from `least` to `most`.
    pub(crate) fn even(&mut self, least: u64, most: u64) -> u64 {
        let span = u128::from(most.saturating_sub(least)) + 1;
        least + ((u128::from(self.0.next_u64()) * span) >> 64) as u64
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&mut self, probability: Fx) -> bool {
        self.part() < probability
    }

    /// Evenly from 0 to 1: something happens if it is less than its probability.
    pub(crate) fn part(&mut self) -> Fx {
        (self.0.next_u64() >> 32) as Fx
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PROCESSES: [Process; 7] = [
        Process::Delay,
        Process::Rate,
        Process::Stall,
        Process::Loss,
        Process::Outage,
        Process::Handover,
        Process::Idle,
    ];

    #[test]
    fn every_process_of_every_direction_draws_its_own() {
        let mut first = BTreeSet::new();
        for process in PROCESSES {
            for direction in [None, Some(Direction::Up), Some(Direction::Down)] {
                let mut rng = RngStream::new(&Identity::default(), direction, process);
                first.insert(rng.decide(|draw| draw.0.next_u64()));
            }
        }
        assert_eq!(first.len(), PROCESSES.len() * 3);
    }

    #[test]
    fn a_stream_is_drawn_anew_from_where_it_was_seen_to() {
        let mut rng = RngStream::new(&Identity::default(), None, Process::Stall);
        rng.replay(&[Decision { process: Process::Stall, direction: None, value: 7 }]);
        let draw = |rng: &mut RngStream| rng.decide(|draw| draw.0.next_u64());
        assert_eq!(draw(&mut rng), 7);
        let first: Vec<u64> = (0..5).map(|_| draw(&mut rng)).collect();
        rng.rewind(2);
        assert_eq!([draw(&mut rng), draw(&mut rng)], first[2..4]);
        // What was played is not drawn.
        rng.rewind(0);
        assert_eq!(draw(&mut rng), first[0]);
    }
}
