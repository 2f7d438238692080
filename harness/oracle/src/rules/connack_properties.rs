//! What CONNACK may say, and what AUTH and Reason Strings need first (5.0).

use deadzone_history::{Event, EventKind, PacketEvent};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Connack, Packet, PacketKind, Properties, PropertyId, Version};

use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{Conn, ConnectFacts, State},
};

const RESPONSE_INFORMATION: Pair = pair!(-, "MQTT-3.1.2-28");
const PROBLEM_INFORMATION: Pair = pair!(-, "MQTT-3.1.2-29");
const NO_METHOD: Pair = pair!(-, "MQTT-4.12.0-6");
const SAME_METHOD: Pair = pair!(-, "MQTT-4.12.0-5");
const ASSIGNED_ID: Pair = pair!(-, "MQTT-3.2.2-16");
const SESSION_BY_ID: Pair = pair!(-, "MQTT-3.1.3-2");
const UNIQUE_ID: Pair = pair!(-, "MQTT-3.1.3-6");
const ID_RETURNED: Pair = pair!(-, "MQTT-3.1.3-7");
/// All of them.
pub(super) const ALL: [Pair; 8] = [
    RESPONSE_INFORMATION,
    PROBLEM_INFORMATION,
    NO_METHOD,
    SAME_METHOD,
    ASSIGNED_ID,
    SESSION_BY_ID,
    UNIQUE_ID,
    ID_RETURNED,
];

#[derive(Debug, Default)]
pub(crate) struct ConnackProperties {
    /// Client ids that the broker assigned.
    assigned: std::collections::BTreeSet<Vec<u8>>,
}

impl Rule for ConnackProperties {
    fn name(&self) -> &'static str {
        "connack-properties"
    }

    fn on(&self) -> On {
        On::SEEN
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let EventKind::Packet(packet) = &event.kind else { return };
        let Some(conn) = state.conn(packet.conn).filter(|c| c.version == Version::V5) else { return };
        let Some(connect) = &conn.handshake.connect else { return };
        match packet.packet() {
            Packet::Connack(connack) => self.connack(event, (packet, connack), (conn, connect), state, found),
            Packet::Auth(_) if !connect.limits.authenticates => {
                let wanted = "no AUTH where CONNECT names no Authentication Method";
                say(event, packet, (NO_METHOD, wanted), connect, state, found);
            }
            _ => problem(event, packet, connect, state, found),
        }
    }
}

impl ConnackProperties {
    fn connack(
        &mut self,
        event: &Event,
        (packet, connack): (&PacketEvent, &Connack),
        (conn, connect): (&Conn, &ConnectFacts),
        state: &State,
        found: &mut Found,
    ) {
        let Some(properties) = &connack.properties else { return };
        let has = |id| properties.get(id).is_some();
        if !connect.limits.response_information {
            found.tested(RESPONSE_INFORMATION.of(Version::V5));
        }
        if connect.limits.authenticates && connack.code == 0 {
            found.tested(SAME_METHOD.of(Version::V5));
        } else if !connect.limits.authenticates {
            found.tested(NO_METHOD.of(Version::V5));
        }
        if has(PropertyId::ResponseInformation) && !connect.limits.response_information {
            let wanted = "no Response Information: the client did not request it";
            say(event, packet, (RESPONSE_INFORMATION, wanted), connect, state, found);
        }
        match (has(PropertyId::AuthenticationMethod), connect.limits.authenticates) {
            (true, false) => {
                let wanted = "no Authentication Method: CONNECT names none";
                say(event, packet, (NO_METHOD, wanted), connect, state, found);
            }
            (false, true) if connack.code == 0 => {
                let wanted = "the Authentication Method of CONNECT";
                say(event, packet, (SAME_METHOD, wanted), connect, state, found);
            }
            _ => {}
        }
        if connack.code == 0 && conn.given.deviant.is_none() {
            self.client_id(event, packet, properties, connect, state, found);
        }
    }

    fn client_id(
        &mut self,
        event: &Event,
        packet: &PacketEvent,
        properties: &Properties,
        connect: &ConnectFacts,
        state: &State,
        found: &mut Found,
    ) {
        let assigned = properties.text(PropertyId::AssignedClientIdentifier);
        match (connect.client_id.is_empty(), assigned) {
            (true, Some(id)) => {
                let again = !self.assigned.insert(id.0.to_vec());
                let taken =
                    state.sessions().any(|(_, s)| s.client_id == *id && s.current() != Some(packet.conn));
                if again || taken {
                    let wanted = "a unique client identifier for an empty one";
                    say(event, packet, (ASSIGNED_ID, wanted), connect, state, found);
                    found.beside(event, UNIQUE_ID.of(Version::V5));
                } else {
                    for pair in [ASSIGNED_ID, UNIQUE_ID, ID_RETURNED] {
                        found.tested(pair.of(Version::V5));
                    }
                }
            }
            (true, None) => {
                let wanted = "an Assigned Client Identifier for an empty one";
                say(event, packet, (ASSIGNED_ID, wanted), connect, state, found);
                found.beside(event, ID_RETURNED.of(Version::V5));
            }
            (false, Some(id)) if *id == connect.client_id => {
                found.grade(
                    event,
                    None,
                    "the client's own identifier is returned as assigned".to_owned(),
                    Vec::new(),
                );
            }
            (false, Some(_)) => {
                let wanted = "the session under the client's own identifier";
                say(event, packet, (SESSION_BY_ID, wanted), connect, state, found);
            }
            (false, None) => {}
        }
    }
}

/// Reason String and User Property where the client asked for none.
fn problem(event: &Event, packet: &PacketEvent, connect: &ConnectFacts, state: &State, found: &mut Found) {
    let kind = packet.packet().kind();
    let allowed = matches!(kind, PacketKind::Publish | PacketKind::Connack | PacketKind::Disconnect);
    if connect.limits.problem_information || allowed {
        return;
    }
    found.tested(PROBLEM_INFORMATION.of(Version::V5));
    let properties = match packet.packet() {
        Packet::Ack(p) => p.properties.as_ref(),
        Packet::Suback(p) => Some(&p.properties),
        Packet::Unsuback(p) => Some(&p.properties),
        Packet::Auth(p) => p.properties.as_ref(),
        _ => None,
    };
    let told = [PropertyId::ReasonString, PropertyId::UserProperty];
    if properties.is_some_and(|p| told.iter().any(|id| p.get(*id).is_some())) {
        let wanted = "neither Reason String nor User Property: Request Problem Information is 0";
        say(event, packet, (PROBLEM_INFORMATION, wanted), connect, state, found);
    }
}

fn say(
    event: &Event,
    packet: &PacketEvent,
    (clause, wanted): (Pair, &str),
    connect: &ConnectFacts,
    state: &State,
    found: &mut Found,
) {
    let breach = Breach {
        conn: packet.conn,
        clause,
        fact: Fact::WrongField,
        wanted: wanted.to_owned(),
        got: packet.packet().summary(),
        evidence: vec![connect.at.seq],
        could_instead: vec![
            "refuse the connection: it accepted",
            "leave the property out or give it as asked for",
        ],
    };
    found.broken(event, state, breach);
}
