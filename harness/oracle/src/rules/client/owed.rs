//! What a client left open when a connection ended: answers, resends, a dead link that it did not notice.
//!
//! No statement says when a client must act, so all of this is graded, with its seconds.

use deadzone_history::{By, ConnId, End, Event, EventKind};
use deadzone_wire::PacketKind;

use crate::{
    breach::Found,
    rule::{On, Rule},
    state::{Conn, Stage, State},
    wording::seconds,
};

/// What is open for so long is worth saying, µs.
const LONG_US: u64 = 10_000_000;

#[derive(Debug)]
pub(crate) struct Owed;

impl Rule for Owed {
    fn name(&self) -> &'static str {
        "client-owed"
    }

    fn on(&self) -> On {
        On::CLOSED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let EventKind::Closed { conn: id, end: End::Client, by, .. } = event.kind else { return };
        let Some(conn) = state.conn(id) else { return };
        left(event.seq, event.at_us, state, found, (id, conn));
        if by == By::Harness {
            unnoticed(event, found, conn);
        }
    }

    fn finish(&mut self, state: &State, found: &mut Found) {
        for (id, conn) in state.conns() {
            if conn.ends.lives() {
                left(state.now.seq, state.now.at_us, state, found, (id, conn));
            }
        }
    }
}

/// Answers and resends that did not come.
fn left(seq: u64, at_us: u64, state: &State, found: &mut Found, (id, conn): (ConnId, &Conn)) {
    let answers = [PacketKind::Puback, PacketKind::Pubrec, PacketKind::Pubrel, PacketKind::Pubcomp];
    for ((kind, packet_id), mark) in conn.debts.judged.sorted() {
        let waited_us = at_us.saturating_sub(mark.at_us);
        if answers.contains(&kind) && waited_us >= LONG_US {
            let text = format!("no {kind:?} id={packet_id} for {}", seconds(waited_us));
            found.graded(seq, None, text, vec![mark.seq]);
        }
    }
    let Some(session) = conn.session.and_then(|s| state.session(s)).filter(|s| s.certain()) else { return };
    let Some(accepted) = conn.handshake.accepted().filter(|_| session.current() == Some(id)) else { return };
    let due = |e: &crate::state::Outbound| {
        e.last_conn != id && matches!(e.stage, Stage::Unacknowledged | Stage::Released)
    };
    let unsent: Vec<u64> =
        session.outbound.unfinished().filter(|(_, e)| due(e)).map(|(_, e)| e.last).collect();
    let waited_us = at_us.saturating_sub(accepted.at_us);
    if !unsent.is_empty() && waited_us >= LONG_US {
        let text =
            format!("{} unfinished messages were not sent again within {}", unsent.len(), seconds(waited_us));
        found.graded(seq, None, text, unsent.into_iter().take(8).collect());
    }
}

/// How long a client waited on a link that answered nothing any more.
fn unnoticed(event: &Event, found: &mut Found, conn: &Conn) {
    let oldest = conn.debts.other.sorted().into_iter().min_by_key(|(_, mark)| mark.seq);
    let Some(((kind, _), mark)) = oldest else { return };
    let waited_us = event.at_us.saturating_sub(mark.at_us);
    if waited_us >= LONG_US {
        let text =
            format!("the connection ended {} after it had begun to wait for a {kind:?}", seconds(waited_us));
        found.graded(event.seq, None, text, vec![mark.seq]);
    }
}
