//! The end of the stream comes later. Knows no bytes.

use super::work::{Emitted, Item, Stage, ms};
use crate::toxiproxy::Toxic;

#[derive(Default)]
pub(super) struct SlowClose {
    delay_us: u64,
    /// When the end came, and which.
    ended: Option<(u64, Item)>,
}

impl Stage for SlowClose {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        match item {
            Item::Fin | Item::Close => self.ended = Some((at_us, item)),
            // A toxic before this one may be removed after it closed; what comes then has a hole before it.
            Item::Bytes(_) if self.ended.is_some() => {}
            Item::Bytes(_) | Item::Rst => out.push((at_us, item)),
        }
    }

    fn due(&mut self, now_us: u64, out: &mut Emitted) {
        if let Some(at_us) = self.wake_at_us().filter(|at| *at <= now_us) {
            out.extend(self.ended.take().map(|(_, item)| (at_us, item)));
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        self.ended.as_ref().map(|(at_us, _)| at_us.saturating_add(self.delay_us))
    }

    fn held(&self) -> usize {
        0
    }

    fn pieces(&self) -> usize {
        0
    }

    fn release(&mut self, now_us: u64, out: &mut Emitted) {
        out.extend(self.ended.take().map(|(_, item)| (now_us, item)));
    }

    fn retune(&mut self, _now_us: u64, toxic: &Toxic) {
        if let Toxic::SlowClose { delay } = toxic {
            self.delay_us = ms(*delay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use crate::toxiproxy::Toxic;

    #[test]
    fn only_the_end_is_late() {
        let mut bench = Bench::new(Toxic::SlowClose { delay: 30 }, 1);
        bench.bytes(5, b"a").fin(10);
        assert_eq!(bench.run(), [(5, "a"), (30_010, "FIN")]);
    }

    #[test]
    fn removed_it_ends_at_once() {
        let mut bench = Bench::new(Toxic::SlowClose { delay: 30 }, 1);
        bench.fin(10).remove(20);
        assert_eq!(bench.run(), [(20, "FIN")]);
    }
}
