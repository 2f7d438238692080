//! A tap on both ends of a connection: turns passing bytes into recorded packets, and finds each packet's twin.
//!
//! Pure: bytes go in, events come out. Its holder numbers them.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use deadzone_link::Direction;
use deadzone_wire::{Bare, Frame, Packet, PacketKind, Version};

use crate::{
    ConnId, End, EventKind, Fragment, MARKER, PacketEvent, Purpose, Recorded, Seq, Skipped, Unframable,
    Unframed, mask, packet,
    side::{Cut, Side},
    twins::{Entered, Lane, What},
};

/// Most bytes of a fragment that are kept in the record.
const FRAGMENT_KEPT: usize = 4 * 1024;
/// The first byte of a CONNECT.
const CONNECT: u8 = 0x10;

/// Numbers an event and keeps it.
type Append<'a> = &'a mut dyn FnMut(EventKind) -> u64;

/// Frames both directions at both ends of one connection.
#[derive(Debug)]
pub struct Tap {
    conn: ConnId,
    version: Version,
    /// Only the CONNECT of the client says what it speaks.
    stranger: bool,
    begun: bool,
    /// Up and down, each at the end that it enters and at the one where it comes out.
    sides: [[Side; 2]; 2],
    lanes: [Lane; 2],
    /// On whose behalf the PINGREQs were sent that the broker has and has not answered.
    pings: VecDeque<Purpose>,
}

/// A packet that a tap recorded.
#[derive(Clone, Debug)]
pub struct Tapped {
    /// The number of its event.
    pub seq: u64,
    /// On whose behalf it was sent.
    pub sender: Purpose,
    /// The packet.
    pub body: Arc<Recorded>,
}

impl Tap {
    /// A tap on a connection of a client that speaks this version. Packets of more than `keep_bytes` are passed over.
    pub fn new(conn: ConnId, version: Version, keep_bytes: u32) -> Self {
        let side = || Side::new(keep_bytes);
        Self {
            conn,
            version,
            stranger: false,
            begun: false,
            sides: [[side(), side()], [side(), side()]],
            lanes: [Lane::default(), Lane::default()],
            pings: VecDeque::new(),
        }
    }

    /// A tap on a foreign client's connection: what does not begin with a CONNECT is no MQTT.
    pub fn of_stranger(conn: ConnId, keep_bytes: u32) -> Self {
        Self { stranger: true, ..Self::new(conn, Version::V311, keep_bytes) }
    }

    /// The version in force.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Records what `bytes` complete at this end and returns the packets in order. `sender` counts where the client writes; elsewhere
    /// the packet itself, or its twin, says on whose behalf it is.
    pub fn pass(
        &mut self,
        direction: Direction,
        end: End,
        sender: Purpose,
        bytes: &[u8],
        append: Append<'_>,
    ) -> Vec<Tapped> {
        self.begin(direction, end, bytes, append);
        let mut tapped = Vec::new();
        self.side(direction, end).push(bytes);
        while let Some(cut) = self.side(direction, end).next() {
            match cut {
                Cut::Frame(frame) => tapped.push(self.packet(direction, end, sender, frame, append)),
                Cut::Skipped { length, hash, head } => {
                    self.skipped(direction, end, (length, hash), &head, append);
                }
                Cut::Garbage { why, head } => {
                    let unframed =
                        Unframed { conn: self.conn, direction, end, why, bytes: mask::header(&head) };
                    append(EventKind::Unframed(Box::new(unframed)));
                }
            }
        }
        tapped
    }

    /// The stream ended at this end: what is incomplete becomes a fragment, once.
    pub fn end_of_stream(&mut self, direction: Direction, end: End, append: Append<'_>) {
        let Some((length, bytes)) = self.side(direction, end).finish() else { return };
        let kept = &bytes[..bytes.len().min(FRAGMENT_KEPT)];
        let torn = (end != packet::near(direction)).then(|| self.lanes[lane(direction)].torn(kept)).flatten();
        let (of, bytes) = match torn {
            Some((seq, body)) => (Some(Seq::from(seq)), body.frame.to_bytes().slice(..kept.len())),
            None => (None, self.beginning(direction, end, kept)),
        };
        let fragment = Fragment { conn: self.conn, direction, end, of, length, bytes };
        append(EventKind::Fragment(Box::new(fragment)));
    }

    /// Whether the stream can't be framed at this end.
    pub fn is_garbage(&self, direction: Direction, end: End) -> bool {
        self.sides[lane(direction)][usize::from(end != packet::near(direction))].is_garbage()
    }

    /// Whether a packet has begun at this end and is not complete.
    pub fn is_inside_a_packet(&self, direction: Direction, end: End) -> bool {
        self.sides[lane(direction)][usize::from(end != packet::near(direction))].is_inside_a_packet()
    }

    /// Bytes of incomplete packets that it holds at all ends.
    pub fn held_bytes(&self) -> usize {
        self.sides.iter().flatten().map(Side::held_bytes).sum()
    }

    fn side(&mut self, direction: Direction, end: End) -> &mut Side {
        &mut self.sides[lane(direction)][usize::from(end != packet::near(direction))]
    }

    /// The beginning of a packet as it may be recorded.
    fn beginning(&mut self, direction: Direction, end: End, bytes: &[u8]) -> Bytes {
        let version = self.version;
        self.side(direction, end).mask.beginning(bytes, version, direction)
    }

    /// Looks at the very first bytes of a stranger's connection.
    fn begin(&mut self, direction: Direction, end: End, bytes: &[u8], append: Append<'_>) {
        let Some(first) = bytes.first().filter(|_| !self.begun) else { return };
        self.begun = true;
        if self.stranger && (direction == Direction::Down || *first != CONNECT) {
            self.sides.iter_mut().flatten().for_each(Side::stop);
            let (why, head) = (Unframable::NoConnect, mask::stream(bytes, direction));
            let bytes = head.slice(..head.len().min(Side::HEAD_KEPT));
            let unframed = Unframed { conn: self.conn, direction, end, why, bytes };
            append(EventKind::Unframed(Box::new(unframed)));
        }
    }

    fn packet(
        &mut self,
        direction: Direction,
        end: End,
        sender: Purpose,
        frame: Frame,
        append: Append<'_>,
    ) -> Tapped {
        let version = self.version;
        let mut body = Arc::new(self.side(direction, end).mask.packet(frame, version, direction));
        if self.stranger {
            self.version = packet::version_of(body.packet()).unwrap_or(self.version);
        }
        let entering = end == packet::near(direction);
        let (mut of, mut sender) = (None, self.sender(direction, entering.then_some(sender), &body));
        if !entering && let Some(twin) = self.lanes[lane(direction)].frame_came_out(&body.frame) {
            (of, sender) = (Some(Seq::from(twin.seq)), twin.sender);
            if let What::Kept(kept) = twin.what {
                body = kept;
            }
        }
        if (direction, end) == (Direction::Up, End::Broker) && is_bare(&body, PacketKind::Pingreq) {
            self.pings.push_back(sender);
        }
        let event = PacketEvent { conn: self.conn, direction, end, sender, of, body: Arc::clone(&body) };
        let seq = append(EventKind::Packet(event));
        if entering {
            self.lanes[lane(direction)].entered(seq, sender, What::Kept(Arc::clone(&body)));
        }
        Tapped { seq, sender, body }
    }

    /// On whose behalf a packet is, where no twin says so.
    fn sender(&mut self, direction: Direction, entering: Option<Purpose>, body: &Recorded) -> Purpose {
        let is_marker = matches!(body.packet(), Packet::Publish(p) if p.payload.starts_with(MARKER));
        match (direction, entering) {
            (Direction::Up, Some(sender)) => sender,
            _ if is_marker => Purpose::Marker,
            // A broker answers PINGREQs in the order in which they came.
            (Direction::Down, Some(_)) if is_bare(body, PacketKind::Pingresp) => {
                self.pings.pop_front().filter(|asked| *asked == Purpose::Life).unwrap_or_default()
            }
            _ => Purpose::Script,
        }
    }

    fn skipped(
        &mut self,
        direction: Direction,
        end: End,
        (length, hash): (u64, u64),
        head: &[u8],
        append: Append<'_>,
    ) {
        let head = self.beginning(direction, end, head);
        let lane = &mut self.lanes[lane(direction)];
        let entering = end == packet::near(direction);
        let twin = (!entering).then(|| lane.skipped_came_out(length, hash)).flatten();
        let of = twin.map(|Entered { seq, .. }| Seq::from(seq));
        let skipped = Skipped { conn: self.conn, direction, end, of, length, hash, head };
        let seq = append(EventKind::Skipped(Box::new(skipped)));
        if entering {
            lane.entered(seq, Purpose::Script, What::Skipped { length, hash });
        }
    }
}

fn lane(direction: Direction) -> usize {
    usize::from(direction == Direction::Down)
}

fn is_bare(body: &Recorded, kind: PacketKind) -> bool {
    matches!(body.packet(), Packet::Bare(Bare { kind: k, .. }) if *k == kind)
}
