//! The connection is closed once so many bytes have passed. The count outlives an edit of the toxic.

use super::work::{Emitted, Item, Stage, natural};
use crate::toxiproxy::Toxic;

#[derive(Default)]
pub(super) struct LimitData {
    limit: u64,
    passed: u64,
    over: bool,
}

impl Stage for LimitData {
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted) {
        if self.over {
            return;
        }
        let Item::Bytes(mut bytes) = item else {
            self.over = item != Item::Fin;
            out.push((at_us, item));
            return;
        };
        let left = self.limit.saturating_sub(self.passed);
        bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        self.passed += bytes.len() as u64;
        self.over = self.passed >= self.limit;
        if !bytes.is_empty() {
            out.push((at_us, Item::Bytes(bytes)));
        }
        if self.over {
            out.push((at_us, Item::Close));
        }
    }

    fn due(&mut self, _now_us: u64, _out: &mut Emitted) {}

    fn wake_at_us(&self) -> Option<u64> {
        None
    }

    fn held(&self) -> usize {
        0
    }

    fn pieces(&self) -> usize {
        0
    }

    fn release(&mut self, _now_us: u64, _out: &mut Emitted) {}

    fn retune(&mut self, _now_us: u64, toxic: &Toxic) {
        if let Toxic::LimitData { bytes } = toxic {
            self.limit = natural(*bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use crate::toxiproxy::Toxic;

    #[test]
    fn so_many_bytes_and_then_the_end() {
        let mut bench = Bench::new(Toxic::LimitData { bytes: 5 }, 1);
        bench.bytes(1, b"abc").bytes(2, b"defg").bytes(3, b"h");
        assert_eq!(bench.run(), [(1, "abc"), (2, "de"), (2, "CLOSE")]);
        let mut bench = Bench::new(Toxic::LimitData { bytes: 3 }, 1);
        bench.bytes(1, b"abc");
        assert_eq!(bench.run(), [(1, "abc"), (1, "CLOSE")]);
    }

    #[test]
    fn the_count_outlives_an_edit() {
        let mut bench = Bench::new(Toxic::LimitData { bytes: 100 }, 1);
        bench.bytes(1, b"abc").retune(2, Toxic::LimitData { bytes: 4 }).bytes(3, b"de");
        assert_eq!(bench.run(), [(1, "abc"), (3, "d"), (3, "CLOSE")]);
    }

    #[test]
    fn none_at_all_closes_at_the_first_byte() {
        let mut bench = Bench::new(Toxic::LimitData { bytes: 0 }, 1);
        bench.nothing(1).bytes(2, b"abc");
        assert_eq!(bench.run(), [(2, "CLOSE")]);
    }
}
