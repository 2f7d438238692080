//! Session Present tells the truth, as far as this run knows it.
//!
//! A session is owed only if this run left one that the broker must still hold. CONNACK may have shortened its expiry; a
//! CONNECT that was never answered may have replaced it; both are the state's business.
//!
//! A wrong word may be no more than that. Where the connection shows what the broker really has, the other clause is named
//! beside: a message by a subscription of the session that is over shows that it was kept; one that its subscription calls for,
//! and that never comes, shows that what must be stored was not.

use deadzone_history::{ConnId, Event, EventKind};
use deadzone_spec::Pair;
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{Packet, PacketKind, Version};

use super::{
    clauses::{CLEAN_HAS_NONE, REUSED, SESSION_KEPT, SESSION_OVER, STORED},
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{Ask, Conn, ConnectFacts, Connected, Message, Origin, Outlook, Session, State, Transition},
};

const NAME: &str = "session-present";
/// So many wrong words are followed.
const KEPT: usize = 64;

/// A CONNACK that told it wrong: on which connection, its event, and what it said.
#[derive(Debug)]
struct Told {
    conn: ConnId,
    connack: u64,
    present: bool,
}

#[derive(Debug, Default)]
pub(crate) struct SessionPresent(Vec<Told>);

impl Rule for SessionPresent {
    fn name(&self) -> &'static str {
        NAME
    }

    fn on(&self) -> On {
        On::CONNECTED.or(On::DELIVERED)
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        if let Some(delivery) = Delivery::of(event, state) {
            return self.delivered(&delivery, state, found);
        }
        if let (Some(told), true) = (connected(event, state, found), self.0.len() < KEPT) {
            self.0.push(told);
        }
    }

    fn finish(&mut self, state: &State, found: &mut Found) {
        for told in self.0.iter().filter(|told| !told.present) {
            let Some(conn) = state.conn(told.conn) else { continue };
            let old = conn.session.and_then(|s| state.session(state.session(s)?.previous?));
            let missed = old.and_then(|old| missed(state, (conn, told.connack), old));
            if let Some(missed) = missed {
                let what = format!("what its subscription calls for never came (event {missed})");
                beside(found, told.connack, STORED.of(conn.version), &what);
            }
        }
    }
}

impl SessionPresent {
    /// A message by nothing that was asked for since.
    fn delivered(&self, delivery: &Delivery<'_>, state: &State, found: &mut Found) {
        let wrong = |told: &&Told| told.conn == delivery.seen.conn && told.present;
        let Some(told) = self.0.iter().find(wrong) else { return };
        let mut asks =
            delivery.session.subscriptions.held(&delivery.topic.0).flat_map(|h| &h.asks).peekable();
        // What is written behind the CONNECT is the connection's own, wherever CONNACK comes.
        let connect =
            state.conn(told.conn).and_then(|conn| conn.handshake.connect.as_ref()).map(|c| c.at.seq);
        let of_before = |ask: &Ask| connect.is_some_and(|connect| ask.given.seq < connect);
        if asks.peek().is_some() && asks.all(of_before) {
            let what = format!("{} by a subscription of that session", delivery.summary());
            beside(found, told.connack, REUSED.of(delivery.seen.version), &what);
        }
    }
}

/// Names the other clause beside what this CONNACK breaks, once.
fn beside(found: &mut Found, connack: u64, clause: Option<deadzone_spec::ClauseId>, what: &str) {
    let tells = |f: &Finding| f.by == NAME && f.evidence.last() == Some(&connack);
    let told = found.findings.iter_mut().find_map(|f| match tells(f) {
        true => Some(f),
        false => f.folded.iter_mut().find(|f| tells(f)),
    });
    if let (Some(finding), Some(clause)) = (told, clause)
        && finding.breaks_also(clause)
    {
        finding.got = format!("{}; {what}", finding.got);
    }
}

/// A message that the broker took behind this CONNACK, that only a subscription of the old session calls for, and that did not
/// come for the long bound, though the connection lives and nothing holds it back: where it was published.
fn missed(state: &State, (conn, connack): (&Conn, u64), old: &Session) -> Option<u64> {
    let new = state.session(conn.session?)?;
    let calls = |ask: &Ask| ask.granted() > Some(0) && ask.leaving.is_none() && !ask.no_local();
    let owed = |message: &Message| {
        let waited_us = |done: crate::state::Mark| state.now.at_us.saturating_sub(done.at_us);
        let done = message.progress.completed.filter(|done| conn.answered_up_to > done.seq);
        let mut held = old.subscriptions.held(&message.topic).filter(|held| !held.filter.shared);
        message.first.seq > connack
            && message.origin == Origin::Publish
            && (message.qos > 0 && message.expiry_s.is_none())
            && done.is_some_and(|done| waited_us(done) >= state.header.long_bound_us)
            && held.any(|held| held.asks.iter().any(calls))
            && new.subscriptions.held(&message.topic).next().is_none()
    };
    let acks = [PacketKind::Puback, PacketKind::Pubrec, PacketKind::Pubcomp];
    let held_back =
        conn.debts.other.any_of(&acks) || conn.handshake.connect.as_ref()?.limits.maximum_packet.is_some();
    if !conn.ends.lives() || held_back || conn.given.unsubscribes {
        return None;
    }
    let groups = state.messages.groups().map(|(_, group)| group);
    let absent = groups.filter(|group| group.deliveries.iter().all(|d| d.client != conn.client));
    absent.flat_map(|group| &group.messages).filter(|m| owed(m)).map(|m| m.first.seq).min()
}

/// What a CONNACK told wrong, as it is found.
fn connected(event: &Event, state: &State, found: &mut Found) -> Option<Told> {
    let (Transition::Connected(seen), EventKind::Packet(packet)) = (state.transition(), &event.kind) else {
        return None;
    };
    let Packet::Connack(connack) = packet.packet() else { return None };
    let conn = state.conn(seen.conn)?;
    let connect = conn.handshake.connect.as_ref()?;
    // 3.1 has no such flag.
    if !seen.first || connack.code != 0 || conn.given.deviant.is_some() || conn.version == Version::V31 {
        return None;
    }
    survived(event, seen, connect, state, found);
    let say = |clause: Pair, wanted: &str, could_instead| Breach {
        conn: seen.conn,
        clause,
        fact: Fact::WrongState,
        wanted: wanted.to_owned(),
        got: format!("Session Present {}", u8::from(connack.session_present())),
        evidence: evidence(seen, connect.at.seq, state),
        could_instead,
    };
    let clause = match (connect.clean, seen.outlook) {
        (true, _) => Some(CLEAN_HAS_NONE),
        (false, Outlook::Owed) => Some(SESSION_KEPT),
        (false, Outlook::Gone | Outlook::Ending) => Some(SESSION_OVER),
        (false, Outlook::Open) => None,
    };
    found.tested(clause.and_then(|clause| clause.of(conn.version)));
    let breach = match (connect.clean, connack.session_present(), seen.outlook) {
        (true, true, _) => say(
            CLEAN_HAS_NONE,
            "Session Present 0 after a clean start",
            vec!["refuse the connection: it accepted"],
        ),
        (false, false, Outlook::Owed) => say(
            SESSION_KEPT,
            "Session Present 1: the session was to be kept",
            vec![
                "end the session when its expiry had passed: it had not",
                "shorten the expiry in an earlier CONNACK: the last word there was long enough",
                "refuse the connection: it accepted",
            ],
        ),
        (false, true, Outlook::Gone) => say(
            SESSION_OVER,
            "Session Present 0: the session had ended",
            vec![
                "keep the session by an expiry in CONNACK: it gave none",
                "take the connection over while the session lives: the broker had closed the old one before",
            ],
        ),
        (false, true, Outlook::Ending) => {
            let text = "Session Present 1 within 1 s of the close that ended the session".to_owned();
            let evidence = evidence(seen, connect.at.seq, state);
            found.grade(event, SESSION_OVER.of(conn.version), text, evidence);
            return None;
        }
        _ => return None,
    };
    found.broken(event, state, breach);
    Some(Told { conn: seen.conn, connack: event.seq, present: connack.session_present() })
}

/// Whether a session outlived the target's process, where it need not: that is told, and no more.
fn survived(event: &Event, seen: &Connected, connect: &ConnectFacts, state: &State, found: &mut Found) {
    let EventKind::Packet(packet) = &event.kind else { return };
    let Packet::Connack(connack) = packet.packet() else { return };
    let session = seen.previous.and_then(|id| state.session(id));
    let earlier = session.and_then(|s| s.connections.latest.iter().rev().find(|c| **c != seen.conn));
    let last = earlier.and_then(|conn| state.conn(*conn));
    let kept = last.filter(|last| last.expiry_s().0 > 0 && last.handshake.accepted().is_some());
    let outage = kept.and_then(|last| state.around.outage_since(last.opened.seq));
    if let Some((_, how)) = outage.filter(|_| seen.outlook == Outlook::Open && !connect.clean) {
        let what = if connack.session_present() { "is there" } else { "is gone" };
        let text = format!("durability: {how}, and the session from before {what}");
        found.grade(event, None, text, evidence(seen, connect.at.seq, state));
    }
}

/// The CONNECT, and the CONNACK of the session's last connection.
fn evidence(seen: &Connected, connect: u64, state: &State) -> Vec<u64> {
    let session = seen.previous.and_then(|id| state.session(id));
    let earlier = session.and_then(|s| s.connections.latest.iter().rev().find(|c| **c != seen.conn));
    let connack = earlier.and_then(|c| state.conn(*c)?.handshake.connack).map(|c| c.at.seq);
    connack.into_iter().chain([connect]).collect()
}
