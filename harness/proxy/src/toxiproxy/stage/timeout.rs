//! Nothing passes; after so much silence the connection is closed, and at once when the sender ends its stream, as
//! Toxiproxy does: it could not be learned otherwise that it is gone.
//!
//! A removal is another thing here, on purpose. Toxiproxy drops what comes under this toxic (its README says so now; older
//! texts say that data is delayed) and closes the connection when the toxic is removed. Here what came is kept and flows on
//! after the removal, none lost: TCP would have sent it again, and a tunnel that ends is what this toxic is for.
//!
//! What is kept has a bound. Without a time the sender waits at the relay's bound, as before a dead network. With a time it
//! must not wait: waiting would count as its silence. There [`KEPT_MAX`] bytes are kept; a client that sends more is read on
//! and loses all, and since no stream may flow on with a hole in it, a removal then closes, as Toxiproxy always does.

use std::collections::VecDeque;

use super::work::{Emitted, Item, Stage, ms};
use crate::{
    HELD_MAX,
    toxiproxy::{Toxic, lane::PIECES_MAX},
};

/// Most bytes kept where silence is counted: so far below the relay's bound that the sender is always read.
const KEPT_MAX: usize = HELD_MAX / 2;
/// Most pieces, likewise.
const KEPT_PIECES_MAX: usize = PIECES_MAX / 2;

pub(super) struct Timeout {
    /// 0 is never.
    timeout_us: u64,
    /// When it last heard something.
    heard_us: u64,
    kept: VecDeque<Item>,
    held: usize,
    /// More came than is kept, and went nowhere.
    has_hole: bool,
    over: bool,
}

impl Timeout {
    pub(super) fn new(now_us: u64) -> Self {
        Self { timeout_us: 0, heard_us: now_us, kept: VecDeque::new(), held: 0, has_hole: false, over: false }
    }

    fn forget(&mut self) {
        self.kept = VecDeque::new();
        self.held = 0;
    }

    fn end(&mut self, at_us: u64, how: Item, out: &mut Emitted) {
        self.over = true;
        self.forget();
        out.push((at_us, how));
    }

    /// Where silence is counted, no more is kept than lets the sender be read.
    fn keep_to_the_bound(&mut self) {
        let too_much = self.held > KEPT_MAX || self.kept.len() > KEPT_PIECES_MAX;
        if self.timeout_us > 0 && too_much {
            self.has_hole = true;
        }
        if self.has_hole {
            self.forget();
        }
    }
}

impl Stage for Timeout {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        if self.over {
            return;
        }
        match item {
            Item::Rst => self.end(at_us, Item::Rst, out),
            Item::Fin | Item::Close => self.end(at_us, Item::Close, out),
            Item::Bytes(_) => {
                self.heard_us = at_us;
                self.held += item.len();
                self.kept.push_back(item);
                self.keep_to_the_bound();
            }
        }
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        if let Some(at_us) = self.wake_at_us().filter(|at| *at <= now_us) {
            self.end(at_us, Item::Close, out);
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        let waits = self.timeout_us > 0 && !self.over;
        waits.then(|| self.heard_us.saturating_add(self.timeout_us))
    }

    fn held(&self) -> usize {
        self.held
    }

    fn pieces(&self) -> usize {
        self.kept.len()
    }

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        if self.has_hole && !self.over {
            self.end(now_us, Item::Close, out);
        }
        out.extend(self.kept.drain(..).map(|item| (now_us, item)));
        self.forget();
    }

    /// The silence is counted from the change, as from the toxic's beginning.
    fn retune(&mut self, now_us: u64, toxic: &Toxic) {
        if let Toxic::Timeout { timeout } = toxic {
            self.timeout_us = ms(*timeout);
            self.heard_us = now_us;
            self.keep_to_the_bound();
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
        bench.bytes(1, b"a").bytes(2, b"b").remove(9_000_000).fin(9_000_001);
        assert_eq!(bench.run(), [(9_000_000, "a"), (9_000_000, "b"), (9_000_001, "FIN")]);
    }

    #[test]
    fn a_sender_that_ends_closes_the_connection() {
        for timeout in [0, 10] {
            let mut bench = Bench::new(Toxic::Timeout { timeout }, 1);
            bench.bytes(1_000, b"a").fin(2_000).bytes(3_000, b"b");
            assert_eq!(bench.run(), [(2_000, "CLOSE")]);
        }
    }

    /// More than a relay would let a stage hold.
    fn flood(bench: &mut Bench, from_us: u64) -> u64 {
        let pieces = 80;
        for i in 0..pieces {
            bench.bytes(from_us + i * 5_000, &[7; 65_536]);
        }
        from_us + (pieces - 1) * 5_000
    }

    #[test]
    fn a_sender_that_never_stops_is_not_silent_and_never_waits() {
        let mut bench = Bench::new(Toxic::Timeout { timeout: 10 }, 1);
        let last = flood(&mut bench, 0);
        assert_eq!(bench.run(), [(last + 10_000, "CLOSE")]);
        let mut bench = Bench::new(Toxic::Timeout { timeout: 10 }, 1);
        flood(&mut bench, 0);
        assert!(bench.held_before_the_end() < crate::HELD_MAX, "the relay would stop reading");
    }

    #[test]
    fn a_stream_with_a_hole_does_not_flow_on() {
        let mut bench = Bench::new(Toxic::Timeout { timeout: 10 }, 1);
        let last = flood(&mut bench, 0);
        bench.remove(last + 1);
        assert_eq!((bench.times(), bench.emitted()), (vec![last + 1], vec![]));
        // Without a time nothing is lost: the sender waits.
        let mut bench = Bench::new(Toxic::Timeout { timeout: 0 }, 1);
        let last = flood(&mut bench, 0);
        bench.remove(last + 1);
        assert_eq!(bench.emitted().iter().map(|(_, item)| item.len()).sum::<usize>(), 80 * 65_536);
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
