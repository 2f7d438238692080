//! From the record to the judges: a bounded queue, so that judging never holds up a byte.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

use deadzone_history::{Event, Header, Sink};

use crate::judges::{Judges, Proven, Watched};

/// Most events that wait for the judges. Beyond it events are left out until there is room, and judging begins anew.
const WAITING: usize = 65_536;

/// What comes out of the queue.
enum Word {
    Event(Event),
    /// So many events were left out here.
    Gap(u64),
}

/// The end of the queue where events go in.
#[derive(Debug)]
pub struct Tap {
    words: SyncSender<Word>,
    /// Left out since the last event that went in.
    left_out: u64,
}

impl Sink for Tap {
    fn append(&mut self, event: Event) {
        if self.left_out > 0 && self.words.try_send(Word::Gap(self.left_out)).is_ok() {
            self.left_out = 0;
        }
        // Where the judges are gone nothing is said any more either.
        if self.left_out > 0 || matches!(self.words.try_send(Word::Event(event)), Err(TrySendError::Full(_)))
        {
            self.left_out += 1;
        }
    }
}

/// The judges at work.
#[derive(Debug)]
pub struct Watching(JoinHandle<Watched>);

impl Watching {
    /// What they said of all. The tap must be gone, or this waits for ever.
    pub fn finish(self) -> Watched {
        self.0.join().unwrap_or_default()
    }
}

/// Begins to judge what goes into the tap, on a thread of its own; `tell` hears of each finding when it is proven.
pub fn watch(header: Header, tell: impl FnMut(&Proven) + Send + 'static) -> io::Result<(Tap, Watching)> {
    let (words, waiting) = sync_channel(WAITING);
    let judging =
        thread::Builder::new().name("judges".to_owned()).spawn(move || judge(&header, &waiting, tell))?;
    Ok((Tap { words, left_out: 0 }, Watching(judging)))
}

fn judge(header: &Header, waiting: &Receiver<Word>, mut tell: impl FnMut(&Proven)) -> Watched {
    let mut judges = Judges::new(header.clone());
    for word in waiting {
        match word {
            Word::Event(event) => judges.observe(event, &mut tell),
            Word::Gap(events) => judges.gap(events),
        }
    }
    judges.finish(&mut tell)
}

#[cfg(test)]
mod tests {
    use deadzone_history::EventKind;

    use super::*;

    fn event(seq: u64) -> Event {
        Event { seq, at_us: seq, kind: EventKind::Grace { us: 0 } }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_said() {
        let (words, waiting) = sync_channel(4);
        let mut tap = Tap { words, left_out: 0 };
        (0..7).for_each(|seq| tap.append(event(seq)));
        assert_eq!(waiting.try_iter().take(4).count(), 4);
        tap.append(event(7));
        let words: Vec<Word> = waiting.try_iter().collect();
        assert!(matches!(words[..], [Word::Gap(3), Word::Event(Event { seq: 7, .. })]));
    }

    #[test]
    fn it_never_waits_and_outlives_its_judges() {
        let (words, waiting) = sync_channel(1);
        let mut tap = Tap { words, left_out: 0 };
        drop(waiting);
        (0..10).for_each(|seq| tap.append(event(seq)));
    }
}
