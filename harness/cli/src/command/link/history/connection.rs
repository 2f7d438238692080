//! One connection's part of the record: packets at both ends, closes, what the link said.

use deadzone_history::{By, ClientIx, Close, ConnId, Direction, End, EventKind, Purpose, Tap};
use deadzone_proxy::{Record, RecordEvent};

use super::LinkHistory;

/// Largest packet that is kept whole, bytes of Remaining Length.
const PACKET_MAX: u32 = 1024 * 1024;

pub(super) struct ConnectionRecord {
    history: LinkHistory,
    conn: ConnId,
    client: ClientIx,
    tap: Tap,
}

impl ConnectionRecord {
    pub(super) fn new(history: LinkHistory, conn: ConnId, client: ClientIx) -> Self {
        Self { history, conn, client, tap: Tap::of_stranger(conn, PACKET_MAX) }
    }

    /// A stream ended at one end: what is incomplete is a fragment.
    fn end_of_stream(&mut self, at_us: u64, direction: Direction, end: End) {
        self.tap.end_of_stream(direction, end, &mut |kind| self.history.append(at_us, kind));
    }
}

impl Record for ConnectionRecord {
    fn happened(&mut self, at_us: u64, what: RecordEvent<'_>) {
        match what {
            RecordEvent::Bytes { direction, end, bytes } => {
                let append = &mut |kind| self.history.append(at_us, kind);
                self.tap.pass(direction, side(end), Purpose::Script, bytes, append);
            }
            RecordEvent::Note(note) => {
                let note = Box::new(note.clone());
                let (client, conn) = (self.client, Some(self.conn));
                self.history.append(at_us, EventKind::Link { client, conn, note });
            }
            RecordEvent::Closed { end, by_upstream, rst } => {
                let end = side(end);
                // What is incomplete behind a cut comes out at the end.
                let direction = if by_upstream { Direction::Down } else { Direction::Up };
                self.end_of_stream(at_us, direction, end);
                let by = if by_upstream { By::Broker } else { By::Harness };
                let how = if rst { Close::Rst } else { Close::Fin };
                self.history.append(at_us, EventKind::Closed { conn: self.conn, end, by, how });
            }
        }
    }

    fn finish(mut self: Box<Self>, at_us: u64) {
        for direction in [Direction::Up, Direction::Down] {
            for end in [End::Client, End::Broker] {
                self.end_of_stream(at_us, direction, end);
            }
        }
        self.history.closed(self.conn);
    }
}

fn side(end: deadzone_proxy::End) -> End {
    match end {
        deadzone_proxy::End::Client => End::Client,
        deadzone_proxy::End::Upstream => End::Broker,
    }
}
