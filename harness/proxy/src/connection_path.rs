//! One connection through a modem, as the relay sees it. Knows the link; knows no sockets.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use deadzone_link::{Direction, Note, Output, PathId};

use crate::{
    Client, Control, End, Impairment, Out, Plain, Record, RecordEvent, greeting::Greeting, modem::Modem,
};

/// Most faults of one connection that the report names, and most doings of the radio.
const FIRED_KEPT: usize = 32;

/// What became of a connection's bytes on the link, and which faults it met.
#[derive(Clone, Debug, Default)]
pub struct ConnectionSummary {
    /// Who the client is.
    pub client: Client,
    /// Bytes that a black hole took on the way up.
    pub swallowed_up: u64,
    /// The same on the way down.
    pub swallowed_down: u64,
    /// Bytes that a cut or a reset threw away on the way up.
    pub discarded_up: u64,
    /// The same on the way down.
    pub discarded_down: u64,
    /// Faults that happened, in order; the first 32.
    pub fired: Vec<String>,
    /// Faults that happened.
    pub fired_count: u64,
    /// What the radio did by its profile, in order; the first 32.
    pub radio: Vec<String>,
    /// How often the radio did something.
    pub radio_count: u64,
    /// Packets were not looked for any more, and why.
    pub disarmed: Option<String>,
    /// How long it waited for a modem that was dark before upstream was dialled, µs.
    pub waited_us: u64,
}

impl ConnectionSummary {
    /// Takes note; whether a fault happened.
    pub(crate) fn hear(&mut self, note: &Note) -> bool {
        match note {
            Note::Fired { text, .. } => {
                self.fired_count += 1;
                if self.fired.len() < FIRED_KEPT {
                    self.fired.push(text.clone());
                }
                return true;
            }
            // A run's total: the last one counts.
            Note::Swallowed { direction: Direction::Up, bytes } => self.swallowed_up = *bytes,
            Note::Swallowed { direction: Direction::Down, bytes } => self.swallowed_down = *bytes,
            Note::Discarded { direction: Direction::Up, bytes } => self.discarded_up += bytes,
            Note::Discarded { direction: Direction::Down, bytes } => self.discarded_down += bytes,
            Note::Disarmed { why, .. } => {
                self.disarmed.get_or_insert_with(|| why.clone());
            }
            Note::Radio { what, .. } => {
                self.radio_count += 1;
                if self.radio.len() < FIRED_KEPT {
                    self.radio.push(what.clone());
                }
            }
            _ => {}
        }
        false
    }
}

/// Where the bytes go.
enum Route {
    /// Past everything.
    Plain(Plain),
    /// Through a modem.
    Modem(Arc<Modem>, PathId),
}

/// What one connection's bytes pass.
pub(crate) struct ConnectionPath {
    route: Route,
    greeting: Greeting,
    story: ConnectionSummary,
    record: Option<Box<dyn Record>>,
    fired: Arc<AtomicU64>,
    cut: bool,
}

impl ConnectionPath {
    /// A connection that nothing impairs.
    pub(crate) fn plain(fired: Arc<AtomicU64>) -> Self {
        Self::new(Route::Plain(Plain::default()), fired, None)
    }

    /// A connection through this modem.
    pub(crate) fn through(
        modem: &Arc<Modem>,
        now_us: u64,
        control: &Arc<Control>,
        fired: Arc<AtomicU64>,
        record: Option<Box<dyn Record>>,
    ) -> Self {
        let path = modem.lock().open(now_us, control);
        Self::new(Route::Modem(Arc::clone(modem), path), fired, record)
    }

    /// What happened before there was a way.
    pub(crate) fn begin_with(&mut self, now_us: u64, waited_us: u64, notes: &[Note]) {
        self.story.waited_us = waited_us;
        notes.iter().for_each(|note| self.note(now_us, note));
    }

    fn new(route: Route, fired: Arc<AtomicU64>, record: Option<Box<dyn Record>>) -> Self {
        let greeting = Greeting::new();
        Self { route, greeting, story: ConnectionSummary::default(), record, fired, cut: false }
    }

    /// The connection is over: what became of it.
    pub(crate) fn finish(mut self, now_us: u64) -> ConnectionSummary {
        if let Route::Modem(modem, path) = &self.route {
            let mut inner = modem.lock();
            inner.close(*path);
            let notes: Vec<Note> = std::iter::from_fn(|| inner.link.poll_note()).collect();
            drop(inner);
            for note in notes {
                self.note(now_us, &note);
            }
        }
        if let Some(record) = self.record.take() {
            record.finish(now_us);
        }
        self.story.client = self.greeting.client().clone();
        self.story
    }

    /// Bytes enter at one end.
    fn enter(&mut self, now_us: u64, direction: Direction, bytes: Bytes) {
        let end = if direction == Direction::Up { End::Client } else { End::Upstream };
        if !self.greeting.is_over() {
            match direction {
                Direction::Up => self.greeting.look(&bytes),
                Direction::Down => self.greeting.answered(),
            }
            if let (Client::Opaque, Route::Modem(modem, path)) = (self.greeting.client(), &self.route) {
                modem.lock().link.opaque(*path, "the stream does not begin with a CONNECT");
            }
        }
        self.tell(now_us, RecordEvent::Bytes { direction, end, bytes: &bytes });
        match (&mut self.route, direction) {
            (Route::Plain(plain), Direction::Up) => plain.up(now_us, bytes),
            (Route::Plain(plain), Direction::Down) => plain.down(now_us, bytes),
            (Route::Modem(modem, path), direction) => {
                let mut inner = modem.lock();
                match direction {
                    Direction::Up => inner.link.client_bytes(now_us, *path, &bytes),
                    Direction::Down => inner.link.broker_bytes(now_us, *path, &bytes),
                }
                inner.wake_others(Some(*path));
            }
        }
    }

    /// One end closed.
    fn closed(&mut self, now_us: u64, direction: Direction, rst: bool) {
        let end = if direction == Direction::Up { End::Client } else { End::Upstream };
        self.tell(now_us, RecordEvent::Closed { end, by_upstream: end == End::Upstream, rst });
        match (&mut self.route, direction) {
            (Route::Plain(plain), Direction::Up) => plain.up_closed(now_us, rst),
            (Route::Plain(plain), Direction::Down) => plain.down_closed(now_us, rst),
            (Route::Modem(modem, path), direction) => {
                let mut inner = modem.lock();
                match direction {
                    Direction::Up => inner.link.client_closed(now_us, *path, rst),
                    Direction::Down => inner.link.broker_closed(now_us, *path, rst),
                }
                inner.wake_others(Some(*path));
            }
        }
    }

    /// What the link gives, for the record and for the sockets.
    fn given(&mut self, now_us: u64, output: Output) -> Option<Out> {
        let bytes = |direction, end, bytes| RecordEvent::Bytes { direction, end, bytes };
        let by_upstream = !self.cut;
        let closed = |end, by_upstream, rst| RecordEvent::Closed { end, by_upstream, rst };
        let (what, out) = match &output {
            Output::Note(note) => {
                self.note(now_us, note);
                return None;
            }
            Output::ToBroker(b) => (bytes(Direction::Up, End::Upstream, b), Out::Up(b.clone())),
            Output::ToClient(b) => (bytes(Direction::Down, End::Client, b), Out::Down(b.clone())),
            Output::FinToBroker => (closed(End::Upstream, false, false), Out::FinUp),
            Output::RstToBroker => (closed(End::Upstream, false, true), Out::RstUp),
            Output::FinToClient => (closed(End::Client, by_upstream, false), Out::FinDown),
            Output::RstToClient => (closed(End::Client, by_upstream, true), Out::RstDown),
        };
        self.tell(now_us, what);
        Some(out)
    }

    fn note(&mut self, now_us: u64, note: &Note) {
        self.fired.fetch_add(u64::from(self.story.hear(note)), Ordering::Relaxed);
        self.cut |= matches!(note, Note::Cut { .. });
        self.tell(now_us, RecordEvent::Note(note));
    }

    fn tell(&mut self, now_us: u64, what: RecordEvent<'_>) {
        if let Some(record) = &mut self.record {
            record.happened(now_us, what);
        }
    }

    fn room(&self, direction: Direction) -> usize {
        match &self.route {
            Route::Plain(_) => usize::MAX,
            Route::Modem(modem, path) => modem.lock().link.window(*path, direction),
        }
    }

    fn held(&self, direction: Direction) -> usize {
        match (&self.route, direction) {
            (Route::Plain(plain), Direction::Up) => plain.held_up(),
            (Route::Plain(plain), Direction::Down) => plain.held_down(),
            (Route::Modem(modem, path), direction) => modem.lock().link.held_on(*path, direction),
        }
    }
}

impl Impairment for ConnectionPath {
    fn up(&mut self, now_us: u64, bytes: Bytes) {
        self.enter(now_us, Direction::Up, bytes);
    }

    fn down(&mut self, now_us: u64, bytes: Bytes) {
        self.enter(now_us, Direction::Down, bytes);
    }

    fn up_closed(&mut self, now_us: u64, rst: bool) {
        self.closed(now_us, Direction::Up, rst);
    }

    fn down_closed(&mut self, now_us: u64, rst: bool) {
        self.closed(now_us, Direction::Down, rst);
    }

    fn poll(&mut self, now_us: u64) -> Option<Out> {
        loop {
            let output = match &mut self.route {
                Route::Plain(plain) => return plain.poll(now_us),
                Route::Modem(modem, path) => {
                    let mut inner = modem.lock();
                    let note = inner.link.poll_note().map(Output::Note);
                    let output = note.or_else(|| inner.link.poll(now_us, *path));
                    inner.wake_others(Some(*path));
                    output?
                }
            };
            if let Some(out) = self.given(now_us, output) {
                return Some(out);
            }
        }
    }

    fn wake_at_us(&self) -> Option<u64> {
        match &self.route {
            Route::Plain(plain) => plain.wake_at_us(),
            Route::Modem(modem, path) => modem.lock().link.path_wakes_at_us(*path),
        }
    }

    fn held_up(&self) -> usize {
        self.held(Direction::Up)
    }

    fn held_down(&self) -> usize {
        self.held(Direction::Down)
    }

    fn room_up(&self) -> usize {
        self.room(Direction::Up)
    }

    fn room_down(&self) -> usize {
        self.room(Direction::Down)
    }

    fn transparent(&self) -> bool {
        // The first packet is looked at, for the report's sake.
        matches!(&self.route, Route::Plain(plain) if plain.transparent()) && self.greeting.is_over()
    }
}
