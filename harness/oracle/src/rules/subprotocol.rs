//! A server that is offered the WebSocket subprotocol `mqtt` chooses it.

use deadzone_history::{Event, EventKind};
use deadzone_verdict::Fact;

use super::clauses::SUBPROTOCOL;
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::State,
};

pub(crate) const RULE: Stateless = Stateless { name: "subprotocol", on: On::UPGRADED, observe };

/// Every client of ours offers it, perhaps among others.
fn observe(event: &Event, state: &State, found: &mut Found) {
    let EventKind::Upgraded { conn, subprotocol } = &event.kind else { return };
    let Some(version) = state.conn(*conn).map(|conn| conn.version) else { return };
    if &**subprotocol == "mqtt" {
        return found.tested(SUBPROTOCOL.of(version));
    }
    let breach = Breach {
        conn: *conn,
        clause: SUBPROTOCOL,
        fact: Fact::WrongField,
        wanted: "the WebSocket subprotocol `mqtt`, which was offered".to_owned(),
        got: match &**subprotocol {
            "" => "none".to_owned(),
            other => format!("`{other}`"),
        },
        evidence: Vec::new(),
        could_instead: vec!["refuse the request, with HTTP 400: it accepted it"],
    };
    found.broken(event, state, breach);
}
