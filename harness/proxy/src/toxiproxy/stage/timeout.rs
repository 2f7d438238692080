//! Nothing passes; after so much silence the connection is closed. Removed, all that was kept flows on: TCP would have
//! sent it again. (Toxiproxy throws it away and closes instead, against its documentation.)

use std::collections::VecDeque;

use super::work::{Emitted, Item, Stage, ms};
use crate::toxiproxy::Toxic;

pub(super) struct Timeout {
    /// 0 is never.
    timeout_us: u64,
    /// When it last heard something.
    heard_us: u64,
    kept: VecDeque<Item>,
    held: usize,
    over: bool,
}

impl Timeout {
    pub(super) fn new(now_us: u64) -> Self {
        Self { timeout_us: 0, heard_us: now_us, kept: VecDeque::new(), held: 0, over: false }
    }
}

impl Stage for Timeout {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        if self.over {
            return;
        }
        if item == Item::Rst {
            self.over = true;
            out.push((at_us, item));
            return;
        }
        if item.len() > 0 {
            self.heard_us = at_us;
        }
        self.held += item.len();
        self.kept.push_back(item);
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        if let Some(at_us) = self.wake_at_us().filter(|at| *at <= now_us) {
            self.over = true;
            self.kept.clear();
            self.held = 0;
            out.push((at_us, Item::Close));
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        let waits = self.timeout_us > 0 && !self.over;
        waits.then(|| self.heard_us.saturating_add(self.timeout_us))
    }

    fn held(&self) -> usize {
        self.held
    }

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        self.held = 0;
        out.extend(self.kept.drain(..).map(|item| (now_us, item)));
    }

    /// The silence is counted from the change, as from the toxic's beginning.
    fn retune(&mut self, now_us: u64, toxic: &Toxic) {
        if let Toxic::Timeout { timeout } = toxic {
            self.timeout_us = ms(*timeout);
            self.heard_us = now_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use crate::toxiproxy::Toxic;

    #[test]
    fn without_a_time_it_keeps_all_until_it_is_removed() {
        let mut bench = Bench::new(Toxic::Timeout { timeout: 0 }, 1);
        bench.bytes(1, b"a").bytes(2, b"b").fin(3).remove(9_000_000);
        assert_eq!(bench.run(), [(9_000_000, "a"), (9_000_000, "b"), (9_000_000, "FIN")]);
    }

    #[test]
    fn silence_closes_and_each_piece_begins_it_anew() {
        let mut bench = Bench::new(Toxic::Timeout { timeout: 10 }, 1);
        bench.bytes(4_000, b"a").bytes(9_000, b"b");
        assert_eq!(bench.run(), [(19_000, "CLOSE")]);
    }

    #[test]
    fn removed_in_time_it_closes_nothing() {
        let mut bench = Bench::new(Toxic::Timeout { timeout: 10 }, 1);
        bench.bytes(4_000, b"a").remove(5_000).bytes(90_000, b"b");
        assert_eq!(bench.run(), [(5_000, "a"), (90_000, "b")]);
    }
}
