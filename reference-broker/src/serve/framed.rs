//! What the broker does wrong about what is below MQTT, handshakes of TLS and frames of WebSocket, if it has such a defect.

use deadzone_transport::{Chooses, Habits};
use deadzone_wire::Framer;

use crate::{Config, Defect};

/// Packets larger than this are taken as they come, in bytes of Remaining Length.
const PACKET_MAX: u32 = 1024 * 1024;

/// Which subprotocol it chooses where `mqtt` is offered.
fn chooses(config: &Config) -> Chooses {
    let wrong = [
        (Defect::FirstSubprotocolChosen, Chooses::First),
        (Defect::NoSubprotocolChosen, Chooses::Nothing),
        (Defect::ForeignSubprotocolChosen, Chooses::NotOffered),
    ];
    wrong.into_iter().find(|(defect, _)| config.has(*defect)).map_or(Chooses::Mqtt, |(_, chooses)| chooses)
}

/// The defects that have to do with handshakes and frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransportDefects {
    /// Of the handshake and of the kinds of frames.
    pub(super) habits: Habits,
    /// A handshake that fails costs the broker all that it has.
    pub(super) restarts_at_broken_handshake: bool,
    whole_only: bool,
    first_only: bool,
}

impl TransportDefects {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            habits: Habits {
                takes_text: config.has(Defect::TextFramesTaken),
                chooses: chooses(config),
                asks_no_certificate: config.has(Defect::ClientCertificateNotAsked),
            },
            restarts_at_broken_handshake: config.has(Defect::RestartsAtBrokenHandshake),
            whole_only: config.has(Defect::FrameTakenForPacket),
            first_only: config.has(Defect::SecondPacketInFrameLost),
        }
    }

    /// How many bytes of a frame the broker reads; `None`: it takes the frame for malformed.
    pub(super) fn read(self, frame: &[u8]) -> Option<usize> {
        if !self.whole_only && !self.first_only {
            return Some(frame.len());
        }
        let mut framer = Framer::new(PACKET_MAX);
        framer.push(frame);
        let mut first = None;
        while let Some(Ok(packet)) = framer.next() {
            first.get_or_insert_with(|| packet.wire_len());
        }
        if self.whole_only && !framer.pending().is_empty() {
            return None;
        }
        Some(first.filter(|_| self.first_only).unwrap_or(frame.len()))
    }
}
