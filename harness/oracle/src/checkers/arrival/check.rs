//! Sorts each claim by how its wait ended, and looks again at what is recorded as met.

use deadzone_history::{EventKind, Expected};
use deadzone_wire::{Packet, PacketKind};

use super::{closing, mismatch, silence, wait::Wait};
use crate::{
    opinion::Opinion,
    survey::{Outcome, Survey, Why},
};

pub(in crate::checkers) const NAME: &str = "arrival";

pub(in crate::checkers) fn check(survey: &Survey<'_>) -> Vec<Opinion> {
    let mut opinions = Vec::new();
    for claimed in &survey.claims {
        let Some(wait) = Wait::of(survey, claimed) else { continue };
        match &claimed.outcome {
            Outcome::Open => {
                opinions.push(wait.doubt(format!("`{}` was not waited for to the end", wait.claim.text)));
            }
            Outcome::Met { by, slow } => opinions.extend(met(&wait, by, *slow)),
            Outcome::Unmet { why, got, .. } => opinions.extend(unmet(&wait, why, *got)),
        }
    }
    opinions
}

fn met(wait: &Wait<'_, '_>, by: &[u64], slow: bool) -> Vec<Opinion> {
    if by.is_empty() || !by.iter().all(|seq| fits(wait, *seq)) {
        let why = format!("`{}` is recorded as met by something that does not meet it", wait.claim.text);
        return vec![Opinion::Ours { why }];
    }
    let lowered = by.iter().find_map(|seq| mismatch::lowered(wait, *seq));
    let slow = slow.then_some(Opinion::Slow);
    lowered.into_iter().chain(slow).collect()
}

fn fits(wait: &Wait<'_, '_>, seq: u64) -> bool {
    match wait.survey.event(seq).map(|event| &event.kind) {
        Some(EventKind::Packet(packet)) => {
            let here = packet.conn == wait.conn.id && crate::checkers::wording::came_down(wait.survey, seq);
            here && wait.matches(&packet.decoded.packet)
        }
        Some(EventKind::Closed { conn, .. }) => {
            *conn == wait.conn.id && wait.alternatives.contains(&Expected::Closed)
        }
        _ => false,
    }
}

fn unmet(wait: &Wait<'_, '_>, why: &Why, got: Option<u64>) -> Vec<Opinion> {
    if let Why::Harness(why) = why {
        return vec![wait.doubt(format!("`{}` could not be waited for: {why}", wait.claim.text))];
    }
    match got.and_then(|seq| wait.survey.packet(seq).map(|packet| (seq, packet))) {
        // A server of 5.0 may say why it closes; the close itself follows.
        Some((seq, Packet::Disconnect(_))) if !wait.wants(PacketKind::Disconnect) => {
            vec![closing::instead(wait, seq)]
        }
        Some((seq, packet)) => mismatch::opinions(wait, seq, packet),
        None if *why == Why::Closed => vec![closing::instead(wait, got.unwrap_or(wait.at))],
        None => vec![silence::opinion(wait)],
    }
}
