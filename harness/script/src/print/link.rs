//! Faults with their time.

use std::fmt::Write;

use deadzone_link::{Direction, Edge, Fault, Way};

use super::value::{Packet, Time};
use crate::{PacketTemplate, StepKind, TlsCut, TriggerTemplate};

pub(super) fn print(out: &mut String, fault: &Fault, when: &TriggerTemplate) {
    let _ = match when {
        TriggerTemplate::On { edge: Edge::At(k), nth, packet, direction }
            if *fault == Fault::Blackhole(way(*direction)) =>
        {
            write!(out, "tear {} {direction} at {k}", Counted(*nth, packet))
        }
        TriggerTemplate::Now => write!(out, "{fault}"),
        TriggerTemplate::AfterMs(ms) => write!(out, "{fault} after {}", Time(*ms)),
        TriggerTemplate::On { edge, nth, packet, direction } => {
            let _ = match edge {
                Edge::Before if matches!(fault, Fault::Cut(_)) => write!(out, "{fault} before"),
                Edge::Before => write!(out, "{fault} from"),
                Edge::At(k) => write!(out, "{fault} at {k} of"),
                Edge::After => write!(out, "{fault} after"),
            };
            write!(out, " {} {direction}", Counted(*nth, packet))
        }
    };
}

fn way(direction: Direction) -> Way {
    match direction {
        Direction::Up => Way::Up,
        Direction::Down => Way::Down,
    }
}

/// `2nd PUBLISH id=7`.
struct Counted<'a>(u32, &'a PacketTemplate);

impl std::fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let suffix = match (self.0 % 10, self.0 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        if self.0 != 1 {
            write!(f, "{}{suffix} ", self.0)?;
        }
        write!(f, "{}", Packet(self.1))
    }
}

/// What happens to a link that is no fault of it.
pub(super) fn beside_faults<'s>(
    out: &mut String,
    kind: &StepKind,
    name: &dyn Fn(&usize) -> &'s str,
) -> std::fmt::Result {
    match kind {
        StepKind::CutTls { client, cut: TlsCut::Handshake } => {
            write!(out, "link {} cut rst in handshake", name(client))
        }
        StepKind::CutTls { client, cut: TlsCut::CipherByte(n) } => {
            write!(out, "link {} cut rst at cipher byte {n}", name(client))
        }
        StepKind::LinkProfile { client, profile } => write!(out, "link {} profile {profile}", name(client)),
        _ => Ok(()),
    }
}
