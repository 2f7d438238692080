//! The packet that was waited for came, but is not as claimed; or another one came first where the step is strict.

use deadzone_spec::{ClauseId, id};
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{Field, Packet, PacketKind, Pattern, Version, failure};

use super::{
    closing, session,
    wait::{Wait, number},
};
use crate::{
    breach::{Found, Reason},
    instead,
    owed::{self, Owed},
    wording,
};

/// Not authorised, bad user name or password, bad authentication method (5.0 §2.4).
const REFUSES_METHOD: [u8; 3] = [0x86, 0x87, 0x8c];

/// What follows for a client that fails to prove who it is, at CONNECT and later.
const OF_A_FAILED_PROOF: [ClauseId; 2] = [id!("5.0/MQTT-4.12.0-4"), id!("5.0/MQTT-4.12.1-2")];

/// Continue authentication (5.0 §3.15.2.1).
const CONTINUE: u8 = 0x18;

pub(super) fn judge(wait: &Wait<'_>, got: u64, packet: &Packet, found: &mut Found) {
    // Where a step is strict, an answer that has no code in this version can't be the refusal that it asks for.
    let codeless =
        wait.strict && wait.version != Version::V5 && matches!(packet, Packet::Ack(_) | Packet::Unsuback(_));
    let fits =
        |pattern: &&Pattern| pattern.kind == packet.kind() && !(codeless && pattern.asks_for_failure());
    let Some(pattern) = wait.patterns().find(fits) else {
        return another(wait, got, packet, found);
    };
    if wait.matches(packet) {
        let why = format!("`{}` is recorded as contradicted by what meets it", wait.claim.text);
        return found.ours(why);
    }
    if other_refusal(wait, got, packet, found)
        || any_proof(wait, got, packet, found)
        || refusal(wait, pattern, got, packet, found)
        || session::judge(wait, pattern, got, packet, found)
    {
        return;
    }
    let mismatch = pattern.matches(packet).err();
    let field = mismatch.as_ref().and_then(|m| m.field);
    if field == Some(Field::Qos) && lower_grant(wait, pattern, packet) {
        let why = format!("the target granted less than the step needs: {}", packet.summary());
        return found.not_applicable(got, why);
    }
    let (wanted, came) = mismatch.map_or_else(Default::default, |m| (m.wanted, m.got));
    let asked = wait.asked();
    let mut evidence: Vec<u64> = asked.into_iter().collect();
    evidence.push(got);
    let text = format!("{} ({came} where {wanted} is claimed)", packet.summary());
    let owed = owed_field(wait, pattern, packet, field);
    let finding = wait.finding(
        Some(owed),
        Fact::WrongField,
        text,
        evidence,
        instead::mismatch(failure(packet).is_some()),
    );
    tell(wait, got, packet, finding, found);
}

/// The finding, or a grade where the standard lets the connection be open.
fn tell(wait: &Wait<'_>, got: u64, packet: &Packet, finding: Finding, found: &mut Found) {
    if let Some(why) = closing::may_stay_open(wait, packet) {
        let text = format!("{}: the connection is open; {why}", finding.got);
        return found.graded(got, Some(finding.clause), text, finding.evidence);
    }
    // Where the close is one of the answers to what breaks the protocol, and the standard asks for none, this is none of them either.
    let other_field = finding.fact == Fact::WrongField;
    if let Some(why) = closing::may_answer_otherwise(wait).filter(|_| other_field) {
        let text = format!("{}: {why}", finding.got);
        return found.graded(got, Some(finding.clause), text, finding.evidence);
    }
    found.claim_broken(finding);
}

/// A CONNECT of an unknown name or level is refused, but by a code that the standard does not name for it: which one is no duty of a
/// server that may refuse in several versions.
fn other_refusal(wait: &Wait<'_>, got: u64, packet: &Packet, found: &mut Found) -> bool {
    let unknown = wait.conn.handshake.connect.as_ref().is_some_and(|c| !c.known_level);
    let Packet::Connack(connack) = packet else { return false };
    if !unknown || connack.code == 0 {
        return false;
    }
    let text = format!("an unknown protocol name or level is refused by {}", packet.summary());
    found.graded(got, None, text, Vec::new());
    true
}

/// A client whose proof should fail is let in. What becomes of one that fails says nothing of a server that lets everybody in, as one
/// without any users may.
fn any_proof(wait: &Wait<'_>, got: u64, packet: &Packet, found: &mut Found) -> bool {
    let accepts = match packet {
        Packet::Connack(connack) => connack.code == 0,
        Packet::Auth(auth) => auth.reason.unwrap_or(0) == 0,
        _ => false,
    };
    let clause = wait.claim.clauses.iter().find(|clause| OF_A_FAILED_PROOF.contains(clause));
    let Some(clause) = clause.filter(|_| accepts && authenticates(wait)) else { return false };
    let text = format!("any proof is accepted, as a server may that knows no users: {}", packet.summary());
    found.graded(got, Some(*clause), text, Vec::new());
    true
}

/// What is owed where this field is otherwise.
fn owed_field(wait: &Wait<'_>, pattern: &Pattern, packet: &Packet, field: Option<Field>) -> Owed {
    let of_publish = || {
        let wanted = number(pattern, field?)?;
        let owed = Owed::Field(field?, wanted);
        (packet.kind() == PacketKind::Publish && owed::pair(owed).is_some()).then_some(owed)
    };
    // One refusal where another was claimed is about the code, not about acceptance.
    let other_code = matches!(packet, Packet::Connack(c) if c.code != 0)
        && number(pattern, Field::Reason).unwrap_or(0) != 0;
    match of_publish() {
        Some(owed) => owed,
        None if other_code => Owed::RefusalCode,
        None => wait.owed(pattern, wait.question()),
    }
}

/// Whether the session's own grant explains a lower QoS than the step waits for.
fn lower_grant(wait: &Wait<'_>, pattern: &Pattern, packet: &Packet) -> bool {
    let (Packet::Publish(publish), Some(wanted)) = (packet, number(pattern, Field::Qos)) else {
        return false;
    };
    let Some(session) = wait.conn.session.and_then(|s| wait.state.session(s)) else { return false };
    let grants = session.subscriptions.held(&publish.topic.0).flat_map(|held| &held.asks);
    let highest = grants.filter_map(crate::state::Ask::granted).max();
    highest.is_some_and(|granted| u32::from(granted) < wanted && publish.qos == granted)
}

/// The target refused, which is its right unless the step asks for the code itself.
fn refusal(wait: &Wait<'_>, pattern: &Pattern, got: u64, packet: &Packet, found: &mut Found) -> bool {
    let what = packet.summary();
    if let Packet::Suback(suback) = packet
        && let (Some(wanted), Some(code)) = (number(pattern, Field::Reason), suback.codes.first())
        && wanted < 0x80
        && (u32::from(*code) < wanted || *code >= 0x80)
    {
        found.not_applicable(got, format!("the target granted less: {what}"));
        return true;
    }
    if failure(packet).is_none() || pattern.asks_for_failure() {
        return false;
    }
    match packet {
        Packet::Suback(_) | Packet::Unsuback(_) => {
            found.not_applicable(got, format!("the target refused: {what}"));
        }
        Packet::Ack(ack) if packet.kind() == PacketKind::Pubcomp && ack.code() == 0x92 => {
            forgotten(wait, got, packet, found);
        }
        Packet::Connack(c) if authenticates(wait) && REFUSES_METHOD.contains(&c.code) => {
            found.not_applicable(got, format!("the target does not offer this method: {what}"));
        }
        Packet::Connack(_) if keep_alive_0(wait) => {
            found.graded(got, None, format!("keep-alive 0 is refused: {what}"), Vec::new());
            found.not_applicable(got, format!("the target refused keep-alive 0: {what}"));
        }
        Packet::Connack(_) if empty_id(wait) => {
            found.not_applicable(got, format!("the target takes no empty client identifier: {what}"));
        }
        // A sound CONNECT is taken for one that is none: no check of who comes has such a code.
        Packet::Connack(connack)
            if closing::MALFORMED.contains(&connack.code)
                && !wait.claim.clauses.is_empty()
                && is_sound(wait) =>
        {
            return false;
        }
        Packet::Connack(connack)
            if matches!(connack.code, 0x04 | 0x05 | 0x86 | 0x87) && has_credentials(wait) =>
        {
            found.not_applicable(got, format!("the target checks credentials: {what}"));
        }
        _ if wait.intent => wait.inconclusive(found, format!("the target refused: {what}")),
        _ => wait.inconclusive(found, format!("the target refused what the script asked for: {what}")),
    }
    true
}

/// PUBCOMP 0x92: during recovery it is no error, unless the id was acknowledged by PUBREC on this very connection.
fn forgotten(wait: &Wait<'_>, got: u64, packet: &Packet, found: &mut Found) {
    let what = packet.summary();
    let session = wait.conn.session.and_then(|s| wait.state.session(s));
    let here = packet.packet_id().zip(session).is_some_and(|(id, s)| s.inbound.received_on(id, wait.id));
    if here {
        let text = format!("{what}, though PUBREC for this id was sent on the same connection");
        let owed = Some(Owed::Answer(PacketKind::Pubcomp));
        let finding = wait.finding(
            owed,
            Fact::WrongField,
            text,
            vec![got],
            instead::mismatch(failure(packet).is_some()),
        );
        return found.claim_broken(finding);
    }
    found.graded(
        got,
        None,
        format!("{what}: it had forgotten the id; during recovery this is no error"),
        Vec::new(),
    );
    wait.inconclusive(found, format!("the script could not go on after {what}"));
}

/// Whether the CONNECT has credentials that the target may not know: not those with which every client comes to it.
pub(super) fn has_credentials(wait: &Wait<'_>) -> bool {
    let connect = wait.asked().and_then(|seq| wait.state.recent.get(seq)).map(crate::state::Kept::packet);
    let Some(Packet::Connect(connect)) = connect else { return false };
    let user = connect.username.as_ref().and_then(|user| user.as_str());
    let known = user.is_some() && user == wait.state.header.target.user.as_deref();
    !known && (connect.username.is_some() || connect.password.is_some())
}

/// Nothing that was given on this connection breaks the protocol, or is such that a receiver may take it for broken.
fn is_sound(wait: &Wait<'_>) -> bool {
    !wait.conn.given.discouraged && wait.conn.given.deviant.is_none()
}

/// A server need not take an empty client identifier, whatever goes with it.
pub(super) fn empty_id(wait: &Wait<'_>) -> bool {
    wait.conn.handshake.connect.as_ref().is_some_and(|c| c.client_id.is_empty())
}

/// A client that names a method of authentication: the target need not offer it.
pub(super) fn authenticates(wait: &Wait<'_>) -> bool {
    wait.conn.handshake.connect.as_ref().is_some_and(|c| c.limits.authenticates)
}

fn keep_alive_0(wait: &Wait<'_>) -> bool {
    wait.conn.handshake.connect.as_ref().is_some_and(|c| c.keep_alive_s == 0)
}

/// A SUBACK that meets its claim but grants less than was asked for: a claim that needs more is not applicable from here on.
pub(super) fn lowered(wait: &Wait<'_>, got: u64, packet: &Packet, found: &mut Found) {
    let Packet::Suback(suback) = packet else { return };
    let asked = wait.asked().and_then(|seq| wait.state.recent.get(seq));
    let Some(Packet::Subscribe(subscribe)) = asked.map(crate::state::Kept::packet) else { return };
    let lower = |((_, options), code): (&(_, u8), &u8)| *code < 0x80 && *code < options & 0x03;
    if wait.intent && subscribe.filters.iter().zip(&suback.codes).any(lower) {
        let what = wording::event(wait.state, got);
        let why = format!("the target granted a lower QoS than the scenario needs: {what}");
        found.lowered.get_or_insert(Reason { at: got, why });
        found.graded(got, None, format!("a lower QoS was granted than was asked for: {what}"), Vec::new());
    }
}

/// Another packet came first.
fn another(wait: &Wait<'_>, got: u64, packet: &Packet, found: &mut Found) {
    if !wait.strict {
        let why = format!("`{}` is recorded as contradicted by {}", wait.claim.text, packet.summary());
        return found.ours(why);
    }
    let asked = wait.asked();
    let owed = wait.main_pattern().map(|pattern| match pattern.kind {
        PacketKind::Connack => Owed::FirstConnack,
        _ => wait.owed(pattern, wait.question()),
    });
    let goes_on = authenticates(wait) && wait.conn.handshake.connack.is_none();
    if goes_on && matches!(packet, Packet::Auth(more) if more.reason == Some(CONTINUE)) {
        return found.not_applicable(got, "the target wants more of this method than the scenario has");
    }
    let auth = wait.main_pattern().is_some_and(|pattern| pattern.kind == PacketKind::Auth);
    if auth && matches!(packet, Packet::Connack(connack) if connack.code == 0) {
        return found.not_applicable(got, "the target wants no more of this method than CONNECT has");
    }
    if auth
        && let Packet::Connack(connack) = packet
        && REFUSES_METHOD.contains(&connack.code)
    {
        return found.not_applicable(got, "the target does not offer this method");
    }
    // The order of what is foreign to the scenario says nothing; where it should not have come, that is told for itself.
    if let Packet::Publish(publish) = packet
        && !wait.state.of_this_run(&publish.topic)
        && wait.version != Version::V31
    {
        let text = format!("a message that is not this scenario's came first: {}", packet.summary());
        found.graded(got, None, text, Vec::new());
        return wait.inconclusive(found, "a message that is not this scenario's came first");
    }
    let mut evidence: Vec<u64> = asked.into_iter().collect();
    evidence.push(got);
    let text = format!("{} came first", packet.summary());
    let finding = wait.finding(owed, Fact::WrongPacket, text, evidence, instead::strict());
    tell(wait, got, packet, finding, found);
}
