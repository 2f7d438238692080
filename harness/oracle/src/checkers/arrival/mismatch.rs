//! The packet that was waited for came, but is not as claimed; or another one came first where the step is strict.

use deadzone_spec::{ClauseId, pair};
use deadzone_verdict::{Fact, Grade, GradeLevel};
use deadzone_wire::{Field, Packet, PacketKind, Pattern, Version};

use super::{
    question, session,
    wait::{Wait, number},
};
use crate::{checkers::wording, instead, opinion::Opinion, owed};

pub(super) fn opinions(wait: &Wait<'_, '_>, got: u64, packet: &Packet) -> Vec<Opinion> {
    let opinion = opinion(wait, got, packet);
    // A grade does not say why the script stopped here.
    let stopped = matches!(opinion, Opinion::Grade(_))
        .then(|| wait.doubt(format!("the script could not go on after {}", packet.summary())));
    [Some(opinion), stopped].into_iter().flatten().collect()
}

fn opinion(wait: &Wait<'_, '_>, got: u64, packet: &Packet) -> Opinion {
    let Some(pattern) = wait.patterns().find(|pattern| pattern.kind == packet.kind()) else {
        return another(wait, got, packet);
    };
    if wait.matches(packet) {
        return Opinion::Ours {
            why: format!("`{}` is recorded as contradicted by what meets it", wait.claim.text),
        };
    }
    if let Some(opinion) = refusal(wait, pattern, got, packet) {
        return opinion;
    }
    if let Some(opinion) = session::opinion(wait, pattern, got, packet) {
        return opinion;
    }
    let mismatch = pattern.matches(packet).err();
    let (wanted, found) = mismatch.map_or_else(Default::default, |m| (m.wanted, m.got));
    let asked = question::question(wait);
    let table = field_clause(pattern, packet, wait.version)
        .or_else(|| owed::clause(question::owed(wait, pattern, asked), wait.version));
    let mut evidence: Vec<u64> = asked.into_iter().map(|(_, seq)| seq).collect();
    evidence.push(got);
    let text = format!("{} ({found} where {wanted} is claimed)", packet.summary());
    Opinion::broken(wait.finding(table, text, evidence, instead::mismatch()))
}

/// The target refused, which is its right unless the step asks for the code itself.
fn refusal(wait: &Wait<'_, '_>, pattern: &Pattern, got: u64, packet: &Packet) -> Option<Opinion> {
    let what = packet.summary();
    if let Packet::Suback(suback) = packet
        && let (Some(wanted), Some(code)) = (number(pattern, Field::Reason), suback.codes.first())
        && wanted < 0x80
        && (u32::from(*code) < wanted || *code >= 0x80)
    {
        return Some(Opinion::NotApplicable { at: got, why: format!("the target granted less: {what}") });
    }
    if !failed(packet) || pattern.fields.iter().any(|(field, _)| *field == Field::Reason) {
        return None;
    }
    Some(match packet {
        Packet::Suback(_) | Packet::Unsuback(_) => {
            Opinion::NotApplicable { at: got, why: format!("the target refused: {what}") }
        }
        Packet::Ack(ack) if packet.kind() == PacketKind::Pubcomp && ack.code() == 0x92 => {
            Opinion::Grade(Grade {
                clause: None,
                level: GradeLevel::Info,
                text: format!("{what}: it had forgotten the id; during recovery this is no error"),
                evidence: vec![got],
            })
        }
        _ if wait.intent => wait.doubt(format!("the target refused: {what}")),
        _ => wait.doubt(format!("the target refused what the script asked for: {what}")),
    })
}

fn failed(packet: &Packet) -> bool {
    match packet {
        Packet::Connack(p) => p.code != 0,
        Packet::Ack(p) => p.code() >= 0x80,
        Packet::Suback(p) => p.codes.iter().any(|code| *code >= 0x80),
        Packet::Unsuback(p) => p.codes.iter().any(|code| *code >= 0x80),
        Packet::Auth(p) => p.reason.is_some_and(|code| code >= 0x80),
        _ => false,
    }
}

/// A SUBACK that meets its claim but grants less than was asked for.
pub(super) fn lowered(wait: &Wait<'_, '_>, got: u64) -> Option<Opinion> {
    let Packet::Suback(suback) = wait.survey.packet(got)? else { return None };
    let (_, asked) = question::question(wait)?;
    let Packet::Subscribe(subscribe) = wait.survey.packet(asked)? else { return None };
    let lower = |((_, options), code): (&(_, u8), &u8)| *code < 0x80 && *code < options & 0x03;
    if !wait.intent || !subscribe.filters.iter().zip(&suback.codes).any(lower) {
        return None;
    }
    let why = format!(
        "the target granted a lower QoS than the scenario needs: {}",
        wording::event(wait.survey, got)
    );
    Some(Opinion::NotApplicable { at: got, why })
}

/// Another packet came first.
fn another(wait: &Wait<'_, '_>, got: u64, packet: &Packet) -> Opinion {
    if !wait.strict {
        let why = format!("`{}` is recorded as contradicted by {}", wait.claim.text, packet.summary());
        return Opinion::Ours { why };
    }
    let asked = question::question(wait);
    let table = wait.main_pattern().and_then(|pattern| {
        let first = pattern.kind == PacketKind::Connack;
        let first = first.then_some(pair!("MQTT-3.2.0-1", "MQTT-3.2.0-1").of(wait.version));
        first.unwrap_or_else(|| owed::clause(question::owed(wait, pattern, asked), wait.version))
    });
    let mut evidence: Vec<u64> = asked.into_iter().map(|(_, seq)| seq).collect();
    evidence.push(got);
    let text = format!("{} came first", packet.summary());
    Opinion::broken(wait.finding(table, text, evidence, instead::strict()).stating(Fact::WrongPacket))
}

/// The clause for a field of a PUBLISH that is not as claimed.
fn field_clause(pattern: &Pattern, packet: &Packet, version: Version) -> Option<ClauseId> {
    let field = pattern.matches(packet).err()?.field?;
    (pattern.kind == PacketKind::Publish).then_some(())?;
    let wanted = number(pattern, field)?;
    crate::checkers::receives::field_clause(field, wanted, version)
}
