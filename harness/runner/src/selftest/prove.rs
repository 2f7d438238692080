//! The proof itself.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use deadzone_history::Origin;
use deadzone_reference_broker::{Defect, Variant};
use deadzone_spec::ClauseId;
use deadzone_verdict::{RunEvent, ScenarioResult, VerdictKind};
use deadzone_wire::Version;

use super::{
    caught::{Grades, at_the_patience, caught, graded, is_graded, is_killed},
    culprit::{Culprit, Named, named},
    expected::{allowed, offered, uncaught},
    report::{Kill, SelftestOptions, SelftestProgress, SelftestReport},
};
use crate::{
    EmbeddedSpec, Mutant, Options, Plan, Planned, RunError, Suite, TargetSpec,
    ask::ask,
    at_once::limits,
    gentle,
    ledger::Ledger,
    passes::{Passes, tasks},
    run::context,
    target::Target,
};

/// How long a claim is waited for, ms: most waits here are in vain, and a correct broker is faster.
const PATIENCE_MS: u64 = 3_000;

/// Hears how far it is.
type Tell<'a> = &'a mut dyn FnMut(SelftestProgress<'_>);

/// Runs the proof.
pub fn selftest(
    suite: &Suite,
    options: &SelftestOptions,
    tell: Tell<'_>,
) -> Result<SelftestReport, RunError> {
    options.run.selection.check(suite.scenarios.iter().map(AsRef::as_ref))?;
    let mut target = Target::start(&options.run.target, &options.run.cancel)?;
    let gentle = gentle::settle(&mut target, options.run.manners.gentle).is_some();
    // What is no broker would make every scenario wait its time-outs out, and each would be told as a hole.
    ask(&mut target, &options.run)?;
    let mut report = SelftestReport::default();
    let named = named(suite, &mut report.holes);
    let embedded = matches!(options.run.target, TargetSpec::Embedded(_));
    let (usual, rounds) = (Grades::new(), (0, 0));
    let mut prover = Prover { suite, options, target, embedded, gentle, named, report, usual, rounds, tell };
    prover.prove();
    Ok(prover.report)
}

struct Prover<'a> {
    suite: &'a Suite,
    options: &'a SelftestOptions,
    target: Target,
    embedded: bool,
    /// Others use the target.
    gentle: bool,
    named: Named,
    report: SelftestReport,
    /// What is graded where nothing is switched on.
    usual: Grades,
    /// The round of the moment, from 1, and how many there are.
    rounds: (usize, usize),
    tell: Tell<'a>,
}

/// What is switched on for a round of performances.
struct Round<'a> {
    name: &'a str,
    /// The reference broker embedded in this way; absent for the target of the whole selftest.
    embedded: Option<EmbeddedSpec>,
    mutant: Option<Mutant>,
    run: Origin,
    /// Gates first, and what stands on a shut one is told as in a run. A culprit is shown to every scenario.
    gated: bool,
}

impl Prover<'_> {
    fn prove(&mut self) {
        let defects = Defect::ALL.iter().copied().map(Culprit::Defect);
        let mutants = Mutant::ALL.iter().copied().map(Culprit::Mutant);
        let culprits: Vec<Culprit> =
            if self.embedded { defects.chain(mutants).collect() } else { mutants.collect() };
        let beside = self.embedded && !self.options.kills_only;
        self.rounds.1 = 1 + culprits.len() + if beside { 1 + Variant::ALL.len() } else { 0 };
        self.baseline();
        for culprit in culprits {
            if self.interrupted() {
                return;
            }
            self.against(culprit);
        }
        let shown = |id: &String| self.report.kills.iter().any(|kill| kill.scenario == *id);
        let apart = std::mem::take(&mut self.report.apart);
        self.report.apart = apart.into_iter().filter(|(id, _)| !shown(id)).collect();
        if beside {
            self.controls();
            for variant in Variant::ALL.iter().copied() {
                if self.interrupted() {
                    return;
                }
                self.under_variant(variant);
            }
        }
    }

    fn interrupted(&mut self) -> bool {
        self.report.interrupted |= self.options.run.cancel.load(Ordering::Relaxed);
        self.report.interrupted
    }

    /// The whole suite in every version.
    fn is_everything(&self) -> bool {
        let every = |version| self.options.run.versions.contains(&version);
        self.options.run.selection.is_everything() && every(Version::V311) && every(Version::V5)
    }

    /// Nothing is excluded on the reference broker, so there even "not applicable" is a hole.
    fn is_good(&self, result: &ScenarioResult) -> bool {
        match result.verdict.kind {
            VerdictKind::Pass | VerdictKind::PassSlow => true,
            VerdictKind::NotApplicable => !self.embedded,
            _ => false,
        }
    }

    /// Every scenario must pass where nothing is switched on, or what it says of a culprit means nothing.
    fn baseline(&mut self) {
        let round =
            Round { name: "nothing", embedded: None, mutant: None, run: Origin::Scenario, gated: false };
        for result in self.perform(&round, &|_| true) {
            self.usual.extend(graded(&result).map(|clause| (result.key.clone(), clause)));
            if !self.report.interrupted && !self.is_good(&result) {
                self.report.unsound.push(result.key.clone());
                if self.embedded {
                    self.report.holes.push(format!("{} with nothing switched on", line(&result)));
                }
            }
        }
    }

    /// A control run that fails on a correct broker would make every report say that the fault is not needed.
    fn controls(&mut self) {
        let round =
            Round { name: "control", embedded: None, mutant: None, run: Origin::Control, gated: false };
        let results = self.perform(&round, &Planned::has_control);
        if self.report.interrupted {
            return;
        }
        self.report.controls = results.len();
        for result in &results {
            if !self.is_good(result) {
                self.report.holes.push(format!("the control run of {}", line(result)));
            }
        }
    }

    fn against(&mut self, culprit: Culprit) {
        let (embedded, mutant) = match culprit {
            Culprit::Defect(defect) => {
                let variants = culprit.setting().into_iter().collect();
                let spec = EmbeddedSpec { defects: BTreeSet::from([defect]), variants };
                (Some(spec), None)
            }
            Culprit::Mutant(mutant) => (None, Some(mutant)),
        };
        let round = Round { name: culprit.name(), embedded, mutant, run: Origin::Scenario, gated: false };
        let mut claims = self.named.get(culprit.name()).cloned().unwrap_or_default();
        claims.retain(|(id, version)| {
            !self.report.unsound.iter().any(|k| k.id == *id && k.version == *version)
        });
        let claimed = |p: &Planned| claims.contains(&(p.key.id.clone(), p.key.version));
        let (embedded, full) = (self.embedded, self.options.full);
        // On a real target every wait is real: only what is named is tried. What nothing names is shown to all.
        let full = full || claims.is_empty();
        let shown = |p: &Planned| claimed(p) || embedded && (full || is_about(p, culprit));
        if self.options.kills_only {
            // Those that name it come first, as the others seldom have to follow.
            for part in [true, false] {
                let results = self.perform(&round, &|p| claimed(p) == part && shown(p));
                results.iter().for_each(|result| self.prove_clauses(culprit, result));
                if self.is_proven_by(culprit) {
                    break;
                }
            }
            return;
        }
        let results = self.perform(&round, &shown);
        if self.report.interrupted {
            return;
        }
        let (mut killers, mut asked) = (0, false);
        for result in &results {
            self.prove_clauses(culprit, result);
            let killed = is_killed(result, culprit, &self.usual);
            let of_its_own = culprit.is_blamed_in(result) || is_graded(result, culprit, &self.usual);
            killers += usize::from(killed && of_its_own);
            let named = claims.contains(&(result.key.id.clone(), result.key.version));
            asked |= named;
            if named && !killed {
                self.report.holes.push(format!(
                    "{} and does not catch {}, which it names",
                    line(result),
                    culprit.name()
                ));
            }
            self.report.kills.push(Kill {
                scenario: result.key.id.clone(),
                version: result.key.version,
                by: culprit.name().to_owned(),
                killed,
                named,
                got: got(result),
            });
        }
        self.weigh_kills(culprit.name(), killers, asked);
    }

    /// A part of the suite can't be asked to catch everything.
    fn weigh_kills(&mut self, name: &str, killers: usize, asked: bool) {
        if killers > 0 {
            if uncaught(name).is_some() {
                self.report
                    .holes
                    .push(format!("{name} is marked as caught by nothing, and something catches it"));
            }
        } else if asked || (self.embedded && self.is_everything()) {
            match uncaught(name) {
                Some(wanted) if !asked => self.report.uncaught.push((name.to_owned(), wanted.to_owned())),
                _ => self.report.holes.push(format!("nothing catches {name}")),
            }
        }
    }

    /// A clause is proven where a culprit that breaks that very clause is caught under it.
    fn prove_clauses(&mut self, culprit: Culprit, result: &ScenarioResult) {
        for clause in &result.clauses {
            self.report.proven.entry(*clause).or_default();
        }
        for clause in caught(result, culprit, &self.usual) {
            self.report.proven.entry(clause).or_default().insert(culprit.name().to_owned());
        }
    }

    /// Whether this culprit proves all that it breaks in the versions that are played: nothing more can come of it for a clause.
    fn is_proven_by(&self, culprit: Culprit) -> bool {
        let played = |clause: &&ClauseId| self.options.run.versions.contains(&clause.version());
        let proves =
            |clause: &ClauseId| self.report.proven.get(clause).is_some_and(|by| by.contains(culprit.name()));
        culprit.clauses().iter().filter(played).all(proves)
    }

    fn under_variant(&mut self, variant: Variant) {
        let spec = EmbeddedSpec { variants: BTreeSet::from([variant]), ..EmbeddedSpec::default() };
        let embedded = Some(spec);
        let round =
            Round { name: variant.name(), embedded, mutant: None, run: Origin::Scenario, gated: true };
        let results = self.perform(&round, &|_| true);
        if self.report.interrupted {
            return;
        }
        // What fails with nothing switched on is told once.
        let other: Vec<String> = results
            .iter()
            .filter(|r| !allowed(variant).contains(&r.verdict.kind) && !self.report.unsound.contains(&r.key))
            .map(|r| format!("{} under the legal variant {}", line(r), variant.name()))
            .collect();
        let row = (variant.name().to_owned(), results.len() - other.len(), results.len());
        self.report.variants.push(row);
        self.report.holes.extend(other);
    }

    fn perform(&mut self, round: &Round<'_>, wanted: &dyn Fn(&Planned) -> bool) -> Vec<Arc<ScenarioResult>> {
        let run = Options { mutant: round.mutant, ..self.options.run.clone() };
        let mut of_round = round.embedded.clone().map(Target::Embedded);
        let target = of_round.as_mut().unwrap_or(&mut self.target);
        let mut context = context(&run, target.handle());
        // A failure is what is hoped for: no repeats, no control runs.
        context.investigate = false;
        if !round.gated {
            context.timing.patience_ms = PATIENCE_MS;
        }
        // In real time a silence of the patience is enough: it is known who is silent.
        context.timing.quick = !self.embedded;
        context.run = round.run;
        let variant = round.embedded.as_ref().and_then(|spec| spec.variants.first().copied());
        let capabilities: Vec<_> = run.versions.iter().map(|v| offered(variant, *v)).collect();
        let (mut plan, _, _) =
            Plan::of_tier(self.suite, &run.selection, &run.versions, &capabilities, !self.embedded);
        plan.fit(&target.handle(), None, self.gentle);
        plan.items.retain(|p| wanted(p));
        let apart = plan.items.iter().filter(|p| p.left_out);
        self.report.apart.extend(apart.filter_map(|p| Some((p.key.id.clone(), p.excluded.clone()?))));
        plan.items.retain(|p| !p.left_out);
        self.rounds.0 += 1;
        let (number, of) = self.rounds;
        let (mut ended, planned) = (0, plan.items.len());
        let mut tell =
            |ended| (self.tell)(SelftestProgress { round: round.name, number, of, ended, planned });
        tell(0);
        let source = |file: &str| self.suite.sources.get(file).cloned().unwrap_or_else(|| Arc::from(""));
        let tasks = tasks(&plan, source);
        let limits = limits(&run, &context);
        let mut told = |event| {
            if let RunEvent::ScenarioFinished(_) = event {
                ended += 1;
                tell(ended);
            }
        };
        let mut passes = Passes::new(target, context, limits, Ledger::new(true, &mut told));
        match round.gated {
            true => passes.perform(tasks),
            false => passes.perform_all(tasks),
        }
        let results = passes.ledger.results;
        let results = if self.embedded { results } else { at_the_patience(results) };
        self.report.performances += results.len();
        for result in &results {
            for clause in &result.clauses {
                let judged = result.verdict.judged.contains(clause);
                *self.report.named.entry((result.key.id.clone(), *clause)).or_default() |= judged;
            }
        }
        // What a signal cut short shows nothing.
        self.interrupted();
        results
    }
}

/// Whether the scenario puts a statement to the test that the culprit breaks.
fn is_about(planned: &Planned, culprit: Culprit) -> bool {
    let version = planned.key.version;
    planned
        .scenario
        .clauses
        .iter()
        .any(|clause| clause.version() == version && culprit.clauses().contains(clause))
}

fn line(result: &ScenarioResult) -> String {
    format!("{} [{}] is `{}`", result.key.id, result.key.version, got(result))
}

fn got(result: &ScenarioResult) -> String {
    let clauses: Vec<&str> = result.verdict.findings.iter().map(|f| f.clause.as_str()).collect();
    let reason = result.verdict.reason.as_deref().unwrap_or_default();
    format!("{} {} {reason}", result.verdict.kind.word(), clauses.join(" ")).trim().to_owned()
}
