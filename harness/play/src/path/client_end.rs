//! The client's end of a connection: what it writes, what arrives, and how it ends.

use std::sync::Arc;

use bytes::Bytes;
use deadzone_history::{By, Close, End, Purpose, Tapped};
use deadzone_link::Direction;
use deadzone_wire::{Bare, Packet, PacketKind};

use super::{broker_end::Outgoing, carry::Path};

impl Path {
    /// The client writes, as far as its link has room; the rest waits, and whatever it writes behind it.
    pub(super) fn write(&mut self, bytes: Bytes, sender: Purpose) {
        if !self.client_done {
            self.turns.unsent.push_back((bytes, sender));
            self.send_unsent();
        }
    }

    /// Puts on the link what waits for it, as far as there is room; whether anything went.
    pub(super) fn send_unsent(&mut self) -> bool {
        let mut sent = false;
        while let Some((mut bytes, sender)) = self.turns.unsent.pop_front() {
            // An end that is closed writes no more.
            if self.client_done {
                continue;
            }
            let room = self.client.borrow().modem.link().room_unless_held(self.path, Direction::Up);
            if room == 0 && !bytes.is_empty() {
                self.turns.unsent.push_front((bytes, sender));
                break;
            }
            let piece = bytes.split_to(room.min(bytes.len()));
            if !bytes.is_empty() {
                self.turns.unsent.push_front((bytes, sender));
            }
            self.put(&piece, sender);
            sent = true;
        }
        sent
    }

    /// Bytes of the client: recorded at its end, remembered in its session, and put on the link.
    fn put(&mut self, bytes: &[u8], sender: Purpose) {
        let now_us = self.recorder.now_us();
        let tapped = self.taps.sent(bytes, sender);
        let mut client = self.client.borrow_mut();
        client.keep_alive.last_write_us = now_us;
        client.presence.inside_packet = self.taps.is_inside_a_packet();
        for Tapped { seq, sender, body } in tapped {
            client.presence.last_sent = Some(seq);
            if matches!(body.packet(), Packet::Bare(Bare { kind: PacketKind::Pingreq, .. })) {
                client.inbox.asked(sender);
            }
            client.session.sent(body.packet());
        }
        client.modem.on(Some(self.path), |link| link.client_bytes(now_us, self.path, bytes));
    }

    pub(super) fn ping_if_due(&mut self) {
        let due = self.client.borrow().ping_due_us().is_some_and(|at| at <= self.recorder.now_us());
        if due
            && !self.client_done
            && self.turns.unsent.is_empty()
            && !self.client.borrow().presence.inside_packet
        {
            let sender = if self.client.borrow().polite { Purpose::Polite } else { Purpose::Life };
            self.write(Packet::Bare(Bare::pingreq()).encode(self.version).to_bytes(), sender);
        }
    }

    /// The connection ended for the client, by the link or by the broker.
    pub(super) fn lost(&mut self, how: Close) {
        if !self.client_done {
            let by = if self.broker.done && !self.broker.unreached { By::Broker } else { By::Harness };
            self.taps.ended(Direction::Down, End::Client);
            self.client_end_closed(by, how);
            // A client answers an orderly close with its own, so that the broker's socket does not linger half-open.
            if by == By::Broker && how == Close::Fin {
                self.broker.outgoing.push_back(Outgoing::Fin);
            }
        }
    }

    pub(super) fn client_end_closed(&mut self, by: By, how: Close) {
        self.client_done = true;
        self.taps.ended(Direction::Up, End::Client);
        let seq = self.closed(End::Client, by, how);
        let mut client = self.client.borrow_mut();
        client.presence.closed(self.conn, seq);
        client.session.connection_ended();
        client.inbox.connection_ended();
    }

    /// Bytes arrived at the client: recorded, put into its inbox, and answered where it is polite.
    pub(super) fn hand_over(&mut self, bytes: &[u8]) {
        if self.client_done {
            return;
        }
        for tapped in self.taps.arrived(bytes) {
            let answers = {
                let mut client = self.client.borrow_mut();
                let body = Arc::clone(&tapped.body);
                let packet = body.packet();
                client.session.received(packet, self.version);
                let resumed = matches!(packet, Packet::Connack(c) if c.code == 0 && c.session_present());
                if matches!(packet, Packet::Connack(c) if c.code == 0 && !c.session_present()) {
                    client.session.forget();
                }
                client.inbox.put(self.conn, tapped);
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
