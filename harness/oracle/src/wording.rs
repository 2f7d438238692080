//! The sentences of findings, from the record: packets in one line, bounded and escaped.

use bytes::Bytes;
use deadzone_history::{ConnId, End, Expected};

use crate::state::State;

/// Most packets that a sentence lists.
const LISTED: usize = 6;
/// Most bytes of a payload that a sentence shows.
const SHOWN: usize = 40;

/// `PUBREC id=7 | closed`.
pub(crate) fn expected(alternatives: &[Expected]) -> String {
    let one = |expected: &Expected| match expected {
        Expected::Packet(pattern) => pattern.to_string(),
        Expected::Closed => "closed".to_owned(),
    };
    alternatives.iter().map(one).collect::<Vec<_>>().join(" | ")
}

/// An event, as far as it is a packet that is remembered.
pub(crate) fn event(state: &State, seq: u64) -> String {
    match state.recent.get(seq) {
        Some(kept) => kept.packet().summary(),
        None => "a close".to_owned(),
    }
}

/// `"once"`, escaped and bounded.
pub(crate) fn payload(bytes: &Bytes) -> String {
    let shown = bytes.get(..bytes.len().min(SHOWN)).unwrap_or_default();
    let more = if shown.len() < bytes.len() { "…" } else { "" };
    format!("\"{}{more}\"", shown.escape_ascii())
}

/// `10.0 s`.
pub(crate) fn seconds(us: u64) -> String {
    let tenths = us.div_ceil(100_000);
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// What the broker answered on this connection since an event, and on others if nothing; never empty.
pub(crate) fn meanwhile(state: &State, conn: ConnId, after: u64) -> String {
    let seen = |kept: &&crate::state::Kept| kept.end == End::Broker && state.is_judged(kept.direction);
    let mut here: Vec<&crate::state::Kept> = state.recent.since(after).filter(seen).collect();
    here.reverse();
    let all = here.len();
    here.retain(|kept| kept.conn == conn);
    if !here.is_empty() {
        let mut list: Vec<String> = here.iter().take(LISTED).map(|kept| kept.packet().summary()).collect();
        if here.len() > LISTED {
            list.push(format!("and {} more", here.len() - LISTED));
        }
        return list.join(", ");
    }
    match all {
        0 => "nothing on any connection".to_owned(),
        1 => "nothing here; 1 packet on other connections".to_owned(),
        n => format!("nothing here; {n} packets on other connections"),
    }
}
