//! One direction's toxics on one connection, in the order in which they were added. Knows no sockets and no other direction.

use super::{
    ToxicInfo,
    rng_stream::RngStream,
    stage::{Emitted, Item, Stage, stage},
};

/// Draws of toxicity have this many values.
const DRAWS: u64 = 1 << 32;

/// Most pieces that toxics keep in one direction before its sender is read no more: bytes alone do not say what single ones
/// cost, which is some fifty times as much.
pub(super) const PIECES_MAX: usize = 65_536;

/// Where chance comes from: the seed, and what tells this connection from others.
pub(super) struct Origin<'a> {
    pub(super) seed: u64,
    pub(super) proxy: &'a str,
    /// The number of the connection in its proxy, from 1.
    pub(super) connection: u64,
}

struct Slot {
    name: String,
    /// Drawn once: the toxic acts where its toxicity is above it. No later edit draws again.
    draw: u64,
    rng: RngStream,
    /// `None` where it does not act on this connection.
    stage: Option<Box<dyn Stage>>,
}

/// The toxics of one direction.
#[derive(Default)]
pub(super) struct Lane {
    slots: Vec<Slot>,
}

impl Lane {
    /// A toxic comes last. `generation` tells it from earlier ones of its name.
    pub(super) fn add(&mut self, now_us: u64, info: &ToxicInfo, generation: u32, origin: &Origin<'_>) {
        let (connection, generation) = (origin.connection.to_string(), generation.to_string());
        let rng = |purpose| {
            let names = [origin.proxy, &connection, info.stream.name(), &info.name, &generation, purpose];
            RngStream::new(origin.seed, &names)
        };
        let mut slot = Slot {
            name: info.name.clone(),
            draw: rng("toxicity").below(DRAWS),
            rng: rng("work"),
            stage: None,
        };
        if slot.acts(info.toxicity) {
            slot.stage = stage(&info.toxic, now_us, slot.rng.clone());
        }
        self.slots.push(slot);
    }

    /// A toxic's numbers or toxicity were changed.
    pub(super) fn update(&mut self, now_us: u64, info: &ToxicInfo, out: &mut Emitted) {
        self.advance(now_us, out);
        let Some(at) = self.place(&info.name) else { return };
        let slot = &mut self.slots[at];
        match (slot.acts(info.toxicity), &mut slot.stage) {
            (true, Some(stage)) => stage.retune(now_us, &info.toxic),
            (true, none) => *none = stage(&info.toxic, now_us, slot.rng.clone()),
            (false, _) => self.let_go(now_us, at, out),
        }
    }

    /// A toxic is removed: what it kept goes on its way.
    pub(super) fn remove(&mut self, now_us: u64, name: &str, out: &mut Emitted) {
        self.advance(now_us, out);
        if let Some(at) = self.place(name) {
            self.let_go(now_us, at, out);
            self.slots.remove(at);
        }
    }

    /// Something enters.
    pub(super) fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        self.pass(0, vec![(at_us, item)], out);
    }

    /// Time has come this far.
    pub(super) fn advance(&mut self, now_us: u64, out: &mut Emitted) {
        for at in 0..self.slots.len() {
            let mut items = Vec::new();
            if let Some(stage) = &mut self.slots[at].stage {
                stage.due(now_us, &mut items);
            }
            if !items.is_empty() {
                self.pass(at + 1, items, out);
            }
        }
    }

    pub(super) fn wake_at_us(&self) -> Option<u64> {
        self.stages().filter_map(Stage::wake_at_us).min()
    }

    /// Bytes kept by all.
    pub(super) fn held(&self) -> usize {
        self.stages().map(Stage::held).sum()
    }

    /// How many bytes it can take: as many as there are pieces missing, since a toxic may make a piece of each. `None`
    /// where no toxic acts.
    pub(super) fn room(&self) -> Option<usize> {
        let pieces = || self.stages().map(Stage::pieces).sum();
        (!self.is_clear()).then(|| PIECES_MAX.saturating_sub(pieces()))
    }

    /// No toxic acts here.
    pub(super) fn is_clear(&self) -> bool {
        self.stages().next().is_none()
    }

    fn stages(&self) -> impl Iterator<Item = &(dyn Stage + 'static)> {
        self.slots.iter().filter_map(|slot| slot.stage.as_deref())
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.slots.iter().position(|slot| slot.name == name)
    }

    fn let_go(&mut self, now_us: u64, at: usize, out: &mut Emitted) {
        if let Some(mut stage) = self.slots[at].stage.take() {
            let mut items = Vec::new();
            stage.release(now_us, &mut items);
            self.pass(at + 1, items, out);
        }
    }

    /// Through the stages from this one on. A stage first does what was due before the next thing came.
    fn pass(&mut self, from: usize, mut items: Emitted, out: &mut Emitted) {
        for slot in &mut self.slots[from..] {
            let Some(stage) = &mut slot.stage else { continue };
            let mut next = Vec::new();
            for (at_us, item) in items {
                stage.due(at_us, &mut next);
                stage.take(at_us, item, &mut next);
                stage.due(at_us, &mut next);
            }
            items = next;
        }
        out.extend(items);
    }
}

impl Slot {
    fn acts(&self, toxicity: f32) -> bool {
        (self.draw as f64) < f64::from(toxicity) * DRAWS as f64
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Lane, Origin};
    use crate::toxiproxy::{
        Stream, Toxic, ToxicInfo,
        rng_stream::RngStream,
        stage::{Emitted, Item},
    };

    fn info(name: &str, toxicity: f32, toxic: Toxic) -> ToxicInfo {
        ToxicInfo { name: name.to_owned(), stream: Stream::Upstream, toxicity, toxic }
    }

    fn origin(connection: u64) -> Origin<'static> {
        Origin { seed: 42, proxy: "p", connection }
    }

    fn any_toxic(rng: &mut RngStream) -> Toxic {
        let mut n = |most: u64| i64::try_from(rng.below(most)).unwrap();
        match n(8) {
            0 => Toxic::Noop,
            1 => Toxic::Latency { latency: n(50), jitter: n(60) },
            2 => Toxic::Bandwidth { rate: n(4) },
            3 => Toxic::SlowClose { delay: n(50) },
            4 => Toxic::Timeout { timeout: n(2) * n(80) },
            5 => Toxic::ResetPeer { timeout: 100 + n(500) },
            6 => Toxic::Slicer { average_size: n(30), size_variation: n(20), delay: n(900) },
            _ => Toxic::LimitData { bytes: n(2000) },
        }
    }

    /// Random toxics, edited at random under a random stream.
    fn any_story(seed: u64) -> (Vec<u8>, Emitted, bool) {
        let mut rng = RngStream::new(seed, &["story"]);
        let (mut lane, mut out, mut given) = (Lane::default(), Vec::new(), Vec::new());
        let mut now_us = 0;
        let mut names: Vec<String> = Vec::new();
        for step in 0..60 {
            now_us += rng.below(20_000);
            match rng.below(10) {
                0 if names.len() < 5 => {
                    names.push(format!("t{step}"));
                    lane.add(
                        now_us,
                        &info(&names[names.len() - 1], 0.8, any_toxic(&mut rng)),
                        0,
                        &origin(seed),
                    );
                }
                1 if !names.is_empty() => {
                    let gone = names.swap_remove(usize::try_from(rng.below(names.len() as u64)).unwrap());
                    lane.remove(now_us, &gone, &mut out);
                }
                2 if !names.is_empty() => {
                    // A kind never changes, so an edit of another kind changes only the toxicity.
                    let toxicity = rng.below(3) as f32 / 2.0;
                    lane.update(now_us, &info(&names[0], toxicity, any_toxic(&mut rng)), &mut out);
                }
                3 => lane.advance(now_us, &mut out),
                _ => {
                    let more: Vec<u8> = (0..1 + rng.below(200)).map(|_| rng.below(256) as u8).collect();
                    given.extend(&more);
                    lane.take(now_us, Item::Bytes(Bytes::from(more)), &mut out);
                }
            }
        }
        for name in names {
            lane.remove(now_us, &name, &mut out);
        }
        assert_eq!((lane.held(), lane.wake_at_us()), (0, None));
        let ended = out.iter().any(|(_, item)| item.len() == 0);
        (given, out, ended)
    }

    #[test]
    fn bytes_out_are_a_prefix_of_bytes_in_and_all_of_them_unless_it_ends() {
        let (mut whole, mut cut) = (0, 0);
        for seed in 0..600 {
            let (given, out, ended) = any_story(seed);
            let mut passed = Vec::new();
            for (_, item) in &out {
                match item {
                    Item::Bytes(bytes) => passed.extend_from_slice(bytes),
                    // What would follow an end goes nowhere: the chain stops there.
                    _ => break,
                }
            }
            assert!(given.starts_with(&passed), "seed {seed}");
            assert!(ended || passed == given, "seed {seed}: held back for ever");
            assert!(out.is_sorted_by_key(|(at, _)| *at), "seed {seed}: time went back");
            *(if ended { &mut cut } else { &mut whole }) += 1;
        }
        assert!(whole > 100 && cut > 100, "{whole} whole, {cut} cut");
    }

    #[test]
    fn same_seed_same_story() {
        assert!((0..50).all(|seed| any_story(seed) == any_story(seed)));
    }

    fn slow(lane: &Lane) -> bool {
        !lane.is_clear()
    }

    #[test]
    fn toxicity_picks_its_share_and_other_toxics_do_not_pick_again() {
        let half = info("half", 0.5, Toxic::Latency { latency: 1, jitter: 0 });
        let picked = |also: bool| -> Vec<bool> {
            let pick = |connection| {
                let mut lane = Lane::default();
                if also {
                    lane.add(0, &info("other", 0.0, Toxic::Timeout { timeout: 0 }), 0, &origin(connection));
                }
                lane.add(0, &half, 0, &origin(connection));
                slow(&lane)
            };
            (0..400).map(pick).collect()
        };
        let share = picked(false).iter().filter(|p| **p).count();
        assert!((150..250).contains(&share), "{share} of 400");
        assert_eq!(picked(false), picked(true));
    }

    #[test]
    fn a_higher_toxicity_only_adds_connections() {
        let with = |connection, toxicity| {
            let mut lane = Lane::default();
            lane.add(0, &info("t", 0.3, Toxic::Timeout { timeout: 0 }), 0, &origin(connection));
            lane.update(1, &info("t", toxicity, Toxic::Timeout { timeout: 0 }), &mut Vec::new());
            slow(&lane)
        };
        assert!((0..100).all(|c| !with(c, 0.4) || with(c, 0.7)));
        assert!((0..100).all(|c| with(c, 1.0) && !with(c, 0.0)));
    }
}
