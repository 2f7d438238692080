//! session_present as a step claims it: whether the broker holds the session that this run left (3.1.1 §3.2.2.2, 5.0
//! §3.2.2.1.1).

use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Field, Packet, Pattern};

use super::wait::{Wait, number};
use crate::{
    breach::Found,
    instead,
    state::{NEVER_S, Outlook},
};

const KEPT: Pair = pair!("MQTT-3.2.2-2", "MQTT-3.2.2-3");
const CLEAN: Pair = pair!("MQTT-3.2.2-1", "MQTT-3.2.2-2");
const OVER: Pair = pair!("MQTT-3.2.2-3", "MQTT-3.2.2-3");

/// Whether the claim is about it, and has been judged.
pub(super) fn judge(
    wait: &Wait<'_>,
    pattern: &Pattern,
    got: u64,
    packet: &Packet,
    found: &mut Found,
) -> bool {
    let Packet::Connack(connack) = packet else { return false };
    let Some(wanted) = number(pattern, Field::SessionPresent).map(|n| n != 0) else { return false };
    if connack.session_present() == wanted || connack.code != 0 {
        return false;
    }
    let clean = wait.conn.handshake.connect.as_ref().is_some_and(|c| c.clean);
    let outlook = wait.conn.outlook;
    match (wanted, clean, outlook) {
        (true, _, Outlook::Open | Outlook::Gone | Outlook::Ending) => {
            wait.inconclusive(found, format!("no session is owed: {}", left(wait)));
            return true;
        }
        (false, false, Outlook::Owed) => {
            found.ours("session_present=0 is claimed where a session was left");
            return true;
        }
        (false, false, Outlook::Open) => {
            wait.inconclusive(found, format!("there may be a session: {}", left(wait)));
            return true;
        }
        (false, false, Outlook::Ending) => {
            let text = "Session Present 1 within 1 s of the close that ended the session".to_owned();
            found.graded(got, OVER.of(wait.version), text, Vec::new());
            wait.inconclusive(found, "the session was about to be deleted");
            return true;
        }
        _ => {}
    }
    let pair = match (wanted, clean) {
        (true, _) => KEPT,
        (false, true) => CLEAN,
        (false, false) => OVER,
    };
    let connect = wait.conn.handshake.connect.as_ref().map(|c| c.at.seq);
    let evidence = connect.into_iter().chain([got]).collect();
    let mut finding =
        wait.finding(None, Fact::WrongState, packet.summary(), evidence, instead::session(wanted));
    if (wait.claim.clauses.is_empty() || wait.strict)
        && let Some(clause) = pair.of(wait.version)
    {
        (finding.clause, finding.also) = (clause, Vec::new());
    }
    found.claim_broken(finding);
    true
}

/// What the client's last connection left, for people.
fn left(wait: &Wait<'_>) -> String {
    let client_id = |conn: &crate::state::Conn| conn.handshake.connect.as_ref().map(|c| c.client_id.clone());
    let ours = client_id(wait.conn);
    let earlier =
        wait.state.conns().into_iter().filter(|(id, conn)| *id < wait.id && client_id(conn) == ours);
    let Some((_, conn)) = earlier.last() else {
        return "no earlier connection of this run left one".to_owned();
    };
    if conn.handshake.accepted().is_none() {
        return "a CONNECT of this client was given and not answered".to_owned();
    }
    if conn.version != wait.conn.version {
        return "the session was made in another protocol version".to_owned();
    }
    match conn.expiry_s() {
        (_, 0) => "the last one ended with its connection (expiry 0)".to_owned(),
        (least_s, greatest_s) if least_s != greatest_s => {
            "it can't be told which expiry is in force".to_owned()
        }
        (NEVER_S, _) => "it can't be told whether the broker holds it".to_owned(),
        (seconds, _) => format!("its expiry of {seconds} s may have passed"),
    }
}
