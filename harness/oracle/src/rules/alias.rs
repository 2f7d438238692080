//! Topic aliases from the broker: within the client's maximum, and known on this connection (5.0).

use deadzone_history::{Event, EventKind};
use deadzone_wire::{Packet, PropertyId};

use super::clauses::{ALIAS_MAXIMUM, ALIAS_UNKNOWN, NO_ALIAS};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Moment, Trace},
};

#[derive(Debug)]
pub(crate) struct Alias;

impl Rule for Alias {
    fn name(&self) -> &'static str {
        "topic-alias"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let (Moment::Delivered(seen), EventKind::Packet(packet)) = (trace.moment(), &event.kind) else {
            return;
        };
        let Packet::Publish(publish) = &packet.decoded.packet else { return };
        let Some(alias) = publish.properties.number(PropertyId::TopicAlias) else { return };
        let Some(connect) = trace.connection(seen.conn).and_then(|c| c.connect.as_ref()) else { return };
        let maximum = u32::from(connect.alias_maximum);
        let (clauses, wanted) = if maximum == 0 {
            (&NO_ALIAS, "no Topic Alias: the client allows none".to_owned())
        } else if alias > maximum {
            (&ALIAS_MAXIMUM, format!("a Topic Alias of at most {maximum}"))
        } else if seen.unknown_alias {
            (&ALIAS_UNKNOWN, "a Topic Name with the first use of an alias on each connection".to_owned())
        } else {
            return;
        };
        let fault = Fault {
            conn: seen.conn,
            clauses,
            wanted,
            got: format!("alias {alias}: {}", packet.decoded.packet.summary()),
            evidence: vec![connect.seq],
            could_instead: vec!["send the Topic Name without an alias: it used one"],
        };
        notes.broken(event, trace, fault);
    }
}
