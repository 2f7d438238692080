//! What shows a finding: the latest events of the connections that it is about, as a history of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use deadzone_history::{ClientInfo, ClientIx, ConnId, Event, EventKind, Header, History};
use deadzone_spec::Node;
use deadzone_verdict::Finding;

use crate::judges::Known;

/// So many characters of a client id are shown.
const SHOWN: usize = 40;
/// So many events of the connections concerned are kept.
const EVENTS: usize = 400;

/// A client id for people; without one the connection has a number.
pub(crate) fn shown(client_id: &str, otherwise: &str) -> String {
    match client_id.is_empty() {
        true => otherwise.to_owned(),
        false => client_id.escape_debug().take(SHOWN).collect(),
    }
}

/// Events keep their numbers: they are those of the whole record.
pub(crate) fn cut(
    header: &Header,
    latest: &VecDeque<Event>,
    known: &BTreeMap<ConnId, Known>,
    finding: &Finding,
) -> History {
    let shows = |event: &&Event| finding.evidence.binary_search(&event.seq).is_ok();
    let conns: BTreeSet<ConnId> = latest.iter().filter(shows).filter_map(conn_of).collect();
    let mut header = Header { clients: Vec::new(), ..header.clone() };
    let mut clients = BTreeMap::new();
    let mut events: Vec<Event> = Vec::new();
    for conn in &conns {
        let Some(known) = known.get(conn) else { continue };
        let client = ClientIx(u32::try_from(header.clients.len()).unwrap_or(u32::MAX));
        header.version = known.version;
        let (name, version) = (known.name.clone(), known.version);
        header.clients.push(ClientInfo { name, manual: false, direct: false, version, bridge: false });
        clients.insert(*conn, client);
        events.push(Event {
            kind: EventKind::Opened { conn: *conn, client, node: Node::FIRST },
            ..known.opened.clone()
        });
    }
    events.sort_by_key(|event| event.seq);
    let of_story = |event: &&Event| {
        !matches!(event.kind, EventKind::Opened { .. }) && conn_of(event).is_some_and(|c| conns.contains(&c))
    };
    let story: Vec<&Event> = latest.iter().filter(of_story).collect();
    let first = story.len().saturating_sub(EVENTS);
    events.extend(story[first..].iter().map(|event| renamed(event, &clients)));
    History { header, events }
}

fn renamed(event: &Event, clients: &BTreeMap<ConnId, ClientIx>) -> Event {
    let mut event = event.clone();
    if let EventKind::Link { client, conn: Some(conn), .. } = &mut event.kind {
        *client = clients.get(conn).copied().unwrap_or(*client);
    }
    event
}

fn conn_of(event: &Event) -> Option<ConnId> {
    match &event.kind {
        EventKind::Opened { conn, .. } | EventKind::Closed { conn, .. } => Some(*conn),
        EventKind::Packet(packet) => Some(packet.conn),
        EventKind::Fragment(fragment) => Some(fragment.conn),
        EventKind::Unframed(unframed) => Some(unframed.conn),
        EventKind::Skipped(skipped) => Some(skipped.conn),
        EventKind::Link { conn, .. } => *conn,
        _ => None,
    }
}
