//! Exchanges from the client to the broker, by packet id, within one session.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_history::ConnId;
use deadzone_wire::{AckKind, Publish};

use super::{Fit, MessageId};

/// Copies of one packet given on one connection, and the answers to them seen there.
#[derive(Clone, Copy, Debug)]
struct Tally {
    conn: ConnId,
    /// The last copy.
    seq: u64,
    given: u32,
    answered: u32,
    /// The last copy of earlier connections, and how many of those are unanswered: their answers may still come, late.
    earlier: (u64, u32),
}

impl Tally {
    fn new(conn: ConnId, seq: u64) -> Self {
        Self { conn, seq, given: 1, answered: 0, earlier: (seq, 0) }
    }

    fn again(&mut self, conn: ConnId, seq: u64) {
        if self.conn == conn {
            self.given += 1;
            self.seq = seq;
        } else {
            let unanswered = (self.given + self.earlier.1).saturating_sub(self.answered);
            *self = Self { earlier: (self.seq, unanswered), ..Self::new(conn, seq) };
        }
    }

    fn answer(&mut self, conn: ConnId, finished: bool) -> Fit {
        self.answered += 1;
        match self.conn == conn {
            false => Fit::Late(self.seq),
            true if self.answered <= self.given => Fit::Open(self.seq),
            true if self.answered <= self.given + self.earlier.1 => Fit::Late(self.earlier.0),
            true if finished => Fit::Nothing,
            true => Fit::Repeated(self.seq),
        }
    }
}

/// One exchange.
#[derive(Clone, Debug)]
struct Inbound {
    qos: u8,
    payload: Bytes,
    message: Option<MessageId>,
    copies: Tally,
    finished: bool,
}

/// The exchanges of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbounds {
    by_id: BTreeMap<u16, Inbound>,
    /// PUBRELs, also for ids without an exchange: those get a PUBCOMP too.
    releases: BTreeMap<u16, Tally>,
}

/// What a given PUBLISH above QoS 0 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// A message in a new exchange.
    New,
    /// Another copy in an open exchange, on the same connection or not.
    Copy { live: bool },
    /// Another message under an id in use: the client breaks the protocol.
    Clash,
}

impl Inbounds {
    /// A PUBLISH was given: what is it?
    pub(super) fn sort(&self, conn: ConnId, id: u16, publish: &Publish) -> Given {
        match self.by_id.get(&id) {
            Some(e) if e.finished => Given::New,
            Some(e) if e.qos == publish.qos && e.payload == publish.payload => {
                Given::Copy { live: e.copies.conn == conn }
            }
            Some(_) => Given::Clash,
            None => Given::New,
        }
    }

    pub(super) fn given(
        &mut self,
        seq: u64,
        conn: ConnId,
        id: u16,
        publish: &Publish,
        message: Option<MessageId>,
    ) {
        let (qos, payload) = (publish.qos, publish.payload.clone());
        let new = Inbound { qos, payload, message, copies: Tally::new(conn, seq), finished: false };
        self.by_id.insert(id, new);
    }

    pub(super) fn copied(&mut self, seq: u64, conn: ConnId, id: u16) {
        if let Some(known) = self.by_id.get_mut(&id) {
            known.copies.again(conn, seq);
        }
    }

    /// A PUBREL was given; the message that it releases.
    pub(super) fn released(&mut self, seq: u64, conn: ConnId, id: u16) -> Option<MessageId> {
        self.releases.entry(id).and_modify(|t| t.again(conn, seq)).or_insert_with(|| Tally::new(conn, seq));
        self.by_id.get(&id).and_then(|e| e.message)
    }

    /// PUBACK, PUBREC or PUBCOMP was seen.
    pub(super) fn answered(&mut self, conn: ConnId, id: u16, kind: AckKind, refused: bool) -> Fit {
        let known = self.by_id.get_mut(&id);
        match (kind, known) {
            (AckKind::Puback, Some(e)) if e.qos == 1 => {
                let fit = e.copies.answer(conn, e.finished);
                e.finished = true;
                fit
            }
            (AckKind::Pubrec, Some(e)) if e.qos == 2 => {
                let fit = e.copies.answer(conn, e.finished);
                e.finished |= refused;
                fit
            }
            (AckKind::Pubcomp, known) => {
                let of = known.as_ref().map(|e| e.copies.seq);
                if let Some(e) = known {
                    e.finished |= e.qos == 2;
                }
                match (self.releases.get_mut(&id), of) {
                    (Some(tally), _) => tally.answer(conn, true),
                    (None, Some(seq)) => Fit::OtherKind(seq),
                    (None, None) => Fit::Nothing,
                }
            }
            (_, Some(e)) => Fit::OtherKind(e.copies.seq),
            (_, None) => Fit::Nothing,
        }
    }
}
