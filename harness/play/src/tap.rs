//! A tap on one direction at one end: turns passing bytes into recorded packets.

use bytes::Bytes;
use deadzone_history::{ConnId, End, EventKind, PacketEvent};
use deadzone_link::Direction;
use deadzone_wire::{Decoded, Framer, FramingError, Packet, Sender, Version, decode};

use crate::tape::Tape;

/// Payloads of the harness's own messages begin with this.
pub(crate) const MARKER: &[u8] = b"deadzone-marker ";

/// Most bytes of a fragment that are kept in the record.
const FRAGMENT_KEPT: usize = 4 * 1024;
/// Most bytes of unframable input that are kept in the record.
const GARBAGE_KEPT: usize = 64;
/// The largest frame that is taken from a target, in bytes of Remaining Length: a larger one is treated as unframable, so
/// that nothing a target declares makes us hold more.
const FRAME_MAX: u32 = 8 * 1024 * 1024;

/// Frames one direction at one end of one connection and records what it sees.
pub(crate) struct Tap {
    conn: ConnId,
    direction: Direction,
    end: End,
    version: Version,
    framer: Framer,
    tape: Tape,
    /// Bytes of an unfinished frame that are held on the tape's account.
    held: u64,
    unframed: bool,
    closed: bool,
}

/// A packet that a tap recorded.
pub(crate) struct Tapped {
    pub(crate) seq: u64,
    pub(crate) decoded: Decoded,
    pub(crate) marker: bool,
}

impl Tap {
    pub(crate) fn new(tape: &Tape, conn: ConnId, direction: Direction, end: End, version: Version) -> Self {
        let framer = Framer::new(FRAME_MAX);
        let tape = tape.clone();
        Self { conn, direction, end, version, framer, tape, held: 0, unframed: false, closed: false }
    }

    /// Records what `bytes` complete and returns the packets in order.
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Vec<Tapped> {
        // Past a bound nothing is recorded any more, so nothing more is taken in.
        if self.unframed || self.tape.overflow().is_some() {
            return Vec::new();
        }
        self.framer.push(bytes);
        let tapped = self.frames();
        self.account();
        tapped
    }

    /// A frame that never ends must not grow beyond all bounds unseen. A growing buffer takes up to twice its bytes.
    fn account(&mut self) {
        let pending = 2 * self.framer.pending().len() as u64;
        if pending > self.held {
            self.tape.hold(pending - self.held);
        } else {
            self.tape.release(self.held - pending);
        }
        self.held = pending;
    }

    fn frames(&mut self) -> Vec<Tapped> {
        let mut tapped = Vec::new();
        loop {
            let head = self.framer.pending()[..self.framer.pending().len().min(GARBAGE_KEPT)].to_vec();
            match self.framer.next() {
                None => return tapped,
                Some(Ok(frame)) => {
                    let sender = match self.direction {
                        Direction::Up => Sender::Client,
                        Direction::Down => Sender::Server,
                    };
                    let decoded = decode(&frame, self.version, sender);
                    let marker =
                        matches!(&decoded.packet, Packet::Publish(p) if p.payload.starts_with(MARKER));
                    let packet = PacketEvent {
                        conn: self.conn,
                        direction: self.direction,
                        end: self.end,
                        frame,
                        decoded: decoded.clone(),
                        marker,
                    };
                    let seq = self.tape.append(EventKind::Packet(Box::new(packet)));
                    tapped.push(Tapped { seq, decoded, marker });
                }
                Some(Err(error)) => {
                    self.garbage(error, head);
                    return tapped;
                }
            }
        }
    }

    fn garbage(&mut self, error: FramingError, head: Vec<u8>) {
        self.unframed = true;
        self.tape.append(EventKind::Unframed {
            conn: self.conn,
            direction: self.direction,
            end: self.end,
            why: error.to_string(),
            bytes: Bytes::from(head),
        });
    }

    /// The stream ended here: what is incomplete becomes a fragment, once.
    pub(crate) fn end_of_stream(&mut self) {
        let pending = self.framer.pending();
        if self.closed || pending.is_empty() {
            self.closed = true;
            return;
        }
        self.closed = true;
        self.tape.release(std::mem::take(&mut self.held));
        self.tape.append(EventKind::Fragment {
            conn: self.conn,
            direction: self.direction,
            end: self.end,
            bytes: Bytes::copy_from_slice(&pending[..pending.len().min(FRAGMENT_KEPT)]),
            length: pending.len() as u64,
        });
    }

    /// Whether the stream can't be framed.
    pub(crate) fn is_garbage(&self) -> bool {
        self.unframed
    }
}
