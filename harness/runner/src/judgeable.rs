//! Whether anything in a scenario can judge a clause that its header names: a rule or a claim that knows it, and steps that bring
//! about what it is about. What a performance really judged is told by its verdict.

use std::collections::BTreeSet;

use deadzone_oracle::judged_unnamed;
use deadzone_script::{PacketTemplate, Scenario, Step, StepKind};
use deadzone_spec::ClauseId;
use deadzone_wire::{Field, PacketKind, Version};

/// What steps bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Brought {
    Connection,
    /// A client, or its id, connects again.
    Return,
    /// Something that breaks the protocol.
    Deviance,
    Will,
    Retained,
    Message,
    Subscription,
    Unsubscription,
    Ping,
    KeepAlive,
    PacketSize,
}

/// Why nothing in the scenario judges this clause, and what to do instead.
pub(crate) fn unjudged(scenario: &Scenario, clause: ClauseId) -> Option<(String, String)> {
    let version = clause.version();
    let steps: Vec<&Step> =
        scenario.steps.iter().filter(|s| s.only.is_none_or(|only| only == version)).collect();
    if steps.iter().any(|step| step.clauses.contains(&clause)) {
        return None;
    }
    let brought = brought(&steps);
    if let Some(wanted) = about(clause)
        && !brought.contains(&wanted)
    {
        let message = format!("nothing here judges {clause}: no step brings about what it is about");
        return Some((message, format!("it says: {}", clause.clause().text)));
    }
    // A claim without a clause of its own is told by those of the header.
    let claimed = steps.iter().any(|step| step.clauses.is_empty() && claims(&step.kind));
    let of_format = brought.contains(&Brought::Deviance) && clause.binds_client();
    if judged_unnamed(clause) || claimed || of_format {
        return None;
    }
    let message = format!("nothing here judges {clause}: no rule and no claim of this scenario knows it");
    Some((message, format!("name it at the step that asserts it: `@ {clause}`")))
}

fn claims(kind: &StepKind) -> bool {
    matches!(
        kind,
        StepKind::ExpectReceives { .. }
            | StepKind::Receive { .. }
            | StepKind::Finds { .. }
            | StepKind::Ready { from: Some(_), .. }
    )
}

/// What a clause is about, by the section that makes it; nothing where any steps may do.
fn about(clause: ClauseId) -> Option<Brought> {
    let (number, version) = (clause.clause().number, clause.version());
    let last = number.rsplit('-').next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
    let v5 = version == Version::V5;
    Some(match (clause.clause().section, last) {
        ("3.1.2", 8 | 10) | ("3.14.4", 3) => Brought::Will,
        ("3.1.2", 7 | 14 | 15) | ("3.1.3", 9) if v5 => Brought::Will,
        ("3.1.2", 16 | 17) if !v5 => Brought::Will,
        ("3.1.2", 7) => Brought::Retained,
        ("3.1.2", 22) if v5 => Brought::KeepAlive,
        ("3.1.2", 24) if !v5 => Brought::KeepAlive,
        ("3.1.2", 24 | 25) => Brought::PacketSize,
        // In 5.0 it also says that nothing is sent again on a living connection.
        ("4.4", _) if v5 => Brought::Message,
        ("3.1.2", 4..=6) | ("4.1" | "4.4", _) | ("3.2.2", 3) | ("3.3.1", 1) => Brought::Return,
        ("3.2.2", 2) if !v5 => Brought::Return,
        ("3.1.2", 2 | 3) | ("3.3.1", 4) | ("3.3.2", 2) => Brought::Deviance,
        ("1.5.3" | "1.5.4" | "2.2.2" | "3.6.1" | "3.8.1" | "3.10.1" | "3.14.1" | "4.8" | "4.13.1", _)
            if clause.clause().is_numbered() =>
        {
            Brought::Deviance
        }
        ("3.1.0" | "3.1" | "3.1.4" | "3.2" | "3.2.0" | "3.2.2", _) => Brought::Connection,
        ("3.3.1", 9) if !v5 => Brought::Message,
        ("3.3.1", 12) if v5 => Brought::Message,
        ("3.3.1", 5..=13) => Brought::Retained,
        ("3.8.3" | "3.8.4" | "3.9.3" | "4.7.2", _) => Brought::Subscription,
        ("3.10.4" | "3.11.3", _) => Brought::Unsubscription,
        ("3.12.4", _) => Brought::Ping,
        ("3.3.1" | "3.3.2" | "3.3.4" | "3.3.5" | "4.3.1" | "4.3.2" | "4.3.3" | "4.5" | "4.6" | "4.9", _) => {
            Brought::Message
        }
        _ => return None,
    })
}

fn brought(steps: &[&Step]) -> BTreeSet<Brought> {
    let mut all = BTreeSet::new();
    let mut connected: Vec<(usize, Option<&[u8]>)> = Vec::new();
    for step in steps {
        if step.deviant {
            all.insert(Brought::Deviance);
        }
        match &step.kind {
            StepKind::Connect { client, options, .. } => {
                all.insert(Brought::Connection);
                // Two clients with one id are one session.
                let id = options.client_id.as_ref().map(|id| id.0.as_slice());
                let same =
                    |known: &(usize, Option<&[u8]>)| known.0 == *client || id.is_some() && known.1 == id;
                all.extend(connected.iter().any(same).then_some(Brought::Return));
                connected.push((*client, id));
                all.extend(options.keep_alive_s.is_some_and(|s| s > 0).then_some(Brought::KeepAlive));
                all.extend(options.max_packet.is_some().then_some(Brought::PacketSize));
                if let Some(will) = &options.will {
                    all.extend([Brought::Will, Brought::Message]);
                    all.extend(will.retain.then_some(Brought::Retained));
                }
            }
            StepKind::Subscribe { .. } => _ = all.insert(Brought::Subscription),
            StepKind::Finds { .. } => all.extend([Brought::Subscription, Brought::Retained]),
            StepKind::Unsubscribe { .. } => _ = all.insert(Brought::Unsubscription),
            StepKind::Ping { .. } => _ = all.insert(Brought::Ping),
            StepKind::Publish { packet, .. }
            | StepKind::Burst { packet, .. }
            | StepKind::Send { packet, .. } => {
                all.extend(sent(packet));
            }
            StepKind::SendBytes { .. } => all.extend([Brought::Connection, Brought::Deviance]),
            _ => {}
        }
    }
    all
}

fn sent(packet: &PacketTemplate) -> Vec<Brought> {
    let has = |field: Field| packet.fields.iter().any(|(f, _)| *f == field);
    match packet.kind {
        PacketKind::Connect => {
            let mut all = vec![Brought::Connection, Brought::KeepAlive, Brought::Return];
            all.extend(has(Field::MAX_PACKET).then_some(Brought::PacketSize));
            all
        }
        PacketKind::Publish if has(Field::Retain) => vec![Brought::Message, Brought::Retained],
        PacketKind::Publish => vec![Brought::Message],
        PacketKind::Subscribe => vec![Brought::Subscription],
        PacketKind::Unsubscribe => vec![Brought::Unsubscription],
        PacketKind::Pingreq => vec![Brought::Ping],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::unjudged;
    use crate::Suite;

    fn of(clauses: &str, steps: &str) -> Vec<String> {
        let text = format!(
            "mqt 1\nscenario one\n  title t\n  clauses {clauses}\n  versions 5.0\n  catches two-connacks\n  client a\n{steps}"
        );
        let (scenarios, mistakes) = deadzone_script::parse("f.mqt", "f", &text);
        assert_eq!(scenarios.len(), 1, "{mistakes:?}");
        let judged = |clause: &deadzone_spec::ClauseId| unjudged(&scenarios[0], *clause);
        scenarios[0].clauses.iter().filter_map(judged).map(|(message, _)| message).collect()
    }

    #[test]
    fn every_clause_of_the_suite_can_be_judged() {
        for scenario in Suite::embedded().unwrap().scenarios {
            for clause in &scenario.clauses {
                assert_eq!(unjudged(&scenario, *clause), None, "{} names {clause}", scenario.id);
            }
        }
    }

    #[test]
    fn a_clause_wants_steps_that_bring_it_about() {
        let ping = "  a connect clean\n  a ping\n";
        assert_eq!(of("5.0/MQTT-3.12.4-1", ping), Vec::<String>::new());
        for clause in ["5.0/MQTT-3.1.3-9", "5.0/MQTT-4.4.0-1", "5.0/MQTT-3.3.1-5", "5.0/MQTT-4.5.0-1"] {
            let told = of(clause, ping);
            assert!(told.len() == 1 && told[0].contains("no step brings about"), "{told:?}");
        }
    }

    #[test]
    fn a_clause_that_no_rule_knows_wants_a_step_that_names_it() {
        let steps = "  a connect clean\n  a subscribe \"{run}/t\" qos=1\n";
        let told = of("5.0/MQTT-3.9.3-1", steps);
        assert!(told.len() == 1 && told[0].contains("no rule and no claim"), "{told:?}");
        let named = format!("{steps}  expect a receives nothing @ 5.0/MQTT-3.9.3-1\n");
        assert_eq!(of("5.0/MQTT-3.9.3-1", &named), Vec::<String>::new());
    }
}
