//! Which gates a scenario stands on, read from its steps. Knows what steps ask for, not what a broker does.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_wire::{Field, PacketKind};

use crate::{
    Arrival, ConnectMode, Count, FieldValue, Gate, PacketTemplate, Payload, Scenario, Step, StepKind,
    held::{Held, Who},
};

/// What the steps of a scenario say about gates.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Gates without which a step can't do what it asks for.
    pub(crate) certain: BTreeSet<Gate>,
    /// Gates that some step has to do with: the text may name them.
    pub(crate) possible: BTreeSet<Gate>,
}

/// The gates that the text adds to what the steps show.
pub(crate) fn added(scenario: &Scenario) -> impl Iterator<Item = Gate> {
    let certain = shown(scenario).certain;
    scenario.stands_on.iter().copied().filter(move |gate| !certain.contains(gate))
}

/// Reads the steps. Deviant ones ask for nothing: what they bring about stands on no property.
pub(crate) fn shown(scenario: &Scenario) -> Shown {
    let steps: Vec<&Step> = scenario.steps.iter().filter(|step| !step.deviant).collect();
    let messages = Messages::of(scenario, &steps);
    let mut shown = Shown::default();
    let mut held = Held::default();
    for step in &steps {
        asked(&step.kind, &held, &mut shown.certain);
        held.take(&step.kind);
    }
    for step in &steps {
        for (client, copy) in arrivals(&step.kind) {
            messages.delivered(client, &copy, &mut shown.certain);
        }
    }
    if messages.overlap_in_flight(scenario, &steps) {
        shown.certain.insert(Gate::InFlight);
    }
    shown.possible = messages.possible();
    shown.possible.extend(&shown.certain);
    if steps.iter().any(|step| keeps_a_session(&step.kind)) {
        shown.possible.extend([Gate::SessionResumed, Gate::SubscribedResumed]);
    }
    shown
}

/// What a step asks for by itself, behind the steps before it.
fn asked(kind: &StepKind, held: &Held<'_>, gates: &mut BTreeSet<Gate>) {
    match kind {
        StepKind::Connect { client, mode, expected, .. } => {
            gates.insert(Gate::Connection);
            if *mode == ConnectMode::Resume && number(expected, Field::SessionPresent) != Some(0) {
                let whose = Held::connected(kind).map_or(Who::Client(*client), |(_, who)| who);
                gates.insert(held.resumed(whose));
            }
        }
        StepKind::Subscribe { filters, .. } => {
            gates.insert(Gate::Subscription);
            if filters.iter().any(|filter| is_wild(&filter.filter)) {
                gates.insert(Gate::WildcardMatched);
            }
        }
        StepKind::Ready { from: Some(_), .. } => gates.extend([Gate::Qos1In, Gate::Qos1Out]),
        StepKind::Finds { .. } => gates.extend([Gate::Connection, Gate::Subscription, Gate::RetainedStored]),
        StepKind::Publish { packet, .. } | StepKind::Burst { packet, .. } => published(packet, gates),
        StepKind::Send { packet, .. } => match packet.kind {
            PacketKind::Connect => _ = gates.insert(Gate::Connection),
            PacketKind::Subscribe => {
                gates.insert(Gate::Subscription);
                if text(&packet.fields, Field::Filter).is_some_and(is_wild) {
                    gates.insert(Gate::WildcardMatched);
                }
            }
            PacketKind::Publish => published(packet, gates),
            _ => {}
        },
        StepKind::Receive { client, alternatives, .. } => {
            let resumed = |arrival: &Arrival| matches!(arrival, Arrival::Packet(packet) if number(&packet.fields, Field::SessionPresent) == Some(1));
            if alternatives.iter().any(resumed) {
                gates.insert(held.resumed(held.now(*client)));
            }
        }
        _ => {}
    }
}

fn published(packet: &PacketTemplate, gates: &mut BTreeSet<Gate>) {
    match number(&packet.fields, Field::Qos) {
        Some(1) => _ = gates.insert(Gate::Qos1In),
        Some(2) => _ = gates.insert(Gate::Qos2In),
        _ => {}
    }
}

fn keeps_a_session(kind: &StepKind) -> bool {
    match kind {
        StepKind::Connect { mode, .. } => *mode != ConnectMode::Clean,
        StepKind::Send { packet, .. } => {
            packet.kind == PacketKind::Connect && number(&packet.fields, Field::Clean) != Some(1)
        }
        _ => false,
    }
}

/// A message that a step expects.
struct Copy<'s> {
    payloads: Vec<&'s Payload>,
    fields: &'s [(Field, FieldValue)],
}

/// The messages that a step expects, with who expects them.
fn arrivals(kind: &StepKind) -> Vec<(usize, Copy<'_>)> {
    match kind {
        StepKind::Receive { client, alternatives, .. } => alternatives
            .iter()
            .filter_map(|arrival| match arrival {
                Arrival::Packet(packet) if packet.kind == PacketKind::Publish => {
                    let payloads = text(&packet.fields, Field::Payload).into_iter().collect();
                    Some((*client, Copy { payloads, fields: &packet.fields }))
                }
                _ => None,
            })
            .collect(),
        StepKind::ExpectReceives {
            client,
            payloads,
            fields,
            count: Count::ExactlyOnce | Count::AtLeastOnce | Count::InOrder,
            ..
        } => vec![(*client, Copy { payloads: payloads.iter().collect(), fields })],
        _ => Vec::new(),
    }
}

/// A message that somebody publishes, or wills.
struct Message<'s> {
    payload: &'s Payload,
    /// A burst: the payload is a prefix.
    numbered: bool,
    qos: u32,
    retain: bool,
    will: bool,
}

/// What is published and what is subscribed to.
struct Messages<'s> {
    published: Vec<Message<'s>>,
    /// Highest QoS asked for, by client; a client id that two clients name makes them one.
    asked: BTreeMap<usize, u32>,
    /// Clients with Retain As Published: RETAIN 1 says nothing of what is stored there.
    as_published: BTreeSet<usize>,
}

impl<'s> Messages<'s> {
    fn of(scenario: &'s Scenario, steps: &[&'s Step]) -> Self {
        let mut this = Self { published: Vec::new(), asked: BTreeMap::new(), as_published: BTreeSet::new() };
        let mut ids: BTreeMap<&Payload, Vec<usize>> = BTreeMap::new();
        for step in steps {
            match &step.kind {
                StepKind::Publish { packet, .. } => this.publish(packet, false),
                StepKind::Burst { packet, .. } => this.publish(packet, true),
                StepKind::Send { packet, .. } if packet.kind == PacketKind::Publish => {
                    this.publish(packet, false);
                }
                StepKind::Send { client, packet, .. } if packet.kind == PacketKind::Subscribe => {
                    this.ask(*client, number(&packet.fields, Field::Options).unwrap_or(0) & 3);
                }
                StepKind::Subscribe { client, filters, .. } => {
                    for filter in filters {
                        this.ask(*client, u32::from(filter.qos));
                        if filter.retain_as_published {
                            this.as_published.insert(*client);
                        }
                    }
                }
                StepKind::Connect { client, options, .. } => {
                    if let Some(will) = &options.will {
                        let (payload, qos) = (&will.payload, u32::from(will.qos));
                        this.published.push(Message {
                            payload,
                            numbered: false,
                            qos,
                            retain: will.retain,
                            will: true,
                        });
                    }
                    if let Some(id) = &options.client_id {
                        ids.entry(id).or_default().push(*client);
                    }
                }
                _ => {}
            }
        }
        for same in ids.values() {
            let highest = same.iter().filter_map(|client| this.asked.get(client)).max().copied();
            for client in same {
                highest.into_iter().for_each(|qos| this.ask(*client, qos));
            }
        }
        debug_assert!(this.asked.keys().all(|client| *client < scenario.clients.len()));
        this
    }

    fn publish(&mut self, packet: &'s PacketTemplate, numbered: bool) {
        let Some(payload) = text(&packet.fields, Field::Payload) else { return };
        let qos = number(&packet.fields, Field::Qos).unwrap_or(0);
        let retain = number(&packet.fields, Field::Retain) == Some(1);
        self.published.push(Message { payload, numbered, qos, retain, will: false });
    }

    fn ask(&mut self, client: usize, qos: u32) {
        let asked = self.asked.entry(client).or_insert(0);
        *asked = qos.max(*asked);
    }

    fn delivered(&self, client: usize, copy: &Copy<'_>, gates: &mut BTreeSet<Gate>) {
        let meant: Vec<&Message<'_>> = self
            .published
            .iter()
            .filter(|message| copy.payloads.iter().any(|payload| message.is(payload)))
            .collect();
        match number(copy.fields, Field::Qos).or_else(|| self.qos_of(client, &meant)) {
            Some(1) => _ = gates.insert(Gate::Qos1Out),
            Some(2) => _ = gates.insert(Gate::Qos2Out),
            _ => {}
        }
        if meant.iter().any(|message| message.will) {
            gates.insert(Gate::WillPublished);
        }
        if number(copy.fields, Field::Retain) == Some(1) && !self.as_published.contains(&client) {
            gates.insert(Gate::RetainedStored);
        }
    }

    /// The QoS that these messages have for the client, where it is one.
    fn qos_of(&self, client: usize, meant: &[&Message<'_>]) -> Option<u32> {
        let published = meant.iter().map(|message| message.qos).max()?;
        Some(published.min(*self.asked.get(&client)?))
    }

    /// Whether a client that answers by hand has two messages that it has not acknowledged.
    fn overlap_in_flight(&self, scenario: &Scenario, steps: &[&Step]) -> bool {
        let mut open: BTreeMap<usize, u32> = BTreeMap::new();
        for step in steps {
            match &step.kind {
                StepKind::Connect { client, .. } | StepKind::Open { client } => _ = open.remove(client),
                StepKind::Send { client, packet, .. }
                    if matches!(packet.kind, PacketKind::Puback | PacketKind::Pubcomp) =>
                {
                    open.entry(*client).and_modify(|open| *open = open.saturating_sub(1));
                }
                kind => {
                    for (client, copy) in arrivals(kind) {
                        let by_hand = matches!(kind, StepKind::Receive { .. })
                            && scenario.clients.get(client).is_some_and(|client| client.manual);
                        let mut gates = BTreeSet::new();
                        self.delivered(client, &copy, &mut gates);
                        if by_hand && (gates.contains(&Gate::Qos1Out) || gates.contains(&Gate::Qos2Out)) {
                            *open.entry(client).or_insert(0) += 1;
                        }
                    }
                    if open.values().any(|open| *open > 1) {
                        return true;
                    }
                }
            }
        }
        false
    }

    fn possible(&self) -> BTreeSet<Gate> {
        let asked = self.asked.values().max().copied().unwrap_or(0);
        let published = self.published.iter().map(|message| message.qos).max().unwrap_or(0);
        let qos = asked.min(published);
        [
            (Gate::Qos1Out, qos >= 1),
            (Gate::Qos2Out, qos >= 2),
            (Gate::InFlight, qos >= 1),
            (Gate::RetainedStored, self.published.iter().any(|message| message.retain)),
            (Gate::WillPublished, self.published.iter().any(|message| message.will)),
        ]
        .into_iter()
        .filter_map(|(gate, possible)| possible.then_some(gate))
        .collect()
    }
}

impl Message<'_> {
    fn is(&self, payload: &Payload) -> bool {
        if self.numbered { payload.0.starts_with(&self.payload.0) } else { self.payload == payload }
    }
}

fn is_wild(filter: &Payload) -> bool {
    filter.0.iter().any(|byte| matches!(byte, b'+' | b'#'))
}

fn number(fields: &[(Field, FieldValue)], wanted: Field) -> Option<u32> {
    fields.iter().find_map(|(field, value)| match value {
        FieldValue::Number(number) if *field == wanted => Some(*number),
        _ => None,
    })
}

fn text(fields: &[(Field, FieldValue)], wanted: Field) -> Option<&Payload> {
    fields.iter().find_map(|(field, value)| match value {
        FieldValue::Text(text) if *field == wanted => Some(text),
        _ => None,
    })
}
