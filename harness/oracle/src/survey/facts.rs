//! The survey itself and plain questions to it.

use deadzone_history::{Abandon, Event, EventKind, History, Note, PacketEvent};
use deadzone_wire::{Connack, Connect, Packet, PropertyId, Version};

use super::{Claimed, Conn, Publications, Subscriptions, build};

/// Our heartbeat may be this late before a missed deadline says nothing of the target, ms.
pub(crate) const STARVED_ABOVE_MS: u64 = 250;

/// A step whose turn came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'h> {
    pub(crate) seq: u64,
    pub(crate) line: u32,
    pub(crate) text: &'h str,
    pub(crate) skipped: bool,
}

/// One look over a history.
#[derive(Debug)]
pub(crate) struct Survey<'h> {
    pub(crate) history: &'h History,
    /// The events before the teardown.
    pub(crate) events: &'h [Event],
    /// By [`ConnId`](deadzone_history::ConnId).
    pub(crate) conns: Vec<Conn>,
    /// By client, indices into `conns` in the order of opening; one more than the header's clients.
    pub(crate) of_client: Vec<Vec<usize>>,
    pub(crate) claims: Vec<Claimed<'h>>,
    pub(crate) turns: Vec<Turn<'h>>,
    /// From, until: when the harness was starved, µs.
    pub(crate) starved: Vec<(u64, u64)>,
    /// Where steps were given up: event, step, why.
    pub(crate) abandoned: Vec<(u64, u32, &'h Abandon)>,
    /// Notes of the links.
    pub(crate) notes: Vec<(u64, usize, &'h Note)>,
    pub(crate) publications: Publications<'h>,
    pub(crate) subscriptions: Subscriptions,
}

/// So long after a starvation the harness may still have to read what came meanwhile, µs.
const JUST_AWAKE_US: u64 = 250_000;

impl<'h> Survey<'h> {
    pub(crate) fn of(history: &'h History) -> Self {
        build::build(history)
    }

    /// The event of this number. Numbers have no gaps in what a recorder wrote; a file may still lie.
    pub(crate) fn event(&self, seq: u64) -> Option<&'h Event> {
        let at = usize::try_from(seq).ok()?;
        self.events.get(at).filter(|event| event.seq == seq)
    }

    pub(crate) fn packet_event(&self, seq: u64) -> Option<&'h PacketEvent> {
        match &self.event(seq)?.kind {
            EventKind::Packet(packet) => Some(packet),
            _ => None,
        }
    }

    pub(crate) fn packet(&self, seq: u64) -> Option<&'h Packet> {
        self.packet_event(seq).map(|event| &event.decoded.packet)
    }

    pub(crate) fn at_us(&self, seq: u64) -> u64 {
        self.event(seq).map_or(0, |event| event.at_us)
    }

    pub(crate) fn conn(&self, id: deadzone_history::ConnId) -> Option<&Conn> {
        self.conns.get(id.0 as usize)
    }

    /// The client's connections in the order of opening.
    pub(crate) fn conns_of(&self, client: usize) -> impl DoubleEndedIterator<Item = &Conn> {
        self.of_client.get(client).into_iter().flatten().filter_map(|index| self.conns.get(*index))
    }

    pub(crate) fn version_of(&self, client: usize) -> Version {
        let header = &self.history.header;
        header.clients.get(client).map_or(header.version, |info| info.version)
    }

    pub(crate) fn name(&self, client: usize) -> &'h str {
        self.history.header.clients.get(client).map_or("the harness", |info| info.name.as_str())
    }

    pub(crate) fn connect_of(&self, conn: &Conn) -> Option<&'h Connect> {
        match self.packet(conn.connect?)? {
            Packet::Connect(connect) => Some(connect),
            _ => None,
        }
    }

    /// The CONNACK that accepted this connection.
    pub(crate) fn acceptance_of(&self, conn: &Conn) -> Option<&'h Connack> {
        match self.packet(conn.accepted?)? {
            Packet::Connack(connack) => Some(connack),
            _ => None,
        }
    }

    /// Session Expiry Interval in force on an accepted connection, seconds: the CONNACK's word stands over the CONNECT's.
    /// Before 5.0: for ever where the session is not clean.
    pub(crate) fn expiry_s(&self, conn: &Conn) -> Option<u32> {
        let connect = self.connect_of(conn)?;
        if conn.version != Version::V5 {
            return Some(if connect.clean() { 0 } else { u32::MAX });
        }
        let asked = connect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0);
        let acceptance = self.acceptance_of(conn)?;
        let ruled = acceptance.properties.as_ref().and_then(|p| p.number(PropertyId::SessionExpiryInterval));
        let said = conn.given.last().and_then(|seq| match self.packet(*seq) {
            Some(Packet::Disconnect(d)) => d.properties.as_ref()?.number(PropertyId::SessionExpiryInterval),
            _ => None,
        });
        Some(said.or(ruled).unwrap_or(asked))
    }

    /// The first connection of the client's present session at this event, by what the broker was given and said: the last one
    /// before `seq` that was clean or for which the broker reported no session. `None` where nothing was accepted.
    pub(crate) fn session_start(&self, client: usize, seq: u64) -> Option<&Conn> {
        let accepted = |conn: &&Conn| conn.accepted.is_some_and(|at| at < seq);
        let mut start = None;
        for conn in self.conns_of(client).filter(accepted) {
            let anew = self.acceptance_of(conn).is_none_or(|connack| !connack.session_present());
            if start.is_none() || anew {
                start = Some(conn);
            }
        }
        start
    }

    /// The step whose turn it was at this event.
    pub(crate) fn turn_at(&self, seq: u64) -> Option<&Turn<'h>> {
        let after = self.turns.partition_point(|turn| turn.seq <= seq);
        self.turns.get(..after)?.iter().rev().find(|turn| !turn.skipped)
    }

    /// Whether the harness was starved at some time between these moments, µs.
    pub(crate) fn starved_between(&self, from_us: u64, until_us: u64) -> bool {
        self.starved.iter().any(|(from, until)| *from <= until_us && *until >= from_us)
    }

    /// The last step before this event that did something to the target's process, if one did.
    pub(crate) fn target_step_before(&self, seq: u64) -> Option<&Turn<'h>> {
        let after = self.turns.partition_point(|turn| turn.seq < seq);
        self.turns.get(..after)?.iter().rev().find(|turn| !turn.skipped && turn.text.starts_with("target "))
    }

    /// Whether starvation of the harness voids a wait for a claim from its event on, for `waited_us` until `until_us`: it
    /// was starved when the wait ended, or for half of it. What it slept through earlier it read afterwards.
    pub(crate) fn starved_while(&self, claimed_at: u64, waited_us: u64, until_us: u64) -> bool {
        let from_us = self.at_us(claimed_at).min(until_us.saturating_sub(waited_us));
        if self.starved_between(until_us.saturating_sub(JUST_AWAKE_US), until_us) {
            return true;
        }
        let slept = |(from, until): &(u64, u64)| (*until).min(until_us).saturating_sub((*from).max(from_us));
        let slept_us: u64 = self.starved.iter().map(slept).sum();
        slept_us * 2 >= until_us.saturating_sub(from_us).max(1)
    }

    /// The latest event recorded.
    pub(crate) fn last_seq(&self) -> u64 {
        self.events.last().map_or(0, |event| event.seq)
    }
}
