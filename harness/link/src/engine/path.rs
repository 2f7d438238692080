//! One connection: its two streams and what its caller still has to do for it.
//! Knows no faults; it is told what to send, and which lane what is due comes out of.

use std::collections::VecDeque;

use bytes::Bytes;
use deadzone_wire::Version;

use super::{
    effects::Effects,
    output::Output,
    queue::{End, Load},
    stream::Stream,
};
use crate::{Direction, Note, model::Modem};

/// Something for the caller. Bytes are cut into pieces only when they are fetched: a piece may be one byte.
#[derive(Debug)]
enum Due {
    Bytes { direction: Direction, bytes: Bytes, piece: Option<u32> },
    Other(Output),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Path {
    up: Stream,
    down: Stream,
    due: VecDeque<Due>,
    due_bytes: usize,
    /// A fault cut it.
    pub(super) cut: bool,
    /// The last time that address translation saw something of it, µs.
    pub(super) active_us: u64,
    /// The address translation forgot it.
    pub(super) forgotten: bool,
}

/// Shorter gaps are no news, µs.
const NEWS_US: u64 = 500_000;

impl Path {
    pub(super) fn new(now_us: u64) -> Self {
        Self {
            up: Stream::new(Direction::Up),
            down: Stream::new(Direction::Down),
            due: VecDeque::new(),
            due_bytes: 0,
            cut: false,
            active_us: now_us,
            forgotten: false,
        }
    }

    pub(super) fn stream(&mut self, direction: Direction) -> &mut Stream {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    fn streams(&self) -> [&Stream; 2] {
        [&self.up, &self.down]
    }

    /// The version that its CONNECT named; the newest until one did.
    pub(super) fn version(&self) -> Version {
        self.up.scanner.version().unwrap_or(Version::V5)
    }

    /// Moves what is due from the queues to the outputs, by time, up before down.
    pub(super) fn deliver(&mut self, now_us: u64, effects: &Effects, modem: &mut Option<Box<Modem>>) {
        loop {
            if let Some(modem) = modem {
                self.serve(now_us, modem);
            }
            let due = |stream: &Stream, direction| {
                stream.queue.front_due_us().filter(|_| !effects.lane(direction).held).unwrap_or(u64::MAX)
            };
            let (up, down) = (due(&self.up, Direction::Up), due(&self.down, Direction::Down));
            let direction = if up <= down { Direction::Up } else { Direction::Down };
            if effects.lane(direction).held {
                return;
            }
            let Some((at_us, load)) = self.stream(direction).queue.pop_due(now_us) else { return };
            if direction == Direction::Up && !self.passes_up(at_us, &load, effects, modem) {
                continue;
            }
            let bytes = match load {
                Load::Bytes(bytes) => bytes,
                Load::Gathered(batch, _) => batch.freeze(),
                Load::End(end) => {
                    self.put_end(direction, end);
                    continue;
                }
            };
            self.due_bytes += bytes.len();
            self.due.push_back(Due::Bytes { direction, bytes, piece: effects.lane(direction).slice });
        }
    }

    /// Gives the fronts of both queues to the radio.
    fn serve(&mut self, now_us: u64, modem: &mut Modem) {
        for direction in [Direction::Up, Direction::Down] {
            let Some(served) = self.stream(direction).queue.serve(now_us, modem, direction) else { continue };
            if let Some((cause, us)) = served.kept.filter(|(_, us)| *us >= NEWS_US) {
                let what = format!("{} keeps bytes for {} ms", cause.words(), us / 1000);
                self.put_note(Note::Radio { direction: Some(direction), what });
            }
            if served.losses > 0 {
                let ms = (served.leaves_us - served.done_us) / 1000;
                let what = format!("a segment is sent {} times, {ms} ms late", served.losses + 1);
                self.put_note(Note::Radio { direction: Some(direction), what });
            }
        }
    }

    /// A close arrives at the end that `direction` leads to. An end sees one FIN at most, and nothing after a reset.
    pub(super) fn put_end(&mut self, direction: Direction, end: End) {
        let arrived = &mut self.stream(direction).arrived;
        if *arrived == Some(End::Rst) || *arrived == Some(end) {
            return;
        }
        *arrived = Some(end);
        self.due.push_back(Due::Other(match (direction, end) {
            (Direction::Up, End::Fin) => Output::FinToBroker,
            (Direction::Up, End::Rst) => Output::RstToBroker,
            (Direction::Down, End::Fin) => Output::FinToClient,
            (Direction::Down, End::Rst) => Output::RstToClient,
        }));
    }

    /// Something for the record, in its place among the outputs.
    pub(super) fn put_note(&mut self, note: Note) {
        self.due.push_back(Due::Other(Output::Note(note)));
    }

    /// Fetches the next output.
    pub(super) fn pop(&mut self) -> Option<Output> {
        let (direction, bytes) = match self.due.pop_front()? {
            Due::Other(output) => return Some(output),
            Due::Bytes { direction, mut bytes, piece } => {
                let most = piece.map_or(bytes.len(), |n| n as usize);
                if bytes.len() > most {
                    let rest = bytes.split_off(most);
                    self.due.push_front(Due::Bytes { direction, bytes: rest, piece });
                }
                (direction, bytes)
            }
        };
        self.due_bytes -= bytes.len();
        Some(match direction {
            Direction::Up => Output::ToBroker(bytes),
            Direction::Down => Output::ToClient(bytes),
        })
    }

    /// Bytes on the way, in whatever state.
    pub(super) fn held_bytes(&self) -> usize {
        self.due_bytes + self.streams().map(|s| s.queue.bytes() + s.scanner.withheld()).iter().sum::<usize>()
    }

    /// The same for one direction.
    pub(super) fn held_on(&self, direction: Direction) -> usize {
        let stream = match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        };
        let due = self.due.iter().map(|due| match due {
            Due::Bytes { direction: way, bytes, .. } if *way == direction => bytes.len(),
            _ => 0,
        });
        stream.queue.bytes() + stream.scanner.withheld() + due.sum::<usize>()
    }

    /// Bytes on the way in one direction, outputs not fetched aside.
    pub(super) fn held_of(&self, direction: Direction) -> usize {
        let [up, down] = self.streams();
        let stream = if direction == Direction::Up { up } else { down };
        stream.queue.bytes() + stream.scanner.withheld()
    }

    /// See [`Stream::blind`].
    pub(super) fn blind(&self, direction: Direction, effects: &Effects) -> Option<u64> {
        let [up, down] = self.streams();
        let stream = if direction == Direction::Up { up } else { down };
        stream.blind(effects.lane(direction))
    }

    /// When the next thing leaves a queue by itself.
    pub(super) fn wake_at_us(&self, effects: &Effects) -> Option<u64> {
        let up = self.up.queue.front_due_us().filter(|_| !effects.lane(Direction::Up).held);
        let down = self.down.queue.front_due_us().filter(|_| !effects.lane(Direction::Down).held);
        up.into_iter().chain(down).min()
    }

    /// Whether faults and triggers apply to it: not cut, and something may still come or still travels.
    pub(super) fn is_live(&self) -> bool {
        !self.cut && self.streams().iter().any(|s| !s.ended || !s.queue.is_empty())
    }

    /// Whether nothing can ever happen to it again.
    pub(super) fn is_over(&self) -> bool {
        self.due.is_empty() && self.streams().iter().all(|s| s.ended && s.queue.is_empty())
    }
}
