//! What chance decided for each modem, to be written out and played again. Knows no files.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use deadzone_link::Decision;
use serde::{Deserialize, Serialize};

use crate::modem::Modem;

/// What chance decided for one modem, or the next part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The link's name.
    pub link: String,
    /// The modem's: the ordinal of its connection, or the source address.
    pub modem: String,
    /// In the order in which each process decided.
    pub decisions: Vec<Decision>,
}

/// What to play, and what was decided until it is fetched.
#[derive(Debug, Default)]
pub struct DecisionBook {
    recording: bool,
    played: BTreeMap<(String, String), Vec<Decision>>,
    written: Mutex<Vec<Decided>>,
    /// Those that still decide.
    modems: Mutex<Vec<Weak<Modem>>>,
}

impl DecisionBook {
    /// A book that plays these, parts of one modem's behind one another, and writes down what is decided if `recording`.
    pub fn new(recording: bool, played: impl IntoIterator<Item = Decided>) -> Self {
        let mut book = Self { recording, ..Self::default() };
        for Decided { link, modem, decisions } in played {
            book.played.entry((link, modem)).or_default().extend(decisions);
        }
        book
    }

    /// Whether decisions are written down.
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    /// What to play to a modem.
    pub fn of(&self, link: &str, modem: &str) -> Option<&[Decision]> {
        self.played.get(&(link.to_owned(), modem.to_owned())).map(Vec::as_slice)
    }

    /// A modem decides from now on.
    pub(crate) fn enter(&self, modem: &Arc<Modem>) {
        let mut modems = lock(&self.modems);
        if modems.len() == modems.capacity() {
            modems.retain(|known| known.strong_count() > 0);
        }
        modems.push(Arc::downgrade(modem));
    }

    /// What a modem decided since it last wrote.
    pub(crate) fn write(&self, decided: Decided) {
        lock(&self.written).push(decided);
    }

    /// Has every modem write what it decided so far, so that those that live for long are no burden.
    pub fn gather(&self) {
        let modems = lock(&self.modems).clone();
        // The last one who holds a modem may be this call, and then it writes for the last time.
        modems.iter().filter_map(Weak::upgrade).for_each(|modem| modem.write_down());
    }

    /// What was written down and not fetched yet, modem by modem, as they went.
    pub fn take(&self) -> Vec<Decided> {
        std::mem::take(&mut *lock(&self.written))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Only lists: nothing under these locks can be half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use deadzone_link::{Catalogue, Decision, Identity, Link, PathId};

    use super::{Decided, DecisionBook};
    use crate::modem::Modem;

    const WAVES: &str = "title = \"t\"\n[delay]\nfloor_ms = { value = 1, source = \"default\" }\n\
        median_ms = { value = 10, source = \"default\" }\nsigma_ln = { value = 0.5, source = \"default\" }\n\
        correlation_per_100ms = { value = 0.5, source = \"default\" }\n";

    /// What is written for a modem that carries something for 30 s, by process, and in how many parts.
    fn written(gathered: bool) -> (Vec<Decision>, usize) {
        let profile = Catalogue::new([("t", WAVES)], []).unwrap().get("t").unwrap();
        let identity = Identity { seed: 1, scenario: "s".to_owned(), link: "m".to_owned() };
        let mut link = Link::with_identity(identity);
        link.record_decisions();
        link.change_profile(0, &profile);
        link.open(0, PathId(1));
        let book = Arc::new(DecisionBook::new(true, []));
        let modem = Arc::new(Modem::new(0, link, &[]).written_to(&book, "l", "m"));
        book.enter(&modem);
        let mut parts = Vec::new();
        for second in 0..30 {
            modem.lock().link.client_bytes(second * 1_000_000, PathId(1), b"x");
            if gathered && second % 10 == 9 {
                book.gather();
                parts.extend(book.take());
            }
        }
        drop(modem);
        parts.extend(book.take());
        let count = parts.len();
        let mut all: Vec<Decision> = parts.into_iter().flat_map(|part| part.decisions).collect();
        // A process's own order is kept by this sort.
        all.sort_by_key(|decision| (decision.process, decision.direction));
        (all, count)
    }

    #[test]
    fn what_is_gathered_in_between_is_the_same_list_in_parts() {
        let ((once, parts_once), (gathered, parts)) = (written(false), written(true));
        assert!(
            once.len() > 500 && parts_once == 1 && parts >= 3,
            "{} in {parts_once} and {parts}",
            once.len()
        );
        assert_eq!(once, gathered);
    }

    #[test]
    fn parts_of_one_modem_are_played_behind_one_another() {
        let part = |value| Decided {
            link: "l".to_owned(),
            modem: "m".to_owned(),
            decisions: vec![Decision { process: deadzone_link::Process::Delay, direction: None, value }],
        };
        let book = DecisionBook::new(false, [part(1), part(2)]);
        let values: Vec<u64> = book.of("l", "m").unwrap().iter().map(|decision| decision.value).collect();
        assert_eq!(values, [1, 2]);
    }
}
