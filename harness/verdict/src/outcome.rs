//! What a run showed of one scenario, in the words of the public formats: a result and an entry of a report say the same here,
//! so that both are held against a file of known failures in one way.

use std::collections::BTreeSet;

use crate::{Finding, ScenarioKey, ScenarioResult, VerdictKind};

/// What one scenario came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub key: ScenarioKey,
    /// The verdict's kind.
    pub kind: VerdictKind,
    /// The fingerprints that the verdict rests on, first in time first.
    pub found: Vec<String>,
    /// Those of them that not every run showed.
    pub now_and_then: BTreeSet<String>,
    /// The fingerprints of silences that were not waited out: they prove nothing by themselves.
    pub unconfirmed: Vec<String>,
    /// What single repeats showed, whatever came of it.
    pub repeated: BTreeSet<String>,
    /// It was repeated, and every repeat ended in a verdict of this kind.
    pub steady: bool,
}

impl Outcome {
    /// What a result says.
    pub fn of(result: &ScenarioResult) -> Self {
        let prints = |findings: &[Finding]| findings.iter().map(print).collect::<Vec<_>>();
        let verdict = &result.verdict;
        let repeats = result.repeats.iter().filter(|repeat| !repeat.cut_short);
        let repeated = repeats.flat_map(|repeat| prints(&repeat.verdict.findings)).collect();
        let now_and_then = verdict.findings.iter().filter(|finding| result.is_intermittent(finding));
        Self {
            key: result.key.clone(),
            kind: verdict.kind,
            found: prints(&verdict.findings),
            now_and_then: now_and_then.map(print).collect(),
            unconfirmed: prints(&verdict.unconfirmed),
            repeated,
            steady: !result.repeats.is_empty()
                && result.repeats.iter().all(|repeat| repeat.verdict.kind == verdict.kind),
        }
    }
}

fn print(finding: &Finding) -> String {
    finding.fingerprint().to_string()
}

impl ScenarioResult {
    /// Whether a run of the scenario that had its experiment did not show this finding.
    pub fn is_intermittent(&self, finding: &Finding) -> bool {
        let print = finding.fingerprint();
        let had_it = |kind| matches!(kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::Fail);
        let shows = |found: &[Finding]| {
            found
                .iter()
                .any(|one| one.fingerprint() == print || one.folded.iter().any(|f| f.fingerprint() == print))
        };
        let mut repeats =
            self.repeats.iter().filter(|repeat| !repeat.cut_short && had_it(repeat.verdict.kind));
        finding.repeat.is_some() || repeats.any(|repeat| !shows(&repeat.verdict.findings))
    }
}
