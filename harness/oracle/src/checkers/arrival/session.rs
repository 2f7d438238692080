//! session_present: whether the broker holds the session that this run left (3.1.1 §3.2.2.2, 5.0 §3.2.2.1.1).

use deadzone_spec::id;
use deadzone_wire::{Field, Packet, Pattern, Version};

use super::wait::{Wait, number};
use crate::{instead, opinion::Opinion, survey::Conn};

/// Timers of a broker may be coarse, and its clock is not ours, µs.
const EXPIRY_SLACK_US: u64 = 1_000_000;

/// What this run left behind for the client before this connection.
enum Left {
    /// A session that must still be there.
    Held,
    /// None, or one that is over.
    Nothing(String),
    /// It can't be told.
    Unknown(String),
}

pub(super) fn opinion(wait: &Wait<'_, '_>, pattern: &Pattern, got: u64, packet: &Packet) -> Option<Opinion> {
    let Packet::Connack(connack) = packet else { return None };
    let wanted = number(pattern, Field::SessionPresent)? != 0;
    if connack.session_present() == wanted {
        return None;
    }
    let clean = wait.survey.connect_of(wait.conn).is_some_and(deadzone_wire::Connect::clean);
    let held = left(wait);
    match (wanted, clean, &held) {
        (true, _, Left::Nothing(why) | Left::Unknown(why)) => {
            return Some(wait.doubt(format!("no session is owed: {why}")));
        }
        (false, false, Left::Held) => {
            return Some(Opinion::Ours {
                why: "session_present=0 is claimed where a session was left".to_owned(),
            });
        }
        (false, false, Left::Unknown(why)) => {
            return Some(wait.doubt(format!("there may be a session: {why}")));
        }
        _ => {}
    }
    let table = match (wait.version, wanted, clean) {
        (Version::V31, _, _) => None,
        (Version::V311, true, _) => Some(id!("3.1.1/MQTT-3.2.2-2")),
        (Version::V311, false, true) => Some(id!("3.1.1/MQTT-3.2.2-1")),
        (Version::V311, false, false) => Some(id!("3.1.1/MQTT-3.2.2-3")),
        (Version::V5, false, true) => Some(id!("5.0/MQTT-3.2.2-2")),
        (Version::V5, _, _) => Some(id!("5.0/MQTT-3.2.2-3")),
    };
    let mut evidence: Vec<u64> = wait.conn.connect.into_iter().collect();
    evidence.push(got);
    let finding = wait.finding(table, packet.summary(), evidence, instead::session(wanted));
    Some(Opinion::broken(finding))
}

fn left(wait: &Wait<'_, '_>) -> Left {
    let survey = wait.survey;
    let id = |conn: &Conn| survey.connect_of(conn).map(|connect| &connect.client_id);
    let ours = id(wait.conn);
    let earlier = survey.conns.iter().filter(|conn| conn.id < wait.conn.id && id(conn) == ours).rev();
    for conn in earlier {
        let Some(connect) = survey.connect_of(conn) else { continue };
        if conn.accepted.is_none() {
            if connect.clean() {
                return Left::Unknown(
                    "a CONNECT that ends the session was given and not answered".to_owned(),
                );
            }
            continue;
        }
        if conn.version != wait.conn.version {
            return Left::Unknown("the session was made in another protocol version".to_owned());
        }
        if let Some(turn) = survey.target_step_before(wait.at).filter(|turn| turn.seq > conn.opened) {
            return Left::Unknown(format!("since then came `{}`", turn.text));
        }
        return kept(wait, conn);
    }
    Left::Nothing("no earlier connection of this run left one".to_owned())
}

/// Whether the session of this connection outlives it until now.
fn kept(wait: &Wait<'_, '_>, conn: &Conn) -> Left {
    let Some(expiry_s) = wait.survey.expiry_s(conn) else {
        return Left::Unknown("its expiry is not known".to_owned());
    };
    let last = conn.given.last().and_then(|seq| wait.survey.packet(*seq));
    let says =
        matches!(last, Some(Packet::Disconnect(d)) if d.properties.as_ref().is_some_and(|p| !p.is_empty()));
    if says && conn.closed_by_broker.is_none() {
        return Left::Unknown(
            "the broker need not have read the DISCONNECT that changed its expiry".to_owned(),
        );
    }
    if expiry_s == 0 {
        return Left::Nothing("the last one ended with its connection (expiry 0)".to_owned());
    }
    let ends = [conn.closed_by_broker, conn.ended_for_broker];
    let ended_us = ends.into_iter().flatten().map(|c| wait.survey.at_us(c.seq)).min();
    match ended_us {
        Some(ended_us) if expiry_s != u32::MAX => {
            let passed_us = wait.at_us.saturating_sub(ended_us);
            let expiry_us = u64::from(expiry_s) * 1_000_000;
            if passed_us.abs_diff(expiry_us) < EXPIRY_SLACK_US {
                Left::Unknown(format!("its expiry of {expiry_s} s was about to pass or just had"))
            } else if passed_us > expiry_us {
                Left::Nothing(format!("its expiry of {expiry_s} s had passed"))
            } else {
                Left::Held
            }
        }
        _ => Left::Held,
    }
}
