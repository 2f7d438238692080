//! The tap on one connection, writing into the shared record.

use deadzone_history::{ConnId, Direction, End, Purpose, Tap, Tapped};
use deadzone_wire::Version;

use crate::recorder::SharedRecorder;

/// The largest packet that is kept, in bytes of Remaining Length: a larger one is passed over, so that nothing a target declares
/// makes us hold more.
const KEEP_BYTES: u32 = 8 * 1024 * 1024;

/// Both ends of one connection.
pub(crate) struct Taps {
    tap: Tap,
    recorder: SharedRecorder,
    /// Bytes of unfinished packets that are held on the record's account.
    held: u64,
}

impl Taps {
    pub(crate) fn new(recorder: &SharedRecorder, conn: ConnId, version: Version) -> Self {
        Self { tap: Tap::new(conn, version, KEEP_BYTES), recorder: recorder.clone(), held: 0 }
    }

    /// The client wrote.
    pub(crate) fn sent(&mut self, bytes: &[u8], sender: Purpose) -> Vec<Tapped> {
        self.pass(Direction::Up, End::Client, sender, bytes)
    }

    /// The broker is given this.
    pub(crate) fn given(&mut self, bytes: &[u8]) {
        self.pass(Direction::Up, End::Broker, Purpose::Script, bytes);
    }

    /// The broker sent.
    pub(crate) fn seen(&mut self, bytes: &[u8]) {
        self.recorder.heard();
        self.pass(Direction::Down, End::Broker, Purpose::Script, bytes);
    }

    /// The client has it.
    pub(crate) fn arrived(&mut self, bytes: &[u8]) -> Vec<Tapped> {
        self.pass(Direction::Down, End::Client, Purpose::Script, bytes)
    }

    fn pass(&mut self, direction: Direction, end: End, sender: Purpose, bytes: &[u8]) -> Vec<Tapped> {
        // Past a bound nothing is recorded any more, so nothing more is taken in.
        if self.recorder.overflow().is_some() {
            return Vec::new();
        }
        let tapped = self.tap.pass(direction, end, sender, bytes, &mut |kind| self.recorder.append(kind));
        self.account();
        tapped
    }

    /// A packet that never ends must not grow beyond all bounds unseen. A growing buffer takes up to twice its bytes.
    fn account(&mut self) {
        let pending = 2 * self.tap.held_bytes() as u64;
        if pending > self.held {
            self.recorder.hold(pending - self.held);
        } else {
            self.recorder.release(self.held - pending);
        }
        self.held = pending;
    }

    /// The stream ended here: what is incomplete becomes a fragment, once.
    pub(crate) fn ended(&mut self, direction: Direction, end: End) {
        self.tap.end_of_stream(direction, end, &mut |kind| self.recorder.append(kind));
        self.account();
    }

    /// The client has written a part of a packet.
    pub(crate) fn is_inside_a_packet(&self) -> bool {
        self.tap.is_inside_a_packet(Direction::Up, End::Client)
    }

    /// Whether the client can't frame what it reads.
    pub(crate) fn arrived_is_garbage(&self) -> bool {
        self.tap.is_garbage(Direction::Down, End::Client)
    }
}
