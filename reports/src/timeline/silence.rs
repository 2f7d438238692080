//! What can be said of a missing answer: was the question given to the broker, is it shown that the broker read it, and
//! what was seen from the broker afterwards. Without these a claim of silence is worth nothing.

use deadzone_history::{Claim, ClaimKind, ConnId, Direction, End, Event, EventKind, History, PacketEvent};
use deadzone_verdict::Finding;
use deadzone_wire::PacketKind;

use super::summary;

/// Most packets that are named as seen.
const NAMED: usize = 4;

/// The three sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Silence {
    pub given: String,
    pub acted_on: String,
    pub seen: String,
}

/// What the history says of the claim behind a finding; `None` where the finding claims no missing answer.
pub(crate) fn silence(history: &History, finding: &Finding) -> Option<Silence> {
    let claim = claim_of(history, finding.claim?)?;
    let unmet =
        |e: &Event| matches!(&e.kind, EventKind::Unmet { claim: id, got: None, .. } if *id == claim.id);
    if !history.events.iter().any(unmet) {
        return None;
    }
    let ClaimKind::Arrives { conn, answers: Some(sent), .. } = &claim.kind else { return None };
    let sent_packet = packet(history.event(*sent)?)?;
    let twin = |p: &PacketEvent| p.of.is_some_and(|of| of.get() == *sent);
    let given = history.events.iter().find_map(|e| packet(e).filter(|p| twin(p)).map(|p| (e, p)));
    let name = summary(&sent_packet.decoded.packet);
    let Some((at, given)) = given else {
        return Some(Silence {
            given: format!("no: {name} (#{sent}) never reached the broker whole"),
            acted_on: "nothing is shown".to_owned(),
            seen: seen(history, *conn, *sent),
        });
    };
    Some(Silence {
        given: format!("{name}, {} bytes, whole (#{})", given.frame.wire_len(), at.seq),
        acted_on: acted_on(history, *conn, at.seq),
        seen: seen(history, *conn, at.seq),
    })
}

fn claim_of(history: &History, id: u32) -> Option<&Claim> {
    history.events.iter().find_map(|event| match &event.kind {
        EventKind::Claim(claim) if claim.id == id => Some(&**claim),
        _ => None,
    })
}

fn packet(event: &Event) -> Option<&PacketEvent> {
    match &event.kind {
        EventKind::Packet(p) => Some(p),
        _ => None,
    }
}

/// The packets at the broker's end of a connection behind an event.
fn behind(
    history: &History,
    conn: ConnId,
    from: u64,
    way: Direction,
) -> impl Iterator<Item = (u64, &PacketEvent)> {
    history
        .events
        .iter()
        .filter(move |e| e.seq > from)
        .filter_map(|e| Some((e.seq, packet(e)?)))
        .filter(move |(_, p)| p.conn == conn && p.direction == way && p.end == End::Broker)
}

/// An answer to it or to something that was given later shows that the broker had read so far.
fn acted_on(history: &History, conn: ConnId, given: u64) -> String {
    for (seq, answer) in behind(history, conn, given, Direction::Down) {
        let asked = behind(history, conn, given, Direction::Up)
            .take_while(|(later, _)| *later < seq)
            .find(|(_, question)| is_answer(question, answer));
        if let Some((later, question)) = asked {
            let (answer, question) = (answer.frame.kind(), question.frame.kind());
            return format!("read: the broker answered a later {question} (#{later}) with {answer} (#{seq})");
        }
    }
    "not shown: the broker answered nothing that was given after it".to_owned()
}

fn is_answer(question: &PacketEvent, answer: &PacketEvent) -> bool {
    use PacketKind as K;
    let same_id = question.decoded.packet.packet_id() == answer.decoded.packet.packet_id();
    match (question.frame.kind(), answer.frame.kind()) {
        (K::Pingreq, K::Pingresp) => true,
        (K::Publish, K::Puback | K::Pubrec) | (K::Pubrel, K::Pubcomp) => same_id,
        (K::Subscribe, K::Suback) | (K::Unsubscribe, K::Unsuback) => same_id,
        _ => false,
    }
}

fn seen(history: &History, conn: ConnId, from: u64) -> String {
    let all: Vec<String> = behind(history, conn, from, Direction::Down)
        .map(|(seq, p)| format!("{} (#{seq})", summary(&p.decoded.packet)))
        .collect();
    match all.len() {
        0 => "nothing from the broker on this connection".to_owned(),
        n if n > NAMED => format!("{}, and {} more packets", all[..NAMED].join(", "), n - NAMED),
        _ => all.join(", "),
    }
}
