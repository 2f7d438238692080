//! Pieces are cut in two again and again until they are about as small as wanted, with a pause behind each.
//!
//! A cut is made only when its piece is due: what waits is whole, so that it costs its bytes and not a place in a queue for
//! each piece, and a toxic that is removed lets it go in as many pieces as it came.

use std::collections::VecDeque;

use super::work::{Emitted, Item, Stage, natural};
use crate::toxiproxy::{Toxic, rng_stream::RngStream};

pub(super) struct Slicer {
    rng: RngStream,
    average: u64,
    variation: u64,
    delay_us: u64,
    /// As they came; the front one without the pieces that have left.
    queue: VecDeque<Item>,
    /// The lengths into which the front one is to fall so far, the first one last.
    halves: Vec<usize>,
    held: usize,
    /// The pause behind the last piece ends here.
    free_us: u64,
}

impl Slicer {
    pub(super) fn new(rng: RngStream) -> Self {
        Self {
            rng,
            average: 0,
            variation: 0,
            delay_us: 0,
            queue: VecDeque::new(),
            halves: Vec::new(),
            held: 0,
            free_us: 0,
        }
    }

    /// The first piece of what waits, the left half before the right one.
    fn next_piece(&mut self) -> Option<Item> {
        if !matches!(self.queue.front(), Some(Item::Bytes(_))) {
            return self.queue.pop_front();
        }
        let Some(Item::Bytes(front)) = self.queue.front_mut() else { return None };
        // Pieces have a byte or more, whatever is asked for.
        let enough =
            usize::try_from(self.average.saturating_add(self.variation)).unwrap_or(usize::MAX).max(1);
        let mut len = self.halves.pop().unwrap_or(front.len());
        while len > enough {
            let middle = (len as u64 / 2).saturating_add_signed(self.rng.around(self.variation));
            let left = usize::try_from(middle).unwrap_or(usize::MAX).clamp(1, len - 1);
            self.halves.push(len - left);
            len = left;
        }
        let piece = front.split_to(len);
        if front.is_empty() {
            self.queue.pop_front();
        }
        Some(Item::Bytes(piece))
    }

    fn forget(&mut self) {
        self.queue.clear();
        self.halves.clear();
        self.held = 0;
    }
}

impl Stage for Slicer {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        if self.queue.is_empty() {
            self.free_us = self.free_us.max(at_us);
        }
        if item == Item::Rst {
            self.forget();
            out.push((at_us, item));
            return;
        }
        self.held += item.len();
        self.queue.push_back(item);
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        while self.free_us <= now_us {
            let Some(item) = self.next_piece() else { break };
            let at_us = self.free_us;
            self.held -= item.len();
            self.free_us = at_us.saturating_add(self.delay_us);
            out.push((at_us, item));
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        (!self.queue.is_empty()).then_some(self.free_us)
    }

    fn held(&self) -> usize {
        self.held
    }

    fn pieces(&self) -> usize {
        self.queue.len()
    }

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        out.extend(self.queue.drain(..).map(|item| (now_us, item)));
        self.forget();
    }

    fn retune(&mut self, now_us: u64, toxic: &Toxic) {
        if let Toxic::Slicer { average_size, size_variation, delay } = toxic {
            (self.average, self.variation) = (natural(*average_size), natural(*size_variation));
            let delay_us = natural(*delay);
            if delay_us < self.delay_us {
                self.free_us = self.free_us.min(now_us.saturating_add(delay_us));
            }
            self.delay_us = delay_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use crate::toxiproxy::Toxic;

    fn slicer(average_size: i64, size_variation: i64, delay: i64) -> Toxic {
        Toxic::Slicer { average_size, size_variation, delay }
    }

    #[test]
    fn pieces_are_halved_and_paused_behind() {
        let mut bench = Bench::new(slicer(2, 0, 10), 1);
        bench.bytes(0, b"abcdefgh").fin(0);
        assert_eq!(bench.run(), [(0, "ab"), (10, "cd"), (20, "ef"), (30, "gh"), (40, "FIN")]);
    }

    #[test]
    fn sizes_vary_within_bounds_by_the_seed() {
        let sizes = |seed| {
            let mut bench = Bench::new(slicer(100, 40, 0), seed);
            bench.bytes(0, &[1; 100_000]);
            bench.emitted().iter().map(|(_, item)| item.len()).collect::<Vec<_>>()
        };
        let drawn = sizes(5);
        assert!(drawn.iter().all(|n| (1..=140).contains(n)));
        assert_eq!(drawn.iter().sum::<usize>(), 100_000);
        assert!(drawn.iter().collect::<std::collections::BTreeSet<_>>().len() > 20);
        assert_eq!(drawn, sizes(5));
        assert_ne!(drawn, sizes(6));
    }

    #[test]
    fn what_is_not_due_is_not_cut_yet_and_comes_out_whole() {
        let mut bench = Bench::new(slicer(1, 0, 1000), 1);
        bench.bytes(0, &[7; 1 << 20]).fin(0).remove(2_000);
        let out = bench.emitted();
        let sizes: Vec<(u64, usize)> = out.iter().map(|(at, item)| (*at, item.len())).collect();
        let rest = (1 << 20) - 3;
        assert!(sizes.len() < 9, "{} pieces", sizes.len());
        assert_eq!(sizes, [(0, 1), (1_000, 1), (2_000, 1), (2_000, rest), (2_000, 0)]);
    }

    #[test]
    fn a_change_keeps_the_bytes_in_order() {
        let mut bench = Bench::new(slicer(1, 0, 1000), 1);
        bench.bytes(0, b"abcdefgh").retune(1_000, slicer(4, 0, 0)).bytes(9_000, b"ijkl");
        let out = bench.run();
        let text: String = out.iter().map(|(_, piece)| *piece).collect();
        assert_eq!(text, "abcdefghijkl");
    }

    #[test]
    fn a_size_of_nothing_gives_single_bytes() {
        let mut bench = Bench::new(slicer(0, 0, 0), 1);
        bench.bytes(0, b"abc");
        assert_eq!(bench.run(), [(0, "a"), (0, "b"), (0, "c")]);
        let mut bench = Bench::new(slicer(-5, i64::MAX, 0), 1);
        bench.bytes(0, b"abc");
        assert_eq!(bench.run(), [(0, "abc")]);
    }
}
