//! Exchanges towards the judged party, by packet id, within one session.

use deadzone_history::ConnId;
use deadzone_wire::{AckKind, Publish};

use super::{AckMatch, Content, MessageId, finished::Finished, table::Table};
use crate::hash::Map;

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

    fn answer(&mut self, conn: ConnId, finished: bool) -> AckMatch {
        self.answered += 1;
        match self.conn == conn {
            false => AckMatch::Late(self.seq),
            true if self.answered <= self.given => AckMatch::Open(self.seq),
            true if self.answered <= self.given + self.earlier.1 => AckMatch::Late(self.earlier.0),
            true if finished => AckMatch::Nothing,
            true => AckMatch::Repeated(self.seq),
        }
    }
}

/// One exchange.
#[derive(Clone, Debug)]
struct Inbound {
    qos: u8,
    payload: Content,
    message: Option<MessageId>,
    copies: Tally,
    released: bool,
    /// The event that finished it.
    finished: Option<u64>,
    /// PUBREC of success was seen on this connection.
    received_on: Option<(ConnId, u64)>,
}

/// The exchanges of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbounds {
    by_id: Table<u16, Inbound>,
    /// PUBRELs, also for ids without an exchange: those get a PUBCOMP too.
    releases: Map<u16, Tally>,
    finished: Finished,
}

/// What a given PUBLISH above QoS 0 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// A message in a new exchange.
    New,
    /// Another copy in an open exchange. `live`: on the same connection. `received`: after this PUBREC of success, which its
    /// sender need not have had. `anew`: after its PUBREL, so that a receiver may take it for a new message.
    Again { live: bool, received: Option<(ConnId, u64)>, anew: bool },
    /// Another message under an id in use.
    Clash,
}

impl Inbounds {
    /// A PUBLISH was given: what is it?
    pub(super) fn sort(&self, conn: ConnId, id: u16, publish: &Publish) -> Copied {
        let Some(e) = self.by_id.get(id) else { return Copied::New };
        let same = e.qos == publish.qos && *e.payload == *publish.payload;
        let acknowledged_again = e.qos == 1 && publish.dup;
        if same && (e.finished.is_none() || acknowledged_again) {
            let (live, received) = (e.copies.conn == conn, e.received_on);
            return Copied::Again { live, received, anew: e.released };
        }
        if e.finished.is_some() { Copied::New } else { Copied::Clash }
    }

    pub(super) fn given(
        &mut self,
        seq: u64,
        conn: ConnId,
        id: u16,
        publish: &Publish,
        message: Option<MessageId>,
    ) {
        let new = Inbound {
            qos: publish.qos,
            payload: Content::of(&publish.payload),
            message,
            copies: Tally::new(conn, seq),
            released: false,
            finished: None,
            received_on: None,
        };
        self.by_id.insert(id, new);
        self.releases.remove(&id);
    }

    /// A further copy; the message that it belongs to.
    pub(super) fn copied(&mut self, seq: u64, conn: ConnId, id: u16) -> Option<MessageId> {
        let known = self.by_id.get_mut(id)?;
        known.copies.again(conn, seq);
        known.message
    }

    pub(super) fn rename(&mut self, id: u16, message: Option<MessageId>) {
        if let Some(known) = self.by_id.get_mut(id) {
            known.message = message;
        }
    }

    /// A PUBREL was given; the message that it releases.
    pub(super) fn released(&mut self, seq: u64, conn: ConnId, id: u16) -> Option<MessageId> {
        self.releases.entry(id).and_modify(|t| t.again(conn, seq)).or_insert_with(|| Tally::new(conn, seq));
        let known = self.by_id.get_mut(id)?;
        known.released = true;
        known.message
    }

    /// PUBACK, PUBREC or PUBCOMP was seen: what it answers, and the message concerned.
    pub(super) fn answered(
        &mut self,
        (conn, seq): (ConnId, u64),
        id: u16,
        kind: AckKind,
        refused: bool,
    ) -> (AckMatch, Option<MessageId>) {
        let mut message = None;
        let mut done = false;
        let fit = match (kind, self.by_id.get_mut(id)) {
            (AckKind::Puback, Some(e)) if e.qos == 1 => {
                (message, done) = (e.message, e.finished.is_none());
                let fit = e.copies.answer(conn, !done);
                e.finished.get_or_insert(seq);
                fit
            }
            (AckKind::Pubrec, Some(e)) if e.qos == 2 => {
                (message, done) = (e.message, refused && e.finished.is_none());
                let fit = e.copies.answer(conn, e.finished.is_some());
                if refused {
                    e.finished.get_or_insert(seq);
                } else {
                    e.received_on = Some((conn, seq));
                }
                fit
            }
            (AckKind::Pubcomp, known) => {
                let of = known.as_ref().map(|e| e.copies.seq);
                if let Some(e) = known.filter(|e| e.qos == 2) {
                    (message, done) = (e.message, e.finished.is_none());
                    e.finished.get_or_insert(seq);
                }
                match (self.releases.get_mut(&id), of) {
                    (Some(tally), _) => tally.answer(conn, true),
                    (None, Some(seq)) => AckMatch::OtherKind(seq),
                    (None, None) => AckMatch::Nothing,
                }
            }
            (_, Some(e)) => AckMatch::OtherKind(e.copies.seq),
            (_, None) => AckMatch::Nothing,
        };
        if done {
            self.finish(id, seq);
        }
        (fit, message)
    }

    /// Whether an exchange or a PUBREL with this id is remembered.
    pub(crate) fn knows(&self, id: u16) -> bool {
        self.by_id.get(id).is_some() || self.releases.contains_key(&id)
    }

    /// Whether PUBREC of success for this id was seen on this connection.
    pub(crate) fn received_on(&self, id: u16, conn: ConnId) -> bool {
        self.by_id.get(id).is_some_and(|e| e.received_on.is_some_and(|(on, _)| on == conn))
    }

    fn finish(&mut self, id: u16, seq: u64) {
        if let Some((oldest, at)) = self.finished.push(id, seq)
            && self.by_id.get(oldest).is_some_and(|e| e.finished == Some(at))
        {
            self.by_id.remove(oldest);
            self.releases.remove(&oldest);
        }
    }
}
