//! A lane with one toxic, fed by a script of moments. Only for tests.

use bytes::Bytes;

use super::work::{Emitted, Item};
use crate::toxiproxy::{
    Stream, Toxic, ToxicInfo,
    lane::{Lane, Origin},
};

enum Act {
    Give(Item),
    Remove,
    Retune(Toxic),
    Nothing,
}

pub(super) struct Bench {
    lane: Lane,
    acts: Vec<(u64, Act)>,
}

fn info(toxic: Toxic) -> ToxicInfo {
    ToxicInfo { name: "it".to_owned(), stream: Stream::Upstream, toxicity: 1.0, toxic }
}

impl Bench {
    pub(super) fn new(toxic: Toxic, seed: u64) -> Self {
        let mut lane = Lane::default();
        lane.add(0, &info(toxic), 0, &Origin { seed, proxy: "p", connection: 1 });
        Self { lane, acts: Vec::new() }
    }

    fn act(&mut self, at_us: u64, act: Act) -> &mut Self {
        self.acts.push((at_us, act));
        self
    }

    pub(super) fn bytes(&mut self, at_us: u64, bytes: &[u8]) -> &mut Self {
        self.act(at_us, Act::Give(Item::Bytes(Bytes::copy_from_slice(bytes))))
    }

    pub(super) fn fin(&mut self, at_us: u64) -> &mut Self {
        self.act(at_us, Act::Give(Item::Fin))
    }

    pub(super) fn remove(&mut self, at_us: u64) -> &mut Self {
        self.act(at_us, Act::Remove)
    }

    pub(super) fn retune(&mut self, at_us: u64, toxic: Toxic) -> &mut Self {
        self.act(at_us, Act::Retune(toxic))
    }

    pub(super) fn nothing(&mut self, at_us: u64) -> &mut Self {
        self.act(at_us, Act::Nothing)
    }

    fn play(&mut self, out: &mut Emitted) {
        for (at_us, act) in self.acts.drain(..) {
            match act {
                Act::Give(item) => self.lane.take(at_us, item, out),
                Act::Remove => self.lane.remove(at_us, "it", out),
                Act::Retune(toxic) => self.lane.update(at_us, &info(toxic), out),
                Act::Nothing => self.lane.advance(at_us, out),
            }
        }
    }

    /// Bytes kept after all that was scripted, before what is due later.
    pub(super) fn held_before_the_end(&mut self) -> usize {
        self.play(&mut Vec::new());
        self.lane.held()
    }

    /// Everything that came out, until nothing is due any more.
    pub(super) fn emitted(&mut self) -> Emitted {
        let mut out = Vec::new();
        self.play(&mut out);
        while let Some(at_us) = self.lane.wake_at_us() {
            self.lane.advance(at_us, &mut out);
        }
        assert!(out.is_sorted_by_key(|(at, _)| *at), "time went back");
        out
    }

    pub(super) fn times(&mut self) -> Vec<u64> {
        self.emitted().into_iter().map(|(at, _)| at).collect()
    }

    pub(super) fn run(&mut self) -> Vec<(u64, &'static str)> {
        let word = |item| -> &'static str {
            match item {
                Item::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap().leak(),
                Item::Fin => "FIN",
                Item::Rst => "RST",
                Item::Close => "CLOSE",
            }
        };
        self.emitted().into_iter().map(|(at, item)| (at, word(item))).collect()
    }
}
