//! The working time of a server: what is reserved of it, and for whom. Knows no bytes' fate, no gaps and no rates.
//!
//! Service is computed ahead: when something gets its turn, the time that it will need is entered here at once. So who
//! comes next is placed behind it or where it leaves a hole, and what is thrown away gives back just its own.

use std::collections::VecDeque;

/// Who reserved: a link of a cell, and which of its turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) member: u32,
    pub(super) turn: u64,
}

/// The only member of the schedule that is a link's own: a link may come into a cell, or into another one, at any time.
pub(super) const ALONE: u32 = 0;

#[derive(Clone, Copy, Debug)]
struct Span {
    from_us: u64,
    to_us: u64,
    owner: Owner,
}

/// Bytes of the opportunities of one moment.
#[derive(Clone, Copy, Debug)]
struct Taken {
    at_us: u64,
    bytes: u64,
    owner: Owner,
}

/// One server's reservations.
#[derive(Debug, Default)]
pub(super) struct AirtimeSchedule {
    /// In order, and without overlap.
    spans: VecDeque<Span>,
    /// In order.
    taken: VecDeque<Taken>,
}

impl AirtimeSchedule {
    /// From when on it is free at or after this time, and until when.
    fn free(&self, at_us: u64) -> (u64, u64) {
        let mut at_us = at_us;
        for span in self.spans.range(self.spans.partition_point(|span| span.to_us <= at_us)..) {
            if span.from_us > at_us {
                return (at_us, span.from_us);
            }
            at_us = span.to_us;
        }
        (at_us, u64::MAX)
    }

    fn reserve(&mut self, from_us: u64, to_us: u64, owner: Owner) {
        if from_us == to_us {
            return;
        }
        let at = self.spans.partition_point(|span| span.from_us < from_us);
        match at.checked_sub(1).and_then(|before| self.spans.get_mut(before)) {
            Some(before) if before.to_us == from_us && before.owner == owner => before.to_us = to_us,
            _ => self.spans.insert(at, Span { from_us, to_us, owner }),
        }
    }

    /// How many bytes are taken of the opportunities of this moment.
    fn taken_at(&self, at_us: u64) -> u64 {
        let first = self.taken.partition_point(|taken| taken.at_us < at_us);
        self.taken.range(first..).take_while(|taken| taken.at_us == at_us).map(|taken| taken.bytes).sum()
    }

    fn take(&mut self, at_us: u64, bytes: u64, owner: Owner) {
        let at = self.taken.partition_point(|taken| taken.at_us <= at_us);
        self.taken.insert(at, Taken { at_us, bytes, owner });
    }

    /// Gives back what is reserved after this time: of one turn, or of all turns of a link.
    pub(super) fn give_back(&mut self, now_us: u64, member: u32, turn: Option<u64>) {
        let is_it = |owner: Owner| owner.member == member && turn.is_none_or(|turn| owner.turn == turn);
        let mut at = self.spans.partition_point(|span| span.to_us <= now_us);
        while let Some(span) = self.spans.get_mut(at) {
            match is_it(span.owner) {
                true if span.from_us >= now_us => drop(self.spans.remove(at)),
                true => {
                    span.to_us = now_us;
                    at += 1;
                }
                false => at += 1,
            }
        }
        let mut at = self.taken.partition_point(|taken| taken.at_us <= now_us);
        while let Some(taken) = self.taken.get(at) {
            if is_it(taken.owner) {
                self.taken.remove(at);
            } else {
                at += 1;
            }
        }
    }

    /// Forgets what was over by then, but for the last few.
    pub(super) fn settle(&mut self, now_us: u64, few: usize) {
        while self.spans.len() > few && self.spans.front().is_some_and(|span| span.to_us <= now_us) {
            self.spans.pop_front();
        }
        while self.taken.len() > few && self.taken.front().is_some_and(|taken| taken.at_us < now_us) {
            self.taken.pop_front();
        }
    }
}

/// All that must be free for one turn of service, and on whose behalf.
pub(super) struct Airtime<'a> {
    pub(super) own: &'a mut AirtimeSchedule,
    /// With the link's number in it.
    pub(super) cell: Option<(&'a mut AirtimeSchedule, u32)>,
    pub(super) turn: u64,
}

impl Airtime<'_> {
    /// From when on there is time at or after this one, and until when.
    pub(super) fn free(&self, at_us: u64) -> (u64, u64) {
        let mut at_us = at_us;
        loop {
            let (from_us, until_us) = self.own.free(at_us);
            let Some((cell, _)) = &self.cell else { return (from_us, until_us) };
            let (both_us, cell_until_us) = cell.free(from_us);
            if both_us == from_us {
                return (from_us, until_us.min(cell_until_us));
            }
            at_us = both_us;
        }
    }

    pub(super) fn reserve(&mut self, from_us: u64, to_us: u64) {
        let turn = self.turn;
        self.own.reserve(from_us, to_us, Owner { member: ALONE, turn });
        if let Some((cell, member)) = &mut self.cell {
            cell.reserve(from_us, to_us, Owner { member: *member, turn });
        }
    }

    /// How many bytes are taken of the opportunities of this moment.
    pub(super) fn taken_at(&self, at_us: u64) -> u64 {
        self.own.taken_at(at_us).max(self.cell.as_ref().map_or(0, |(cell, _)| cell.taken_at(at_us)))
    }

    pub(super) fn take(&mut self, at_us: u64, bytes: u64) {
        let turn = self.turn;
        self.own.take(at_us, bytes, Owner { member: ALONE, turn });
        if let Some((cell, member)) = &mut self.cell {
            cell.take(at_us, bytes, Owner { member: *member, turn });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(turn: u64) -> Owner {
        Owner { member: 0, turn }
    }

    #[test]
    fn holes_are_found_and_what_is_given_back_makes_one() {
        let mut book = AirtimeSchedule::default();
        book.reserve(10, 20, owner(1));
        book.reserve(20, 25, owner(1));
        book.reserve(30, 40, owner(2));
        book.reserve(25, 28, owner(3));
        assert_eq!(book.spans.len(), 3);
        assert_eq!(
            [0, 10, 27, 28, 35].map(|at| book.free(at)),
            [(0, 10), (28, 30), (28, 30), (28, 30), (40, u64::MAX)]
        );
        book.give_back(15, 0, Some(1));
        assert_eq!(book.free(10), (15, 25));
        book.give_back(15, 1, None);
        assert_eq!(book.free(15), (15, 25));
        book.give_back(0, 0, None);
        assert_eq!(book.free(0), (0, u64::MAX));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let mut book = AirtimeSchedule::default();
        for n in 0..10 {
            book.reserve(n * 10, n * 10 + 5, owner(n));
            book.take(n * 10, 7, owner(n));
        }
        assert_eq!((book.taken_at(90), book.taken_at(91)), (7, 0));
        book.settle(45, 0);
        assert_eq!((book.spans.len(), book.taken.len()), (5, 5));
        book.settle(1000, 2);
        assert_eq!((book.spans.len(), book.taken.len()), (2, 2));
    }
}
