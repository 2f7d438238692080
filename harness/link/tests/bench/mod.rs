//! A link with a client and a broker that write down what reaches them, for the tests of this crate.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use deadzone_link::{Direction, Edge, Fault, Link, LinkStep, Note, Output, PathId, Trigger, When};
use deadzone_wire::{Field, PacketKind, Pattern, Value};

/// A PUBLISH of 12 bytes: QoS 2, topic `a/b`, id 7, no properties, payload `hi`.
pub const PUBLISH: &[u8] = &[0x34, 10, 0, 3, b'a', b'/', b'b', 0, 7, 0, b'h', b'i'];
/// A PUBREL of 4 bytes, id 7.
pub const PUBREL: &[u8] = &[0x62, 2, 0, 7];
/// A PINGREQ: the shortest packet, 2 bytes.
pub const PINGREQ: &[u8] = &[0xc0, 0];
/// A PUBREC of 4 bytes, id 7.
pub const PUBREC: &[u8] = &[0x50, 2, 0, 7];
/// A PINGRESP of 2 bytes.
pub const PINGRESP: &[u8] = &[0xd0, 0];

/// Whatever happens has happened by then, µs.
pub const LATE_US: u64 = 1_000_000_000;

pub fn now(fault: Fault) -> LinkStep {
    LinkStep { fault, when: When::Now }
}

pub fn after(fault: Fault, us: u64) -> LinkStep {
    LinkStep { fault, when: When::After(us) }
}

pub fn at(fault: Fault, edge: Edge, nth: u32, kind: PacketKind, direction: Direction) -> LinkStep {
    LinkStep { fault, when: When::On(Trigger { edge, nth, pattern: Pattern::of(kind), direction }) }
}

pub fn at_id(fault: Fault, edge: Edge, kind: PacketKind, id: u32, direction: Direction) -> LinkStep {
    let pattern = Pattern { kind, fields: vec![(Field::Id, Value::Number(id))] };
    LinkStep { fault, when: When::On(Trigger { edge, nth: 1, pattern, direction }) }
}

/// How a stream is cut into calls.
#[derive(Clone, Copy, Debug)]
pub enum Chunks {
    /// One call.
    Whole,
    /// One call a byte.
    Bytes,
    /// Calls that end inside packets and span their borders.
    Of(usize),
}

impl Chunks {
    pub fn of(self, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        bytes.chunks(match self {
            Self::Whole => bytes.len().max(1),
            Self::Bytes => 1,
            Self::Of(n) => n,
        })
    }
}

/// One path under test.
pub struct Bench {
    pub link: Link,
    pub path: PathId,
    pub now_us: u64,
    /// Everything in order.
    pub log: Vec<Output>,
    pub to_broker: Vec<u8>,
    pub to_client: Vec<u8>,
}

impl Bench {
    pub fn new() -> Self {
        let mut link = Link::new();
        link.open(0, PathId(1));
        let path = PathId(1);
        Self { link, path, now_us: 0, log: vec![], to_broker: vec![], to_client: vec![] }
    }

    pub fn with(steps: &[LinkStep]) -> Self {
        let mut bench = Self::new();
        for step in steps {
            bench.step(step.clone());
        }
        bench
    }

    pub fn reopen(&mut self) {
        self.path = PathId(self.path.0 + 1);
        self.link.open(self.now_us, self.path);
        (self.to_broker, self.to_client) = (vec![], vec![]);
        self.drain();
    }

    pub fn step(&mut self, step: LinkStep) {
        self.link.step(self.now_us, step);
        self.drain();
    }

    pub fn up(&mut self, bytes: &[u8]) {
        self.link.client_bytes(self.now_us, self.path, bytes);
        self.drain();
    }

    pub fn down(&mut self, bytes: &[u8]) {
        self.link.broker_bytes(self.now_us, self.path, bytes);
        self.drain();
    }

    pub fn close(&mut self, direction: Direction, rst: bool) {
        match direction {
            Direction::Up => self.link.client_closed(self.now_us, self.path, rst),
            Direction::Down => self.link.broker_closed(self.now_us, self.path, rst),
        }
        self.drain();
    }

    pub fn wait_until(&mut self, now_us: u64) {
        self.now_us = now_us;
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.link.poll(self.now_us, self.path) {
            match &output {
                Output::ToBroker(bytes) => self.to_broker.extend_from_slice(bytes),
                Output::ToClient(bytes) => self.to_client.extend_from_slice(bytes),
                _ => {}
            }
            self.log.push(output);
        }
        while let Some(note) = self.link.poll_note() {
            self.log.push(Output::Note(note));
        }
    }

    /// What happened, one word each: `b12` and `c4` are bytes that reached the broker and the client, runs joined;
    /// `lost-up 6` is the total a black hole took. What depends on chunks by nature, `discarded` and growing totals, is left out.
    pub fn told(&self) -> String {
        let mut words: Vec<(String, u64)> = Vec::new();
        for output in &self.log {
            let (word, n) = match output {
                Output::ToBroker(bytes) => ("b".to_owned(), bytes.len() as u64),
                Output::ToClient(bytes) => ("c".to_owned(), bytes.len() as u64),
                Output::FinToBroker => ("fin>b".to_owned(), 0),
                Output::RstToBroker => ("rst>b".to_owned(), 0),
                Output::FinToClient => ("fin>c".to_owned(), 0),
                Output::RstToClient => ("rst>c".to_owned(), 0),
                Output::Note(Note::Fired { .. }) => ("fired".to_owned(), 0),
                Output::Note(Note::Cut { how }) => (format!("cut-{how}"), 0),
                Output::Note(Note::Swallowed { direction, bytes }) => (format!("lost-{direction} "), *bytes),
                Output::Note(Note::Released { direction, bytes }) => {
                    (format!("released-{direction} "), *bytes)
                }
                Output::Note(Note::Profile { .. }) => ("profile".to_owned(), 0),
                Output::Note(Note::Radio { .. }) => ("radio".to_owned(), 0),
                Output::Note(Note::Restored) => ("restored".to_owned(), 0),
                Output::Note(Note::Disarmed { .. }) => ("disarmed".to_owned(), 0),
                Output::Note(Note::Undecided { .. }) => ("undecided".to_owned(), 0),
                Output::Note(Note::Armed { .. } | Note::NeverFired { .. } | Note::Discarded { .. }) => {
                    continue;
                }
            };
            match words.last_mut() {
                Some((last, total)) if *last == word && ["b", "c"].contains(&word.as_str()) => *total += n,
                Some((last, total)) if *last == word && word.starts_with("lost") => *total = n,
                _ => words.push((word, n)),
            }
        }
        let told = words.into_iter().map(|(word, n)| if n > 0 { format!("{word}{n}") } else { word });
        told.collect::<Vec<_>>().join(" ")
    }

    pub fn notes(&self) -> Vec<&Note> {
        self.log.iter().filter_map(|o| if let Output::Note(note) = o { Some(note) } else { None }).collect()
    }
}
