//! Failures of a run that show the same, so that each cause is told once. A cause is no verdict: every scenario keeps its own.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use deadzone_spec::{ClauseId, Party};
use deadzone_wire::{PacketKind, Version};

use crate::{Consequence, Fact, Finding, Fingerprint, GateState, ScenarioResult, VerdictKind};

/// A finding in the results that the causes were made of, by numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// The result.
    pub result: usize,
    /// The finding in its verdict.
    pub finding: usize,
}

/// One cause: what was found of one clause, as one kind of fact, behind the same acknowledged step.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The fingerprint of the first that shows it.
    pub fingerprint: Fingerprint,
    /// What it means to a user.
    pub consequence: Consequence,
    /// Where it shows and is not known: the first scenario that shows it before all else comes first.
    pub shown: Vec<Shown>,
    /// Where it shows as a file of known failures expects, or in a scenario that is newer than the file; in the same order.
    pub known: Vec<Shown>,
    /// The gates that it shuts, by name.
    pub gates: Vec<String>,
    /// Results that stand on those gates, and so are blocked.
    pub blocks: Vec<usize>,
}

impl Cause {
    /// Where it is told in full; nowhere if all of it is known.
    pub fn first(&self) -> Option<Shown> {
        self.shown.first().copied()
    }

    /// How many scenarios show it, those that are known left aside.
    pub fn scenarios(&self) -> usize {
        results_of(&self.shown)
    }

    /// How many scenarios show it as is known.
    pub fn known_scenarios(&self) -> usize {
        results_of(&self.known)
    }
}

fn results_of(shown: &[Shown]) -> usize {
    shown.iter().map(|shown| shown.result).collect::<BTreeSet<_>>().len()
}

/// What findings of one cause have in common. It is less than a fingerprint: which scripted client it concerns, at which QoS and behind
/// which disturbance is how a scenario came upon it. The acknowledged step stays, since a copy behind PUBREC and one behind PUBREL are
/// two bugs.
type Common = (bool, ClauseId, Fact, Option<PacketKind>);

fn common(party: Party, finding: &Finding) -> Common {
    (party == Party::Client, finding.clause, finding.fact, finding.phase.acknowledged)
}

/// The causes of what failed in these results, the worst first, then those that show most often. Gates tell what else they block.
pub fn causes(results: &[Arc<ScenarioResult>], gates: &[GateState]) -> Vec<Cause> {
    let mut by_common: BTreeMap<Common, Cause> = BTreeMap::new();
    let failed = results.iter().enumerate().filter(|(_, result)| result.verdict.kind == VerdictKind::Fail);
    for (at, result) in failed {
        for (number, finding) in result.verdict.findings.iter().enumerate() {
            let cause = by_common.entry(common(result.party, finding)).or_insert_with(|| Cause {
                fingerprint: finding.fingerprint(),
                consequence: Consequence::of(finding),
                shown: Vec::new(),
                known: Vec::new(),
                gates: Vec::new(),
                blocks: Vec::new(),
            });
            let list = if result.is_known(finding) { &mut cause.known } else { &mut cause.shown };
            list.push(Shown { result: at, finding: number });
        }
    }
    let mut causes: Vec<Cause> = by_common.into_values().collect();
    for cause in &mut causes {
        // What a scenario shows first it was not led to by another finding.
        for list in [&mut cause.shown, &mut cause.known] {
            list.sort_by_key(|shown| (shown.finding > 0, *shown));
        }
        let first = cause.shown.first().or_else(|| cause.known.first());
        if let Some(finding) = first.and_then(|first| finding(results, *first)) {
            cause.fingerprint = finding.fingerprint();
        }
        blocked_by(cause, results, gates);
    }
    causes.sort_by_key(|cause| (cause.consequence, Reverse(cause.scenarios() + cause.blocks.len())));
    causes
}

/// The finding at a place.
pub fn finding(results: &[Arc<ScenarioResult>], shown: Shown) -> Option<&Finding> {
    results.get(shown.result)?.verdict.findings.get(shown.finding)
}

/// The gates that scenarios of a cause shut by what they show first, and what stands on them.
fn blocked_by(cause: &mut Cause, results: &[Arc<ScenarioResult>], gates: &[GateState]) {
    let told = if cause.shown.is_empty() { &cause.known } else { &cause.shown };
    let firsts = told.iter().filter(|shown| shown.finding == 0).map(|shown| &results[shown.result].key);
    let failed: BTreeSet<(&str, Version)> = firsts.map(|key| (key.id.as_str(), key.version)).collect();
    let is_shut = |gate: &&GateState| {
        gate.failed_by.as_deref().is_some_and(|scenario| failed.contains(&(scenario, gate.version)))
    };
    for gate in gates.iter().filter(is_shut) {
        let stands_on = |result: &ScenarioResult| {
            result.key.version == gate.version && result.verdict.blocked_by.as_ref() == Some(&gate.gate)
        };
        cause.blocks.extend((0..results.len()).filter(|at| stands_on(&results[*at])));
        if !cause.gates.contains(&gate.gate) {
            cause.gates.push(gate.gate.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use deadzone_spec::id;

    use super::*;
    use crate::{Disturbance, Expectation, Phase, ScenarioKey, Verdict};

    fn finding(clause: ClauseId, fact: Fact, client: &str) -> Finding {
        Finding { client: Some(client.to_owned()), ..Finding::new(clause, fact, "a rule") }
    }

    fn result(id: &str, verdict: Verdict) -> Arc<ScenarioResult> {
        Arc::new(ScenarioResult {
            key: ScenarioKey { id: id.to_owned(), version: Version::V5 },
            transport: None,
            party: Party::Server,
            title: String::new(),
            file: String::new(),
            source: "".into(),
            line: 0,
            clauses: Vec::new(),
            like: Vec::new(),
            verdict,
            control: None,
            repeats: Vec::new(),
            compared: None,
            history: None,
            repeat_command: String::new(),
            wall_ms: 0,
            target_log: None,
            expectation: None,
        })
    }

    fn failed(id: &str, findings: Vec<Finding>) -> Arc<ScenarioResult> {
        result(id, Verdict { kind: VerdictKind::Fail, findings, ..Verdict::pass() })
    }

    #[test]
    fn what_shows_the_same_is_one_cause_and_a_second_finding_is_not_lost() {
        let dup = |client| finding(id!("5.0/MQTT-3.3.1-1"), Fact::WrongField, client);
        let lost = finding(id!("5.0/MQTT-4.3.2-4"), Fact::DeliveryMissing, "sub");
        let other = Finding {
            phase: Phase { after: Some(Disturbance::Blackhole), ..Phase::default() },
            qos: Some(2),
            ..dup("watch")
        };
        let results = [
            failed("a", vec![lost.clone(), dup("sub")]),
            failed("b", vec![dup("sub")]),
            result("c", Verdict::pass()),
            failed("d", vec![other]),
        ];
        let causes = causes(&results, &[]);
        assert_eq!(causes.len(), 2);
        assert_eq!(causes[0].consequence, Consequence::Loses, "the worst comes first");
        assert_eq!(causes[1].scenarios(), 3);
        let first = Shown { result: 1, finding: 0 };
        assert_eq!(causes[1].first(), Some(first), "the scenario that shows it before all else");
        assert!(causes[1].shown.contains(&Shown { result: 0, finding: 1 }));
    }

    /// What a file names is no cause to be told; the finding beside it is.
    #[test]
    fn what_is_known_stands_apart_from_what_is_not() {
        let dup = finding(id!("5.0/MQTT-3.3.1-1"), Fact::WrongField, "sub");
        let lost = finding(id!("5.0/MQTT-4.3.2-4"), Fact::DeliveryMissing, "sub");
        let with = |id, findings, expectation| {
            let mut result = Arc::unwrap_or_clone(failed(id, findings));
            result.expectation = Some(expectation);
            Arc::new(result)
        };
        let stranger = Expectation::Unexpected(vec![lost.fingerprint().to_string()]);
        let results = [
            with("a", vec![dup.clone()], Expectation::Expected(Vec::new())),
            with("b", vec![dup.clone(), lost], stranger),
            with("c", vec![dup], Expectation::New),
        ];
        let causes = causes(&results, &[]);
        let counts: Vec<_> =
            causes.iter().map(|c| (c.consequence, c.scenarios(), c.known_scenarios())).collect();
        assert_eq!(counts[0], (Consequence::Loses, 1, 0));
        assert_eq!((counts[1].1, counts[1].2), (0, 3));
        assert_eq!((causes[0].first().map(|first| first.result), causes[1].first()), (Some(1), None));
    }

    #[test]
    fn a_copy_behind_pubrec_and_one_behind_pubrel_are_two_causes() {
        let at = |kind| Finding {
            phase: Phase { acknowledged: Some(kind), ..Phase::default() },
            ..finding(id!("5.0/MQTT-4.3.3-10"), Fact::DeliveredTwice, "sub")
        };
        let results = [failed("a", vec![at(PacketKind::Pubrec)]), failed("b", vec![at(PacketKind::Pubcomp)])];
        assert_eq!(causes(&results, &[]).len(), 2);
    }

    #[test]
    fn a_cause_that_shuts_a_gate_has_what_stands_on_it() {
        let blocked = |gate: &str| Verdict {
            blocked_by: Some(gate.to_owned()),
            ..Verdict::because(VerdictKind::Blocked, "a gate failed")
        };
        let results = [
            failed("gates/a", vec![finding(id!("5.0/MQTT-4.3.2-4"), Fact::AnswerMissing, "pub")]),
            result("b", blocked("qos1-in")),
            result("c", blocked("will")),
        ];
        let gate = |gate: &str, failed_by: Option<&str>| GateState {
            version: Version::V5,
            gate: gate.to_owned(),
            state: "failed".to_owned(),
            why: String::new(),
            failed_by: failed_by.map(str::to_owned),
        };
        let causes = causes(&results, &[gate("qos1-in", Some("gates/a")), gate("will", Some("gates/w"))]);
        assert_eq!(causes[0].gates, ["qos1-in"]);
        assert_eq!(causes[0].blocks, [1]);
    }
}
