//! Who may run: job slots, connections, parked performances and those that want the broker for themselves.
//!
//! A parked performance gives its job slot away and keeps its connections: with the running ones it holds at most what the
//! target takes. What wants the broker for itself starts when nothing is parked, and nothing starts while it is.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

/// A worker that waits for a slot looks this often whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Performances that want the broker for themselves may be parked this often in a run: each costs a whole long bound.
pub(crate) const SOLO_PARKS_MAX: u32 = 3;

/// How much may go on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Performances that are not parked.
    pub(crate) jobs: usize,
    /// Connections of all, parked ones included.
    pub(crate) connections: usize,
    /// A parked performance keeps its slot: it wants the broker for itself.
    pub(crate) solo: bool,
    /// A parked performance keeps its slot: its time is virtual, and waiting for another one would not stand in it.
    pub(crate) virtual_time: bool,
}

impl Limits {
    /// Whether a parked performance keeps its slot.
    fn keeps_slot(&self) -> bool {
        self.solo || self.virtual_time
    }
}

/// What a performance holds.
#[derive(Debug)]
struct Held {
    connections: usize,
    parked: bool,
    /// Another one was parked while it ran.
    beside_parked: bool,
}

/// A performance that wants its slot back.
type Waiter = (usize, oneshot::Sender<()>);

struct State<T> {
    queue: VecDeque<(usize, usize, T)>,
    /// What was not let in.
    refused: Vec<T>,
    limits: Limits,
    /// Slots that are taken.
    taken: usize,
    performances: BTreeMap<usize, Held>,
    waiting: VecDeque<Waiter>,
    /// Nothing new starts, for now.
    paused: bool,
    /// Nothing new starts any more.
    stopped: bool,
    parks: u32,
}

/// The book of one pass.
pub(crate) struct Slots<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    /// Asked of each item before it starts.
    admits: Box<Admission<T>>,
}

/// Whether an item is let in.
type Admission<T> = dyn Fn(&T) -> bool + Send + Sync;

/// How a performance went, as far as the book knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Another one was parked while it ran.
    pub(crate) beside_parked: bool,
}

impl<T> Slots<T> {
    /// Items with the number that they are known by and the connections that they hold.
    pub(crate) fn new(limits: Limits, items: impl IntoIterator<Item = (usize, usize, T)>) -> Self {
        let state = State {
            queue: items.into_iter().collect(),
            refused: Vec::new(),
            limits,
            taken: 0,
            performances: BTreeMap::new(),
            waiting: VecDeque::new(),
            paused: false,
            stopped: false,
            parks: 0,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), admits: Box::new(|_| true) }
    }

    /// The same where each item is asked about when its turn has come: one that is not let in never starts.
    pub(crate) fn admitting(self, admits: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        Self { admits: Box::new(admits), ..self }
    }

    /// The next item once it may start; `None` when nothing is left or wanted. `tell` is called while no one else can take
    /// or end anything.
    pub(crate) fn take(&self, tell: impl Fn(usize, &T) -> bool) -> Option<(usize, T)> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.queue.is_empty() {
                return None;
            }
            if state.may_start() {
                let (number, connections, item) = state.queue.pop_front()?;
                if !(self.admits)(&item) {
                    state.refused.push(item);
                    continue;
                }
                if !tell(number, &item) {
                    return None;
                }
                let beside_parked = state.performances.values().any(|held| held.parked);
                state.performances.insert(number, Held { connections, parked: false, beside_parked });
                state.taken += 1;
                return Some((number, item));
            }
            state = self.changed.wait_timeout(state, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A performance ended.
    pub(crate) fn end(&self, number: usize) -> Ended {
        let mut state = self.lock();
        let held = state.performances.remove(&number);
        if held.as_ref().is_some_and(|held| !held.parked) {
            state.taken -= 1;
        }
        state.hand_on();
        drop(state);
        self.changed.notify_all();
        Ended { beside_parked: held.is_some_and(|held| held.beside_parked) }
    }

    /// A performance gives its slot away.
    pub(crate) fn park(&self, number: usize) {
        let mut state = self.lock();
        state.parks += 1;
        for (other, held) in &mut state.performances {
            held.beside_parked |= *other != number;
        }
        if !state.limits.keeps_slot()
            && let Some(held) = state.performances.get_mut(&number)
            && !std::mem::replace(&mut held.parked, true)
        {
            state.taken -= 1;
            state.hand_on();
        }
        drop(state);
        self.changed.notify_all();
    }

    /// A performance wants a slot again: what is returned resolves when it has one.
    pub(crate) fn unpark(&self, number: usize) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        if state.performances.get(&number).is_some_and(|held| held.parked) {
            state.waiting.push_back((number, sender));
            state.hand_on();
        } else {
            // It never gave one away.
            let _ = sender.send(());
        }
        receiver
    }

    /// How many are parked.
    pub(crate) fn parked(&self) -> usize {
        self.lock().performances.values().filter(|held| held.parked).count()
    }

    /// How often something was parked.
    pub(crate) fn parks(&self) -> u32 {
        self.lock().parks
    }

    /// Whether a slot becomes free where something is parked.
    pub(crate) fn frees_what_is_parked(&self) -> bool {
        !self.lock().limits.keeps_slot()
    }

    /// Whether what runs here wants the broker for itself.
    pub(crate) fn is_solo(&self) -> bool {
        self.lock().limits.solo
    }

    /// Lets nothing new start, or lets it again.
    pub(crate) fn pause(&self, paused: bool) {
        self.lock().paused = paused;
        self.changed.notify_all();
    }

    /// Nothing new starts any more.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Fewer at once, as a target asks that refuses connections.
    pub(crate) fn slow_down(&self) -> usize {
        let mut state = self.lock();
        state.limits.jobs = (state.limits.jobs / 2).max(1);
        state.limits.jobs
    }

    /// What has not begun and never will.
    pub(crate) fn rest(&self) -> Vec<(usize, T)> {
        self.lock().queue.drain(..).map(|(number, _, item)| (number, item)).collect()
    }

    /// What was not let in.
    pub(crate) fn refused(&self) -> Vec<T> {
        std::mem::take(&mut self.lock().refused)
    }

    /// Whether something is left that may begin some day.
    pub(crate) fn has_more(&self) -> bool {
        let state = self.lock();
        !state.stopped && !state.queue.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    /// Whether the first in the queue may start. One that needs more connections than there may be starts alone.
    fn may_start(&self) -> bool {
        let Some((_, wanted, _)) = self.queue.front() else { return false };
        let held: usize = self.performances.values().map(|held| held.connections).sum();
        let fits = held + wanted <= self.limits.connections || self.performances.is_empty();
        !self.paused && self.waiting.is_empty() && self.taken < self.limits.jobs && fits
    }

    /// Slots that are free go to those that had one before.
    fn hand_on(&mut self) {
        while self.taken < self.limits.jobs
            && let Some((number, sender)) = self.waiting.pop_front()
        {
            if let Some(held) = self.performances.get_mut(&number)
                && std::mem::replace(&mut held.parked, false)
            {
                self.taken += 1;
                if sender.send(()).is_err() {
                    // It does not wait any more; it ends soon, and holds the slot until then.
                    continue;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(jobs: usize, connections: usize, items: usize) -> Slots<usize> {
        let limits = Limits { jobs, connections, solo: false, virtual_time: false };
        Slots::new(limits, (0..items).map(|i| (i, 3, i)))
    }

    fn start(book: &Slots<usize>) -> Option<usize> {
        let may = book.lock().may_start();
        may.then(|| book.take(|_, _| true).map(|(i, _)| i)).flatten()
    }

    #[test]
    fn a_parked_one_gives_its_slot_away_and_keeps_its_connections() {
        let book = book(1, 7, 4);
        assert_eq!(start(&book), Some(0));
        assert_eq!(start(&book), None, "one job");
        book.park(0);
        assert_eq!(start(&book), Some(1), "its slot is free");
        book.park(1);
        assert_eq!(start(&book), None, "two hold six of seven connections, and it needs three");
        assert!(
            book.end(0).beside_parked,
            "the second was parked while the first still held its connections"
        );
        assert_eq!(start(&book), Some(2));
        assert!(book.end(2).beside_parked);
    }

    #[test]
    fn what_comes_back_has_a_slot_before_anything_new() {
        let book = book(1, 200, 3);
        assert_eq!(start(&book), Some(0));
        book.park(0);
        assert_eq!(start(&book), Some(1));
        let mut back = book.unpark(0);
        assert!(back.try_recv().is_err(), "the other one has it");
        book.end(1);
        assert!(back.try_recv().is_ok());
        assert_eq!(start(&book), None, "it runs again");
        book.end(0);
        assert_eq!(start(&book), Some(2));
    }

    #[test]
    fn one_that_wants_the_broker_for_itself_keeps_its_slot_when_it_is_parked() {
        let limits = Limits { jobs: 1, connections: 200, solo: true, virtual_time: false };
        let book = Slots::new(limits, (0..2).map(|i| (i, 3, i)));
        assert_eq!(start(&book), Some(0));
        book.park(0);
        assert_eq!(start(&book), None);
        assert_eq!(book.parks(), 1);
        assert!(book.unpark(0).try_recv().is_ok(), "it never lost it");
        book.end(0);
        assert_eq!(start(&book), Some(1));
    }

    #[test]
    fn in_virtual_time_a_parked_one_keeps_its_slot_and_never_waits_for_another() {
        let limits = Limits { jobs: 1, connections: usize::MAX, solo: false, virtual_time: true };
        let book = Slots::new(limits, (0..2).map(|i| (i, 3, i)));
        assert_eq!(start(&book), Some(0));
        book.park(0);
        assert_eq!(start(&book), None, "it has its slot still");
        assert!(book.unpark(0).try_recv().is_ok());
    }

    #[test]
    fn one_that_is_larger_than_the_target_starts_alone() {
        let book = book(4, 2, 2);
        assert_eq!(start(&book), Some(0));
        assert_eq!(start(&book), None);
        book.end(0);
        assert_eq!(start(&book), Some(1));
    }

    #[test]
    fn what_is_not_let_in_never_starts_and_holds_nothing_up() {
        let book = book(4, 200, 4).admitting(|number| number % 2 == 1);
        assert_eq!(start(&book), Some(1));
        assert_eq!(start(&book), Some(3));
        assert_eq!(book.take(|_, _| true), None);
        assert_eq!((book.refused(), book.rest().len()), (vec![0, 2], 0));
    }

    #[test]
    fn a_pause_and_a_stop_hold_everything_back() {
        let book = book(4, 200, 3);
        book.pause(true);
        assert_eq!(start(&book), None);
        book.pause(false);
        assert_eq!(start(&book), Some(0));
        book.stop();
        assert_eq!(book.take(|_, _| true), None);
        assert_eq!(book.rest().len(), 2);
    }
}
