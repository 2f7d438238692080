//! Silence as a finding: what never came, on which connections, and from when on it was waited for.

use bytes::Bytes;
use deadzone_history::{
    Claim, ClaimKind, ClientIx, ConnId, Direction, End, Event, EventKind, Expected, History, PacketEvent,
    Purpose, Seq,
};
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{Field, Packet, PacketKind, Value};

use super::{
    check::{Check, Plan, answer_to, unseen},
    step::{Given, Step, Wanted},
    walk::Walk,
};

/// Least time that a silence is waited out, µs.
const LEAST_US: u64 = 1_000_000;
/// Longest time between two PINGREQs, s.
const PING_S: u16 = 15;

/// What must not stay away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    /// How long it was waited for.
    pub(super) us: u64,
    /// The packets of which one must come, each on its connection.
    pub(super) wanted: Vec<(ConnId, Wanted)>,
    /// The connection whose end would do.
    pub(super) end_of: Option<ConnId>,
    /// Connections that are kept alive meanwhile, by a PINGREQ each so many seconds.
    pub(super) ping: Vec<ConnId>,
    pub(super) every_s: u16,
    /// Connections that may end: their client has left them, or the broker ended them meanwhile.
    pub(super) left: Vec<ConnId>,
}

/// The plan of a silence.
pub(super) fn plan(history: &History, finding: &Finding, decides: &Event) -> Plan {
    let claim = match &decides.kind {
        EventKind::Unmet { claim, .. } => Some(*claim),
        _ => finding.claim,
    };
    let claim = claim.and_then(|id| claim_of(history, id));
    let mut walk = Walk::before(history, decides.seq);
    let Waited { since_us, ping, mut left } = wait(&mut walk, history, decides.seq, claim, finding);
    let us = decides.at_us.saturating_sub(since_us).max(LEAST_US);
    left.extend(history.events.iter().take_while(|event| event.seq < decides.seq).filter_map(|event| {
        match &event.kind {
            EventKind::Closed { conn, end: End::Client, .. } => Some(*conn),
            _ => None,
        }
    }));
    left.retain(|conn| walk.clients.contains_key(conn));
    let owed = Owed { history, finding, walk: &walk, cut: decides.seq };
    let (wanted, end_of) = match claim.map(|claim| &claim.kind) {
        Some(ClaimKind::Arrives { conn, alternatives, .. }) => owed.arrival(*conn, alternatives),
        Some(ClaimKind::Receives { client, payloads, .. }) => (owed.delivery(*client, payloads), None),
        Some(ClaimKind::StillServed { client, payload }) => {
            (owed.message(*client, payload.clone(), false), None)
        }
        _ => (owed.answer(), None),
    };
    // What was sent last may be a PINGREQ that only kept the connection.
    let asked = answers(claim)
        .filter(|seq| !is_ping(history, *seq) || wanted.iter().any(|(_, w)| w.kind == PacketKind::Pingresp));
    if asked.is_some_and(|question| !is_played(&walk, history, question)) {
        return unseen(history, decides.seq, "what should have been answered is not played");
    }
    if wanted.is_empty() && end_of.is_none() {
        return unseen(
            history,
            decides.seq,
            "what should have come is not one packet or message that can be named",
        );
    }
    let ping: Vec<ConnId> =
        ping.into_iter().filter(|conn| Some(*conn) != end_of && !waits_for_ping(&wanted, *conn)).collect();
    let every_s = ping.iter().filter_map(|conn| walk.keep_alive_s.get(conn)).map(|s| s / 2).min();
    let every_s = every_s.unwrap_or(PING_S).clamp(1, PING_S);
    left.sort_unstable();
    left.dedup();
    let check = Check::Silent(Silence { us, wanted, end_of, ping, every_s, left });
    Plan { walk, check }
}

fn waits_for_ping(wanted: &[(ConnId, Wanted)], conn: ConnId) -> bool {
    wanted.iter().any(|(of, wanted)| *of == conn && wanted.kind == PacketKind::Pingresp)
}

fn claim_of(history: &History, id: u32) -> Option<&Claim> {
    history.events.iter().find_map(|event| match &event.kind {
        EventKind::Claim(claim) if claim.id == id => Some(&**claim),
        _ => None,
    })
}

/// What a wait was in the record.
struct Waited {
    /// When the last thing was done before it.
    since_us: u64,
    /// Connections on which PINGREQ was sent meanwhile.
    ping: Vec<ConnId>,
    /// Those that the broker ended meanwhile.
    left: Vec<ConnId>,
}

/// Takes the harness's own signs of life out of the wait, since the script asks for one of its own: what is left ends with the last
/// thing that was done, and what came behind it.
fn wait(walk: &mut Walk, history: &History, cut: u64, claim: Option<&Claim>, finding: &Finding) -> Waited {
    let parked = history.events.iter().find(|event| match &event.kind {
        EventKind::Parked { claim: id } => claim.is_some_and(|claim| claim.id == *id) && event.seq < cut,
        _ => false,
    });
    // Some questions are asked anew while it waits.
    let asked = finding.evidence.iter().copied().chain(answers(claim));
    let asked = asked.filter_map(|seq| given(history, seq)).max().map_or(0, |seq| seq + 1);
    let until = parked.map_or(cut, |event| event.seq.max(asked)).min(cut);
    let sign_of_life = |seq: u64| match history.event(seq).map(|event| &event.kind) {
        // The one that was not answered is the question itself.
        Some(EventKind::Packet(packet)) if !names(finding, seq, packet) => {
            let ping = packet.frame().kind() == PacketKind::Pingreq && packet.sender != Purpose::Script;
            packet.sender == Purpose::Life || ping
        }
        _ => false,
    };
    let acts = |(seq, step): &(u64, Step)| match step {
        Step::Open { .. } | Step::Send { .. } | Step::Finish { .. } | Step::Reset { .. } => {
            *seq < until && !sign_of_life(*seq)
        }
        _ => false,
    };
    let last = walk.steps.iter().rposition(acts).map_or(0, |at| at + 1);
    let waited = walk.steps.split_off(last);
    let at = |(seq, _): &(u64, Step)| history.event(*seq).map(|event| event.at_us);
    let since_us = walk.steps.last().and_then(at).unwrap_or(0);
    let opened: Vec<ConnId> = waited
        .iter()
        .filter_map(|(_, step)| match step {
            Step::Open { conn } => Some(*conn),
            _ => None,
        })
        .collect();
    // What the harness opened for itself meanwhile is not there.
    walk.clients.retain(|conn, _| !opened.contains(conn));
    let (mut ping, mut left) = (Vec::new(), Vec::new());
    for (seq, step) in waited {
        let own = step.conn().is_some_and(|conn| opened.contains(&conn));
        match &step {
            Step::Send { conn, .. } if sign_of_life(seq) && !own && !ping.contains(conn) => ping.push(*conn),
            Step::Take { wanted, .. } if !own && wanted.kind != PacketKind::Pingresp => {
                walk.steps.push((seq, step));
            }
            Step::Gone { conn, .. } if !own => left.push(*conn),
            _ => {}
        }
    }
    Waited { since_us, ping, left }
}

/// The question of a claim.
fn answers(claim: Option<&Claim>) -> Option<u64> {
    match &claim?.kind {
        ClaimKind::Arrives { answers, .. } => *answers,
        _ => None,
    }
}

/// Where a client's packet was given to the broker, whichever end its number is of.
fn given(history: &History, seq: u64) -> Option<u64> {
    let is = |event: &&Event| match &event.kind {
        EventKind::Packet(packet) if packet.direction == Direction::Up && packet.end == End::Broker => {
            event.seq == seq || packet.of.map(Seq::get) == Some(seq)
        }
        _ => false,
    };
    history.events.iter().find(is).map(|event| event.seq)
}

/// Whether the evidence names a packet, at whichever end.
fn names(finding: &Finding, seq: u64, packet: &PacketEvent) -> bool {
    let twin = packet.of.map(Seq::get);
    finding.evidence.iter().any(|named| *named == seq || Some(*named) == twin)
}

fn is_ping(history: &History, seq: u64) -> bool {
    matches!(history.event(seq).map(|event| &event.kind),
        Some(EventKind::Packet(packet)) if packet.frame().kind() == PacketKind::Pingreq)
}

/// Whether a packet of a client's is played.
fn is_played(walk: &Walk, history: &History, seq: u64) -> bool {
    let given = given(history, seq);
    walk.steps.iter().any(|(sent, step)| matches!(step, Step::Send { .. }) && given == Some(*sent))
}

struct Owed<'h> {
    history: &'h History,
    finding: &'h Finding,
    walk: &'h Walk,
    cut: u64,
}

impl Owed<'_> {
    /// The legal answers of a claim.
    fn arrival(&self, conn: ConnId, alternatives: &[Expected]) -> (Vec<(ConnId, Wanted)>, Option<ConnId>) {
        let mut wanted = Vec::new();
        let mut end_of = None;
        for expected in alternatives {
            let Expected::Packet(pattern) = expected else {
                end_of = Some(conn);
                continue;
            };
            let fields = pattern.fields.iter().filter_map(|(field, value)| {
                let theirs = matches!(pattern.kind, PacketKind::Publish | PacketKind::Pubrel);
                match (field, value) {
                    (Field::Id, Value::Number(id)) if !theirs => Some(("id", Given::Number(*id))),
                    (Field::Id, Value::Number(id)) if pattern.kind == PacketKind::Pubrel => {
                        let brought =
                            u16::try_from(*id).ok().and_then(|id| self.walk.ids.brought_by(conn, id));
                        brought.map(|seq| ("id", Given::IdOf(seq)))
                    }
                    (Field::Topic, Value::Bytes(topic)) => Some(("topic", Given::Bytes(topic.clone()))),
                    (Field::Payload, Value::Bytes(payload)) => {
                        Some(("payload", Given::Bytes(payload.clone())))
                    }
                    _ => None,
                }
            });
            let fields = fields.collect();
            wanted.push((conn, Wanted { kind: pattern.kind, fields }));
        }
        (wanted, end_of)
    }

    /// The message of a claim that the evidence is about.
    fn delivery(&self, client: ClientIx, payloads: &[Bytes]) -> Vec<(ConnId, Wanted)> {
        let again = self.finding.fact == Fact::ResendMissing;
        let told = self.evidence().find_map(|(_, _, _, packet)| match packet {
            Packet::Publish(publish) if payloads.is_empty() || payloads.contains(&publish.payload) => {
                Some(publish.payload.clone())
            }
            _ => None,
        });
        let never = || payloads.iter().find(|payload| !self.came(client, payload)).cloned();
        told.or_else(never).map_or_else(Vec::new, |payload| self.message(client, payload, again))
    }

    /// A message to a client, on any of its connections, or on its last one.
    fn message(&self, client: ClientIx, payload: Bytes, on_last: bool) -> Vec<(ConnId, Wanted)> {
        let conns: Vec<ConnId> =
            self.walk.clients.iter().filter(|(_, of)| **of == client).map(|(conn, _)| *conn).collect();
        let from = if on_last { conns.len().saturating_sub(1) } else { 0 };
        let fields = vec![("payload", Given::Bytes(payload))];
        let wanted = Wanted { kind: PacketKind::Publish, fields };
        conns.iter().skip(from).map(|conn| (*conn, wanted.clone())).collect()
    }

    /// Whether a message came to this client at all.
    fn came(&self, client: ClientIx, payload: &Bytes) -> bool {
        self.history.events.iter().take_while(|event| event.seq < self.cut).any(|event| match &event.kind {
            EventKind::Packet(packet) if packet.end == End::Broker && packet.direction == Direction::Down => {
                let to = self.walk.clients.get(&packet.conn) == Some(&client);
                to && matches!(packet.packet(), Packet::Publish(publish) if publish.payload == *payload)
            }
            _ => false,
        })
    }

    /// What answers the last question that the evidence names, or takes up the last message again.
    fn answer(&self) -> Vec<(ConnId, Wanted)> {
        let last = self.evidence().last();
        let Some((seq, conn, direction, packet)) = last else { return Vec::new() };
        match (direction, packet) {
            (Direction::Up, question) => {
                let Some(kind) = answer_to(question) else { return Vec::new() };
                if !is_played(self.walk, self.history, seq) {
                    return Vec::new();
                }
                let id = question.packet_id().and_then(|id| match kind {
                    PacketKind::Pubrel => self.walk.ids.brought_by(conn, id).map(Given::IdOf),
                    _ => Some(Given::Number(id.into())),
                });
                let client = self.walk.clients.get(&conn);
                let mut of =
                    self.walk.clients.iter().filter(|(_, of)| Some(*of) == client).map(|(conn, _)| *conn);
                // A handshake goes on where the session does.
                let on = if kind == PacketKind::Pubrel { of.next_back().unwrap_or(conn) } else { conn };
                vec![(on, Wanted { kind, fields: id.map(|id| ("id", id)).into_iter().collect() })]
            }
            (Direction::Down, Packet::Publish(publish)) => {
                let client = self.walk.clients.get(&conn).copied();
                client.map_or_else(Vec::new, |client| self.message(client, publish.payload.clone(), true))
            }
            _ => Vec::new(),
        }
    }

    /// The packets that the evidence names.
    fn evidence(&self) -> impl DoubleEndedIterator<Item = (u64, ConnId, Direction, &Packet)> {
        self.finding.evidence.iter().filter_map(|seq| match &self.history.event(*seq)?.kind {
            EventKind::Packet(packet)
                if packet.sender != Purpose::Life || packet.direction == Direction::Up =>
            {
                Some((*seq, packet.conn, packet.direction, packet.packet()))
            }
            _ => None,
        })
    }
}
