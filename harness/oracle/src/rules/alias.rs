//! Topic aliases from the broker: within the client's maximum, and known on this connection (5.0).

use deadzone_history::{Event, EventKind};
use deadzone_spec::Pair;
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, PropertyId};

use super::clauses::{ALIAS_IN_RANGE, ALIAS_MAXIMUM, ALIAS_UNKNOWN, NO_ALIAS};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{State, Transition},
};

pub(crate) const RULE: Stateless = Stateless { name: "topic-alias", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let (Transition::Delivered(seen), EventKind::Packet(packet)) = (state.transition(), &event.kind) else {
        return;
    };
    let Packet::Publish(publish) = packet.packet() else { return };
    let Some(connect) = state.conn(seen.conn).and_then(|c| c.handshake.connect.as_ref()) else { return };
    let maximum = u32::from(connect.limits.alias_maximum);
    let alias = publish.properties.number(PropertyId::TopicAlias);
    let judged: &[Pair] = match alias {
        None if maximum == 0 => &[NO_ALIAS],
        Some(_) if publish.topic.0.is_empty() => &[ALIAS_MAXIMUM, ALIAS_IN_RANGE, ALIAS_UNKNOWN],
        Some(_) => &[ALIAS_MAXIMUM, ALIAS_IN_RANGE],
        None => &[],
    };
    judged.iter().for_each(|clause| found.tested(clause.of(seen.version)));
    let Some(alias) = alias else { return };
    let (clause, wanted) = if maximum == 0 {
        (NO_ALIAS, "no Topic Alias: the client allows none".to_owned())
    } else if alias > maximum {
        (ALIAS_MAXIMUM, format!("a Topic Alias of at most {maximum}"))
    } else if seen.unknown_alias {
        (ALIAS_UNKNOWN, "a Topic Name with the first use of an alias on each connection".to_owned())
    } else {
        return;
    };
    let breach = Breach {
        conn: seen.conn,
        clause,
        fact: Fact::LimitExceeded,
        wanted,
        got: format!("alias {alias}: {}", packet.packet().summary()),
        evidence: vec![connect.at.seq],
        could_instead: vec!["send the Topic Name without an alias: it used one"],
    };
    found.broken(event, state, breach);
    if clause == ALIAS_MAXIMUM {
        found.beside(event, ALIAS_IN_RANGE.of(seen.version));
    }
}
