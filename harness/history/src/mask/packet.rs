//! Masks one packet after another: which bytes of each may be a secret. Knows no events.

use std::ops::Range;

use bytes::Bytes;
use deadzone_link::Direction;
use deadzone_wire::{Decoded, Frame, Packet, PacketKind, Sender, Version, decode};

use super::{
    MASK,
    connect::Walk,
    properties,
    stream::{head, header},
};
use crate::Recorded;

/// Most bytes to which a body is filled up of which the end is missing. All fields but the last of a PUBLISH end before.
const FILLED_MAX: usize = 192 * 1024;

/// What of the body of a packet that only a server sends shows that a client did: an id or a code, and one byte more.
const SHOWS_THE_SENDER: usize = 3;

/// What masks one direction at one end.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    course: Course,
}

/// Whether the packets of a client begin where they seem to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Course {
    #[default]
    Straight,
    /// One did not fit its own length: what is framed behind it may begin anywhere, inside a password too.
    Astray,
    /// It was a CONNECT that can't be taken apart: not even the version is known.
    Lost,
}

impl Mask {
    /// The frame as it may be recorded.
    pub(crate) fn packet(&mut self, frame: Frame, version: Version, direction: Direction) -> Recorded {
        let recorded = Recorded::of(frame, version, direction);
        let body = &recorded.frame.body;
        let hidden = match recorded.packet() {
            Packet::Auth(_) if recorded.decoded.misfit().is_none() => {
                Hidden::of(properties::at(body, 1, body.len()).hidden())
            }
            Packet::Connack(_) if direction == Direction::Down && recorded.decoded.misfit().is_none() => {
                let walked = properties::at(body, 2, body.len());
                let formless = walked.formless.map(|rest| properties::authentication(body, rest.start));
                Hidden::of(walked.secrets.into_iter().chain(formless).collect())
            }
            _ => self.hidden(&recorded.decoded, body, body.len(), version, direction),
        };
        self.went(&hidden, &recorded.decoded, direction);
        if hidden.secrets.iter().all(Range::is_empty) {
            return recorded;
        }
        let body = cover(body, &hidden.secrets, 0);
        Recorded::of(Frame { body, ..recorded.frame }, version, direction)
    }

    /// The beginning of a packet as it may be recorded.
    pub(crate) fn beginning(&mut self, bytes: &[u8], version: Version, direction: Direction) -> Bytes {
        let Some((at, declared)) = head(bytes) else { return header(bytes) };
        let body = &bytes[at..];
        let decoded = filled(bytes[0], body, declared, version, direction);
        let hidden = self.hidden(&decoded, body, declared, version, direction);
        self.went(&hidden, &decoded, direction);
        cover(bytes, &hidden.secrets, at)
    }

    fn went(&mut self, hidden: &Hidden, decoded: &Decoded, direction: Direction) {
        if hidden.fits || direction == Direction::Down {
            return;
        }
        let is_connect =
            matches!(&decoded.packet, Packet::Opaque(opaque) if opaque.kind == PacketKind::Connect);
        self.course = self.course.max(if is_connect { Course::Lost } else { Course::Astray });
    }

    /// What is hidden of a body of which the end may be missing, or that can't be taken apart.
    fn hidden(
        &self,
        decoded: &Decoded,
        body: &[u8],
        declared: usize,
        version: Version,
        direction: Direction,
    ) -> Hidden {
        let whole = body.len() == declared;
        let misfit = decoded.misfit().filter(|at| whole || *at <= body.len());
        match (decoded.packet.kind(), direction) {
            (PacketKind::Connect, _) => Walk::new(body, declared, version).connect(),
            // Reason code and length come first; what follows may be the data.
            (PacketKind::Auth, _) => Hidden {
                secrets: std::iter::once(body.len().min(2)..body.len()).collect(),
                fits: misfit.is_none(),
            },
            (PacketKind::Connack, Direction::Down) => Hidden::of(vec![properties::authentication(body, 2)]),
            // What a broker sends wrongly is evidence, and holds no other secret.
            (_, Direction::Down) => Hidden::of(Vec::new()),
            (kind, Direction::Up) => {
                let formless = formless(decoded, body, declared, version);
                let shows = match is_of_servers(kind) {
                    true => Some(misfit.map_or(SHOWS_THE_SENDER, |at| at.min(SHOWS_THE_SENDER))),
                    false => misfit,
                };
                let is_broken = !whole || shows.is_some() || !decoded.violations.is_empty();
                let from = match self.course {
                    Course::Lost => Some(0),
                    Course::Astray if is_broken => Some(0),
                    _ => shows,
                };
                let fits = misfit.is_none() && formless.is_none();
                // A payload behind properties that are none is still a payload; other fields are not.
                let from = from.map(|from| formless.iter().fold(from, |from, part| from.min(part.start)));
                let secrets = from.map(|from| from..body.len()).into_iter().chain(formless).collect();
                Hidden { secrets, fits }
            }
        }
    }
}

/// What of a client's packet should be properties and is none.
fn formless(decoded: &Decoded, body: &[u8], declared: usize, version: Version) -> Option<Range<usize>> {
    let list = match &decoded.packet {
        _ if version != Version::V5 => return None,
        Packet::Publish(p) => 2 + p.topic.0.len() + p.packet_id.map_or(0, |_| 2),
        Packet::Ack(_) => 3,
        Packet::Subscribe(_) | Packet::Unsubscribe(_) => 2,
        Packet::Disconnect(_) => 1,
        _ => return None,
    };
    properties::at(body, list, declared).formless
}

/// Whether only servers send packets of this kind.
fn is_of_servers(kind: PacketKind) -> bool {
    use PacketKind::{Connack, Pingresp, Suback, Unsuback};
    matches!(kind, Connack | Suback | Unsuback | Pingresp)
}

/// Which bytes of a body are hidden.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) secrets: Vec<Range<usize>>,
    /// Whether the body is what its layout and its length say, as far as it is there.
    pub(super) fits: bool,
}

impl Hidden {
    /// What is hidden where all fits.
    pub(super) fn of(secrets: Vec<Range<usize>>) -> Self {
        Self { secrets, fits: true }
    }
}

/// A body that is said to be so long, taken apart as if what is missing were there.
pub(super) fn filled(
    first: u8,
    body: &[u8],
    declared: usize,
    version: Version,
    direction: Direction,
) -> Decoded {
    let mut whole = body.to_vec();
    whole.resize(body.len().max(declared.min(FILLED_MAX)), MASK);
    let sender = if direction == Direction::Up { Sender::Client } else { Sender::Server };
    decode(&Frame::new(first, whole), version, sender)
}

/// The bytes with these parts of what lies behind `at` masked.
fn cover(bytes: &[u8], secrets: &[Range<usize>], at: usize) -> Bytes {
    let mut covered = bytes.to_vec();
    for secret in secrets {
        let range = (secret.start + at).min(covered.len())..(secret.end + at).min(covered.len());
        if let Some(secret) = covered.get_mut(range) {
            secret.fill(MASK);
        }
    }
    covered.into()
}
