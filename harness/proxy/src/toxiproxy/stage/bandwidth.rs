//! No more than so many thousand bytes pass in a second. Knows no delay: the first byte of an idle stream starts at once.

use std::collections::VecDeque;

use super::work::{Emitted, Item, Stage, natural};
use crate::toxiproxy::Toxic;

/// A piece that would take longer is passed on in parts of this much time, ms.
const PART_MS: u64 = 100;

#[derive(Default)]
pub(super) struct Bandwidth {
    /// Thousands of bytes a second, which is bytes a millisecond; 0 is no limit.
    rate: u64,
    queue: VecDeque<Item>,
    held: usize,
    /// When the part in front began to pass.
    began_us: u64,
}

impl Bandwidth {
    fn front_ends_us(&self) -> Option<u64> {
        let front = self.queue.front()?;
        let needs_us = match self.rate {
            0 => 0,
            rate => (front.len() as u64).saturating_mul(1000).div_ceil(rate),
        };
        Some(self.began_us.saturating_add(needs_us))
    }

    fn push(&mut self, item: Item) {
        let most = usize::try_from(self.rate.saturating_mul(PART_MS)).unwrap_or(usize::MAX);
        match item {
            Item::Bytes(mut bytes) if most > 0 => {
                while bytes.len() > most {
                    self.queue.push_back(Item::Bytes(bytes.split_to(most)));
                }
                self.queue.push_back(Item::Bytes(bytes));
            }
            other => self.queue.push_back(other),
        }
    }
}

impl Stage for Bandwidth {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        if item == Item::Rst {
            self.queue.clear();
            self.held = 0;
            out.push((at_us, item));
            return;
        }
        if self.queue.is_empty() {
            self.began_us = self.began_us.max(at_us);
        }
        self.held += item.len();
        self.push(item);
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        while let Some(ends_us) = self.front_ends_us().filter(|at| *at <= now_us) {
            let Some(item) = self.queue.pop_front() else { break };
            self.held -= item.len();
            self.began_us = ends_us;
            out.push((ends_us, item));
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        self.front_ends_us()
    }

    fn held(&self) -> usize {
        self.held
    }

    fn pieces(&self) -> usize {
        self.queue.len()
    }

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        self.held = 0;
        out.extend(self.queue.drain(..).map(|item| (now_us, item)));
    }

    /// What waits passes at the new rate; the part in front as if it had always been that.
    fn retune(&mut self, now_us: u64, toxic: &Toxic) {
        let Toxic::Bandwidth { rate } = toxic else { return };
        self.rate = natural(*rate);
        for item in std::mem::take(&mut self.queue) {
            self.push(item);
        }
        if let (Some(ends_us), Some(front)) = (self.front_ends_us(), self.queue.front()) {
            // A faster rate must not put anything into the past.
            if ends_us < now_us && front.len() > 0 {
                self.began_us += now_us - ends_us;
            } else if ends_us < now_us {
                self.began_us = now_us;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use crate::toxiproxy::Toxic;

    #[test]
    fn bytes_take_their_time_and_idle_time_is_not_saved_up() {
        let mut bench = Bench::new(Toxic::Bandwidth { rate: 1 }, 1);
        bench.bytes(0, b"ten bytes!").bytes(0, b"two").bytes(50_000, b"x").fin(50_000);
        assert_eq!(bench.run(), [(10_000, "ten bytes!"), (13_000, "two"), (51_000, "x"), (51_000, "FIN")]);
    }

    #[test]
    fn never_faster_than_the_rate_over_any_window() {
        let mut bench = Bench::new(Toxic::Bandwidth { rate: 7 }, 1);
        for i in 0..100 {
            bench.bytes(i * 3_000, &[0; 50]);
        }
        let out = bench.emitted();
        for from in 0..out.len() {
            let mut sum = 0;
            for (at, item) in &out[from + 1..] {
                sum += item.len() as u64;
                assert!(at - out[from].0 >= sum * 1000 / 7);
            }
        }
    }

    #[test]
    fn long_pieces_come_in_parts_and_nothing_is_lost() {
        let mut bench = Bench::new(Toxic::Bandwidth { rate: 1 }, 1);
        bench.bytes(0, &[7; 250]);
        let sizes: Vec<(u64, usize)> = bench.emitted().iter().map(|(at, i)| (*at, i.len())).collect();
        assert_eq!(sizes, [(100_000, 100), (200_000, 100), (250_000, 50)]);
    }

    #[test]
    fn a_new_rate_counts_at_once_and_zero_is_no_limit() {
        let mut bench = Bench::new(Toxic::Bandwidth { rate: 1 }, 1);
        bench.bytes(0, &[7; 100]).retune(10_000, Toxic::Bandwidth { rate: 2 });
        assert_eq!(bench.times(), [50_000]);
        let mut bench = Bench::new(Toxic::Bandwidth { rate: 1 }, 1);
        bench.bytes(0, &[7; 1000]).retune(10_000, Toxic::Bandwidth { rate: 0 }).bytes(20_000, b"x");
        assert!(bench.times().iter().all(|at| *at <= 20_000));
    }
}
