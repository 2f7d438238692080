//! What a scenario itself asks for by its bursts, watched absences and frozen targets: the record's bounds, the memory that it may hold and its
//! deadline follow it, so that our own traffic is no flood of the target, and our own watch no delay of it.

use deadzone_history::RecorderLimits;
use deadzone_script::{Count, FieldValue, Scenario, StepKind, TargetAction};
use deadzone_wire::Field;

use crate::timing::Timing;

/// What the deadline grows by for each message of a burst, ms: two round trips of a QoS 2 exchange, at 10 ms each.
const MESSAGE_MS: u64 = 20;
/// From which size on a single message counts, bytes: a few of them would fill what a record may take.
const LARGE_BYTES: u64 = 64 * 1024;
/// A word that `{run}` stands for is at most so long, bytes.
const RUN_BYTES: usize = 32;
/// What a message takes beside its topic and payload, bytes: headers, identifiers, the number behind the prefix.
const FRAME_BYTES: u64 = 64;

/// The messages of all bursts, and the time of all watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    messages: u64,
    /// The largest one, bytes.
    message_bytes: u64,
    clients: u64,
    /// How long the steps of a round watch that nothing comes, or halt the target, ms.
    watched_ms: u64,
}

impl Asked {
    /// What the scenario's steps ask for in all rounds. Each message may come to every client of its round.
    pub(crate) fn by(scenario: &Scenario) -> Self {
        let clients = scenario.clients.len() as u64;
        let bursts = scenario.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Burst { count, packet, .. } => Some((count, packet)),
            _ => None,
        });
        let watched = scenario.steps.iter().filter_map(|step| match &step.kind {
            StepKind::ExpectReceives { count: Count::Nothing { for_ms }, .. } => *for_ms,
            StepKind::Target(TargetAction::Freeze { for_ms }) => Some(*for_ms),
            _ => None,
        });
        let rounds = u64::from(scenario.times.max(1));
        let of_bursts =
            bursts.map(|(count, packet)| (u64::from(*count) * rounds, bytes(packet.fields.iter())));
        let sent = scenario.steps.iter().filter(|step| !matches!(step.kind, StepKind::Burst { .. }));
        let large = sent
            .map(|step| bytes(step.kind.fields().filter(|(_, arrives)| !arrives).map(|(part, _)| part)))
            .filter(|bytes| *bytes > LARGE_BYTES)
            .map(|bytes| (rounds, bytes));
        of_bursts.chain(large).fold(
            Self { clients, watched_ms: watched.sum(), ..Self::default() },
            |asked, (messages, bytes)| Self {
                messages: asked.messages + messages,
                message_bytes: asked.message_bytes.max(FRAME_BYTES + bytes),
                ..asked
            },
        )
    }

    /// The bounds of its record.
    pub(crate) fn limits(self) -> RecorderLimits {
        RecorderLimits::default().and_messages(self.messages, self.message_bytes, self.clients)
    }

    /// What its record may take beyond that of a scenario without bursts, bytes.
    pub(crate) fn more_bytes(self) -> u64 {
        self.limits().bytes - RecorderLimits::default().bytes
    }

    /// The deadline of the walk, longer by what its bursts take over a link without a profile, and by its watches.
    pub(crate) fn within(self, timing: Timing) -> Timing {
        let more_ms = self.messages * MESSAGE_MS + self.watched_ms;
        Timing { scenario_ms: timing.scenario_ms.saturating_add(more_ms), ..timing }
    }
}

/// What the texts of a packet take.
fn bytes<'f>(fields: impl Iterator<Item = &'f (Field, FieldValue)>) -> u64 {
    let of = |(_, value): &(Field, FieldValue)| match value {
        FieldValue::Text(text) => text.most_bytes(RUN_BYTES) as u64,
        _ => 0,
    };
    fields.map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(burst: &str) -> Asked {
        let text = format!(
            "mqt 1\n\nscenario s\n  title t\n  clauses 5.0/MQTT-4.6.0-5\n  versions 5.0\n  catches mutant-close-swallowed\n\n  client a\n  client b\n\n  a connect clean\n  {burst}\n  control none a test\n"
        );
        let (scenarios, mistakes) = deadzone_script::parse("s.mqt", "s", &text);
        assert!(!scenarios.is_empty(), "{mistakes:?}");
        Asked::by(&scenarios[0])
    }

    #[test]
    fn bounds_follow_the_bursts() {
        let none = asked("a publish \"{run}/t\" \"m\" qos=2");
        assert_eq!(none.more_bytes(), 0);
        assert_eq!(none.within(Timing::default()).scenario_ms, Timing::default().scenario_ms);
        let some = asked("a burst 3000 \"{run}/t\" \"m\" qos=2");
        assert_eq!((some.messages, some.clients), (3000, 2));
        assert!(some.more_bytes() > 3000 * 2 * 4 * 512, "four packets of each message at each client");
        assert!(some.limits().events > RecorderLimits::default().events + 3000 * 20);
        assert_eq!(some.within(Timing::default()).scenario_ms, 30_000 + 60_000);
        let watched = asked("expect a receives nothing for 40s");
        assert_eq!(watched.within(Timing::default()).scenario_ms, 30_000 + 40_000);
    }
}
