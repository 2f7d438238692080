//! A client sends something within each keep-alive.
//!
//! Times are those at which the link read the client's bytes: a link that holds them, and a machine that is busy, make them
//! late. So a little too late is graded, and it fails only where the silence lasted so long that a server has to end the
//! connection, and nothing happened to the link meanwhile.

use deadzone_history::{Event, EventKind};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;

use super::breach;
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::State,
    wording::seconds,
};

const IN_TIME: Pair = pair!("MQTT-3.1.2-23", "MQTT-3.1.2-20");

/// What may be between the client's writing and the link's reading, µs.
const SLACK_US: u64 = 3_000_000;

pub(crate) const RULE: Stateless = Stateless { name: "client-keep-alive", on: On::SEEN, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let EventKind::Packet(packet) = &event.kind else { return };
    let Some(conn) = state.conn(packet.conn) else { return };
    let (Some(before), Some(accepted)) = (conn.before_last_seen, conn.handshake.accepted()) else {
        return;
    };
    let keep_alive_us = u64::from(conn.handshake.keep_alive_s()) * 1_000_000;
    // The keep-alive in force is known from the CONNACK on.
    let silent_us = event.at_us.saturating_sub(before.at_us.max(accepted.at_us));
    if keep_alive_us == 0 {
        return;
    }
    found.tested(IN_TIME.of(conn.version));
    if silent_us <= keep_alive_us + SLACK_US / 3 {
        return;
    }
    let got = format!("nothing for {} with a keep-alive of {}", seconds(silent_us), seconds(keep_alive_us));
    let too_long = silent_us > keep_alive_us + keep_alive_us / 2 + SLACK_US;
    if !too_long || state.around.fault(conn.client).is_some() {
        return found.grade(event, IN_TIME.of(conn.version), got, vec![before.seq]);
    }
    let wanted = "a packet within each keep-alive";
    let breach = Breach {
        could_instead: vec!["send PINGREQ when there is nothing else to send: it sent nothing"],
        ..breach(packet.conn, (IN_TIME, Fact::AnswerMissing), wanted, got, vec![before.seq])
    };
    found.broken(event, state, breach);
}
