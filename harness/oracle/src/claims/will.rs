//! Whether a will is due (3.1.1 §3.1.2.5, 5.0 §3.1.2.5 and §3.1.3.2.2).

use deadzone_history::{Close, ConnId};
use deadzone_wire::Version;

use super::debt::Excuse;
use crate::state::{Conn, Message, State, seconds_us};

/// The end of a delay is no sharper than this, µs.
const DELAY_SLACK_US: u64 = 3_000_000;
/// DISCONNECT with Will Message (5.0).
const WITH_WILL: u8 = 0x04;

/// What the client's DISCONNECT did to its will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TakenBack {
    No,
    Yes,
    /// It was given, but a RST may have overtaken it.
    Perhaps,
}

/// The event at which the broker could begin to count, where the will is due by now.
pub(super) fn due(state: &State, message: &Message, delay_s: u32) -> Result<u64, Excuse> {
    let conn = state.conn(message.conn).ok_or_else(|| Excuse::open("its connection is not in the record"))?;
    if conn.handshake.accepted().is_none() {
        return Err(Excuse::open("the CONNECT with the will was not accepted"));
    }
    match taken_back(state, message.conn, conn) {
        TakenBack::Yes => return Err(Excuse::open("the client disconnected, which takes the will back")),
        TakenBack::Perhaps => {
            return Err(Excuse::Either(
                "its DISCONNECT may never have been read or heeded, so that the will may come".into(),
            ));
        }
        TakenBack::No => {}
    }
    let ends = [conn.ends.by_broker, conn.ends.for_broker].into_iter().flatten();
    let (end, end_us) = match ends.map(|closing| closing.at).min() {
        Some(at) => (at.seq, at.at_us),
        None => unnoticed(state, conn)?,
    };
    let due_us = released_us(state, (message.conn, conn), delay_s, end_us)?;
    if state.now.at_us < due_us {
        return Err(Excuse::open("the will delay had not passed"));
    }
    Ok(end)
}

/// A silent end: the broker notices by the keep-alive alone.
fn unnoticed(state: &State, conn: &Conn) -> Result<(u64, u64), Excuse> {
    let keep_alive_us = u64::from(conn.handshake.keep_alive_s()) * 1_500_000;
    let last = conn.given.last.map(|(at, _)| at).filter(|_| keep_alive_us > 0);
    match last {
        Some(at) if state.now.at_us >= at.at_us + keep_alive_us => Ok((at.seq, at.at_us + keep_alive_us)),
        _ => Err(Excuse::open("the broker need not have noticed that the connection is gone")),
    }
}

/// A will is taken back by a well-formed DISCONNECT, in 5.0 one with reason 0x00, and by no other. One that sets an expiry
/// behind a CONNECT without is a protocol error: refused by 0x82 it takes nothing back; where the broker lets it pass it may.
fn taken_back(state: &State, id: ConnId, conn: &Conn) -> TakenBack {
    let Some(goodbye) = conn.handshake.goodbye else { return TakenBack::No };
    let refused = conn.handshake.last_word.is_some_and(|(_, code)| code >= 0x80);
    let asked = conn.handshake.connect.as_ref().map_or(0, |c| c.expiry_s);
    let illegal = conn.version == Version::V5 && asked == 0 && goodbye.expiry_s.is_some_and(|s| s > 0);
    if !goodbye.well_formed || refused || (conn.version == Version::V5 && goodbye.code != 0) {
        return TakenBack::No;
    }
    let reset = conn.ends.for_broker.filter(|c| c.how == Close::Rst);
    let overtaken =
        reset.is_some_and(|rst| conn.ends.by_broker.is_none_or(|broker| rst.at.seq < broker.at.seq));
    if illegal || overtaken || taken_over_first(state, id, conn) {
        TakenBack::Perhaps
    } else {
        TakenBack::Yes
    }
}

/// A CONNECT of the same client came before the broker closed: two connections have no order, and one that is taken over with
/// its DISCONNECT unread has its will published.
fn taken_over_first(state: &State, id: ConnId, conn: &Conn) -> bool {
    let client_id = conn.handshake.connect.as_ref().map(|connect| &connect.client_id);
    let closed = conn.ends.by_broker.map_or(u64::MAX, |closing| closing.at.seq);
    let back = |other: &Conn| {
        let connect = other.handshake.connect.as_ref();
        connect.is_some_and(|c| Some(&c.client_id) == client_id && c.at.seq < closed)
    };
    state.conns().into_iter().any(|(other, conn)| other > id && back(conn))
}

/// When the delay of a will is over: the end of the session cuts it short; a return to the session ends it without a will
/// (5.0/MQTT-3.1.2-8, 5.0/MQTT-3.1.3-9), a return that ends the session leaves both open.
fn released_us(state: &State, (id, conn): (ConnId, &Conn), delay_s: u32, end_us: u64) -> Result<u64, Excuse> {
    let with_will = conn.handshake.goodbye.is_some_and(|g| g.code == WITH_WILL);
    let (least_s, greatest_s) = conn.expiry_s();
    let wait_s = if with_will && greatest_s == 0 { 0 } else { delay_s.min(least_s.max(greatest_s)) };
    let due_us = end_us + seconds_us(wait_s);
    if conn.version != Version::V5 || delay_s == 0 {
        return Ok(due_us);
    }
    let client_id = conn.handshake.connect.as_ref().map(|c| &c.client_id);
    let back = state.conns().into_iter().find_map(|(other, c)| {
        let connect = c.handshake.connect.as_ref()?;
        (other > id && Some(&connect.client_id) == client_id).then_some(connect)
    });
    let Some(back) = back.filter(|back| back.at.at_us <= due_us + DELAY_SLACK_US) else { return Ok(due_us) };
    if back.clean || greatest_s == 0 || back.at.at_us + DELAY_SLACK_US >= due_us {
        let why = "another connection of its client ended the session before the delay was over: the will may come or not";
        return Err(Excuse::Either(why.into()));
    }
    Err(Excuse::open("the client came back before the will delay had passed"))
}

/// Whether it is a will that comes or not, as the broker pleases.
pub(super) fn may_come(state: &State, message: &Message, delay_s: u32) -> bool {
    let Some(conn) = state.conn(message.conn) else { return true };
    if taken_back(state, message.conn, conn) == TakenBack::Perhaps {
        return true;
    }
    let ends = [conn.ends.by_broker, conn.ends.for_broker].into_iter().flatten();
    let Some(end) = ends.map(|closing| closing.at).min() else { return false };
    matches!(released_us(state, (message.conn, conn), delay_s, end.at_us), Err(Excuse::Either(_)))
}
