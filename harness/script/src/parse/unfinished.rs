//! Two PUBLISHes of one client under an id that is still in use, where that can be seen without playing: only of clients
//! that answer by hand, for the script says there what was answered.

use std::collections::BTreeMap;

use deadzone_wire::{Field, PacketKind, Version};

use super::scenario::Unread;
use crate::diagnostic::{Diagnostic, code};
use crate::{Arrival, ConnectMode, FieldValue, PacketTemplate, Scenario, Step, StepKind};

/// An exchange that the script has begun and not ended.
#[derive(Clone, Copy)]
struct Open {
    /// The step's line, to be shown.
    line: u32,
    /// The connection on which the PUBLISH went last.
    connection: u32,
    /// A PUBREC was taken.
    received: bool,
}

#[derive(Default)]
struct Client {
    connection: u32,
    open: BTreeMap<u32, Open>,
}

/// Looks at steps in their order.
pub(super) fn check(scenario: &Scenario, steps: &[Step], unread: &Unread, out: &mut Vec<Diagnostic>) {
    let mut clients: BTreeMap<usize, Client> = BTreeMap::new();
    let by_hand = |client: usize| {
        scenario.clients.get(client).is_some_and(|decl| decl.manual) && !unread.clients.contains(&client)
    };
    for step in steps {
        match &step.kind {
            StepKind::Open { client } => clients.entry(*client).or_default().connection += 1,
            StepKind::Connect { client, mode, expected, .. } => {
                let present = value(expected, Field::SessionPresent);
                let state = clients.entry(*client).or_default();
                state.connection += 1;
                if *mode != ConnectMode::Resume || present == Some(0) {
                    state.open.clear();
                }
            }
            StepKind::Send { client, packet, .. } if by_hand(*client) && !step.deviant => {
                let version = scenario.clients.get(*client).and_then(|decl| decl.version);
                let v5 = match (step.only, version) {
                    (Some(version), _) | (None, Some(version)) => version == Version::V5,
                    (None, None) => scenario.versions.contains(&Version::V5),
                };
                out.extend(sent(clients.entry(*client).or_default(), step, packet, v5));
            }
            StepKind::Receive { client, alternatives, .. } => {
                let state = clients.entry(*client).or_default();
                alternatives.iter().for_each(|arrival| arrived(state, arrival));
            }
            _ => {}
        }
    }
}

fn sent(client: &mut Client, step: &Step, packet: &PacketTemplate, v5: bool) -> Option<Diagnostic> {
    let number = |field| value(&packet.fields, field);
    match packet.kind {
        PacketKind::Connect if number(Field::Clean) == Some(1) => client.open.clear(),
        PacketKind::Publish if number(Field::Qos).unwrap_or(0) > 0 => {
            let id = number(Field::Id)?;
            let connection = client.connection;
            let now = Open { line: step.at.line, connection, received: false };
            let before = client.open.insert(id, now)?;
            let line = before.line;
            let mistake = |why: String| Diagnostic::error(code::NOT_MARKED, step.at, why);
            let help = "take its answer first; if it is meant, end the line with `deviant`";
            if number(Field::Dup) != Some(1) {
                return Some(mistake(format!("id {id} of line {line} is still in use")).help(help));
            }
            if v5 && before.received {
                let why = format!("in 5.0 a PUBLISH is not sent again after its PUBREC (line {line})");
                return Some(
                    mistake(why).help("send its PUBREL; if it is meant, end the line with `deviant`"),
                );
            }
            if v5 && before.connection == connection {
                let why = format!("in 5.0 a PUBLISH is not sent again on a live connection (line {line})");
                return Some(mistake(why).help("`only 3.1.1` allows it; `deviant` where it is meant"));
            }
        }
        _ => {}
    }
    None
}

fn arrived(client: &mut Client, arrival: &Arrival) {
    let Arrival::Packet(packet) = arrival else { return client.open.clear() };
    let refused = value(&packet.fields, Field::Reason).is_some_and(|code| code >= 0x80);
    let meant = value(&packet.fields, Field::Id);
    let fits = |id: &u32| meant.is_none_or(|meant| meant == *id);
    match packet.kind {
        PacketKind::Puback | PacketKind::Pubcomp => client.open.retain(|id, _| !fits(id)),
        PacketKind::Pubrec if refused => client.open.retain(|id, _| !fits(id)),
        PacketKind::Pubrec => {
            client.open.iter_mut().filter(|(id, _)| fits(id)).for_each(|(_, open)| open.received = true);
        }
        PacketKind::Connack if value(&packet.fields, Field::SessionPresent) == Some(0) => client.open.clear(),
        _ => {}
    }
}

fn value(fields: &[(Field, FieldValue)], wanted: Field) -> Option<u32> {
    fields.iter().find_map(|(field, value)| match value {
        FieldValue::Number(number) if *field == wanted => Some(*number),
        _ => None,
    })
}
