//! The parts of a step: the clients that it names, and the fields of its packets. What goes over all kinds of steps goes over
//! them here.

use deadzone_wire::Field;

use crate::{Arrival, ConnectOptions, FieldValue, PacketTemplate, StepKind, TriggerTemplate};

/// A field with its value.
type Part = (Field, FieldValue);

/// The clients of a step, the one that acts apart; for a borrow of either sort.
macro_rules! clients {
    ($kind:expr) => {
        match $kind {
            StepKind::Fence { publisher, subscriber, .. } => (Some(publisher), Some(subscriber)),
            StepKind::Target(_) | StepKind::Settle => (None, None),
            StepKind::Open { client }
            | StepKind::Connect { client, .. }
            | StepKind::Subscribe { client, .. }
            | StepKind::Unsubscribe { client, .. }
            | StepKind::Publish { client, .. }
            | StepKind::Burst { client, .. }
            | StepKind::Finds { client, .. }
            | StepKind::Disconnect { client, .. }
            | StepKind::Ping { client }
            | StepKind::Send { client, .. }
            | StepKind::SendBytes { client, .. }
            | StepKind::Receive { client, .. }
            | StepKind::Ready { subscriber: client, .. }
            | StepKind::Link { client, .. }
            | StepKind::CutTls { client, .. }
            | StepKind::LinkProfile { client, .. }
            | StepKind::LinkSaw { client, .. }
            | StepKind::ExpectReceives { client, .. }
            | StepKind::ExpectQuiescent { client, .. } => (Some(client), None),
        }
    };
}

/// The lists of fields of a step, each with whether it describes what arrives; for a borrow of either sort.
macro_rules! fields {
    ($kind:expr) => {
        match $kind {
            StepKind::Connect { options: ConnectOptions { properties, .. }, expected, .. }
            | StepKind::Subscribe { properties, expected, .. }
            | StepKind::Unsubscribe { properties, expected, .. } => {
                vec![(properties, false), (expected, true)]
            }
            StepKind::Disconnect { properties, .. } => vec![(properties, false)],
            StepKind::Publish { packet: PacketTemplate { fields, .. }, .. }
            | StepKind::Burst { packet: PacketTemplate { fields, .. }, .. }
            | StepKind::Send { packet: PacketTemplate { fields, .. }, .. }
            | StepKind::LinkSaw { packet: PacketTemplate { fields, .. }, .. }
            | StepKind::Link {
                when: TriggerTemplate::On { packet: PacketTemplate { fields, .. }, .. },
                ..
            }
            | StepKind::ExpectReceives { fields, .. } => vec![(fields, false)],
            StepKind::Receive { alternatives, .. } => IntoIterator::into_iter(alternatives)
                .filter_map(|arrival| match arrival {
                    Arrival::Packet(PacketTemplate { fields, .. }) => Some((fields, true)),
                    Arrival::Closed => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    };
}

impl StepKind {
    /// The client that acts or waits, or whose link or messages the step is about; none where it is about the target.
    pub fn client(&self) -> Option<usize> {
        clients!(self).0.copied()
    }

    /// All clients that it names.
    pub(crate) fn clients(&self) -> impl Iterator<Item = usize> {
        let (first, second) = clients!(self);
        first.into_iter().chain(second).copied()
    }

    /// The same, to change them.
    pub(crate) fn clients_mut(&mut self) -> impl Iterator<Item = &mut usize> {
        let (first, second) = clients!(self);
        first.into_iter().chain(second)
    }

    /// The fields of its packets, each with whether it is one of a packet that arrives: a capture there is set, elsewhere used.
    pub fn fields(&self) -> impl Iterator<Item = (&Part, bool)> {
        fields!(self).into_iter().flat_map(|(fields, arrives)| fields.iter().map(move |part| (part, arrives)))
    }

    /// The same, to change them.
    pub(crate) fn fields_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        fields!(self).into_iter().flat_map(|(fields, _)| fields)
    }
}
