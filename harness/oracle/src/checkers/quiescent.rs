//! Nothing owed either way on a client's session at one moment: if something is, whose turn is it?

use std::collections::BTreeMap;

use deadzone_history::Direction;
use deadzone_history::{By, ClaimKind};
use deadzone_verdict::{Fact, Finding, Phase};
use deadzone_wire::{AckKind, Packet, PacketKind};

use super::{receives::Deliveries, wording};
use crate::{
    instead,
    opinion::Opinion,
    owed::{self, Owed},
    survey::{Claimed, Conn, Outcome, Survey},
};

pub(super) const NAME: &str = "quiescent";

/// What one side waits for: packet type and id (0 where it has none), with the packet that calls for it.
type Debts = BTreeMap<(PacketKind, u16), u64>;

pub(super) fn check(survey: &Survey<'_>) -> Vec<Opinion> {
    let mut opinions = Vec::new();
    for claimed in &survey.claims {
        let ClaimKind::Quiescent { client } = claimed.claim.kind else { continue };
        match claimed.outcome {
            Outcome::Met { slow, .. } => opinions.extend(slow.then_some(Opinion::Slow)),
            Outcome::Open => {
                opinions.push(Opinion::doubt(claimed.at, "the run ended before the client was at rest"));
            }
            Outcome::Unmet { at, at_us, waited_us, .. } => {
                let starved = survey.starved_while(claimed.at, waited_us, at_us);
                opinions.push(if starved {
                    Opinion::doubt(at, "the harness was starved while it waited for the client to be at rest")
                } else {
                    unrest(survey, claimed, client.index(), at, waited_us)
                });
            }
        }
    }
    opinions
}

fn unrest(survey: &Survey<'_>, claimed: &Claimed<'_>, client: usize, at: u64, waited_us: u64) -> Opinion {
    let name = survey.name(client);
    let Some(conn) = survey.conns_of(client).rev().find(|conn| conn.opened < at) else {
        return Opinion::doubt(at, format!("`{name}` was never connected"));
    };
    if let Some(opinion) = closed_instead(survey, claimed, conn, at) {
        return opinion;
    }
    if !conn.lives_at(at) {
        return Opinion::doubt(at, format!("`{name}` was not connected when it should have been at rest"));
    }
    let (broker, ours) = debts(survey, conn, at);
    if let Some(((kind, id), asked)) = broker.first_key_value() {
        let again =
            matches!(survey.packet(*asked), Some(Packet::Publish(p)) if p.dup && *kind == PacketKind::Pubrec);
        let owed = if again { Owed::PubrecAgain } else { Owed::Answer(*kind) };
        let wanted = if *id == 0 { kind.to_string() } else { format!("{kind} id={id}") };
        return finding(survey, claimed, conn, (owed, wanted), (*asked, at, waited_us));
    }
    if let Some(seq) = not_resent(survey, client, conn, at) {
        let wanted = format!("{} again after the session was resumed", wording::event(survey, seq));
        return finding(survey, claimed, conn, (Owed::Resend, wanted), (seq, at, waited_us));
    }
    if let Some(seq) = conn.undelivered(at).first() {
        let what = wording::event(survey, *seq);
        return Opinion::doubt(at, format!("the broker sent {what}, but the link did not deliver it"));
    }
    match ours.keys().next() {
        Some((kind, id)) => Opinion::doubt(at, format!("`{name}` itself owed {kind} id={id}")),
        None => Opinion::doubt(at, format!("`{name}` was not at rest, but the broker owed it nothing")),
    }
}

/// The broker closed while it owed something, of its own accord: the harness had not ended the connection. Whether it
/// repeats is the runner's to see; a reason of its own that it gave is no finding.
fn closed_instead(survey: &Survey<'_>, claimed: &Claimed<'_>, conn: &Conn, at: u64) -> Option<Opinion> {
    let closed = conn.closed_by_broker?.seq;
    let ours = [conn.ended_for_broker, conn.closed_here.filter(|c| c.by == By::Harness)];
    if closed >= at || ours.into_iter().flatten().any(|closing| closing.seq < closed) {
        return None;
    }
    let deviant = |seq: &u64| survey.packet_event(*seq).is_some_and(|p| !p.decoded.violations.is_empty());
    if conn.scraps_given.is_some() || conn.given.iter().any(deviant) {
        return None;
    }
    let (broker, _) = debts(survey, conn, closed);
    let ((kind, id), asked) = broker.first_key_value()?;
    let said = conn.seen.iter().rev().find(|seq| **seq < closed).and_then(|seq| survey.packet(*seq));
    if matches!(said, Some(Packet::Disconnect(_))) {
        return None;
    }
    let id = if *id == 0 { String::new() } else { format!(" id={id}") };
    let (clause, also) = owed::choose(
        &claimed.claim.clauses,
        owed::clause(Owed::Answer(*kind), conn.version),
        &survey.history.header.clauses,
        conn.version,
    );
    Some(Opinion::broken(Finding {
        clause,
        also,
        fact: Fact::Closed,
        phase: Phase::default(),
        client: Some(survey.name(conn.client).to_owned()),
        qos: None,
        by: NAME.to_owned(),
        wanted: format!("nothing owed to `{}`: {kind}{id}", survey.name(conn.client)),
        got: format!("closed instead of {kind}{id}"),
        meanwhile: wording::meanwhile(survey, conn, *asked, at),
        evidence: vec![*asked, closed],
        claim: Some(claimed.claim.id),
        place: Some(claimed.claim.place),
        could_instead: instead::closed(),
        folded: Vec::new(),
    }))
}

fn finding(
    survey: &Survey<'_>,
    claimed: &Claimed<'_>,
    conn: &Conn,
    (owed, wanted): (Owed, String),
    (asked, at, waited_us): (u64, u64, u64),
) -> Opinion {
    let scenario = &survey.history.header.clauses;
    let table = owed::clause(owed, conn.version);
    let (clause, also) = owed::choose(&claimed.claim.clauses, table, scenario, conn.version);
    let kind = match owed {
        Owed::Answer(kind) => kind,
        Owed::PubrecAgain => PacketKind::Pubrec,
        _ => PacketKind::Publish,
    };
    Opinion::broken(Finding {
        clause,
        also,
        fact: Fact::AnswerMissing,
        phase: Phase::default(),
        client: Some(survey.name(conn.client).to_owned()),
        qos: None,
        by: NAME.to_owned(),
        wanted: format!("nothing owed to `{}`: {wanted}", survey.name(conn.client)),
        got: format!("still owed after {}", wording::seconds(waited_us)),
        meanwhile: wording::meanwhile(survey, conn, asked, at),
        evidence: vec![asked, at],
        claim: Some(claimed.claim.id),
        place: Some(claimed.claim.place),
        could_instead: instead::silence(Some(kind), conn.version),
        folded: Vec::new(),
    })
}

/// What the broker and the client owe on this connection, by what was given and seen on it.
fn debts(survey: &Survey<'_>, conn: &Conn, at: u64) -> (Debts, Debts) {
    let (mut broker, mut ours) = (Debts::new(), Debts::new());
    let mut seqs: Vec<u64> = conn.seen.iter().chain(&conn.given).copied().filter(|seq| *seq < at).collect();
    seqs.sort_unstable();
    for seq in seqs {
        let Some(event) = survey.packet_event(seq) else { continue };
        let packet = &event.decoded.packet;
        let id = packet.packet_id().unwrap_or(0);
        let (own, other) = match event.direction {
            Direction::Up => (&mut ours, &mut broker),
            Direction::Down => (&mut broker, &mut ours),
        };
        own.remove(&(packet.kind(), id));
        if let Some(answer) = calls_for(packet) {
            other.insert((answer, id), seq);
        }
    }
    (broker, ours)
}

fn calls_for(packet: &Packet) -> Option<PacketKind> {
    match packet {
        Packet::Connect(_) => Some(PacketKind::Connack),
        Packet::Publish(p) => match p.qos {
            1 => Some(PacketKind::Puback),
            2 => Some(PacketKind::Pubrec),
            _ => None,
        },
        Packet::Ack(ack) => match ack.kind {
            AckKind::Pubrec if ack.code() < 0x80 => Some(PacketKind::Pubrel),
            AckKind::Pubrel => Some(PacketKind::Pubcomp),
            _ => None,
        },
        Packet::Subscribe(_) => Some(PacketKind::Suback),
        Packet::Unsubscribe(_) => Some(PacketKind::Unsuback),
        Packet::Bare(p) if p.kind == PacketKind::Pingreq => Some(PacketKind::Pingresp),
        _ => None,
    }
}

/// A delivery that an earlier connection left unfinished and that nothing was sent for on this one.
fn not_resent(survey: &Survey<'_>, client: usize, conn: &Conn, at: u64) -> Option<u64> {
    let limited = survey.connect_of(conn).is_some_and(|connect| {
        connect.properties.get(deadzone_wire::PropertyId::MaximumPacketSize).is_some()
    });
    // Under a smaller packet size what was owed may have to be discarded instead.
    if limited {
        return None;
    }
    let deliveries = Deliveries::to(survey, client, at);
    let sent_again = |id: Option<u16>| {
        let mut acks = conn.seen.iter().filter(|seq| **seq < at).filter_map(|seq| survey.packet(*seq));
        acks.any(
            |packet| matches!(packet, Packet::Ack(a) if a.kind == AckKind::Pubrel && Some(a.packet_id) == id),
        )
    };
    let mut open = deliveries.unfinished().filter(|d| d.conn != conn.id && !sent_again(d.publish.packet_id));
    open.next().and_then(|d| d.copies.last().copied())
}
