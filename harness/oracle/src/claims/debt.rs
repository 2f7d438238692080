//! Whether a message that never came was owed at all. Every legal reason to leave it out is looked for before anybody is blamed.

use bytes::Bytes;
use deadzone_history::{ClientIx, ConnId, Durability};
use deadzone_wire::PacketKind;

use super::will;
use crate::state::{Ask, Conn, Group, Held, Message, Origin, Session, SessionIx, State, seconds_us};

/// How many messages a target may be expected to keep for an offline session.
const QUEUE: u32 = 50;
/// A broker's own packet may be so much larger than the publisher's, bytes.
const ROOM_BYTES: u32 = 512;

/// A message that the broker owes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debt {
    /// Where it was given.
    pub(crate) published: u64,
    /// Where the broker took it over.
    pub(crate) accepted: u64,
    pub(crate) kind: DebtKind,
}

/// Why a message is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DebtKind {
    /// A subscription held when it was published.
    Live,
    /// A subscription made later calls for it.
    Retained,
    /// It is a will.
    Will,
}

/// Why a message is not owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Excuse {
    /// The experiment, or this part of it, did not happen.
    Open(String),
    /// The subscription was granted less than was asked for, and leaves it out.
    Granted(String),
    /// The target need not be able to do this, and was not seen to be.
    Limited(String),
    /// Both outcomes are right.
    Either(String),
    /// It was lost with the target's process, and the target does not declare that it keeps it.
    Lost(String),
    /// The broker itself threw a client out that did nothing wrong: the connection, and the close.
    ThrownOut(ConnId, u64),
}

impl Excuse {
    pub(crate) fn open(why: impl Into<String>) -> Self {
        Self::Open(why.into())
    }
}

/// Whether a message with this payload is owed to the client now, or why not.
pub(crate) fn delivery_owed(state: &State, client: ClientIx, payload: &Bytes) -> Result<Debt, Excuse> {
    let mut why = Excuse::open("nobody published it");
    let Some(group) = state.messages.with_payload(payload) else { return Err(why) };
    for message in &group.messages {
        match owed(state, client, group, message) {
            Ok(debt) => return Ok(debt),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

fn owed(state: &State, client: ClientIx, group: &Group, message: &Message) -> Result<Debt, Excuse> {
    if message.progress.refused.is_some() {
        return Err(Excuse::open("the broker refused the message, which is its right"));
    }
    if let Some((_, how)) = state.around.outage_since(message.first.seq) {
        let is_will = matches!(message.origin, Origin::Will { .. });
        if is_will || !state.outlives(message.progress.completed) {
            return Err(Excuse::Lost(format!("{how}, and {}", declared(state, is_will))));
        }
    }
    if message.qos == 0 {
        return Err(thrown_out_at(state, message.conn, message.first.seq)
            .unwrap_or_else(|| Excuse::open("it was published at QoS 0 and may be lost")));
    }
    let accepted = match message.origin {
        Origin::Publish => taken_over(client, group, message)?,
        Origin::Will { delay_s } => will::due(state, message, delay_s)?,
    };
    let Some((ix, session)) = state.session_of(client) else {
        return Err(Excuse::open("the subscriber was never connected"));
    };
    let retained = subscribed(state, (ix, session), group, message, accepted)?;
    if let Some(expiry_s) = message.expiry_s
        && state.now.at_us.saturating_sub(message.first.at_us) >= seconds_us(expiry_s)
    {
        return Err(Excuse::open(format!("its Message Expiry Interval of {expiry_s} s may have passed")));
    }
    reachable(state, (ix, session), message)?;
    let kind = match (message.origin, retained) {
        (_, true) => DebtKind::Retained,
        (Origin::Will { .. }, false) => DebtKind::Will,
        (Origin::Publish, false) => DebtKind::Live,
    };
    Ok(Debt { published: message.first.seq, accepted, kind })
}

/// Why nothing of the sort is owed across the end of the target's process.
fn declared(state: &State, is_will: bool) -> &'static str {
    match state.header.target.durable {
        _ if is_will => "a will need not outlive that",
        Durability::None => "it declares nothing that outlives that",
        Durability::Periodic => "it declares that it stores at intervals (durable = \"periodic\")",
        Durability::Ack => "it was not acknowledged before, or the store was taken away",
    }
}

/// Where the broker showed that it has taken the message over.
fn taken_over(client: ClientIx, group: &Group, message: &Message) -> Result<u64, Excuse> {
    let progress = &message.progress;
    if let Some(done) = progress.completed {
        return Ok(done.seq);
    }
    // Another subscriber got it: it is being delivered, whichever method the broker has for QoS 2.
    let other = group.deliveries.iter().find(|d| d.client != client);
    if let Some(other) = other {
        return Ok(other.first.seq);
    }
    Err(Excuse::open(match (message.qos, progress.accepted) {
        (2, Some(_)) if progress.released.is_none() => {
            "the broker may hold it until PUBREL, which it was never given"
        }
        (2, Some(_)) => "its PUBREL was not answered: the exchange is not over",
        _ => "its publisher never had an acknowledgement: the broker need not have read it",
    }))
}

/// Whether the session holds a subscription under which the message must come. `true`: as a retained one.
fn subscribed(
    state: &State,
    (ix, session): (SessionIx, &Session),
    group: &Group,
    message: &Message,
    accepted: u64,
) -> Result<bool, Excuse> {
    let mut why = (false, Excuse::open("the client has no subscription that matches it"));
    for held in session.subscriptions.held(&message.topic) {
        for ask in &held.asks {
            match under(state, (ix, session), (held, ask), group, message, accepted) {
                Ok(retained) => return Ok(retained),
                // What holds for a subscription that was there explains more than that a later one came too late.
                Err(reason) if was_there(ask, message) >= why.0 => why = (was_there(ask, message), reason),
                Err(_) => {}
            }
        }
    }
    Err(why.1)
}

/// The subscription was acknowledged before the message was first given.
fn was_there(ask: &Ask, message: &Message) -> bool {
    ask.answered.is_some_and(|(at, _)| at.seq < message.first.seq)
}

fn under(
    state: &State,
    (ix, session): (SessionIx, &Session),
    (held, ask): (&Held, &Ask),
    group: &Group,
    message: &Message,
    accepted: u64,
) -> Result<bool, Excuse> {
    let Some(granted) = ask.granted() else {
        return Err(Excuse::open("its subscription was not acknowledged"));
    };
    let live = was_there(ask, message);
    if let Some((_, how)) = ask.answered.and_then(|(at, _)| state.around.outage_since(at.seq))
        && !state.outlives(ask.answered.map(|(at, _)| at))
    {
        let declared = declared(state, false);
        return Err(Excuse::Lost(format!("{how} behind the subscription, and {declared}")));
    }
    let asks_for_it = match ask.retain_handling() {
        0 => true,
        1 => ask.fresh,
        _ => false,
    };
    let kept = message.retain && !group.payload.is_empty() && ask.given.seq > accepted && asks_for_it;
    let publisher = message.session.and_then(|s| state.session(s)).map(|s| &s.client_id);
    let why = if granted == 0 {
        let why = "the subscription was granted QoS 0, under which it may be lost".to_owned();
        return Err(if ask.requested() > 0 { Excuse::Granted(why) } else { Excuse::Open(why) });
    } else if held.filter.shared && !alone_in_group(state, ix, held, message) {
        "a shared subscription may give it to another member"
    } else if held.filter.shared && !live {
        "a shared subscription gets no retained messages"
    } else if ask.no_local() && publisher == Some(&session.client_id) {
        "No Local keeps it from its own publisher"
    } else if ask.leaving.is_some() {
        "the subscription ended before the message was missed"
    } else if !live && !kept {
        "it was published before the subscription was acknowledged"
    } else if !live && replaced(state, message) {
        "another retained message took its place"
    } else {
        return Ok(!live);
    };
    Err(Excuse::open(why))
}

/// Whether no other session, offline ones included, was in the group of this shared subscription when the message was given. One
/// has left it with its UNSUBACK.
fn alone_in_group(state: &State, ix: SessionIx, held: &Held, message: &Message) -> bool {
    let has_left =
        |held: &Held| held.asks.iter().all(|ask| ask.ended.is_some_and(|ended| ended < message.first.seq));
    let same =
        |other: &Session| other.subscriptions.all().any(|(_, h)| h.filter == held.filter && !has_left(h));
    !state.sessions().any(|(other, session)| other != ix && session.ended.is_none() && same(session))
}

/// Another retained message was given later, or by another client before that client knew that the broker had it: writers
/// on two connections have no order but that of answers.
fn replaced(state: &State, message: &Message) -> bool {
    let rival = |q: &Message| q.retain && q.topic == message.topic && q.first.seq != message.first.seq;
    let later = |q: &Message| {
        q.first.seq > message.first.seq
            || q.client != message.client
                && q.progress.completed.is_none_or(|done| done.seq > message.first.seq)
    };
    state.messages.groups().any(|(_, group)| group.messages.iter().any(|q| rival(q) && later(q)))
}

/// Whether the session was there, took what it got, and is able to take this message.
fn reachable(state: &State, (ix, session): (SessionIx, &Session), message: &Message) -> Result<(), Excuse> {
    let current = session.current().and_then(|id| Some((id, state.conn(id)?)));
    let Some((id, conn)) = current.filter(|(_, conn)| conn.handshake.accepted().is_some()) else {
        return Err(Excuse::open("the subscriber was never connected"));
    };
    if !conn.ends.lives() {
        if conn.ends.by_broker.is_some_and(|closed| closed.at.seq < message.first.seq) {
            return Err(Excuse::open(
                "the broker had closed the subscriber's connection before it was published",
            ));
        }
        return Err(thrown_out(state, id, conn)
            .unwrap_or_else(|| Excuse::open("the subscriber was not connected when the wait ended")));
    }
    let queue = state.header.target.queue.unwrap_or(QUEUE);
    if away(state, session, message) > u64::from(queue) {
        return Err(Excuse::open(format!("more than {queue} messages came while the subscriber was away")));
    }
    let maximum = conn.handshake.connect.as_ref().and_then(|c| c.limits.maximum_packet);
    if maximum.is_some_and(|maximum| message.length + ROOM_BYTES > maximum) {
        return Err(Excuse::open("it may be larger than the subscriber's Maximum Packet Size"));
    }
    let acks = [PacketKind::Puback, PacketKind::Pubrec, PacketKind::Pubcomp];
    let waiting = conn.debts.other.any_of(&acks);
    if waiting && overtaken(state, ix, message).is_none() {
        return Err(Excuse::Limited(
            "the subscriber had not acknowledged an earlier delivery; the broker may wait for it".to_owned(),
        ));
    }
    Ok(())
}

/// The first delivery to this session of a later message of the same stream.
pub(crate) fn overtaken(state: &State, ix: SessionIx, message: &Message) -> Option<u64> {
    let later =
        |m: &Message| m.stream == message.stream && m.index > message.index && m.origin == message.origin;
    let groups = state.messages.groups().map(|(_, group)| group);
    let of_stream = groups.filter(|group| group.messages.iter().any(later));
    of_stream.flat_map(|g| &g.deliveries).filter(|d| d.session == Some(ix)).map(|d| d.first.seq).min()
}

/// The broker closed a connection whose client had kept to the protocol and had not ended it, without a reason of its own.
fn thrown_out(state: &State, id: ConnId, conn: &Conn) -> Option<Excuse> {
    let closed = conn.ends.by_broker?.at.seq;
    if state.around.outage_between(conn.opened.seq, closed) {
        return None;
    }
    let given = &conn.given;
    let legal = given.deviant.is_none() && given.scraps.is_none() && !given.discouraged;
    let over = super::closing::overrun(conn, closed).is_some() || super::closing::on_outsized(conn);
    let own = conn.ends.by_harness_before(closed) || !legal || over;
    let policy = super::closing::policy(state, id, conn).is_some();
    let goodbye = conn.handshake.goodbye.is_some();
    let idle = super::closing::idle(conn, conn.ends.by_broker?.at.at_us);
    (!own && !policy && !goodbye && !idle).then_some(Excuse::ThrownOut(id, closed))
}

/// Whether the broker ended this connection without a reason.
pub(super) fn ended_for_nothing(state: &State, id: ConnId) -> bool {
    state.conn(id).is_some_and(|conn| thrown_out(state, id, conn).is_some())
}

/// The same, behind the packet of this event: no answer shows that the broker went on to read what was given later.
fn thrown_out_at(state: &State, id: ConnId, given: u64) -> Option<Excuse> {
    let conn = state.conn(id)?;
    if conn.answered_up_to <= given { thrown_out(state, id, conn) } else { None }
}

/// The latest connection of a client, where the broker threw the client out: the connection, and the close.
pub(super) fn latest_thrown_out(state: &State, client: ClientIx) -> Option<(ConnId, u64)> {
    let (_, session) = state.session_of(client)?;
    let (id, conn) = state.conns_of(client).next_back()?;
    let taken_over = session.current() != Some(id);
    match thrown_out(state, id, conn)? {
        Excuse::ThrownOut(id, closed) if !taken_over && conn.handshake.accepted().is_some() => {
            Some((id, closed))
        }
        _ => None,
    }
}

/// A message that is owed to a client which was thrown out, and no copy of which was seen: where it was published.
pub(super) fn undelivered(state: &State, client: ClientIx) -> Option<u64> {
    let kept_from = |group: &Group, message: &Message| {
        message.qos > 0 && matches!(owed(state, client, group, message), Err(Excuse::ThrownOut(..)))
    };
    let groups = state.messages.groups().map(|(_, group)| group);
    let missed = groups.filter(|group| group.deliveries.iter().all(|delivery| delivery.client != client));
    let all = missed.flat_map(|group| group.messages.iter().filter(move |message| kept_from(group, message)));
    all.map(|message| message.first.seq).min()
}

/// How many messages were published while the session was away, in the absence that holds this message; 0 if it was there.
fn away(state: &State, session: &Session, message: &Message) -> u64 {
    let at = message.first.seq;
    let (mut left, mut back) = (0, u64::MAX);
    for conn in session.connections.latest.iter().filter_map(|id| state.conn(*id)) {
        let Some(accepted) = conn.handshake.accepted() else { continue };
        let ends = [conn.ends.by_broker, conn.ends.for_broker].into_iter().flatten();
        let end = ends.map(|closing| closing.at.seq).min().unwrap_or(u64::MAX);
        if accepted.seq < at && at < end {
            return 0;
        }
        if end <= at {
            left = left.max(end);
        }
        if accepted.seq > at {
            back = back.min(accepted.seq);
        }
    }
    let within = |m: &&Message| m.first.seq > left && m.first.seq < back;
    state.messages.groups().map(|(_, g)| g.messages.iter().filter(within).count() as u64).sum()
}
