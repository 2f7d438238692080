//! What is wrong with the order of steps, where it can be seen without playing the protocol: a step of a client that has no
//! connection yet, a capture before it is set, a fence behind a QoS 2 message that is not released. Who owes what to whom
//! is not known here.

use std::collections::BTreeSet;

use deadzone_wire::{Field, PacketKind};

use super::scenario::Unread;
use crate::diagnostic::{Diagnostic, code};
use crate::{ClientDecl, ConnectMode, FieldValue, PacketTemplate, Step, StepKind, TlsCut};

/// Looks at steps in their order.
pub(super) fn check(clients: &[ClientDecl], steps: &[Step], unread: &Unread, out: &mut Vec<Diagnostic>) {
    let mut walk = Walk {
        clients,
        open: unread.clients.clone(),
        captures: unread.captures.clone(),
        unreleased: vec![Vec::new(); clients.len()],
        unread,
        out,
    };
    for step in steps {
        walk.step(step);
    }
}

struct Walk<'a> {
    clients: &'a [ClientDecl],
    open: BTreeSet<usize>,
    captures: BTreeSet<String>,
    /// Ids of QoS 2 messages of each client that have no PUBREL yet, by hand.
    unreleased: Vec<Vec<FieldValue>>,
    unread: &'a Unread,
    out: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn step(&mut self, step: &Step) {
        for client in step.kind.clients().filter(|_| acts(&step.kind)) {
            // One mistake is enough: afterwards the client counts as connected.
            if self.open.insert(client) && !opens(&step.kind) {
                let name = self.clients.get(client).map_or("", |client| client.name.as_str());
                let message = format!("`{name}` has no connection yet");
                let mistake = Diagnostic::error(code::NOT_OPEN, step.at, message);
                self.out.push(mistake.help(format!("`{name} connect clean` first, or `{name} open`")));
            }
        }
        self.captures(step);
        match &step.kind {
            StepKind::Connect { client, mode: ConnectMode::Clean | ConnectMode::Fresh, .. } => {
                self.unreleased[*client].clear();
            }
            StepKind::Send { client, packet, broken_by, .. } if broken_by.is_empty() => {
                self.sent(*client, packet);
            }
            StepKind::Fence { publisher, qos: 2, .. } => self.fence(step, *publisher),
            _ => {}
        }
    }

    fn sent(&mut self, client: usize, packet: &PacketTemplate) {
        let Some(id) = field(packet, Field::Id) else { return };
        let open = &mut self.unreleased[client];
        match packet.kind {
            PacketKind::Publish
                if field(packet, Field::Qos) == Some(&FieldValue::Number(2)) && !open.contains(id) =>
            {
                open.push(id.clone());
            }
            PacketKind::Pubrel => open.retain(|known| known != id),
            _ => {}
        }
    }

    /// A polite client releases by itself, so only a manual one is plain.
    fn fence(&mut self, step: &Step, publisher: usize) {
        let manual = self.clients.get(publisher).is_some_and(|client| client.manual);
        if !manual || self.unreleased[publisher].is_empty() || self.unread.clients.contains(&publisher) {
            return;
        }
        let mistake = Diagnostic::error(code::EMPTY_FENCE, step.at, "this fence proves nothing")
            .label("a QoS 2 message before it is not released")
            .help("send its PUBREL first, or fence with qos=1");
        self.out.push(mistake);
    }

    fn captures(&mut self, step: &Step) {
        for ((_, value), sets) in step.kind.fields() {
            let FieldValue::Capture(name) = value else { continue };
            if sets {
                self.captures.insert(name.clone());
            } else if self.captures.insert(name.clone()) {
                let message = format!("${name} is not set yet");
                let mistake = Diagnostic::error(code::CAPTURE, step.at, message);
                self.out.push(mistake.help(format!("an arrival sets it: `<- PUBLISH id=${name}`")));
            }
        }
    }
}

fn field(packet: &PacketTemplate, wanted: Field) -> Option<&FieldValue> {
    packet.fields.iter().find(|(field, _)| *field == wanted).map(|(_, value)| value)
}

fn opens(kind: &StepKind) -> bool {
    matches!(kind, StepKind::Open { .. } | StepKind::Connect { .. } | StepKind::Finds { .. })
}

/// Whether its clients need a connection for this step, or get one by it. Faults are armed before the connection exists; an
/// expectation is about the whole run.
fn acts(kind: &StepKind) -> bool {
    !matches!(
        kind,
        StepKind::Link { .. }
            | StepKind::LinkProfile { .. }
            | StepKind::CutTls { cut: TlsCut::Handshake, .. }
            | StepKind::ExpectReceives { .. }
    )
}
