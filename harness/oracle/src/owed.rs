//! Which clause a missing packet breaks: one table, by what was waited for and the version. 3.1 has no clauses.

use deadzone_spec::{ClauseId, Pair, Party, id, pair};
use deadzone_wire::{PacketKind, Version};

/// What was owed and did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    /// An answer of this type.
    Answer(PacketKind),
    /// PUBREC for a further copy of a PUBLISH.
    PubrecAgain,
    /// A new delivery.
    Delivery,
    /// PUBLISH or PUBREL again, after the session was resumed.
    Resend,
    /// The retained message of a new subscription.
    Retained,
    /// The close.
    Close(CloseCause),
}

/// Why a server must close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseCause {
    /// A second CONNECT.
    SecondConnect,
    /// CONNACK refused.
    Refused,
    /// Another connection took over.
    Takeover,
    /// One and a half times the keep-alive passed in silence.
    KeepAlive,
    /// A protocol violation, by the clause that was broken; `None` where the bytes form no packet.
    Violation(Option<ClauseId>),
}

/// The clause, for what the server owes.
pub(crate) fn clause(owed: Owed, version: Version) -> Option<ClauseId> {
    pair(owed)?.of(version)
}

fn pair(owed: Owed) -> Option<Pair> {
    Some(match owed {
        Owed::Answer(kind) => answer(kind)?,
        Owed::PubrecAgain => pair!("MQTT-4.3.3-2", "MQTT-4.3.3-10"),
        Owed::Delivery => pair!("MQTT-4.5.0-1", "MQTT-4.5.0-1"),
        Owed::Resend => pair!("MQTT-4.4.0-1", "MQTT-4.4.0-1"),
        Owed::Retained => pair!("MQTT-3.3.1-6", "MQTT-3.3.1-9"),
        Owed::Close(CloseCause::SecondConnect) => pair!("MQTT-3.1.0-2", "MQTT-3.1.0-2"),
        Owed::Close(CloseCause::Refused) => pair!("MQTT-3.2.2-5", "MQTT-3.2.2-7"),
        Owed::Close(CloseCause::Takeover) => pair!("MQTT-3.1.4-2", "MQTT-3.1.4-3"),
        Owed::Close(CloseCause::KeepAlive) => pair!("MQTT-3.1.2-24", "MQTT-3.1.2-22"),
        // Where the broken clause says itself what the server does, it is that one.
        Owed::Close(CloseCause::Violation(Some(id))) if id.clause().party == Party::Server => {
            Pair { v311: Some(id), v5: Some(id) }
        }
        Owed::Close(CloseCause::Violation(_)) => pair!("MQTT-4.8.0-1", "MQTT-4.13.1-1"),
    })
}

fn answer(kind: PacketKind) -> Option<Pair> {
    Some(match kind {
        PacketKind::Connack => pair!("MQTT-3.1.4-4", "MQTT-3.1.4-5"),
        PacketKind::Puback => pair!("MQTT-4.3.2-2", "MQTT-4.3.2-4"),
        PacketKind::Pubrec => pair!("MQTT-4.3.3-2", "MQTT-4.3.3-8"),
        PacketKind::Pubrel => pair!("MQTT-4.3.3-1", "MQTT-4.3.3-4"),
        PacketKind::Pubcomp => pair!("MQTT-4.3.3-2", "MQTT-4.3.3-11"),
        PacketKind::Suback => pair!("MQTT-3.8.4-1", "MQTT-3.8.4-1"),
        PacketKind::Unsuback => pair!("MQTT-3.10.4-4", "MQTT-3.10.4-4"),
        PacketKind::Pingresp => pair!("MQTT-3.12.4-1", "MQTT-3.12.4-1"),
        _ => return None,
    })
}

/// The id of our own for claims that nobody names a statement for.
pub(crate) fn unnamed(version: Version) -> ClauseId {
    match version {
        Version::V31 => id!("3.1/DZ-claim"),
        Version::V311 => id!("3.1.1/DZ-claim"),
        Version::V5 => id!("5.0/DZ-claim"),
    }
}

/// The clause of a finding and the others that the script names: the step's own come first, then the table's, which the
/// scenario need not name, then the scenario's. Those of another version or that bind only clients are left out.
pub(crate) fn choose(
    step: &[ClauseId],
    table: Option<ClauseId>,
    scenario: &[ClauseId],
    version: Version,
) -> (ClauseId, Vec<ClauseId>) {
    let fits = |id: &ClauseId| id.version() == version && id.binds_server();
    let mut step = step.iter().copied().filter(fits);
    if let Some(first) = step.next() {
        return (first, step.collect());
    }
    if let Some(table) = table {
        return (table, Vec::new());
    }
    let mut scenario = scenario.iter().copied().filter(fits);
    match scenario.next() {
        Some(first) => (first, scenario.collect()),
        None => (unnamed(version), Vec::new()),
    }
}

/// As [`choose`] for claims about messages: the table's clause counts only where the scenario is about it.
pub(crate) fn choose_for_messages(
    step: &[ClauseId],
    table: &[ClauseId],
    scenario: &[ClauseId],
    version: Version,
) -> (ClauseId, Vec<ClauseId>) {
    let fits = |id: &ClauseId| id.version() == version && id.binds_server();
    if step.iter().any(fits) {
        return choose(step, None, scenario, version);
    }
    let named: Vec<ClauseId> = scenario.iter().copied().filter(fits).collect();
    let ours = table.iter().find(|id| named.contains(id));
    match (ours.or_else(|| named.first()).copied(), table.first()) {
        (Some(head), _) => (head, named.into_iter().filter(|id| *id != head).collect()),
        (None, Some(table)) if version != Version::V31 => (*table, Vec::new()),
        _ => (unnamed(version), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_only_musts_that_bind_the_server() {
        let closes = [
            CloseCause::SecondConnect,
            CloseCause::Refused,
            CloseCause::Takeover,
            CloseCause::KeepAlive,
            CloseCause::Violation(None),
        ];
        let others = [Owed::PubrecAgain, Owed::Delivery, Owed::Resend, Owed::Retained];
        let all = PacketKind::ALL.map(Owed::Answer).into_iter().chain(others).chain(closes.map(Owed::Close));
        for owed in all {
            for version in [Version::V311, Version::V5] {
                let Some(id) = clause(owed, version) else { continue };
                assert!(id.binds_server() && id.clause().level == deadzone_spec::Level::Must, "{id}");
                assert_eq!(id.version(), version);
            }
            assert_eq!(clause(owed, Version::V31), None);
        }
    }

    #[test]
    fn the_steps_clause_comes_first_and_the_clients_never() {
        let step = [
            id!("3.1.1/MQTT-4.3.3-2"),
            id!("5.0/MQTT-4.6.0-2"),
            id!("5.0/MQTT-4.3.3-8"),
            id!("5.0/MQTT-4.3.3-10"),
        ];
        let chosen = choose(&step, Some(id!("5.0/MQTT-4.3.3-11")), &[], Version::V5);
        assert_eq!(chosen, (id!("5.0/MQTT-4.3.3-8"), vec![id!("5.0/MQTT-4.3.3-10")]));
        assert_eq!(choose(&[], None, &step, Version::V311).0, id!("3.1.1/MQTT-4.3.3-2"));
        assert_eq!(choose(&[], None, &step, Version::V31).0, id!("3.1/DZ-claim"));
        let chosen = choose_for_messages(&[], &[id!("5.0/MQTT-4.3.3-10")], &step, Version::V5);
        assert_eq!(chosen, (id!("5.0/MQTT-4.3.3-10"), vec![id!("5.0/MQTT-4.3.3-8")]));
        let chosen = choose_for_messages(&[], &[id!("5.0/MQTT-4.3.3-1")], &step, Version::V5);
        assert_eq!(chosen.0, id!("5.0/MQTT-4.3.3-8"));
    }
}
