//! What real brokers taught, played in memory: each legal habit that was blamed once is a variant of the reference broker, each
//! wrong one that was cleared a defect or a mutant of it. Names are those of the records made by hand in the oracle's tests.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod blamed;
mod cleared;

use std::{collections::BTreeSet, sync::Arc};

use deadzone_runner::{EmbeddedSpec, Options, Selection, Suite, TargetSpec, run};
use deadzone_verdict::{RunEvent, ScenarioResult, VerdictKind};
use deadzone_wire::Version;

/// A run in memory that is to be looked at.
pub(crate) struct Played {
    /// The scenarios, by id or pattern.
    pub(crate) choose: &'static [&'static str],
    pub(crate) versions: &'static [Version],
    pub(crate) variants: &'static [&'static str],
    pub(crate) defects: &'static [&'static str],
    pub(crate) mutant: Option<&'static str>,
    pub(crate) scale: f64,
    /// Gates are asked as in any run; without them each scenario shows what it sees itself.
    pub(crate) gates: bool,
}

pub(crate) const PLAYED: Played = Played {
    choose: &[],
    versions: &[Version::V311, Version::V5],
    variants: &[],
    defects: &[],
    mutant: None,
    scale: 1.0,
    gates: false,
};

impl Played {
    pub(crate) fn results(&self) -> Vec<Arc<ScenarioResult>> {
        let mut suite = Suite::embedded().unwrap();
        if !self.gates {
            for scenario in &mut suite.scenarios {
                let scenario = Arc::make_mut(scenario);
                (scenario.gate, scenario.stands_on) = (None, Vec::new());
            }
        }
        let defects: BTreeSet<_> = self.defects.iter().map(|name| name.parse().unwrap()).collect();
        let variants: BTreeSet<_> = self.variants.iter().map(|name| name.parse().unwrap()).collect();
        let options = Options {
            mutant: self.mutant.map(|name| name.parse().unwrap()),
            selection: Selection::new(self.choose.iter().map(|&word| word.to_owned()).collect()),
            versions: self.versions.to_vec(),
            jobs: Some(2),
            timeout_scale: self.scale,
            ..Options::new(TargetSpec::Embedded(EmbeddedSpec { defects, variants }))
        };
        let mut told = Vec::new();
        run(&suite, &options, &mut |event| {
            if let RunEvent::ScenarioFinished(result) = event {
                told.push(result);
            }
        })
        .unwrap();
        assert!(!told.is_empty());
        told
    }

    /// Every verdict is one of these.
    #[track_caller]
    pub(crate) fn only(&self, kinds: &[VerdictKind]) -> Vec<Arc<ScenarioResult>> {
        let results = self.results();
        let other: Vec<String> =
            results.iter().filter(|r| !kinds.contains(&r.verdict.kind)).map(|r| said(r)).collect();
        assert!(other.is_empty(), "{other:#?}");
        results
    }

    /// Every scenario fails, by a clause with one of these numbers.
    #[track_caller]
    pub(crate) fn fails(&self, numbers: &[&str]) {
        for result in self.results() {
            let by = |clause: &deadzone_spec::ClauseId| numbers.contains(&clause.clause().number);
            let named = result.verdict.findings.iter().any(|f| by(&f.clause) || f.also.iter().any(by));
            assert!(result.verdict.kind == VerdictKind::Fail && named, "{}", said(&result));
        }
    }
}

/// A verdict in one line.
pub(crate) fn said(result: &ScenarioResult) -> String {
    let found: Vec<&str> = result.verdict.findings.iter().map(|f| f.clause.as_str()).collect();
    let reason = result.verdict.reason.as_deref().unwrap_or_default();
    format!(
        "{} [{}] {:?} {} {reason}",
        result.key.id,
        result.key.version,
        result.verdict.kind,
        found.join(" ")
    )
}
