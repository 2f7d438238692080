//! Nothing came, or nothing of what was waited for, until the wait ended.

use deadzone_history::End;
use deadzone_verdict::Fact;
use deadzone_wire::{Field, PacketKind, Pattern, Value};

use super::{
    closing,
    debt::{self, DebtKind, Excuse},
    judge::routing_is_open,
    thrown_out,
    wait::{Wait, number},
};
use crate::{breach::Found, instead, owed::Owed, wording};

/// Most copies in another shape that are told.
const COPIES_TOLD: usize = 4;

pub(super) fn judge(wait: &Wait<'_>, found: &mut Found) {
    if wait.starved() {
        let why = format!("the harness was starved while it waited for {}", wait.expected());
        return wait.inconclusive(found, why);
    }
    if let Some((at, what)) = wait.state.around.target
        && wait.state.around.last_seen.is_none_or(|seen| seen.seq < at.seq)
    {
        let why = format!("{what}, and has answered nobody since");
        return wait.inconclusive(found, why);
    }
    if let Some(why) = never_given(wait) {
        return wait.inconclusive(found, why);
    }
    if let Some(seq) = lost_on_the_way(wait) {
        let what = wording::event(wait.state, seq);
        return wait.inconclusive(found, format!("the broker sent {what}, but the link did not deliver it"));
    }
    let Some(pattern) = wait.main_pattern() else { return closing::never_closed(wait, found) };
    if let Some((last, copy)) = wait.moved(pattern) {
        let text = format!("{}: the message again, under another id", wording::event(wait.state, copy));
        let could = instead::resend();
        let finding = wait.finding(Some(Owed::Resend), Fact::WrongPacket, text, vec![last, copy], could);
        return found.claim_broken(finding);
    }
    let question = wait.question();
    let owed = match debt(wait, pattern, question) {
        Ok(owed) => owed,
        Err(Excuse::Open(why)) => return wait.inconclusive(found, why),
        Err(Excuse::Granted(why)) => return found.granted_less(wait.at(), why),
        Err(Excuse::Limited(why)) => return found.not_applicable(wait.at(), why),
        Err(Excuse::Either(why)) => return found.graded(wait.at(), None, why, Vec::new()),
        Err(Excuse::Lost(why)) => return found.lost(wait.at(), &wait.expected(), &why),
        Err(Excuse::ThrownOut(conn, _)) if conn == wait.id => {
            return closing::instead(wait, wait.at(), found);
        }
        Err(Excuse::ThrownOut(conn, closed)) => {
            let since = wait.state.conn(conn).and_then(|c| c.given.last).map_or(closed, |(at, _)| at.seq);
            thrown_out::at((conn, closed), since).tell(wait.state, Some(wait.claim), found);
            return;
        }
    };
    // A resend is owed to the session whatever the broker routes.
    let routed = pattern.kind == PacketKind::Publish && owed != Owed::Resend;
    if routed && routing_is_open(wait.state, wait.claimed_at.seq) {
        let why = "a message did not come, and the harness's own client was thrown out meanwhile";
        return wait.inconclusive(found, why);
    }
    let asked = wait.asked().or_else(|| question.map(|(_, seq)| seq));
    let since = asked.unwrap_or(wait.claimed_at.seq);
    let otherwise = otherwise(wait, pattern);
    let it = otherwise.last().map(|seq| format!("; it came as {}", wording::event(wait.state, *seq)));
    let it = it.unwrap_or_default();
    let evidence = asked.into_iter().chain(otherwise).chain([wait.at()]).collect();
    let got = format!("nothing of the sort within {}{}{it}", wording::seconds(wait.waited_us()), alive(wait));
    let could = match owed {
        Owed::Resend => instead::resend(),
        Owed::Will => instead::will(wait.version),
        _ => instead::silence(Some(pattern.kind), wait.version),
    };
    let fact = match owed {
        Owed::Answer(_) | Owed::PubrecAgain => Fact::AnswerMissing,
        Owed::Resend => Fact::ResendMissing,
        _ => Fact::DeliveryMissing,
    };
    let mut finding = wait.finding(Some(owed), fact, got, evidence, could);
    finding.meanwhile = wording::meanwhile(wait.state, wait.id, since);
    found.silent(finding, wait.ended());
}

/// Why the broker can't have had the packet that it should answer.
fn never_given(wait: &Wait<'_>) -> Option<String> {
    let question = wait.question();
    if question.is_some() {
        let (given, closed) = (question?.1, wait.conn.ends.by_broker);
        let what = || wording::event(wait.state, given);
        return closed
            .filter(|c| c.at.seq < given && wait.conn.given.last.is_some_and(|(at, _)| at.seq >= given))
            .map(|_| format!("the broker had closed before {} reached it", what()));
    }
    let asked = wait.asked().or(wait.answers)?;
    let what = || match wait.state.recent.get(asked) {
        Some(kept) => kept.packet().summary(),
        None => "what the client sent".to_owned(),
    };
    if wait.state.recent.get(asked).is_none() {
        return wait
            .conn
            .given
            .scraps
            .is_none()
            .then(|| format!("{} never reached the broker's end", what()));
    }
    let mut given = wait.state.recent.since(asked);
    let reached = given.any(|kept| kept.end == End::Broker && kept.of == Some(asked));
    (!reached).then(|| format!("{} never reached the broker's end", what()))
}

/// What was waited for, seen at the broker's end and not delivered by the link.
fn lost_on_the_way(wait: &Wait<'_>) -> Option<u64> {
    let fits =
        |(_, body): &&(u64, std::sync::Arc<deadzone_history::Recorded>)| wait.matches(&body.decoded.packet);
    wait.conn.undelivered.iter().find(fits).map(|(seq, _)| *seq)
}

fn debt(
    wait: &Wait<'_>,
    pattern: &Pattern,
    question: Option<(Option<deadzone_history::ConnId>, u64)>,
) -> Result<Owed, Excuse> {
    let owed = wait.owed(pattern, question);
    if pattern.kind == PacketKind::Pubrel && question.is_none() {
        return Err(Excuse::open("no PUBREC of the client calls for a PUBREL"));
    }
    if pattern.kind != PacketKind::Publish {
        return Ok(owed);
    }
    if owed == Owed::Resend {
        return Ok(owed);
    }
    match payload(pattern) {
        Some(payload) => debt::delivery_owed(wait.state, wait.client, payload).map(|debt| match debt.kind {
            DebtKind::Retained => Owed::Retained,
            DebtKind::Will => Owed::Will,
            DebtKind::Live => owed,
        }),
        None if number(pattern, Field::Qos) == Some(0) => Err(Excuse::open("a QoS 0 message may be lost")),
        None => Ok(owed),
    }
}

/// Copies of the message that is waited for which came on this connection in another shape.
fn otherwise(wait: &Wait<'_>, pattern: &Pattern) -> Vec<u64> {
    let payload = payload(pattern).filter(|_| pattern.kind == PacketKind::Publish);
    let group = payload.and_then(|payload| wait.state.messages.with_payload(payload));
    let copies = group.into_iter().flat_map(|group| &group.deliveries);
    let here = copies.filter(|d| {
        d.first_conn == wait.id && d.ours && d.body.as_ref().is_some_and(|body| !wait.matches(body.packet()))
    });
    here.take(COPIES_TOLD).map(|d| d.first.seq).collect()
}

fn payload(pattern: &Pattern) -> Option<&bytes::Bytes> {
    pattern.fields.iter().find_map(|(field, value)| match value {
        Value::Bytes(bytes) if *field == Field::Payload => Some(bytes),
        _ => None,
    })
}

/// Whether the connection showed life during the wait.
fn alive(wait: &Wait<'_>) -> &'static str {
    let here =
        || wait.state.recent.since(wait.claimed_at.seq).filter(|k| k.conn == wait.id && k.end == End::Broker);
    let is = |kind| here().any(|kept| kept.packet().kind() == kind);
    match (is(PacketKind::Pingreq), is(PacketKind::Pingresp)) {
        (_, true) => "; the connection lives: PINGREQ was answered",
        (true, false) => "; PINGREQ was not answered either",
        (false, false) => "",
    }
}
