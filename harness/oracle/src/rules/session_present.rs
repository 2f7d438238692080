//! Session Present tells the truth, as far as this run knows it.
//!
//! A session is owed only if this run left one that the broker must still hold. CONNACK may have shortened its expiry; a
//! CONNECT that was never answered may have replaced it; both are the state's business.

use deadzone_history::{Event, EventKind};
use deadzone_spec::Pair;
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, Version};

use super::clauses::{CLEAN_HAS_NONE, SESSION_KEPT, SESSION_OVER};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{Connected, Outlook, State, Transition},
};

pub(crate) const RULE: Stateless = Stateless { name: "session-present", on: On::CONNECTED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let (Transition::Connected(seen), EventKind::Packet(packet)) = (state.transition(), &event.kind) else {
        return;
    };
    let Packet::Connack(connack) = packet.packet() else { return };
    let Some(conn) = state.conn(seen.conn) else { return };
    let Some(connect) = conn.handshake.connect.as_ref() else { return };
    // 3.1 has no such flag.
    if !seen.first || connack.code != 0 || conn.given.deviant.is_some() || conn.version == Version::V31 {
        return;
    }
    let say = |clause: Pair, wanted: &str, could_instead| Breach {
        conn: seen.conn,
        clause,
        fact: Fact::WrongState,
        wanted: wanted.to_owned(),
        got: format!("Session Present {}", u8::from(connack.session_present())),
        evidence: evidence(seen, connect.at.seq, state),
        could_instead,
    };
    let clause = match (connect.clean, seen.outlook) {
        (true, _) => Some(CLEAN_HAS_NONE),
        (false, Outlook::Owed) => Some(SESSION_KEPT),
        (false, Outlook::Gone | Outlook::Ending) => Some(SESSION_OVER),
        (false, Outlook::Open) => None,
    };
    found.tested(clause.and_then(|clause| clause.of(conn.version)));
    let breach = match (connect.clean, connack.session_present(), seen.outlook) {
        (true, true, _) => say(
            CLEAN_HAS_NONE,
            "Session Present 0 after a clean start",
            vec!["refuse the connection: it accepted"],
        ),
        (false, false, Outlook::Owed) => say(
            SESSION_KEPT,
            "Session Present 1: the session was to be kept",
            vec![
                "end the session when its expiry had passed: it had not",
                "shorten the expiry in an earlier CONNACK: the last word there was long enough",
                "refuse the connection: it accepted",
            ],
        ),
        (false, true, Outlook::Gone) => say(
            SESSION_OVER,
            "Session Present 0: the session had ended",
            vec![
                "keep the session by an expiry in CONNACK: it gave none",
                "take the connection over while the session lives: the broker had closed the old one before",
            ],
        ),
        (false, true, Outlook::Ending) => {
            let text = "Session Present 1 within 1 s of the close that ended the session".to_owned();
            return found.grade(
                event,
                SESSION_OVER.of(conn.version),
                text,
                evidence(seen, connect.at.seq, state),
            );
        }
        _ => return,
    };
    found.broken(event, state, breach);
}

/// The CONNECT, and the CONNACK of the session's last connection.
fn evidence(seen: &Connected, connect: u64, state: &State) -> Vec<u64> {
    let session = seen.previous.and_then(|id| state.session(id));
    let earlier = session.and_then(|s| s.connections.latest.iter().rev().find(|c| **c != seen.conn));
    let connack = earlier.and_then(|c| state.conn(*c)?.handshake.connack).map(|c| c.at.seq);
    connack.into_iter().chain([connect]).collect()
}
