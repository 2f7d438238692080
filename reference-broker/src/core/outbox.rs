//! What the broker wants done, in order. Knows packet types alone of MQTT; four legal variants hold packets back here.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use deadzone_wire::PacketKind;

use super::schedule::Schedule;
use crate::{Config, Variant};

/// A network connection, named by whoever owns the sockets. Never used again once closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// One thing for the owner of the sockets to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write these bytes: exactly one packet.
    Send {
        /// The connection.
        conn: ConnId,
        /// The whole packet.
        bytes: Bytes,
    },
    /// Close after everything that was sent before; `rst` asks for a reset instead of an orderly close.
    Close {
        /// The connection. The broker has forgotten it already.
        conn: ConnId,
        /// Reset, so that unsent bytes are thrown away.
        rst: bool,
    },
    /// The broker has ended: reset every connection and accept no other. Only a defect asks for it.
    End,
}

/// How late everything is under [`Variant::Answers400msLate`].
const ALL_LATE_US: u64 = 400_000;
/// How late answers are under [`Variant::Connack10sLate`] and [`Variant::Acknowledges10sLate`].
const ANSWER_LATE_US: u64 = 10_500_000;
/// How long a PUBLISH stays under way under [`Variant::DupOnUnsent`].
const UNDER_WAY_US: u64 = 20_000;

/// Which packets are held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Delays {
    everything: bool,
    connacks: bool,
    acknowledgements: bool,
    publishes: bool,
}

/// Effects that are ready, and effects that wait for their time.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    ready: VecDeque<Effect>,
    late: Schedule<Effect>,
    /// When the late CONNACK of these connections leaves: nothing goes to them before it.
    gates: BTreeMap<ConnId, u64>,
    delays: Delays,
}

impl Outbox {
    pub(crate) fn new(config: &Config) -> Self {
        let delays = Delays {
            everything: config.varies(Variant::Answers400msLate),
            connacks: config.varies(Variant::Connack10sLate),
            acknowledgements: config.varies(Variant::Acknowledges10sLate),
            publishes: config.varies(Variant::DupOnUnsent),
        };
        Self { delays, ..Self::default() }
    }

    pub(crate) fn push(&mut self, now_us: u64, effect: Effect) {
        if self.delays == Delays::default() {
            return self.ready.push_back(effect);
        }
        let (conn, kind) = match &effect {
            Effect::Send { conn, bytes } => (*conn, bytes.first().map(|b| PacketKind::from_nibble(*b >> 4))),
            Effect::Close { conn, .. } => (*conn, None),
            Effect::End => return self.ready.push_back(effect),
        };
        let gate_us = self.gates.get(&conn).copied().unwrap_or(0);
        let due_us = now_us.saturating_add(self.delay_us(kind)).max(gate_us);
        match kind {
            Some(PacketKind::Connack) => _ = self.gates.insert(conn, due_us),
            // A close waits for a CONNACK, which may be a refusal, and for nothing else that is under way.
            None if !self.delays.everything => {
                let dropped =
                    |d, e: &Effect| d > gate_us && matches!(e, Effect::Send { conn: c, .. } if *c == conn);
                self.late.retain(|due_us, effect| !dropped(due_us, effect));
            }
            _ => {}
        }
        if due_us <= now_us {
            self.ready.push_back(effect);
        } else {
            self.late.put(due_us, effect);
        }
    }

    /// How long a packet of this type, or a close, is held back.
    fn delay_us(&self, kind: Option<PacketKind>) -> u64 {
        use PacketKind as Kind;

        match kind {
            _ if self.delays.everything => ALL_LATE_US,
            Some(
                Kind::Puback | Kind::Pubrec | Kind::Pubrel | Kind::Pubcomp | Kind::Suback | Kind::Unsuback,
            ) if self.delays.acknowledgements => ANSWER_LATE_US,
            Some(Kind::Connack) if self.delays.connacks => ANSWER_LATE_US,
            Some(Kind::Publish) if self.delays.publishes => UNDER_WAY_US,
            _ => 0,
        }
    }

    /// How long a CONNACK is held back.
    pub(crate) fn connack_delay_us(&self) -> u64 {
        self.delay_us(Some(PacketKind::Connack))
    }

    /// Makes everything ready whose time has come.
    pub(crate) fn release(&mut self, now_us: u64) {
        while let Some(effect) = self.late.take_due(now_us) {
            self.ready.push_back(effect);
        }
        self.gates.retain(|_, until_us| *until_us > now_us);
    }

    pub(crate) fn next_deadline_us(&self) -> Option<u64> {
        self.late.next_due_us()
    }

    pub(crate) fn pop(&mut self) -> Option<Effect> {
        self.ready.pop_front()
    }
}
