//! The pulse of a target: what its connections show of whether it lives, the scenarios' and the harness's own.
//!
//! Every connection of a run passes here, the harness's own included. Nothing is judged: the health of the target is found
//! out elsewhere, from what is kept here.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Connections that were made are remembered for this long.
const REMEMBERED: Duration = Duration::from_secs(10);
/// So many connections within that time are many.
const MANY: usize = 20;
/// Connections that end within this time end together.
const TOGETHER: Duration = Duration::from_secs(1);
/// Fewer that end together say nothing of the target.
const TOGETHER_LEAST: usize = 8;
/// So many connections that ended unanswered are remembered.
const UNANSWERED_MAX: usize = 1024;
/// A CONNECT that we gave up sooner shows nothing of the target.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(1);

/// One connection, as far as the pulse follows it.
#[derive(Debug, Default)]
struct Connection {
    /// The first packet, until it is whole.
    first: FirstPacket,
    /// When a whole CONNECT was written.
    asked: Option<Instant>,
    /// Something came back.
    heard: bool,
    /// We ended it, or our half of it.
    leaving: bool,
}

/// Follows the first packet that is written to the end of its length.
#[derive(Debug, Default)]
struct FirstPacket {
    head: Vec<u8>,
    written: usize,
    whole: bool,
}

/// The first byte of a DISCONNECT.
const DISCONNECT: u8 = 0xe0;
/// Longest fixed header, in bytes.
const HEAD_MAX: usize = 5;

impl FirstPacket {
    /// Takes what was written; `true` when it completes a CONNECT.
    fn take(&mut self, bytes: &[u8]) -> bool {
        if self.whole {
            return false;
        }
        let room = HEAD_MAX.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(room));
        self.written += bytes.len();
        let Some(length) = self.length() else { return false };
        self.whole = self.written >= length;
        self.whole && self.head.first().is_some_and(|byte| byte >> 4 == 1)
    }

    /// All bytes of the packet, once its length is known.
    fn length(&self) -> Option<usize> {
        let mut remaining = 0;
        for (i, byte) in self.head.iter().skip(1).take(4).enumerate() {
            remaining |= usize::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                return Some(2 + i + remaining);
            }
        }
        None
    }
}

#[derive(Debug, Default)]
struct Known {
    next: u64,
    open: BTreeMap<u64, Connection>,
    /// Connections whose CONNECT was never answered and that we ended: when it was asked, and when it was given up. The
    /// latest of them.
    given_up: BTreeMap<u64, (Instant, Instant)>,
    /// Connections whose silence was looked into already.
    settled: BTreeSet<u64>,
    made: VecDeque<Instant>,
    /// Connections that the target ended, and when.
    ended: VecDeque<Instant>,
    /// When one of ours ended last by our own doing.
    left: Option<Instant>,
    last_heard: Option<Instant>,
    /// The first of the refusals since something was heard last.
    refused: Option<Instant>,
    /// A script has the target's process: what becomes of connections is its doing.
    scripted: bool,
}

/// What is known of a target's connections.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    known: Mutex<Known>,
}

impl Pulse {
    /// A connection was made; its number.
    pub(crate) fn opened(&self) -> u64 {
        let now = Instant::now();
        let mut known = self.lock();
        known.made.push_back(now);
        while known.made.front().is_some_and(|at| now.duration_since(*at) > REMEMBERED) {
            known.made.pop_front();
        }
        known.next += 1;
        let number = known.next;
        known.open.insert(number, Connection::default());
        number
    }

    /// No connection could be made.
    pub(crate) fn refused(&self) {
        self.lock().refused.get_or_insert_with(Instant::now);
    }

    /// Bytes were written.
    pub(crate) fn wrote(&self, number: u64, bytes: &[u8]) {
        if let Some(connection) = self.lock().open.get_mut(&number) {
            if connection.first.take(bytes) {
                connection.asked = Some(Instant::now());
            }
            // The target closes behind a DISCONNECT: that is our doing.
            connection.leaving |= bytes.first() == Some(&DISCONNECT) || bytes.ends_with(&[DISCONNECT, 0]);
        }
    }

    /// Bytes came.
    pub(crate) fn heard(&self, number: u64) {
        let mut known = self.lock();
        known.last_heard = Some(Instant::now());
        known.refused = None;
        if let Some(connection) = known.open.get_mut(&number) {
            connection.heard = true;
        }
    }

    /// We are about to end it.
    pub(crate) fn leaving(&self, number: u64) {
        if let Some(connection) = self.lock().open.get_mut(&number) {
            connection.leaving = true;
        }
    }

    /// It is over, by the target's doing unless we were leaving it.
    pub(crate) fn ended(&self, number: u64, by_target: bool) {
        let mut known = self.lock();
        let now = Instant::now();
        let Some(connection) = known.open.remove(&number) else { return };
        if let Some(asked) = connection.asked.filter(|_| !connection.heard && !by_target) {
            known.given_up.insert(number, (asked, now));
            if known.given_up.len() > UNANSWERED_MAX {
                known.given_up.pop_first();
            }
        }
        if by_target && !connection.leaving {
            known.ended.push_back(now);
        } else {
            known.left = Some(now);
        }
        while known.ended.front().is_some_and(|at| now.duration_since(*at) > REMEMBERED) {
            known.ended.pop_front();
        }
    }

    /// A script does something to the target's process from here on.
    pub(crate) fn scripted(&self) {
        self.lock().scripted = true;
    }

    /// Whether a script has the target's process.
    pub(crate) fn is_scripted(&self) -> bool {
        self.lock().scripted
    }

    /// The script is over and the target is whole: what was seen of its connections meanwhile says nothing.
    pub(crate) fn given_back(&self) {
        let mut known = self.lock();
        let (next, made) = (known.next, std::mem::take(&mut known.made));
        *known = Known { next, made, last_heard: Some(Instant::now()), ..Known::default() };
    }

    /// Many connections were made lately: a target may hold further ones back.
    pub(crate) fn is_busy(&self) -> bool {
        let now = Instant::now();
        self.lock().made.iter().filter(|at| now.duration_since(**at) <= REMEMBERED).count() >= MANY
    }

    /// When something was heard last.
    pub(crate) fn last_heard(&self) -> Option<Instant> {
        self.lock().last_heard
    }

    /// Since when every try was refused and nothing came on any connection.
    pub(crate) fn refused_since(&self) -> Option<Instant> {
        self.lock().refused
    }

    /// When every connection ended within one moment by the target's doing, if none is left and enough were there. Where some
    /// of them ended by our own doing, it may have been the script's.
    pub(crate) fn all_ended(&self) -> Option<Instant> {
        let known = self.lock();
        let last = *known.ended.back()?;
        let together = known.ended.iter().filter(|at| last.duration_since(**at) <= TOGETHER).count();
        let ours = known.left.is_some_and(|at| at + TOGETHER >= last);
        (known.open.is_empty() && together >= TOGETHER_LEAST && !ours).then_some(last)
    }

    /// Forgets what ended, once it is explained.
    pub(crate) fn forget_ended(&self) {
        self.lock().ended.clear();
    }

    /// Connections whose CONNECT nothing answered for this long, and that are still open.
    pub(crate) fn unanswered(&self, patience: Duration) -> BTreeSet<u64> {
        let now = Instant::now();
        let silent = |connection: &Connection| {
            !connection.heard
                && !connection.leaving
                && connection.asked.is_some_and(|at| now.duration_since(at) >= patience)
        };
        self.lock().open.iter().filter(|(_, c)| silent(c)).map(|(number, _)| *number).collect()
    }

    /// Whether any of these connections is unanswered, or was given up by us before an answer came.
    pub(crate) fn any_unanswered(&self, numbers: &BTreeSet<u64>) -> bool {
        let open = self.unanswered(Duration::ZERO);
        numbers.iter().any(|number| open.contains(number) || self.lock().given_up.contains_key(number))
    }

    /// Connections whose silence was not looked into yet: unanswered for the patience, or given up by a client that has less of
    /// it (one that cleans up, one whose wait ended a moment before this look).
    pub(crate) fn doubtful(&self, patience: Duration) -> BTreeSet<u64> {
        let mut all = self.unanswered(patience);
        let known = self.lock();
        let long = |(asked, over): &(Instant, Instant)| over.duration_since(*asked) >= GIVEN_UP_AFTER;
        all.extend(known.given_up.iter().filter(|(_, times)| long(times)).map(|(number, _)| *number));
        all.retain(|number| !known.settled.contains(number));
        all
    }

    /// The silence of these connections is explained; that of all which were given up up to now as well.
    pub(crate) fn settle(&self, numbers: impl IntoIterator<Item = u64>) {
        let mut known = self.lock();
        known.given_up.clear();
        known.settled.extend(numbers);
    }

    /// When the first of these connections' CONNECTs was asked.
    pub(crate) fn asked_since(&self, numbers: &BTreeSet<u64>) -> Option<Instant> {
        let known = self.lock();
        let open = known.open.iter().filter_map(|(number, connection)| Some((number, connection.asked?)));
        let over = known.given_up.iter().map(|(number, (asked, _))| (number, *asked));
        open.chain(over).filter(|(number, _)| numbers.contains(number)).map(|(_, asked)| asked).min()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connect_counts_when_it_is_whole_and_unanswered() {
        let pulse = Pulse::default();
        let number = pulse.opened();
        pulse.wrote(number, &[0x10, 4, 0]);
        assert_eq!(pulse.unanswered(Duration::ZERO), BTreeSet::new(), "torn");
        pulse.wrote(number, &[1, 2, 3]);
        assert_eq!(pulse.unanswered(Duration::ZERO), BTreeSet::from([number]));
        assert_eq!(pulse.unanswered(Duration::from_secs(9)), BTreeSet::new(), "not for so long");
        pulse.heard(number);
        assert_eq!(pulse.unanswered(Duration::ZERO), BTreeSet::new());
    }

    #[test]
    fn what_we_gave_up_is_not_answered() {
        let pulse = Pulse::default();
        let numbers: Vec<u64> = (0..2).map(|_| pulse.opened()).collect();
        numbers.iter().for_each(|n| pulse.wrote(*n, &[0x10, 1, 0]));
        pulse.heard(numbers[1]);
        pulse.ended(numbers[0], false);
        pulse.ended(numbers[1], false);
        assert!(pulse.any_unanswered(&BTreeSet::from([numbers[0]])));
        assert!(!pulse.any_unanswered(&BTreeSet::from([numbers[1]])));
    }

    #[test]
    fn what_was_given_up_is_doubtful_until_it_is_looked_into() {
        let pulse = Pulse::default();
        let asked = Instant::now();
        let numbers: Vec<u64> = (0..3).map(|_| pulse.opened()).collect();
        numbers.iter().for_each(|n| pulse.wrote(*n, &[0x10, 1, 0]));
        pulse.heard(numbers[1]);
        pulse.ended(numbers[2], false);
        std::thread::sleep(GIVEN_UP_AFTER);
        pulse.ended(numbers[0], false);
        pulse.ended(numbers[1], false);
        let doubtful = pulse.doubtful(Duration::from_secs(9));
        assert_eq!(doubtful, BTreeSet::from([numbers[0]]), "one was answered, one had no time");
        let since = pulse.asked_since(&doubtful).unwrap();
        assert!(since >= asked && since.elapsed() >= GIVEN_UP_AFTER);
        pulse.settle(doubtful);
        assert_eq!(pulse.doubtful(Duration::ZERO), BTreeSet::new());
    }

    #[test]
    fn a_first_packet_that_is_no_connect_asks_for_nothing() {
        let pulse = Pulse::default();
        let number = pulse.opened();
        pulse.wrote(number, &[0xc0, 0]);
        pulse.wrote(number, &[0x10, 0]);
        assert_eq!(pulse.unanswered(Duration::ZERO), BTreeSet::new());
    }

    #[test]
    fn connections_end_together_by_the_targets_doing_alone() {
        let pulse = Pulse::default();
        let numbers: Vec<u64> = (0..8).map(|_| pulse.opened()).collect();
        numbers.iter().take(7).for_each(|n| pulse.ended(*n, true));
        assert_eq!(pulse.all_ended(), None, "one is left");
        pulse.ended(numbers[7], true);
        assert!(pulse.all_ended().is_some());
        pulse.forget_ended();
        assert_eq!(pulse.all_ended(), None);
    }

    #[test]
    fn a_close_behind_our_disconnect_is_ours() {
        let pulse = Pulse::default();
        let numbers: Vec<u64> = (0..20).map(|_| pulse.opened()).collect();
        for number in &numbers {
            pulse.wrote(*number, &[DISCONNECT, 0]);
            pulse.ended(*number, true);
        }
        assert_eq!(pulse.all_ended(), None);
        // What ends beside one that we left may have been the script's doing too.
        let numbers: Vec<u64> = (0..9).map(|_| pulse.opened()).collect();
        pulse.leaving(numbers[0]);
        numbers.iter().for_each(|n| pulse.ended(*n, true));
        assert_eq!(pulse.all_ended(), None);
    }

    #[test]
    fn what_came_of_a_script_is_forgotten() {
        let pulse = Pulse::default();
        let numbers: Vec<u64> = (0..8).map(|_| pulse.opened()).collect();
        pulse.scripted();
        assert!(pulse.is_scripted());
        numbers.iter().for_each(|n| pulse.ended(*n, true));
        pulse.refused();
        pulse.given_back();
        assert!(!pulse.is_scripted() && pulse.refused_since().is_none() && pulse.all_ended().is_none());
        assert!(pulse.last_heard().is_some());
        let next = pulse.opened();
        assert!(!numbers.contains(&next), "a connection of before that ends late is not taken for a new one");
    }

    #[test]
    fn what_is_heard_takes_a_refusal_back() {
        let pulse = Pulse::default();
        let number = pulse.opened();
        pulse.refused();
        assert!(pulse.refused_since().is_some());
        pulse.heard(number);
        assert!(pulse.refused_since().is_none());
        assert!(!pulse.is_busy());
        (0..MANY).for_each(|_| {
            pulse.opened();
        });
        assert!(pulse.is_busy());
    }
}
