//! The radio of a link: what its profile does to paths, and the public face of profiles. The model itself is in `model`.

use std::sync::Arc;

use super::{link::Link, output::PathId, queue::Travel};
use crate::{
    Cell, Cut, Decision, Direction, Identity, Note, Profile,
    model::{Modem, NatShape},
};

/// A radio, where the link has a profile.
#[derive(Debug, Default)]
pub(super) struct Radio {
    pub(super) modem: Option<Box<Modem>>,
    /// All links that were made of it may share it: with its numbers and their sources it takes more than 8 KiB.
    profile: Option<Arc<Profile>>,
    /// For a profile that comes later.
    identity: Option<Identity>,
    recording: bool,
    replay: Vec<Decision>,
}

impl Radio {
    /// There is no coverage.
    pub(super) fn is_dark(&self) -> bool {
        self.modem.as_ref().is_some_and(|modem| modem.dark_until_us.is_some())
    }

    /// When coverage or the address may change next, µs.
    pub(super) fn turns_us(&self) -> Option<u64> {
        self.modem.as_ref().and_then(|modem| modem.turns_us())
    }
}

impl Link {
    /// A link that behaves as `profile` says. Equal identities give equal links.
    pub fn with_profile(profile: &Profile, identity: Identity) -> Self {
        let mut link = Self::with_identity(identity);
        link.install(0, 0, Arc::new(profile.clone()));
        link
    }

    /// An unimpaired link; a profile that comes into force later draws from this identity's streams.
    pub fn with_identity(identity: Identity) -> Self {
        let mut link = Self::new();
        link.radio.identity = Some(identity);
        link
    }

    /// Another profile from now on, or an overlay over the one in force. What is on its way is served by the new numbers;
    /// processes whose numbers do not change go on undisturbed.
    pub fn change_profile(&mut self, now_us: u64, profile: &Profile) {
        self.change_profile_shared(now_us, Arc::new(profile.clone()));
    }

    /// The same for one of many links with equal profiles: they hold it together.
    pub fn change_profile_shared(&mut self, now_us: u64, profile: Arc<Profile>) {
        self.begin_profile(now_us, now_us, profile);
    }

    /// The same for a link that is made later than its surroundings: outages that are listed by their times count from
    /// `since_us`, which is not after `now_us`. Chance begins now.
    pub fn begin_profile(&mut self, now_us: u64, since_us: u64, profile: Arc<Profile>) {
        self.advance(now_us);
        self.install(now_us, since_us, profile);
        self.advance(now_us);
    }

    /// No profile from now on: what is on its way goes on, and nothing keeps it any more.
    pub fn clear_profile(&mut self, now_us: u64) {
        self.advance(now_us);
        if self.radio.profile.take().is_none() {
            return;
        }
        self.radio.modem = None;
        self.stirs += 1;
        for path in self.paths.values_mut() {
            path.stream(Direction::Up).queue.serve_anew(now_us);
            path.stream(Direction::Down).queue.serve_anew(now_us);
        }
        self.note(self.current(), Note::Profile { name: "none".to_owned() });
        self.advance(now_us);
    }

    /// Puts a profile into force without letting any process begin.
    fn install(&mut self, now_us: u64, since_us: u64, profile: Arc<Profile>) {
        self.stirs += 1;
        let profile = match &self.radio.profile {
            Some(below) if profile.overlay => Arc::new(below.with(&profile)),
            _ => profile,
        };
        let shape = profile.shape();
        match &mut self.radio.modem {
            Some(modem) => modem.change(now_us, since_us, shape),
            None => {
                let unnamed = Identity { seed: 0, scenario: String::new(), link: String::new() };
                let identity = self.radio.identity.clone().unwrap_or(unnamed);
                let mut modem = Box::new(Modem::new(shape, identity, now_us, since_us));
                if self.radio.recording {
                    modem.record();
                }
                modem.replay(&self.radio.replay);
                self.radio.modem = Some(modem);
            }
        }
        for path in self.paths.values_mut() {
            path.stream(Direction::Up).queue.serve_anew(now_us);
            path.stream(Direction::Down).queue.serve_anew(now_us);
        }
        self.note(self.current(), Note::Profile { name: profile.name.clone() });
        self.radio.profile = Some(profile);
    }

    /// The profile in force, with its overlays.
    pub fn profile(&self) -> Option<&Profile> {
        self.radio.profile.as_deref()
    }

    /// This link's bytes are served in turn with those of every other link of the cell.
    pub fn share(&mut self, cell: &Cell) {
        if let Some(modem) = &mut self.radio.modem {
            modem.share(cell.clone());
        }
    }

    /// How many more bytes a path takes in this direction before its sender must wait: the queue is bounded.
    /// Without a profile it takes any number.
    pub fn room(&self, path: PathId, direction: Direction) -> usize {
        let Some(modem) = &self.radio.modem else { return usize::MAX };
        let held = self.paths.get(&path).map_or(0, |path| path.held_of(direction));
        modem.shape.lane(direction).room_bytes().saturating_sub(held)
    }

    /// How many more bytes a real sender could have on the way: its kernel waits for an answer where nothing comes out any
    /// more. [`Self::room`], and at most [`Self::BLIND_MAX`] into a black hole, a hold, or what a cut left behind.
    pub fn window(&self, path: PathId, direction: Direction) -> usize {
        let blind = self.paths.get(&path).and_then(|path| path.blind(direction, &self.effects));
        let left = blind.map_or(usize::MAX, |taken| {
            Self::BLIND_MAX.saturating_sub(usize::try_from(taken).unwrap_or(usize::MAX))
        });
        self.room(path, direction).min(left)
    }

    /// Writes down from now on what chance decides; before time passes, so that nothing is missed. A profile may come later.
    pub fn record_decisions(&mut self) {
        self.radio.recording = true;
        if let Some(modem) = &mut self.radio.modem {
            modem.record();
        }
    }

    /// What chance decided since recording began, process by process.
    pub fn decisions(&mut self) -> Vec<Decision> {
        self.radio.modem.as_mut().map_or_else(Vec::new, |modem| modem.decisions())
    }

    /// Plays decisions instead of chance; before time passes. Where the list ends, chance goes on. A profile may come later.
    pub fn replay_decisions(&mut self, decisions: &[Decision]) {
        match &mut self.radio.modem {
            Some(modem) => modem.replay(decisions),
            None => self.radio.replay = decisions.to_vec(),
        }
    }

    /// Lets coverage and addresses change until now. A new address ends every connection of the modem for the client; the
    /// broker's end hears nothing of it.
    pub(super) fn turn(&mut self, now_us: u64) {
        while let Some(gap) = self.radio.modem.as_mut().and_then(|modem| modem.turn(now_us)) {
            self.stirs += 1;
            let live: Vec<PathId> =
                self.paths.iter().filter(|(_, path)| path.is_live()).map(|(id, _)| *id).collect();
            if !live.is_empty() {
                self.deliver(gap.to_us);
            }
            for id in live {
                let what = format!("{}, and then a new address", gap.cause.words());
                self.note(Some(id), Note::Radio { direction: None, what });
                self.cut(gap.to_us, id, Cut::Silent, None);
            }
        }
    }

    /// What the radio makes of bytes that enter now.
    pub(super) fn travel(&mut self, now_us: u64, id: PathId, direction: Direction) -> Travel {
        let Some(modem) = &mut self.radio.modem else { return Travel::NONE };
        let entry = modem.enter(now_us, direction);
        let go_bytes = modem.shape.lane(direction).go_bytes();
        if let Some(wakes_us) = entry.wakes_us {
            self.stirs += 1;
            modem.free(now_us);
            // What waited for a sleeping radio is delivered now that it wakes up.
            for path in self.paths.values_mut() {
                let queue = &mut path.stream(Direction::Down).queue;
                queue.hasten(wakes_us);
                queue.serve_anew(now_us);
            }
        }
        if let Some(path) = self.paths.get_mut(&id) {
            path.active_us = now_us;
        }
        Travel { us: entry.travel_us, go_bytes }
    }

    /// Whether the address translation has forgotten the path; then these bytes go nowhere.
    pub(super) fn forgets(&mut self, now_us: u64, id: PathId, direction: Direction) -> bool {
        let (Some(modem), Some(path)) = (&self.radio.modem, self.paths.get_mut(&id)) else { return false };
        if !path.forgotten {
            let Some(NatShape { rst, idle_us }) = modem.forgot(now_us, path.active_us) else { return false };
            path.forgotten = true;
            let what = format!(
                "the address translation has forgotten it after {} s of silence",
                idle_us / 1_000_000
            );
            path.put_note(Note::Radio { direction: None, what });
            if !rst {
                path.stream(Direction::Up).die();
                path.stream(Direction::Down).die();
            }
        }
        let rst = modem.shape.nat.is_some_and(|nat| nat.rst);
        if rst {
            // Whoever sends learns it; the other end does when it sends itself.
            path.refuse(direction);
        }
        rst
    }
}
