//! What a scenario puts a broker through, read from its steps. Knows no bound: what is too much for whom is said elsewhere.

use deadzone_wire::{Field, Mutation, PacketKind, VarInt};

use crate::{ConnectMode, FieldValue, PacketTemplate, Scenario, Step, StepKind};

/// What a scenario puts a broker through in one run, all rounds together. Steps for one version only are counted in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Messages that its clients publish.
    pub messages: u64,
    /// The largest packet that it sends or claims to send by a Remaining Length, bytes; without fixed header and properties.
    pub packet_bytes: u64,
    /// Connections that its clients make; of `finds` as many as it may need.
    pub connections: u64,
    /// Steps that break the protocol on purpose.
    pub deviations: u64,
    /// Connections with a user name or password of the script's own.
    pub logins: u64,
    /// Connections that the broker is to refuse.
    pub refusals: u64,
}

/// Connections of `finds`: it looks four times at most, and twice more behind a late find.
const LOOKS: u64 = 6;

impl Scenario {
    /// What it puts a broker through.
    pub fn load(&self) -> Load {
        let mut load = Load::default();
        self.steps.iter().for_each(|step| add(&mut load, step));
        let rounds = u64::from(self.times);
        Load {
            messages: load.messages * rounds,
            packet_bytes: load.packet_bytes,
            connections: load.connections * rounds,
            deviations: load.deviations * rounds,
            logins: load.logins * rounds,
            refusals: load.refusals * rounds,
        }
    }
}

fn add(load: &mut Load, step: &Step) {
    load.deviations += u64::from(step.deviant);
    match &step.kind {
        StepKind::Open { .. } => load.connections += 1,
        StepKind::Connect { mode, options, .. } => {
            // Before 5.0 a fresh session takes a connection that clears the old one.
            load.connections += if *mode == ConnectMode::Fresh { 2 } else { 1 };
            load.logins += u64::from(options.user.is_some() || options.pass.is_some());
            load.refusals += u64::from(options.refused);
        }
        StepKind::Finds { .. } => load.connections += LOOKS,
        StepKind::Publish { packet, .. } => {
            load.messages += 1;
            load.packet_bytes = load.packet_bytes.max(texts(packet));
        }
        StepKind::Burst { count, packet, .. } => {
            load.messages += u64::from(*count);
            load.packet_bytes = load.packet_bytes.max(texts(packet));
        }
        StepKind::Send { packet, broken_by, .. } => {
            load.messages += u64::from(packet.kind == PacketKind::Publish);
            let more: u64 = broken_by.iter().map(more_bytes).sum();
            load.packet_bytes = load.packet_bytes.max(texts(packet) + more);
        }
        StepKind::SendBytes { bytes, .. } => load.packet_bytes = load.packet_bytes.max(claimed(bytes)),
        StepKind::Fence { .. } | StepKind::Ready { .. } => load.messages += 1,
        _ => {}
    }
}

/// Bytes of a packet's texts.
fn texts(packet: &PacketTemplate) -> u64 {
    let of = |(field, value): &(Field, FieldValue)| match (field, value) {
        (_, FieldValue::Text(text)) => text.filled(b"").len() as u64,
        _ => 0,
    };
    packet.fields.iter().map(of).sum()
}

/// How many bytes more a breakage claims or sends.
fn more_bytes(mutation: &Mutation) -> u64 {
    match mutation {
        Mutation::Length(more) => u64::try_from(*more).unwrap_or(0),
        Mutation::Trailing(more) => u64::from(*more),
        _ => 0,
    }
}

/// The largest Remaining Length of packets that stand one behind the other, the last one whole or not.
fn claimed(bytes: &[u8]) -> u64 {
    let mut largest = 0;
    let mut rest = bytes;
    while let Some(behind) = rest.get(1..)
        && let Ok(Some(length)) = VarInt::read(behind)
    {
        largest = largest.max(u64::from(length.value()));
        let whole = 1 + usize::from(length.width()) + length.value() as usize;
        rest = rest.get(whole..).unwrap_or_default();
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(header: &str, steps: &str) -> Load {
        let text = format!(
            "scenario s\n  title t\n  clauses 5.0/MQTT-3.12.4-1\n  versions 5.0\n  catches x\n{header}  client a\n\n{steps}"
        );
        let (scenarios, mistakes) = crate::parse("a.mqt", "a", &text);
        assert!(scenarios.len() == 1, "{mistakes:?}");
        scenarios[0].load()
    }

    #[test]
    fn messages_connections_and_rounds_are_counted() {
        let steps = "  a connect clean\n  a burst 300 \"{run}/t\" \"m\" qos=1\n  a publish \"{run}/t\" \"{pad 5000}\"\n  a disconnect\n";
        let once = load("", steps);
        assert_eq!((once.messages, once.connections, once.deviations), (301, 1, 0));
        assert_eq!(once.packet_bytes, 5000 + "{run}/t".len() as u64 - "{run}".len() as u64);
        let often = load("  times 20\n", steps);
        assert_eq!((often.messages, often.connections), (6020, 20));
        assert_eq!(often.packet_bytes, once.packet_bytes, "one after another");
    }

    #[test]
    fn what_a_header_claims_counts_as_what_is_sent() {
        assert_eq!(claimed(&[0x30, 0xff, 0xff, 0xff, 0x7f]), 268_435_455);
        assert_eq!(claimed(&[0xc0, 0, 0x30, 0x80, 0x80, 0x04, 1]), 65_536, "behind a whole packet");
        assert_eq!(claimed(&[0xc0, 0]), 0);
        assert_eq!(claimed(&[0x30, 0x80]) + claimed(&[0x30]) + claimed(&[]), 0, "no length yet");
        let broken = "  a connect clean\n  a -> PINGREQ broken by length+70000 deviant\n";
        assert_eq!((load("", broken).packet_bytes, load("", broken).deviations), (70_000, 1));
    }

    #[test]
    fn what_is_to_be_refused_is_counted() {
        let steps = "  a connect clean user=\"u{run}\" refused\n  a connect clean user=\"u{run}\"\n";
        let load = load("  times 3\n", steps);
        assert_eq!((load.refusals, load.logins), (3, 6));
    }

    #[test]
    fn a_login_is_a_connection_with_a_name_of_the_scripts_own() {
        let steps = "  a connect clean user=\"u\" pass=\"p\"\n  a disconnect\n  a connect fresh\n";
        let load = load("  times 3\n", &steps.replace("user=\"u\"", "user=\"u{run}\""));
        assert_eq!((load.logins, load.connections), (3, 9));
    }
}
