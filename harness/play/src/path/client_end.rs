//! The client's end of a connection: what it writes, what arrives, and how it ends.

use std::sync::Arc;

use bytes::Bytes;
use deadzone_history::{By, Close, End, Purpose, Tapped};
use deadzone_link::Direction;
use deadzone_wire::{Bare, Packet};

use super::carry::{Outgoing, Path};
use crate::client::Arrived;

impl Path {
    /// The client writes, as far as its link has room; the rest waits, and whatever it writes behind it.
    pub(super) fn write(&mut self, bytes: Bytes, sender: Purpose) {
        if !self.client_done {
            self.unsent.push_back((bytes, sender));
            self.send_unsent();
        }
    }

    /// Puts on the link what waits for it, as far as there is room; whether anything went.
    pub(super) fn send_unsent(&mut self) -> bool {
        let mut sent = false;
        while let Some((mut bytes, sender)) = self.unsent.pop_front() {
            // An end that is closed writes no more.
            if self.client_done {
                continue;
            }
            let room = self.client.borrow().link().room_unless_held(self.path, Direction::Up);
            if room == 0 && !bytes.is_empty() {
                self.unsent.push_front((bytes, sender));
                break;
            }
            let piece = bytes.split_to(room.min(bytes.len()));
            if !bytes.is_empty() {
                self.unsent.push_front((bytes, sender));
            }
            self.put(&piece, sender);
            sent = true;
        }
        sent
    }

    /// Bytes of the client: recorded at its end, remembered in its session, and put on the link.
    fn put(&mut self, bytes: &[u8], sender: Purpose) {
        let now_us = self.tape.clock().now_us();
        let tapped = self.taps.sent(bytes, sender);
        let mut client = self.client.borrow_mut();
        client.last_write_us = now_us;
        for Tapped { seq, body, .. } in tapped {
            client.last_sent = Some(seq);
            client.session.sent(body.packet());
        }
        client.on_link(Some(self.path), |link| link.client_bytes(now_us, self.path, bytes));
    }

    pub(super) fn ping_if_due(&mut self) {
        let due = self.client.borrow().ping_due_us().is_some_and(|at| at <= self.tape.clock().now_us());
        if due && !self.client_done && self.unsent.is_empty() {
            self.client.borrow_mut().own_pings += 1;
            self.write(Packet::Bare(Bare::pingreq()).encode(self.version).to_bytes(), Purpose::Polite);
        }
    }

    /// The connection ended for the client, by the link or by the broker.
    pub(super) fn lost(&mut self, how: Close) {
        if !self.client_done {
            let by = if self.broker_done && !self.unreached { By::Broker } else { By::Harness };
            self.taps.ended(Direction::Down, End::Client);
            self.client_end_closed(by, how);
            // A client answers an orderly close with its own, so that the broker's socket does not linger half-open.
            if by == By::Broker && how == Close::Fin {
                self.outgoing.push_back(Outgoing::Fin);
            }
        }
    }

    pub(super) fn client_end_closed(&mut self, by: By, how: Close) {
        self.client_done = true;
        self.taps.ended(Direction::Up, End::Client);
        let seq = self.closed(End::Client, by, how);
        let mut client = self.client.borrow_mut();
        client.closed.push((self.conn, seq));
        client.session.connection_ended();
        client.own_pings = 0;
        if client.live.as_ref().is_some_and(|live| live.conn == self.conn) {
            client.live = None;
        }
    }

    /// Bytes arrived at the client: recorded, put into its inbox, and answered where it is polite.
    pub(super) fn hand_over(&mut self, bytes: &[u8]) {
        if self.client_done {
            return;
        }
        for Tapped { seq, sender, body } in self.taps.arrived(bytes) {
            let answers = {
                let mut client = self.client.borrow_mut();
                let packet = body.packet();
                let own_pong = matches!(packet, Packet::Bare(_)) && client.own_pings > 0;
                if own_pong {
                    client.own_pings -= 1;
                }
                client.session.received(packet, self.version);
                let resumed = matches!(packet, Packet::Connack(c) if c.code == 0 && c.session_present());
                if matches!(packet, Packet::Connack(c) if c.code == 0 && !c.session_present()) {
                    client.session.forget();
                }
                let marker = sender == Purpose::Marker;
                let body = Arc::clone(&body);
                client.inbox.push(Arrived { conn: self.conn, seq, body, marker, taken: own_pong });
                if !client.polite {
                    Vec::new()
                } else if resumed {
                    client.session.resends()
                } else {
                    client.session.take_owed()
                }
            };
            for answer in answers {
                self.write(answer.encode(self.version).to_bytes(), Purpose::Polite);
            }
        }
        if self.taps.arrived_is_garbage() {
            // A client that can't frame what it reads closes (3.1.1/MQTT-4.8.0-1, 5.0 §4.13.1).
            self.client_end_closed(By::Harness, Close::Fin);
            self.on_link(|link, now_us, path| link.client_closed(now_us, path, false));
        }
    }
}
