//! The Reason Code with its short forms, which PUBACK to PUBCOMP, DISCONNECT and AUTH share.

use crate::{
    PacketKind, Properties, Sender, Version, clause, clause::Rule, findings::Findings, reason, writer::Writer,
};

/// Checks a code against the list of its packet; `rule` is broken by one that is not listed.
pub(crate) fn check(findings: &mut Findings, kind: PacketKind, code: u8, offset: usize, rule: &Rule) {
    if reason::reason_name(findings.version, kind, code).is_none() {
        findings.note(rule, offset, format!("code 0x{code:02x} is not listed for {kind}"));
        return;
    }
    let other = match findings.sender {
        Sender::Client => Sender::Server,
        Sender::Server => Sender::Client,
    };
    if findings.version == Version::V5 && reason::only_sender(kind, code) == Some(other) {
        findings.note(&clause::REASON_OF_OTHER, offset, format!("code 0x{code:02x} is not for this sender"));
    }
}

/// Writes code and properties in the shortest form that holds both.
pub(crate) fn write(out: &mut Writer, reason: Option<u8>, properties: Option<&Properties>) {
    if reason.is_some() || properties.is_some() {
        out.u8(reason.unwrap_or(0));
    }
    if let Some(properties) = properties {
        properties.write(out);
    }
}
