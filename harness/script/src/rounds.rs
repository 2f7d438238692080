//! `times N`: the scenario with its rounds laid out one behind the other, each with clients, topics and captures of its own.

use deadzone_wire::Field;

use crate::{FieldValue, Payload, Scenario, Step, StepKind};

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
    step.kind.clients_mut().for_each(|client| *client += shift);
    texts(&mut step.kind, &mut |text, is_id| {
        let word = if is_id { format!("{{run}}r{round}") } else { format!("{{run}}/r{round}") };
        *text = replaced(text, word.as_bytes());
    });
    for (_, value) in step.kind.fields_mut() {
        if let FieldValue::Capture(name) = value {
            *name = format!("{name}.{round}");
        }
    }
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
    for (field, value) in kind.fields_mut() {
        match value {
            FieldValue::Text(text) => each(text, *field == Field::ClientId),
            FieldValue::Pair(name, value) => {
                each(name, false);
                each(value, false);
            }
            FieldValue::Number(_) | FieldValue::Capture(_) | FieldValue::Absent => {}
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
                let is_name = matches!(
                    field,
                    Field::Topic | Field::Filter | Field::NthFilter(_) | Field::ClientId | Field::WillTopic
                );
                if let (true, FieldValue::Text(name)) = (is_name, value) {
                    each(name);
                }
            }
        }
        _ => {}
    }
}
