//! What a run put to the test, with the suite's part in it: which clauses its scenarios name, and what proves them. The counting is
//! the verdict crate's.

use std::sync::{Arc, atomic::Ordering};

use deadzone_oracle::judged_unnamed;
use deadzone_reference_broker::Variant;
use deadzone_script::Scenario;
use deadzone_spec::ClauseId;
use deadzone_verdict::{Coverage, Evidence, Judged, RunEvent, ScenarioResult};
use deadzone_wire::{Version, own_form_clauses};

use crate::{
    EmbeddedSpec, Options, RunError, SelftestOptions, SelftestProgress, Suite, TargetSpec, health::Kind, run,
    selftest,
};

/// The legal variants of the broker in memory that offer less than all, or otherwise: some statements bind only such a server.
const OFFERS_LESS: [Variant; 5] = [
    Variant::MaximumQos1,
    Variant::RetainUnavailable,
    Variant::WildcardsUnavailable,
    Variant::LongIdsRefused,
    Variant::CopyPerSubscription,
];

/// What these results judged.
pub(crate) fn judged<'a>(results: impl IntoIterator<Item = &'a Arc<ScenarioResult>>) -> Judged {
    let mut judged = Judged::default();
    for result in results {
        judged.add(&result.key, result.verdict.kind, &result.verdict.judged, &result.clauses);
    }
    judged
}

/// Coverage by version, ids of our own apart.
pub(crate) fn coverage(results: &[Arc<ScenarioResult>], versions: &[Version]) -> Vec<Coverage> {
    let judged = judged(results);
    versions.iter().map(|version| Coverage::of(*version, &judged)).collect()
}

/// What is known of every statement once a run judged so much: what its suite says beside it, and nothing of what is proven.
pub fn evidence(suite: &Suite, mut judged: Judged) -> Evidence {
    for scenario in &suite.scenarios {
        name(&mut judged, scenario);
    }
    let by_itself = |id: &ClauseId| {
        // The pulse of the target is felt in every run.
        let pulse = [Kind::Crashed, Kind::Hung].map(|kind| kind.own_id(id.version()));
        let of_form = own_form_clauses(id.version()).any(|own| own == *id);
        judged_unnamed(*id) || of_form || pulse.contains(id)
    };
    Evidence { judged, unnamed: deadzone_spec::all().filter(by_itself).collect(), proven: None }
}

/// The clauses of its header and those that its steps assert.
fn name(judged: &mut Judged, scenario: &Scenario) {
    let of_steps = scenario.steps.iter().flat_map(|step| &step.clauses);
    for clause in scenario.clauses.iter().chain(of_steps) {
        judged.name(*clause, &scenario.id);
    }
}

/// The same of a target that is run now, with what its selftest proves. `Interrupted` where a signal ended either.
pub fn proven_evidence(
    suite: &Suite,
    options: &Options,
    tell: &mut dyn FnMut(SelftestProgress<'_>),
) -> Result<Evidence, RunError> {
    let mut results = Vec::new();
    let mut keep = |event| {
        if let RunEvent::ScenarioFinished(result) = event {
            results.push(result);
        }
    };
    run(suite, options, &mut keep)?;
    if let TargetSpec::Embedded(spec) = &options.target {
        let variants = spec.variants.iter().copied().chain(OFFERS_LESS).collect();
        let less = EmbeddedSpec { variants, ..spec.clone() };
        run(suite, &Options { target: TargetSpec::Embedded(less), ..options.clone() }, &mut keep)?;
    }
    let kills = SelftestOptions { run: options.clone(), kills_only: true, full: false };
    let report = selftest(suite, &kills, tell)?;
    if report.interrupted || options.cancel.load(Ordering::Relaxed) {
        return Err(RunError::Interrupted);
    }
    Ok(Evidence { proven: Some(report.proven), ..evidence(suite, judged(&results)) })
}
