//! What must arrive: one packet or the close, on one connection. Sorts each claim by how its wait ended.
//!
//! A claim that was met is looked at again: if the packet does not fit after all, the harness contradicts itself; and a close of
//! the harness's own is never the broker's.

use deadzone_history::{By, Close, End, Ended, Expected};
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, PacketKind, Version};

use super::{
    closing,
    judge::{Claimed, Unmet},
    mismatch, silence,
    wait::Wait,
};
use crate::{breach::Found, instead, owed, state::State};

pub(super) const NAME: &str = "arrival";
/// Levels by which a bridge shows itself: a server may know them.
const BRIDGES: std::ops::RangeInclusive<u8> = 0x83..=0x85;

pub(super) fn met(state: &State, claimed: &Claimed, by: &[u64], found: &mut Found) {
    let Some(wait) = Wait::of(state, claimed, None) else { return };
    for seq in by {
        match state.recent.get(*seq) {
            Some(kept) => {
                let here = kept.conn == wait.id && state.is_judged(kept.direction);
                if !here || !wait.matches(kept.packet()) {
                    return found.ours(contradiction(&wait));
                }
                mismatch::lowered(&wait, *seq, kept.packet(), found);
                let table = wait.main_pattern().map(|pattern| wait.owed(pattern, None));
                let table = table.and_then(|owed| owed::clause(owed, wait.version));
                found.tested_all(wait.clauses(table));
            }
            // What is not a packet that is remembered is the close.
            None if wait.alternatives.contains(&Expected::Closed) => closed(&wait, *seq, found),
            None => return found.ours(contradiction(&wait)),
        }
    }
    if by.is_empty() {
        found.ours(contradiction(&wait));
    }
}

fn contradiction(wait: &Wait<'_>) -> String {
    format!("`{}` is recorded as met by something that does not meet it", wait.claim.text)
}

/// A close that was waited for has to be the broker's own.
fn closed(wait: &Wait<'_>, seq: u64, found: &mut Found) {
    let ends = &wait.conn.ends;
    let here = ends.here.filter(|c| c.at.seq == seq);
    let any = [ends.here, ends.by_broker, ends.for_broker].into_iter().flatten().any(|c| c.at.seq == seq);
    if !any {
        return found.ours(contradiction(wait));
    }
    let by_broker =
        ends.by_broker.is_some_and(|c| c.at.seq <= seq) || here.is_some_and(|c| c.by == By::Broker);
    if !by_broker {
        found
            .inconclusive(seq, "the harness ended the connection, not the broker whose close was waited for");
        return;
    }
    if silently_at_an_unknown_level(wait, seq, found) || silently_at_an_unclean_empty_id(wait, seq, found) {
        return;
    }
    let table = closing::cause(wait).and_then(|cause| owed::clause(owed::Owed::Close(cause), wait.version));
    found.tested_all(wait.clauses(table));
    closing::behind_last_words(wait).into_iter().for_each(|clause| found.tested(Some(clause)));
}

/// A server of 3.1.1 alone has an answer to a level that it does not know, and owes it before it closes. One that speaks 5.0
/// may close without a word.
fn silently_at_an_unknown_level(wait: &Wait<'_>, seq: u64, found: &mut Found) -> bool {
    let connect = wait.state.recent.since(0).find(|kept| kept.conn == wait.id && kept.end == End::Broker);
    let Some(kept) = connect else { return false };
    let Packet::Connect(connect) = kept.packet() else { return false };
    let known = Version::from_level(connect.level).is_some() || BRIDGES.contains(&connect.level);
    let alone = wait.version == Version::V311 && wait.state.header.target.v311_alone;
    if known || !alone || !wait.wants(PacketKind::Connack) || wait.conn.handshake.connack.is_some() {
        return false;
    }
    let got =
        "closed without CONNACK 0x01, by a server that speaks 3.1.1 and not 5.0 at this address".to_owned();
    let owed = Some(owed::Owed::Answer(PacketKind::Connack));
    let mut finding = wait.finding(owed, Fact::Closed, got, vec![seq], instead::closed());
    (finding.clause, finding.also) = (deadzone_spec::id!("3.1.1/MQTT-3.1.2-2"), Vec::new());
    found.claim_broken(finding);
    true
}

/// A server of 3.1.1 owes CONNACK 0x02 before it closes, where the client identifier is empty and CleanSession 0. A reset may have
/// overtaken it.
fn silently_at_an_unclean_empty_id(wait: &Wait<'_>, seq: u64, found: &mut Found) -> bool {
    let Some(connect) = wait.conn.handshake.connect.as_ref() else { return false };
    let unclean = wait.version == Version::V311 && connect.client_id.is_empty() && !connect.clean;
    let ends = &wait.conn.ends;
    let orderly = ends.by_broker.is_some_and(|closing| closing.how == Close::Fin);
    if !unclean || !orderly || !wait.wants(PacketKind::Connack) || wait.conn.handshake.connack.is_some() {
        return false;
    }
    let owed = Some(owed::Owed::Answer(PacketKind::Connack));
    let got = "closed without CONNACK 0x02".to_owned();
    found.claim_broken(wait.finding(owed, Fact::Closed, got, vec![seq], instead::closed()));
    true
}

pub(super) fn unmet(state: &State, claimed: &Claimed, unmet: Unmet, found: &mut Found) {
    let Some(wait) = Wait::of(state, claimed, Some(unmet)) else {
        let why =
            format!("`{}` could not be waited for: its connection is not in the record", claimed.claim.text);
        return found.inconclusive(unmet.at.seq, why);
    };
    match unmet.why {
        Ended::Patience | Ended::LongBound | Ended::Closed | Ended::Mismatch => {}
        // The claim about the next try says what came of it.
        Ended::TriedAgain => return,
        why => {
            let why = format!("`{}` could not be waited for: {why}", wait.claim.text);
            return wait.inconclusive(found, why);
        }
    }
    match unmet.got.and_then(|seq| Some((seq, state.recent.get(seq)?.packet()))) {
        // A server of 5.0 may say why it closes; the close itself follows.
        Some((seq, Packet::Disconnect(_))) if !wait.wants(PacketKind::Disconnect) => {
            closing::instead(&wait, seq, found);
        }
        Some((seq, packet)) => mismatch::judge(&wait, seq, packet, found),
        None if unmet.why == Ended::Closed => {
            closing::instead(&wait, unmet.got.unwrap_or(unmet.at.seq), found);
        }
        None => silence::judge(&wait, found),
    }
}
