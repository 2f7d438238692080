//! Fills a survey in one pass.

use deadzone_history::Direction;
use deadzone_history::{By, ConnId, End, Event, EventKind, History, PacketEvent};
use deadzone_wire::{AckKind, Packet};

use super::{
    Claimed, Conn, Outcome, Publications, Subscriptions, Survey, Why,
    conn::Closing,
    facts::{STARVED_ABOVE_MS, Turn},
};

pub(super) fn build(history: &History) -> Survey<'_> {
    let end = history.events.iter().position(|event| event.kind == EventKind::Teardown);
    let events = history.events.get(..end.unwrap_or(history.events.len())).unwrap_or_default();
    let mut survey = Survey {
        history,
        events,
        conns: Vec::new(),
        of_client: vec![Vec::new(); history.header.clients.len() + 1],
        claims: Vec::new(),
        turns: Vec::new(),
        starved: Vec::new(),
        abandoned: Vec::new(),
        notes: Vec::new(),
        publications: Publications::default(),
        subscriptions: Subscriptions::default(),
    };
    for event in events {
        survey.take(event);
    }
    survey
}

impl<'h> Survey<'h> {
    fn take(&mut self, event: &'h Event) {
        match &event.kind {
            EventKind::Opened { conn, client } => self.opened(event.seq, *conn, client.index()),
            EventKind::Packet(packet) => self.packet_passed(event.seq, packet),
            EventKind::Fragment(f) => self.scraps(event.seq, f.conn, f.direction, f.end),
            EventKind::Unframed(u) => self.scraps(event.seq, u.conn, u.direction, u.end),
            EventKind::Closed { conn, end, by, .. } => {
                let closing = Closing { seq: event.seq, by: *by };
                if let Some(conn) = self.conns.get_mut(conn.0 as usize) {
                    match (end, by) {
                        (End::Client, _) => conn.closed_here.get_or_insert(closing),
                        (End::Broker, By::Broker) => conn.closed_by_broker.get_or_insert(closing),
                        (End::Broker, By::Harness) => conn.ended_for_broker.get_or_insert(closing),
                    };
                }
            }
            EventKind::Link { client, note, .. } => self.notes.push((event.seq, client.index(), note)),
            EventKind::Step(step) => {
                let skipped = step.skipped.is_some();
                self.turns.push(Turn { seq: event.seq, line: step.line, text: &step.text, skipped });
            }
            EventKind::Claim(claim) => {
                self.claims.push(Claimed {
                    claim,
                    at: event.seq,
                    at_us: event.at_us,
                    outcome: Outcome::Open,
                });
            }
            EventKind::Met { claim, by, late } => {
                self.outcome(*claim, Outcome::Met { by, slow: late.us().is_some() });
            }
            EventKind::Unmet { claim, waited_us, why, got } => {
                let outcome = Outcome::Unmet {
                    at: event.seq,
                    at_us: event.at_us,
                    waited_us: *waited_us,
                    why: Why::of(*why),
                    got: *got,
                };
                self.outcome(*claim, outcome);
            }
            EventKind::Abandoned { step, why } => self.abandoned.push((event.seq, *step, why)),
            EventKind::Starved { ms } if *ms > STARVED_ABOVE_MS => {
                self.starved.push((event.at_us.saturating_sub(ms.saturating_mul(1_000)), event.at_us));
            }
            _ => {}
        }
    }

    fn scraps(&mut self, seq: u64, conn: ConnId, direction: Direction, end: End) {
        if (direction, end) == (Direction::Up, End::Broker)
            && let Some(conn) = self.conns.get_mut(conn.0 as usize)
        {
            conn.scraps_given.get_or_insert(seq);
        }
    }

    fn opened(&mut self, seq: u64, id: ConnId, client: usize) {
        // Connections are numbered in the order of opening; a record that says otherwise is not followed.
        if id.0 as usize != self.conns.len() {
            return;
        }
        let version = self.version_of(client);
        if let Some(list) = self.of_client.get_mut(client) {
            list.push(self.conns.len());
        }
        self.conns.push(Conn::new(id, client, version, seq));
    }

    /// Claims are numbered from 0 as they come.
    fn outcome(&mut self, claim: u32, outcome: Outcome<'h>) {
        if let Some(claimed) = self.claims.get_mut(claim as usize).filter(|c| c.claim.id == claim) {
            claimed.outcome = outcome;
        }
    }

    fn packet_passed(&mut self, seq: u64, event: &'h PacketEvent) {
        let Some(conn) = self.conns.get_mut(event.conn.0 as usize) else { return };
        let client = conn.client;
        match (event.direction, event.end) {
            (Direction::Up, End::Client) => conn.sent.push(seq),
            (Direction::Down, End::Client) => conn.arrived.push(seq),
            (Direction::Up, End::Broker) => {
                conn.given.push(seq);
                self.given(seq, client, event);
            }
            (Direction::Down, End::Broker) => {
                conn.seen.push(seq);
                self.seen(seq, client, event);
            }
        }
    }

    fn given(&mut self, seq: u64, client: usize, event: &'h PacketEvent) {
        match &event.decoded.packet {
            Packet::Connect(connect) => {
                if let Some(conn) = self.conns.get_mut(event.conn.0 as usize) {
                    conn.connect.get_or_insert(seq);
                }
                if let Some(will) = &connect.will {
                    let (qos, retain) = (connect.will_qos(), connect.will_retain());
                    self.publications.will(seq, client, event.conn, will, qos, retain);
                }
            }
            Packet::Publish(publish) if event.is_marker() => self.publications.marker(client, publish),
            Packet::Publish(publish) => {
                self.publications.given(seq, client, event.conn, publish);
            }
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => {
                self.publications.released(seq, client, ack.packet_id);
            }
            Packet::Subscribe(subscribe) => self.subscriptions.given(seq, client, subscribe),
            Packet::Unsubscribe(unsubscribe) => self.subscriptions.ended(seq, client, unsubscribe),
            _ => {}
        }
    }

    fn seen(&mut self, seq: u64, client: usize, event: &'h PacketEvent) {
        match &event.decoded.packet {
            Packet::Connack(connack) if connack.code == 0 => {
                if let Some(conn) = self.conns.get_mut(event.conn.0 as usize) {
                    conn.accepted.get_or_insert(seq);
                }
                if !connack.session_present() {
                    self.publications.forget(client);
                    self.subscriptions.forget(seq, client);
                }
            }
            Packet::Ack(ack) if ack.kind != AckKind::Pubrel => {
                self.publications.answered(seq, client, ack);
            }
            Packet::Suback(suback) => self.subscriptions.answered(seq, client, suback),
            _ => {}
        }
    }
}
