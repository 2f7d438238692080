//! The radio of a link: what its profile does to paths, and the public face of profiles. The model itself is in `model`.

use std::{collections::BTreeMap, sync::Arc};

use super::{link::Link, output::PathId, path::Path, queue::Travel};
use crate::{
    Cell, Cut, Decision, Direction, Identity, Note, Profile,
    model::{Begin, Chance, Modem},
};

/// A radio, where the link has a profile.
#[derive(Debug, Default)]
pub(super) struct Radio {
    pub(super) modem: Option<Box<Modem>>,
    /// All links that were made of it may share it: with its numbers and their sources it takes more than 8 KiB.
    profile: Option<Arc<Profile>>,
    /// It outlives every modem.
    chance: Chance,
    cell: Option<Cell>,
    /// Bytes on the way up and down, over all paths.
    held: [usize; 2],
}

impl Radio {
    /// There is no coverage.
    pub(super) fn is_dark(&self) -> bool {
        self.modem.as_ref().is_some_and(|modem| modem.coverage.dark_until_us.is_some())
    }

    /// When coverage or the address may change next, µs.
    pub(super) fn turns_us(&self) -> Option<u64> {
        self.modem.as_ref().and_then(|modem| modem.coverage.turns_us())
    }

    /// What a path that is gone would still have been served is free.
    pub(super) fn let_go(&mut self, path: &mut Path) {
        let Some(modem) = &mut self.modem else { return };
        let now_us = modem.settled_us();
        for direction in Direction::BOTH {
            path.stream(direction).discard(now_us, Some(modem));
        }
    }

    /// Counts what is on the way. Where there was no room and now there is, all who send that way must hear of it.
    pub(super) fn count(&mut self, paths: &BTreeMap<PathId, Box<Path>>, generation: &mut u64) {
        let Some(modem) = &self.modem else { return };
        for direction in Direction::BOTH {
            let room = modem.shape.lane(direction).room_bytes();
            let held = paths.values().map(|path| path.held_of(direction)).sum();
            let before = std::mem::replace(&mut self.held[direction as usize], held);
            *generation += u64::from(before >= room && held < room);
        }
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
        link.radio.chance = Chance::new(identity);
        link
    }

    /// Another profile from now on, or an overlay over the one in force. What is on its way is served by the new numbers;
    /// processes whose numbers do not change go on undisturbed. Outages that an overlay itself lists begin anew.
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
        if let Some(modem) = self.radio.modem.take() {
            modem.end(now_us, &mut self.radio.chance);
        }
        self.generation += 1;
        for path in self.paths.values_mut() {
            path.stream(Direction::Up).queue.serve_anew(now_us);
            path.stream(Direction::Down).queue.serve_anew(now_us);
        }
        self.note(self.current(), Note::Profile { name: "none".to_owned() });
        self.advance(now_us);
    }

    /// Puts a profile into force without letting any process begin.
    fn install(&mut self, now_us: u64, since_us: u64, profile: Arc<Profile>) {
        self.generation += 1;
        let anew = profile.overlay && !profile.list("outage.schedule_s").is_empty();
        let begin = Begin { origin_us: now_us, since_us, anew };
        let profile = match &self.radio.profile {
            Some(below) if profile.overlay => Arc::new(below.with(&profile)),
            _ => profile,
        };
        let shape = profile.shape();
        match &mut self.radio.modem {
            Some(modem) => modem.change(shape, begin, &mut self.radio.chance),
            None => {
                let mut modem = Box::new(Modem::new(shape, begin, &mut self.radio.chance));
                if let Some(cell) = &self.radio.cell {
                    modem.share(cell);
                }
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
        self.radio.cell = Some(cell.clone());
        if let Some(modem) = &mut self.radio.modem {
            modem.share(cell);
        }
    }

    /// How many more bytes a path takes in this direction before its sender must wait: the modem has one bounded queue for
    /// all its paths. Without a profile it takes any number. Where there is room again, [`Self::generation`] grows.
    pub fn room(&self, _path: PathId, direction: Direction) -> usize {
        let Some(modem) = &self.radio.modem else { return usize::MAX };
        modem.shape.lane(direction).room_bytes().saturating_sub(self.radio.held[direction as usize])
    }

    /// The same where more than bytes is to be sent, and would wait for ever where a fault holds them: then any number.
    pub fn room_unless_held(&self, path: PathId, direction: Direction) -> usize {
        if self.effects.lane(direction).held { usize::MAX } else { self.room(path, direction) }
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
        let Radio { modem, chance, .. } = &mut self.radio;
        chance.record(modem.iter_mut().flat_map(|modem| modem.rng_streams()));
    }

    /// What chance decided since recording began, or since it was last taken, process by process: one list each, over all
    /// profiles that the link has had.
    pub fn decisions(&mut self) -> Vec<Decision> {
        let Radio { modem, chance, .. } = &mut self.radio;
        chance.decisions(modem.iter_mut().flat_map(|modem| modem.rng_streams()))
    }

    /// Takes what chance decided since this was last asked, process by process: who writes it down meanwhile need not have
    /// it kept. All that was taken, one behind the other, is the list to be played.
    pub fn take_decisions(&mut self) -> Vec<Decision> {
        let Radio { modem, chance, .. } = &mut self.radio;
        chance.take_decisions(modem.iter_mut().flat_map(|modem| modem.rng_streams()))
    }

    /// Plays decisions instead of chance; before time passes. Where the list ends, chance goes on. A profile may come later,
    /// and another one behind it: a process goes on in its list as it does in its stream.
    pub fn replay_decisions(&mut self, decisions: &[Decision]) {
        let Radio { modem, chance, .. } = &mut self.radio;
        chance.replay(decisions, modem.iter_mut().flat_map(|modem| modem.rng_streams()));
    }

    /// Lets coverage and addresses change until now. A new address ends every connection of the modem for the client; the
    /// broker's end hears nothing of it.
    pub(super) fn turn(&mut self, now_us: u64) {
        while let Some(gap) = self.radio.modem.as_mut().and_then(|modem| modem.turn(now_us)) {
            self.generation += 1;
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
    pub(super) fn travel(&mut self, now_us: u64, direction: Direction) -> Travel {
        let Some(modem) = &mut self.radio.modem else { return Travel::NONE };
        let entry = modem.enter(now_us, direction);
        let go_bytes = modem.shape.lane(direction).go_bytes();
        if let Some(wakes_us) = entry.wakes_us {
            self.generation += 1;
            // What waited for a sleeping radio goes on now that it wakes up.
            for path in self.paths.values_mut() {
                path.stream(Direction::Down).queue.awake(wakes_us);
            }
        }
        Travel { ready_us: entry.ready_us, us: entry.travel_us, go_bytes }
    }
}
