//! The connection is reset after a time, be it idle or not. Removed before, all that was kept flows on. A sender that ends
//! its stream before closes the connection: there is nothing left to reset, and the other end would never learn of it.

use std::collections::VecDeque;

use super::work::{Emitted, Item, Stage, ms};
use crate::toxiproxy::Toxic;

pub(super) struct ResetPeer {
    from_us: u64,
    timeout_us: u64,
    kept: VecDeque<Item>,
    held: usize,
    over: bool,
}

impl ResetPeer {
    pub(super) fn new(now_us: u64) -> Self {
        Self { from_us: now_us, timeout_us: 0, kept: VecDeque::new(), held: 0, over: false }
    }

    fn end(&mut self, at_us: u64, how: Item, out: &mut Emitted) {
        self.over = true;
        self.kept.clear();
        self.held = 0;
        out.push((at_us, how));
    }
}

impl Stage for ResetPeer {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        if self.over {
            return;
        }
        match item {
            Item::Rst => self.end(at_us, Item::Rst, out),
            Item::Fin | Item::Close => self.end(at_us, Item::Close, out),
            Item::Bytes(_) => {
                self.held += item.len();
                self.kept.push_back(item);
            }
        }
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        if let Some(at_us) = self.wake_at_us().filter(|at| *at <= now_us) {
            self.end(at_us, Item::Rst, out);
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        (!self.over).then(|| self.from_us.saturating_add(self.timeout_us))
    }

    fn held(&self) -> usize {
        self.held
    }

    fn pieces(&self) -> usize {
        self.kept.len()
    }

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        self.held = 0;
        out.extend(self.kept.drain(..).map(|item| (now_us, item)));
    }

    fn retune(&mut self, now_us: u64, toxic: &Toxic) {
        if let Toxic::ResetPeer { timeout } = toxic {
            self.timeout_us = ms(*timeout);
            self.from_us = now_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use crate::toxiproxy::Toxic;

    #[test]
    fn an_idle_connection_is_reset_too() {
        let mut bench = Bench::new(Toxic::ResetPeer { timeout: 10 }, 1);
        bench.nothing(20_000);
        assert_eq!(bench.run(), [(10_000, "RST")]);
    }

    #[test]
    fn nothing_passes_before_and_after() {
        let mut bench = Bench::new(Toxic::ResetPeer { timeout: 10 }, 1);
        bench.bytes(5, b"a").bytes(30_000, b"b");
        assert_eq!(bench.run(), [(10_000, "RST")]);
        let mut bench = Bench::new(Toxic::ResetPeer { timeout: 0 }, 1);
        bench.bytes(0, b"a");
        assert_eq!(bench.run(), [(0, "RST")]);
    }

    #[test]
    fn a_sender_that_ends_before_closes_the_connection() {
        let mut bench = Bench::new(Toxic::ResetPeer { timeout: 3_600_000 }, 1);
        bench.bytes(1_000, b"a").fin(2_000).bytes(3_000, b"b");
        assert_eq!(bench.run(), [(2_000, "CLOSE")]);
    }

    #[test]
    fn removed_in_time_it_resets_nothing() {
        let mut bench = Bench::new(Toxic::ResetPeer { timeout: 10 }, 1);
        bench.bytes(5, b"a").remove(9).bytes(30_000, b"b");
        assert_eq!(bench.run(), [(9, "a"), (30_000, "b")]);
    }
}
