//! What a client publishes above QoS 0: under a free id; again with DUP and under the same id, not behind its PUBREL; in 5.0 not
//! on a live connection, and not in a session that the server does not have any more.
//!
//! In 3.1.1 a client with CleanSession 0 resends whatever Session Present says. A client that comes back to a session without
//! knowing of it (a program that was started anew) takes ids that are in use: that is graded until something shows that it does
//! know: a resend with DUP, or that it begins with an unfinished message and leaves out finished ones before it. A program that
//! was started anew begins where it began before.

use std::collections::BTreeSet;

use deadzone_history::{ConnId, Event};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::Version;

use super::{CONNS_KEPT, breach};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    rules::{
        clauses::{LIVE_RESEND, PUBLISH_AFTER_RELEASE, RESENT_WITHOUT_DUP},
        delivery::Delivery,
    },
    state::{CopyKind, Stage, State},
};

const ID_IN_USE: Pair = pair!("MQTT-2.3.1-2", "MQTT-2.2.1-3");
const STATE_KEPT: Pair = pair!(-, "MQTT-3.2.2-5");

#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// The connections on which something shows that their clients know of their sessions.
    knowing: BTreeSet<ConnId>,
    /// The connections on which something was published above QoS 0.
    begun: BTreeSet<ConnId>,
}

impl Exchange {
    /// Whether the client of this delivery knows of its session, as far as the record shows by now.
    fn knows(&mut self, delivery: &Delivery<'_>) -> bool {
        let conn = delivery.seen.conn;
        let begins = delivery.seen.copy != CopyKind::Plain && self.begun.insert(conn);
        let leaves_out = match delivery.seen.copy {
            CopyKind::Again { first, live: false, stage: Stage::Unacknowledged, .. } => {
                begins && delivery.session.outbound.finished_before(first)
            }
            _ => false,
        };
        if leaves_out {
            self.knowing.insert(conn);
        }
        for kept in [&mut self.begun, &mut self.knowing] {
            if kept.len() > CONNS_KEPT {
                kept.pop_first();
            }
        }
        self.knowing.contains(&conn) || delivery.session.connections.count == 1
    }
}

impl Rule for Exchange {
    fn name(&self) -> &'static str {
        "client-exchange"
    }

    fn on(&self) -> On {
        On::DELIVERED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let Some(delivery) = Delivery::of(event, state) else { return };
        let (conn, dup) = (delivery.seen.conn, delivery.publish.dup);
        let version = state.version(conn);
        let v5 = version == Version::V5;
        let knows = self.knows(&delivery);
        match delivery.seen.copy {
            CopyKind::Plain => {}
            CopyKind::First if dup => first_with_dup(event, state, found, &delivery),
            CopyKind::First => found.tested(ID_IN_USE.of(version)),
            CopyKind::Again { last, stage: Stage::Released, .. } => {
                self.knowing.insert(conn);
                found.broken(
                    event,
                    state,
                    say(&delivery, (PUBLISH_AFTER_RELEASE, Fact::WrongPacket), "behind its PUBREL", last),
                );
            }
            CopyKind::Again { last, live: true, .. } if v5 => {
                found.broken(
                    event,
                    state,
                    say(&delivery, (LIVE_RESEND, Fact::WrongPacket), "again on the same connection", last),
                );
            }
            CopyKind::Again { last, live: true, stage, .. } if !dup && stage != Stage::Done => {
                found.broken(
                    event,
                    state,
                    say(&delivery, (ID_IN_USE, Fact::WrongField), "whose id is in use", last),
                );
            }
            CopyKind::Again { live: false, .. } if dup => {
                found.tested(RESENT_WITHOUT_DUP.of(version));
                self.knowing.insert(conn);
            }
            CopyKind::Again { last, live: false, stage: Stage::Unacknowledged, .. } => {
                let breach =
                    say(&delivery, (RESENT_WITHOUT_DUP, Fact::WrongField), "again without DUP", last);
                fail_or_grade(event, state, found, (knows, breach));
            }
            CopyKind::Again { .. } => {}
            CopyKind::Clash { last, .. } => {
                let breach = say(&delivery, (ID_IN_USE, Fact::WrongField), "whose id is in use", last);
                fail_or_grade(event, state, found, (knows, breach));
            }
        }
    }
}

/// DUP on what this session has not: it belongs to one that the server does not have.
fn first_with_dup(event: &Event, state: &State, found: &mut Found, delivery: &Delivery<'_>) {
    let (Some(session), Some(id)) = (delivery.seen.session, delivery.publish.packet_id) else { return };
    let conn = delivery.seen.conn;
    let known = state.earlier_sessions(session).find_map(|session| {
        let known = session.outbound.get(id)?;
        (known.same(delivery.publish, delivery.topic) && known.stage < Stage::Done).then_some(known.last)
    });
    match known {
        Some(last) if state.version(conn) == Version::V5 => {
            let breach =
                say(delivery, (STATE_KEPT, Fact::WrongPacket), "again, though Session Present was 0", last);
            found.broken(event, state, breach);
        }
        Some(_) => {}
        // It may have been written to a connection whose end nobody read.
        None => found.grade(
            event,
            None,
            format!("{} with DUP, which the record has no copy of", delivery.summary()),
            Vec::new(),
        ),
    }
}

fn fail_or_grade(event: &Event, state: &State, found: &mut Found, (fails, breach): (bool, Breach)) {
    if fails {
        return found.broken(event, state, breach);
    }
    let text = format!("{}: it does not seem to know of its session", breach.got);
    found.grade(event, breach.clause.of(state.version(breach.conn)), text, breach.evidence);
}

fn say(delivery: &Delivery<'_>, broken: (Pair, Fact), how: &str, last: u64) -> Breach {
    let got = format!("{}, {how}", delivery.summary());
    let wanted =
        "a new message under a free id with DUP 0, or a resend under its id with DUP 1 where one is due";
    let could_instead =
        vec!["take another id, or resend with DUP when the session was resumed: it did neither"];
    Breach { could_instead, ..breach(delivery.seen.conn, broken, wanted, got, vec![last]) }
}
