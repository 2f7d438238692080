//! The sentences of findings, from the record: packets in one line, bounded and escaped.

use bytes::Bytes;
use deadzone_history::Direction;
use deadzone_history::{EventKind, Expected};

use crate::survey::{Conn, Survey};

/// Most packets that a sentence lists.
const LISTED: usize = 6;
/// Most bytes of a payload that a sentence shows.
const SHOWN: usize = 40;

/// `PUBREC id=7 | closed`.
pub(super) fn expected(alternatives: &[Expected]) -> String {
    let one = |expected: &Expected| match expected {
        Expected::Packet(pattern) => pattern.to_string(),
        Expected::Closed => "closed".to_owned(),
    };
    alternatives.iter().map(one).collect::<Vec<_>>().join(" | ")
}

/// An event, as far as it is a packet or a close.
pub(super) fn event(survey: &Survey<'_>, seq: u64) -> String {
    match survey.event(seq).map(|event| &event.kind) {
        Some(EventKind::Packet(packet)) => packet.decoded.packet.summary(),
        Some(EventKind::Closed { .. }) => "a close".to_owned(),
        _ => "something that is no packet".to_owned(),
    }
}

/// `"once"`, escaped and bounded.
pub(super) fn payload(bytes: &Bytes) -> String {
    let shown = bytes.get(..bytes.len().min(SHOWN)).unwrap_or_default();
    let more = if shown.len() < bytes.len() { "…" } else { "" };
    format!("\"{}{more}\"", shown.escape_ascii())
}

/// `10.0 s`.
pub(super) fn seconds(us: u64) -> String {
    let tenths = us.div_ceil(100_000);
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// What the broker answered on this connection in a window, and on others if nothing; never empty.
pub(super) fn meanwhile(survey: &Survey<'_>, conn: &Conn, after: u64, before: u64) -> String {
    let here = conn.seen_between(after, before);
    if !here.is_empty() {
        let mut list: Vec<String> = here.iter().take(LISTED).map(|seq| event(survey, *seq)).collect();
        if here.len() > LISTED {
            list.push(format!("and {} more", here.len() - LISTED));
        }
        return list.join(", ");
    }
    let others = survey.conns.iter().filter(|other| other.id != conn.id);
    let answered: usize = others.map(|other| other.seen_between(after, before).len()).sum();
    match answered {
        0 => "nothing on any connection".to_owned(),
        1 => "nothing here; 1 packet on other connections".to_owned(),
        n => format!("nothing here; {n} packets on other connections"),
    }
}

/// Whether this event is a packet from the broker as the client has it.
pub(super) fn came_down(survey: &Survey<'_>, seq: u64) -> bool {
    survey.packet_event(seq).is_some_and(|packet| packet.direction == Direction::Down)
}
