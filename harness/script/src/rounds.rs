//! `times N`: the scenario with its rounds laid out one behind the other, each with clients, topics and captures of its own.

use deadzone_wire::Field;

use crate::{Arrival, FieldValue, PacketTemplate, Payload, Scenario, Step, StepKind, TriggerTemplate};

const RUN: &[u8] = b"{run}";

impl Scenario {
    /// The scenario as it is played. Round 1 is as the text says; in round K every client is another one (`dev.K`, with a
    /// client id of its own), `{run}` is `{run}/rK` (`{run}rK` in a client id), and captures begin anew. A `control` block
    /// is played once.
    #[must_use]
    pub fn unrolled(&self) -> Self {
        let mut whole = self.clone();
        let clients = self.clients.len();
        for round in 2..=self.times {
            let shift = clients * (round as usize - 1);
            whole.clients.extend(self.clients.iter().cloned().map(|mut client| {
                client.name = format!("{}.{round}", client.name);
                client
            }));
            whole.steps.extend(self.steps.iter().cloned().map(|step| in_round(step, round, shift)));
        }
        whole
    }

    /// Which round an unrolled step belongs to, from 0.
    pub fn round_of(&self, step: usize) -> u32 {
        let once = self.steps.len() / self.times.max(1) as usize;
        step.checked_div(once).map_or(0, |round| round as u32)
    }
}

fn in_round(mut step: Step, round: u32, shift: usize) -> Step {
    for client in clients(&mut step.kind) {
        *client += shift;
    }
    texts(&mut step.kind, &mut |text, is_id| {
        let word = if is_id { format!("{{run}}r{round}") } else { format!("{{run}}/r{round}") };
        *text = replaced(text, word.as_bytes());
    });
    captures(&mut step.kind, &mut |name| *name = format!("{name}.{round}"));
    step
}

fn replaced(text: &Payload, word: &[u8]) -> Payload {
    let mut out = Vec::with_capacity(text.0.len());
    let mut rest = text.0.as_slice();
    while let Some(at) = rest.windows(RUN.len()).position(|part| part == RUN) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(word);
        rest = &rest[at + RUN.len()..];
    }
    out.extend_from_slice(rest);
    Payload(out)
}

fn clients(kind: &mut StepKind) -> Vec<&mut usize> {
    match kind {
        StepKind::Fence { publisher, subscriber, .. } => vec![publisher, subscriber],
        StepKind::Ready { subscriber, .. } => vec![subscriber],
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
        | StepKind::Link { client, .. }
        | StepKind::LinkProfile { client, .. }
        | StepKind::LinkSaw { client, .. }
        | StepKind::ExpectReceives { client, .. }
        | StepKind::ExpectQuiescent { client, .. } => vec![client],
    }
}

/// Every text of a step that may hold `{run}`, with whether it is a client id.
fn texts(kind: &mut StepKind, each: &mut dyn FnMut(&mut Payload, bool)) {
    match kind {
        StepKind::Connect { options, .. } => {
            options.client_id.iter_mut().for_each(|id| each(id, true));
            if let Some(will) = &mut options.will {
                each(&mut will.topic, false);
                each(&mut will.payload, false);
            }
        }
        StepKind::Subscribe { filters, .. } => {
            filters.iter_mut().for_each(|filter| each(&mut filter.filter, false));
        }
        StepKind::Unsubscribe { filters, .. } => filters.iter_mut().for_each(|filter| each(filter, false)),
        StepKind::Fence { topic, .. } | StepKind::Ready { topic, .. } => each(topic, false),
        StepKind::Finds { topic, payload, .. } => {
            each(topic, false);
            each(payload, false);
        }
        StepKind::ExpectReceives { payloads, .. } => payloads.iter_mut().for_each(|p| each(p, false)),
        _ => {}
    }
    for (field, value) in fields(kind) {
        if let FieldValue::Text(text) = value {
            each(text, *field == Field::ClientId);
        }
    }
}

/// The names that a step gives the broker: client ids, topics, filters.
pub(crate) fn names(kind: &StepKind, each: &mut dyn FnMut(&Payload)) {
    match kind {
        StepKind::Connect { options, .. } => {
            options.client_id.iter().for_each(&mut *each);
            options.will.iter().for_each(|will| each(&will.topic));
        }
        StepKind::Subscribe { filters, .. } => filters.iter().for_each(|filter| each(&filter.filter)),
        StepKind::Finds { topic, .. } => each(topic),
        StepKind::Publish { packet, .. } | StepKind::Burst { packet, .. } | StepKind::Send { packet, .. } => {
            for (field, value) in &packet.fields {
                if let (Field::Topic | Field::Filter | Field::ClientId, FieldValue::Text(name)) =
                    (field, value)
                {
                    each(name);
                }
            }
        }
        _ => {}
    }
}

fn captures(kind: &mut StepKind, each: &mut dyn FnMut(&mut String)) {
    for (_, value) in fields(kind) {
        if let FieldValue::Capture(name) = value {
            each(name);
        }
    }
}

fn fields(kind: &mut StepKind) -> Vec<&mut (Field, FieldValue)> {
    fn of(packet: &mut PacketTemplate) -> Vec<&mut (Field, FieldValue)> {
        packet.fields.iter_mut().collect()
    }
    match kind {
        StepKind::Connect { expected, .. }
        | StepKind::Subscribe { expected, .. }
        | StepKind::Unsubscribe { expected, .. } => expected.iter_mut().collect(),
        StepKind::Publish { packet, .. }
        | StepKind::Burst { packet, .. }
        | StepKind::Send { packet, .. }
        | StepKind::LinkSaw { packet, .. }
        | StepKind::Link { when: TriggerTemplate::On { packet, .. }, .. } => of(packet),
        StepKind::Receive { alternatives, .. } => alternatives
            .iter_mut()
            .flat_map(|arrival| match arrival {
                Arrival::Packet(packet) => of(packet),
                Arrival::Closed => Vec::new(),
            })
            .collect(),
        StepKind::ExpectReceives { fields, .. } => fields.iter_mut().collect(),
        _ => Vec::new(),
    }
}
