//! Each piece comes later, by its own draw, and behind those before it. Knows no rate: many pieces are on the way at once.
//!
//! What is on the way is held here, and the relay reads no more of a sender above [`HELD_MAX`](crate::HELD_MAX), 4 MiB a
//! direction. So a latency has a bandwidth-delay product: about 41 MB/s at 100 ms, 4 MB/s at 1 s. Of small messages
//! it is as many as the [lane](super::super::lane::PIECES_MAX) takes.

use std::collections::VecDeque;

use super::work::{Emitted, Item, Stage, ms};
use crate::toxiproxy::{Toxic, rng_stream::RngStream};

pub(super) struct Latency {
    rng: RngStream,
    latency_us: u64,
    jitter_us: u64,
    queue: VecDeque<(u64, Item)>,
    held: usize,
    last_us: u64,
}

impl Latency {
    pub(super) fn new(rng: RngStream) -> Self {
        Self { rng, latency_us: 0, jitter_us: 0, queue: VecDeque::new(), held: 0, last_us: 0 }
    }
}

impl Stage for Latency {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        // A reset overtakes: it travels in no queue.
        if item == Item::Rst {
            self.queue.clear();
            self.held = 0;
            out.push((at_us, item));
            return;
        }
        let delay_us = self.latency_us.saturating_add_signed(self.rng.around(self.jitter_us));
        self.last_us = self.last_us.max(at_us.saturating_add(delay_us));
        self.held += item.len();
        self.queue.push_back((self.last_us, item));
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        while self.queue.front().is_some_and(|(at_us, _)| *at_us <= now_us) {
            let Some((at_us, item)) = self.queue.pop_front() else { break };
            self.held -= item.len();
            out.push((at_us, item));
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        self.queue.front().map(|(at_us, _)| *at_us)
    }

    fn held(&self) -> usize {
        self.held
    }

    fn pieces(&self) -> usize {
        self.queue.len()
    }

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        self.held = 0;
        out.extend(self.queue.drain(..).map(|(_, item)| (now_us, item)));
    }

    /// What is on its way keeps its time.
    fn retune(&mut self, _now_us: u64, toxic: &Toxic) {
        if let Toxic::Latency { latency, jitter } = toxic {
            (self.latency_us, self.jitter_us) = (ms(*latency), ms(*jitter));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use crate::toxiproxy::Toxic;

    #[test]
    fn delay_is_counted_from_arrival_and_pieces_overlap() {
        let mut bench = Bench::new(Toxic::Latency { latency: 100, jitter: 0 }, 1);
        bench.bytes(0, b"a").bytes(10_000, b"b").fin(20_000);
        assert_eq!(bench.run(), [(100_000, "a"), (110_000, "b"), (120_000, "FIN")]);
    }

    #[test]
    fn jitter_keeps_order_stays_near_and_follows_the_seed() {
        let times = |seed| {
            let mut bench = Bench::new(Toxic::Latency { latency: 50, jitter: 20 }, seed);
            for i in 0..200 {
                bench.bytes(i * 100_000, b"x");
            }
            bench.times()
        };
        let drawn = times(3);
        assert!(drawn.iter().zip(0..).all(|(at, i)| (30_000..70_000).contains(&(at - i * 100_000))));
        assert!(drawn.iter().collect::<std::collections::BTreeSet<_>>().len() > 150);
        assert_eq!(drawn, times(3));
        assert_ne!(drawn, times(4));
    }

    #[test]
    fn removed_it_lets_go_at_once_and_more_jitter_than_latency_is_never_early() {
        let mut bench = Bench::new(Toxic::Latency { latency: 1_000, jitter: 0 }, 1);
        bench.bytes(0, b"a").remove(5).bytes(6, b"b");
        assert_eq!(bench.run(), [(5, "a"), (6, "b")]);
        let mut bench = Bench::new(Toxic::Latency { latency: 0, jitter: 10 }, 1);
        for i in 0..50 {
            bench.bytes(i * 20_000, b"x");
        }
        assert!(bench.times().iter().zip(0..).all(|(at, i)| *at >= i * 20_000));
    }

    #[test]
    fn what_is_on_its_way_keeps_its_time() {
        let mut bench = Bench::new(Toxic::Latency { latency: 100, jitter: 0 }, 1);
        bench.bytes(0, b"a").retune(10, Toxic::Latency { latency: 0, jitter: 0 }).bytes(20, b"b");
        assert_eq!(bench.run(), [(100_000, "a"), (100_000, "b")]);
    }
}
