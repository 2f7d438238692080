//! Where a recorder's events go.

use std::{cell::RefCell, io, io::Write, rc::Rc};

use deadzone_history::{
    Event, EventKind, HandMade, Header, History, HistoryError, Memory, Reader, Recorder, RecorderLimits,
    Ring, Sink, Spool, Start, Tee, read, write,
};
use deadzone_wire::Version;

fn some_history() -> History {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("c");
    h.connect(c, Start::Clean);
    h.finish()
}

/// Records everything of a history anew, in this sink.
fn record<S: Sink>(history: &History, sink: S) -> S {
    let mut recorder = Recorder::to(sink, RecorderLimits::default());
    for event in &history.events {
        assert_eq!(recorder.append(event.at_us, event.kind.clone()), event.seq);
    }
    recorder.into_sink()
}

fn header() -> Header {
    HandMade::new(Version::V5).finish().header
}

#[test]
fn memory_keeps_all() {
    let history = some_history();
    assert_eq!(record(&history, Memory::default()).events, history.events);
}

#[test]
fn a_ring_keeps_the_last_with_their_own_numbers() {
    let history = some_history();
    let all = history.events.len();
    assert!(all > 3);
    for most in [0, 1, 3, all, all + 1] {
        let kept = record(&history, Ring::new(most)).events;
        assert_eq!(kept, history.events[all - most.min(all)..].to_vec(), "the last {most}");
    }
}

#[test]
fn a_spool_writes_what_writing_the_whole_history_writes() {
    let history = some_history();
    let spool = Spool::new(Vec::new(), &history.header);
    let bytes = record(&history, spool).finish().expect("a vector takes everything");
    let mut whole = Vec::new();
    write(&history, &mut whole).expect("a vector takes everything");
    assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&whole));
    assert_eq!(read(&mut bytes.as_slice()).expect("what was written can be read"), history);
}

/// A file as others see it while it is written.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_spool_can_be_read_while_it_grows() {
    let (history, file) = (some_history(), Shared::default());
    let mut spool = Spool::new(file.clone(), &history.header);
    for (n, event) in history.events.iter().enumerate() {
        spool.append(event.clone());
        let so_far = file.0.borrow().clone();
        let mut events: Vec<_> = Reader::new(so_far.as_slice()).expect("the header is there").collect();
        let end = events.pop().expect("it says how it ends");
        assert!(matches!(end, Err(HistoryError::Truncated(_))), "{end:?}");
        let events: Vec<Event> = events.into_iter().collect::<Result<_, _>>().expect("whole lines");
        assert_eq!(events, history.events[..=n]);
    }
}

/// Takes so many writes, and then has no room.
struct Full(u32);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_spool_writes_whole_lines_and_tells_its_first_error() {
    let history = some_history();
    // The header and one event, each in one write.
    let spool = Spool::new(Full(2), &history.header);
    assert!(spool.error().is_none());
    let spool = record(&history, spool);
    assert_eq!(spool.error().map(io::Error::kind), Some(io::ErrorKind::StorageFull));
    assert_eq!(spool.finish().err().map(|e| e.kind()), Some(io::ErrorKind::StorageFull));
    let at_once = Spool::new(Full(0), &header());
    assert_eq!(at_once.error().map(io::Error::kind), Some(io::ErrorKind::StorageFull));
}

#[test]
fn a_tee_shows_each_event_in_order_and_keeps_it() {
    let history = some_history();
    let mut shown = Vec::new();
    let kept = {
        let tee = Tee::new(Memory::default(), |event: &Event| shown.push(event.clone()));
        record(&history, tee).sink.events
    };
    assert_eq!(shown, history.events);
    assert_eq!(kept, history.events);
}

#[test]
fn what_is_over_a_bound_comes_to_no_sink() {
    let mut shown = 0;
    let limits = RecorderLimits { events: 2, ..RecorderLimits::default() };
    let mut recorder = Recorder::to(Tee::new(Ring::new(8), |_: &Event| shown += 1), limits);
    for at_us in 0..5 {
        recorder.append(at_us, EventKind::Starved { ms: 0 });
    }
    assert!(recorder.overflow().is_some());
    assert_eq!(recorder.into_sink().sink.events.len(), 2);
    assert_eq!(shown, 2);
}
