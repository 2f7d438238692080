//! Which sessions hold a subscription, read from the steps of a scenario.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_wire::{Field, PacketKind};

use crate::{ConnectMode, FieldValue, Gate, Payload, StepKind};

/// Whose session it is: a client id that the script gives, or the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who<'s> {
    /// The client's own id.
    Client(usize),
    /// This id.
    Named(&'s Payload),
}

/// The filters that each session holds behind the steps so far.
#[derive(Debug, Default)]
pub(crate) struct Held<'s> {
    now: BTreeMap<usize, Who<'s>>,
    filters: BTreeMap<Who<'s>, BTreeSet<&'s Payload>>,
}

impl<'s> Held<'s> {
    /// The gate that a resume of this session stands on: some brokers keep what holds a subscription, and nothing else.
    pub(crate) fn resumed(&self, whose: Who<'_>) -> Gate {
        let mut held = self.filters.iter().filter(|(who, _)| **who == whose);
        match held.any(|(_, filters)| !filters.is_empty()) {
            true => Gate::SubscribedResumed,
            false => Gate::SessionResumed,
        }
    }

    /// Whose session the client of this number uses now.
    pub(crate) fn now(&self, client: usize) -> Who<'s> {
        self.now.get(&client).copied().unwrap_or(Who::Client(client))
    }

    /// The session that a step connects to.
    pub(crate) fn connected(kind: &'s StepKind) -> Option<(usize, Who<'s>)> {
        let (client, named) = match kind {
            StepKind::Connect { client, options, .. } => (*client, options.client_id.as_ref()),
            StepKind::Send { client, packet, .. } if packet.kind == PacketKind::Connect => {
                (*client, text(&packet.fields, Field::ClientId))
            }
            _ => return None,
        };
        Some((client, named.map_or(Who::Client(client), Who::Named)))
    }

    /// Takes a step.
    pub(crate) fn take(&mut self, kind: &'s StepKind) {
        if let Some((client, who)) = Self::connected(kind) {
            self.now.insert(client, who);
            if begins_anew(kind) {
                self.filters.remove(&who);
            }
        }
        match kind {
            StepKind::Subscribe { client, filters, .. } => {
                self.of(*client).extend(filters.iter().map(|filter| &filter.filter));
            }
            StepKind::Unsubscribe { client, filters, .. } => {
                self.of(*client).retain(|held| !filters.contains(held));
            }
            StepKind::Send { client, packet, .. } => match (packet.kind, text(&packet.fields, Field::Filter))
            {
                (PacketKind::Subscribe, Some(filter)) => _ = self.of(*client).insert(filter),
                (PacketKind::Unsubscribe, Some(filter)) => _ = self.of(*client).remove(filter),
                _ => {}
            },
            _ => {}
        }
    }

    fn of(&mut self, client: usize) -> &mut BTreeSet<&'s Payload> {
        self.filters.entry(self.now(client)).or_default()
    }
}

/// Whether what the session held is gone behind this connect.
fn begins_anew(kind: &StepKind) -> bool {
    match kind {
        StepKind::Connect { mode, .. } => *mode != ConnectMode::Resume,
        StepKind::Send { packet, .. } => {
            let clean = |(field, value): &(Field, FieldValue)| {
                *field == Field::Clean && *value == FieldValue::Number(1)
            };
            packet.fields.iter().any(clean)
        }
        _ => false,
    }
}

fn text(fields: &[(Field, FieldValue)], wanted: Field) -> Option<&Payload> {
    fields.iter().find_map(|(field, value)| match value {
        FieldValue::Text(text) if *field == wanted => Some(text),
        _ => None,
    })
}
