//! Session Present tells the truth, as far as this run knows it.
//!
//! A session is owed only if this run left one that the broker must still hold. CONNACK may have shortened its expiry; a
//! CONNECT that was never answered may have replaced it; both are the trace's business.

use deadzone_history::{Event, EventKind};
use deadzone_spec::Pair;
use deadzone_wire::{Packet, Version};

use super::clauses::{CLEAN_HAS_NONE, SESSION_KEPT, SESSION_OVER};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Begun, Moment, Trace},
};

#[derive(Debug)]
pub(crate) struct SessionPresent;

impl Rule for SessionPresent {
    fn name(&self) -> &'static str {
        "session-present"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let (Moment::Begun(begun), EventKind::Packet(packet)) = (trace.moment(), &event.kind) else { return };
        let Packet::Connack(connack) = &packet.decoded.packet else { return };
        let Some(conn) = trace.connection(begun.conn) else { return };
        let Some(connect) = conn.connect.as_ref() else { return };
        // 3.1 has no such flag.
        if !begun.first || connack.code != 0 || conn.deviant.is_some() || conn.version == Version::V31 {
            return;
        }
        let say = |clauses: &'static Pair, wanted: &str, could_instead| Fault {
            conn: begun.conn,
            clauses,
            wanted: wanted.to_owned(),
            got: format!("Session Present {}", u8::from(connack.session_present())),
            evidence: evidence(begun, connect.seq, trace),
            could_instead,
        };
        let fault = match (connect.clean, connack.session_present()) {
            (true, true) => say(
                &CLEAN_HAS_NONE,
                "Session Present 0 after a clean start",
                vec!["refuse the connection: it accepted"],
            ),
            (false, false) if begun.owed => say(
                &SESSION_KEPT,
                "Session Present 1: the session was to be kept",
                vec![
                    "end the session when its expiry had passed: it had not",
                    "shorten the expiry in an earlier CONNACK: the last word there was long enough",
                    "refuse the connection: it accepted",
                ],
            ),
            (false, true) if begun.gone => say(
                &SESSION_OVER,
                "Session Present 0: the session ended with its connection",
                vec![
                    "keep the session by an expiry in CONNACK: it gave none",
                    "take the connection over while the session lives: the broker had closed the old one before",
                ],
            ),
            _ => return,
        };
        notes.broken(event, trace, fault);
    }
}

/// The CONNECT, and the CONNACK of the session's last connection.
fn evidence(begun: &Begun, connect: u64, trace: &Trace) -> Vec<u64> {
    let session = begun.previous.and_then(|id| trace.session(id));
    let earlier = session.and_then(|s| s.connections.iter().rev().find(|c| **c != begun.conn));
    let connack = earlier.and_then(|c| trace.connection(*c)?.connack);
    connack.into_iter().chain([connect]).collect()
}
