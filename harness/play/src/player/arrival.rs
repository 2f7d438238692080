//! Waiting for a packet or a close, as a claim.

use deadzone_history::{ClaimKind, ConnId, Ended, Expected, Purpose};
use deadzone_script::Step;
use deadzone_wire::{Bare, Field, Packet, Pattern};

use super::Player;
use crate::client::Command;

/// Which of the packets that were not taken yet is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The oldest that is meant must fit.
    Oldest,
    /// The very next packet must fit.
    Next,
    /// Any that fits.
    Some,
}

/// What is waited for.
pub(super) struct Wanted {
    pub(super) client: usize,
    pub(super) conn: ConnId,
    pub(super) alternatives: Vec<Expected>,
    pub(super) order: Order,
    pub(super) within_us: u64,
    pub(super) intent: bool,
}

impl Wanted {
    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.alternatives.iter().filter_map(|e| match e {
            Expected::Packet(pattern) => Some(pattern),
            Expected::Closed => None,
        })
    }
}

/// What one look at the inbox shows.
enum Look {
    Found(u64, Option<Box<Packet>>),
    Mismatch(u64),
    Closed(u64),
    Nothing,
}

impl Player<'_> {
    /// An arrival wanted by an intent: one packet, patience by default.
    pub(super) fn wanted(&self, client: usize, conn: ConnId, pattern: Pattern, intent: bool) -> Wanted {
        Wanted {
            client,
            conn,
            alternatives: vec![Expected::Packet(pattern)],
            order: Order::Oldest,
            within_us: self.timing.scaled_us(self.timing.within_ms),
            intent,
        }
    }

    /// Waits for one of the alternatives. `Some` with the packet (or `Some(None)` for a close) when it came.
    /// When `within` ends it asks the broker for a sign of life and waits on until the patience ends.
    pub(super) async fn arrival(&mut self, step: &Step, wanted: Wanted) -> Option<Option<Packet>> {
        let since_us = self.clock.now_us();
        let answers = self.clients[wanted.client].borrow().last_sent;
        let claim = self.claim(
            step,
            wanted.within_us,
            ClaimKind::Arrives {
                client: wanted.client.into(),
                conn: wanted.conn,
                alternatives: wanted.alternatives.clone(),
                strict: wanted.order == Order::Next,
                answers,
                intent: wanted.intent,
            },
        );
        let within_ends_us = since_us + wanted.within_us;
        let patience_ends_us =
            since_us + wanted.within_us.max(self.timing.scaled_us(self.timing.patience_ms));
        let (mut asked, mut life) = (false, false);
        loop {
            let now_us = self.clock.now_us();
            match self.look(&wanted) {
                Look::Found(seq, packet) => {
                    self.met(claim, &[seq], self.late(since_us, wanted.within_us, life));
                    return Some(packet.map(|p| *p));
                }
                Look::Mismatch(seq) => {
                    self.unmet(claim, since_us, Ended::Mismatch, Some(seq));
                    return None;
                }
                Look::Closed(seq) => {
                    // The target owes nothing on a connection that never came to it.
                    match self.lost_on_the_way() {
                        Some(_) => self.unmet(claim, since_us, Ended::NotConnected, None),
                        None => self.unmet(claim, since_us, Ended::Closed, Some(seq)),
                    }
                    return None;
                }
                Look::Nothing => {}
            }
            let ended = now_us >= patience_ends_us;
            if ended && self.lost_in_silence(wanted.client, wanted.conn).await {
                self.unmet(claim, since_us, Ended::NotConnected, None);
                return None;
            }
            if ended || self.tape.overflow().is_some() || self.cancelled() {
                self.unmet(claim, since_us, self.ended(), None);
                return None;
            }
            if now_us >= within_ends_us && !asked {
                asked = true;
                (self.setup.doubt)();
                life = self.ask_for_life(wanted.client, wanted.conn);
            }
            let next_us = if asked { patience_ends_us } else { within_ends_us };
            self.change_or_until(next_us).await;
        }
    }

    /// A PINGREQ of the harness's own, where the client is connected far enough for one to be legal; whether it was.
    pub(super) fn ask_for_life(&self, client: usize, conn: ConnId) -> bool {
        let mut state = self.clients[client].borrow_mut();
        let connected = state
            .inbox
            .iter()
            .any(|a| a.conn == conn && matches!(a.packet(), Packet::Connack(c) if c.code == 0));
        let asks = connected && state.live.as_ref().is_some_and(|l| l.conn == conn);
        if asks {
            let bytes = Packet::Bare(Bare::pingreq()).encode(state.version).to_bytes();
            state.own_pings += 1;
            state.enqueue(Command::Write(bytes, Purpose::Life));
        }
        asks
    }

    fn look(&self, wanted: &Wanted) -> Look {
        let mut state = self.clients[wanted.client].borrow_mut();
        let closed = state.closed_by(wanted.conn);
        let mut waiting = state.inbox.iter_mut().filter(|a| a.conn == wanted.conn && !a.taken && !a.marker);
        if wanted.order == Order::Next {
            if let Some(first) = waiting.next() {
                let matched = wanted.patterns().any(|pattern| pattern.matches(first.packet()).is_ok());
                first.taken = true;
                let (seq, packet) = (first.seq, first.packet().clone());
                return if matched { Look::Found(seq, Some(Box::new(packet))) } else { Look::Mismatch(seq) };
            }
        } else {
            for arrived in waiting {
                let meant = wanted.patterns().any(|pattern| is_meant(pattern, arrived.packet()));
                let matched = wanted.patterns().any(|pattern| pattern.matches(arrived.packet()).is_ok());
                if !meant || (!matched && wanted.order == Order::Some) {
                    continue;
                }
                arrived.taken = true;
                let (seq, packet) = (arrived.seq, arrived.packet().clone());
                return if matched { Look::Found(seq, Some(Box::new(packet))) } else { Look::Mismatch(seq) };
            }
        }
        match closed {
            Some(seq) if wanted.alternatives.contains(&Expected::Closed) => Look::Found(seq, None),
            Some(seq) => Look::Closed(seq),
            None => Look::Nothing,
        }
    }
}

/// The packet is the one that the pattern speaks of: same type, and equal in the fields that say *which* packet it is.
/// The other fields say what it must be like.
fn is_meant(pattern: &Pattern, packet: &Packet) -> bool {
    pattern.kind == packet.kind()
        && pattern.fields.iter().all(|(field, value)| {
            !matches!(field, Field::Id | Field::Topic | Field::Payload | Field::Filter)
                || field.get(packet).as_ref() == Some(value)
        })
}
