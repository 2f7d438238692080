//! Pieces are cut in two again and again until they are about as small as wanted, with a pause behind each.

use std::collections::VecDeque;

use bytes::Bytes;

use super::work::{Emitted, Item, Stage, natural};
use crate::toxiproxy::{Toxic, dice::Dice};

pub(super) struct Slicer {
    dice: Dice,
    average: u64,
    variation: u64,
    delay_us: u64,
    queue: VecDeque<Item>,
    held: usize,
    /// The pause behind the last piece ends here.
    free_us: u64,
}

impl Slicer {
    pub(super) fn new(dice: Dice) -> Self {
        Self { dice, average: 0, variation: 0, delay_us: 0, queue: VecDeque::new(), held: 0, free_us: 0 }
    }

    /// Cuts from the front, the left half before the right one.
    fn cut(&mut self, bytes: Bytes) {
        // Pieces have a byte or more, whatever is asked for.
        let enough = self.average.saturating_add(self.variation).max(1);
        let mut open = vec![bytes];
        while let Some(mut piece) = open.pop() {
            let len = piece.len() as u64;
            if len <= enough {
                self.queue.push_back(Item::Bytes(piece));
                continue;
            }
            let middle = (len / 2).saturating_add_signed(self.dice.around(self.variation)).clamp(1, len - 1);
            let left = piece.split_to(usize::try_from(middle).unwrap_or(1));
            open.push(piece);
            open.push(left);
        }
    }
}

impl Stage for Slicer {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        if self.queue.is_empty() {
            self.free_us = self.free_us.max(at_us);
        }
        self.held += item.len();
        match item {
            Item::Bytes(bytes) => self.cut(bytes),
            Item::Rst => {
                self.queue.clear();
                self.held = 0;
                out.push((at_us, Item::Rst));
            }
            end => self.queue.push_back(end),
        }
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        while self.free_us <= now_us {
            let Some(item) = self.queue.pop_front() else { break };
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

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        self.held = 0;
        out.extend(self.queue.drain(..).map(|item| (now_us, item)));
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
    fn a_size_of_nothing_gives_single_bytes() {
        let mut bench = Bench::new(slicer(0, 0, 0), 1);
        bench.bytes(0, b"abc");
        assert_eq!(bench.run(), [(0, "a"), (0, "b"), (0, "c")]);
        let mut bench = Bench::new(slicer(-5, i64::MAX, 0), 1);
        bench.bytes(0, b"abc");
        assert_eq!(bench.run(), [(0, "abc")]);
    }
}
