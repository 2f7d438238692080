//! Which clause a missing packet breaks: one table, by what was waited for and the version. 3.1 has no clauses.

use deadzone_spec::{Party, find};
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
    /// A protocol violation, by the clause that was broken; empty where the bytes form no packet.
    Violation(&'static str),
}

/// The clause, for what the server owes.
pub(crate) fn clause(owed: Owed, version: Version) -> Option<&'static str> {
    let (v311, v5) = pair(owed)?;
    match version {
        Version::V31 => None,
        Version::V311 => Some(v311),
        Version::V5 => Some(v5),
    }
}

fn pair(owed: Owed) -> Option<(&'static str, &'static str)> {
    Some(match owed {
        Owed::Answer(kind) => answer(kind)?,
        Owed::PubrecAgain => ("3.1.1/MQTT-4.3.3-2", "5.0/MQTT-4.3.3-10"),
        Owed::Delivery => ("3.1.1/MQTT-4.5.0-1", "5.0/MQTT-4.5.0-1"),
        Owed::Resend => ("3.1.1/MQTT-4.4.0-1", "5.0/MQTT-4.4.0-1"),
        Owed::Retained => ("3.1.1/MQTT-3.3.1-6", "5.0/MQTT-3.3.1-9"),
        Owed::Close(CloseCause::SecondConnect) => ("3.1.1/MQTT-3.1.0-2", "5.0/MQTT-3.1.0-2"),
        Owed::Close(CloseCause::Refused) => ("3.1.1/MQTT-3.2.2-5", "5.0/MQTT-3.2.2-7"),
        Owed::Close(CloseCause::Takeover) => ("3.1.1/MQTT-3.1.4-2", "5.0/MQTT-3.1.4-3"),
        Owed::Close(CloseCause::KeepAlive) => ("3.1.1/MQTT-3.1.2-24", "5.0/MQTT-3.1.2-22"),
        // Where the broken clause says itself what the server does, it is that one.
        Owed::Close(CloseCause::Violation(clause)) if binds_only_server(clause) => (clause, clause),
        Owed::Close(CloseCause::Violation(_)) => ("3.1.1/MQTT-4.8.0-1", "5.0/MQTT-4.13.1-1"),
    })
}

fn answer(kind: PacketKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        PacketKind::Connack => ("3.1.1/MQTT-3.1.4-4", "5.0/MQTT-3.1.4-5"),
        PacketKind::Puback => ("3.1.1/MQTT-4.3.2-2", "5.0/MQTT-4.3.2-4"),
        PacketKind::Pubrec => ("3.1.1/MQTT-4.3.3-2", "5.0/MQTT-4.3.3-8"),
        PacketKind::Pubrel => ("3.1.1/MQTT-4.3.3-1", "5.0/MQTT-4.3.3-4"),
        PacketKind::Pubcomp => ("3.1.1/MQTT-4.3.3-2", "5.0/MQTT-4.3.3-11"),
        PacketKind::Suback => ("3.1.1/MQTT-3.8.4-1", "5.0/MQTT-3.8.4-1"),
        PacketKind::Unsuback => ("3.1.1/MQTT-3.10.4-4", "5.0/MQTT-3.10.4-4"),
        PacketKind::Pingresp => ("3.1.1/MQTT-3.12.4-1", "5.0/MQTT-3.12.4-1"),
        _ => return None,
    })
}

fn binds_only_server(id: &str) -> bool {
    find(id).is_some_and(|clause| clause.party == Party::Server)
}

/// Whether a broker can be blamed by this id: ids that the catalogue does not know are ours.
pub(crate) fn binds_server(id: &str) -> bool {
    find(id).is_none_or(deadzone_spec::Clause::binds_server)
}

/// The id of our own for claims that nobody names a statement for.
pub(crate) fn unnamed(version: Version) -> &'static str {
    match version {
        Version::V31 => "3.1/DZ-claim",
        Version::V311 => "3.1.1/DZ-claim",
        Version::V5 => "5.0/DZ-claim",
    }
}

/// The clause of a finding and the others that the script names: the step's own come first, then the table's, which the
/// scenario need not name, then the scenario's. Those of another version or that bind only clients are left out.
pub(crate) fn choose(
    step: &[String],
    table: Option<&str>,
    scenario: &[String],
    version: Version,
) -> (String, Vec<String>) {
    let prefix = format!("{version}/");
    let fits = |id: &&String| id.starts_with(&prefix) && binds_server(id);
    let mut step = step.iter().filter(fits);
    if let Some(first) = step.next() {
        return (first.clone(), step.cloned().collect());
    }
    if let Some(table) = table {
        return (table.to_owned(), Vec::new());
    }
    let mut scenario = scenario.iter().filter(fits);
    match scenario.next() {
        Some(first) => (first.clone(), scenario.cloned().collect()),
        None => (unnamed(version).to_owned(), Vec::new()),
    }
}

/// As [`choose`] for claims about messages: the table's clause counts only where the scenario is about it.
pub(crate) fn choose_for_messages(
    step: &[String],
    table: &[&str],
    scenario: &[String],
    version: Version,
) -> (String, Vec<String>) {
    let prefix = format!("{version}/");
    let fits = |id: &&String| id.starts_with(&prefix) && binds_server(id);
    if step.iter().any(|id| fits(&id)) {
        return choose(step, None, scenario, version);
    }
    let named: Vec<&String> = scenario.iter().filter(fits).collect();
    let ours = table.iter().find(|id| named.iter().any(|named| named == *id));
    let head = ours.map(|id| (*id).to_owned()).or_else(|| named.first().map(|id| (*id).clone()));
    match (head, table.first()) {
        (Some(head), _) => {
            let also = named.into_iter().filter(|id| **id != head).cloned().collect();
            (head, also)
        }
        (None, Some(table)) if version != Version::V31 => ((*table).to_owned(), Vec::new()),
        _ => (unnamed(version).to_owned(), Vec::new()),
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
            CloseCause::Violation(""),
        ];
        let others = [Owed::PubrecAgain, Owed::Delivery, Owed::Resend, Owed::Retained];
        let all = PacketKind::ALL.map(Owed::Answer).into_iter().chain(others).chain(closes.map(Owed::Close));
        for owed in all {
            for version in [Version::V311, Version::V5] {
                let Some(id) = clause(owed, version) else { continue };
                let found = find(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"));
                assert!(found.binds_server() && found.level == deadzone_spec::Level::Must, "{id}");
                assert_eq!(found.version, version.as_str());
            }
            assert_eq!(clause(owed, Version::V31), None);
        }
    }

    #[test]
    fn the_steps_clause_comes_first_and_the_clients_never() {
        let own = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let step = own(&["3.1.1/MQTT-4.3.3-2", "5.0/MQTT-4.6.0-2", "5.0/MQTT-4.3.3-8", "5.0/MQTT-4.3.3-10"]);
        let chosen = choose(&step, Some("5.0/MQTT-4.3.3-11"), &[], Version::V5);
        assert_eq!(chosen, ("5.0/MQTT-4.3.3-8".to_owned(), own(&["5.0/MQTT-4.3.3-10"])));
        assert_eq!(choose(&[], None, &step, Version::V311).0, "3.1.1/MQTT-4.3.3-2");
        assert_eq!(choose(&[], None, &step, Version::V31).0, "3.1/DZ-claim");
        let chosen = choose_for_messages(&[], &["5.0/MQTT-4.3.3-10"], &step, Version::V5);
        assert_eq!(chosen, ("5.0/MQTT-4.3.3-10".to_owned(), own(&["5.0/MQTT-4.3.3-8"])));
        let chosen = choose_for_messages(&[], &["5.0/MQTT-4.3.3-1"], &step, Version::V5);
        assert_eq!(chosen.0, "5.0/MQTT-4.3.3-8");
    }
}
