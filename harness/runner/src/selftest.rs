//! Proves that the suite can fail: every scenario against every defect or mutant that it names, and against every legal variant.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
    sync::{Arc, atomic::Ordering},
};

use deadzone_history::{Finding, RunEvent, ScenarioKey, ScenarioResult, VerdictKind};
use deadzone_reference_broker::{Defect, Variant};
use deadzone_wire::Version;

use crate::{
    EmbeddedSpec, Mutant, Options, Plan, RunError, Suite, TargetSpec,
    run::{context, perform_plan},
    target::{Target, TargetHandle},
};

/// What to prove, on which target. A real target proves the mutants; the reference broker everything.
#[derive(Clone, Debug)]
pub struct SelftestOptions {
    /// As for a run; its `mutant` is not looked at.
    pub run: Options,
}

/// One scenario against one defect or mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// Scenario id.
    pub scenario: String,
    /// Version.
    pub version: Version,
    /// The defect or mutant.
    pub by: String,
    /// It failed, with a clause that it claims.
    pub killed: bool,
    /// The scenario names it in `catches`.
    pub named: bool,
    /// The verdict and its clause, for people.
    pub got: String,
}

/// What the selftest found.
#[derive(Clone, Debug, Default)]
pub struct SelftestReport {
    /// Every pair that was tried.
    pub kills: Vec<Kill>,
    /// Everything that must not be: a named defect that was not caught, a defect without a killer, a variant that failed.
    pub holes: Vec<String>,
    /// Scenario performances that do not pass with nothing switched on.
    pub unsound: Vec<ScenarioKey>,
    /// How many performances were made.
    pub performances: usize,
    /// Scenario performances that passed under each legal variant (variant, passed, of).
    pub variants: Vec<(String, usize, usize)>,
    /// A signal ended it.
    pub interrupted: bool,
}

/// Something that can be switched on to make a broker wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Culprit {
    Defect(Defect),
    Mutant(Mutant),
}

impl Culprit {
    fn name(self) -> &'static str {
        match self {
            Self::Defect(d) => d.name(),
            Self::Mutant(m) => m.name(),
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Defect::from_str(name)
            .ok()
            .map(Self::Defect)
            .or_else(|| Mutant::from_str(name).ok().map(Self::Mutant))
    }
}

/// Runs the proof. `tell` hears of every performance.
pub fn selftest(
    suite: &Suite,
    options: &SelftestOptions,
    tell: &mut dyn FnMut(&str, &ScenarioResult),
) -> Result<SelftestReport, RunError> {
    let mut report = SelftestReport::default();
    options.run.selection.check(suite.scenarios.iter().map(AsRef::as_ref))?;
    let embedded = matches!(options.run.target, TargetSpec::Embedded(_));
    let named = named_culprits(suite, &mut report);
    let target = Target::start(&options.run.target)?;
    let handle = target.handle();
    baseline(suite, options, &handle, &mut report, tell);
    let culprits: Vec<Culprit> = if embedded {
        let defects = Defect::ALL.iter().copied().map(Culprit::Defect);
        defects.chain(Mutant::ALL.into_iter().map(Culprit::Mutant)).collect()
    } else {
        Mutant::ALL.into_iter().map(Culprit::Mutant).collect()
    };
    for culprit in culprits {
        if options.run.cancel.load(Ordering::Relaxed) {
            report.interrupted = true;
            return Ok(report);
        }
        against(suite, options, &handle, culprit, &named, &mut report, tell);
    }
    if embedded {
        for variant in Variant::ALL.iter().copied() {
            under_variant(suite, options, variant, &mut report, tell);
        }
    }
    Ok(report)
}

/// Which scenarios name which culprit, by version. A name that nothing bears is a hole.
fn named_culprits(
    suite: &Suite,
    report: &mut SelftestReport,
) -> BTreeMap<&'static str, BTreeSet<(String, Version)>> {
    let mut named: BTreeMap<&'static str, BTreeSet<(String, Version)>> = BTreeMap::new();
    for scenario in &suite.scenarios {
        for catch in &scenario.catches {
            let Some(culprit) = Culprit::parse(&catch.name) else {
                report.holes.push(format!("{}: `{}` is no defect and no mutant", scenario.id, catch.name));
                continue;
            };
            for version in &scenario.versions {
                if catch.only.is_none_or(|v| v == *version) {
                    named.entry(culprit.name()).or_default().insert((scenario.id.clone(), *version));
                }
            }
        }
    }
    named
}

/// Every scenario must pass where nothing is switched on, or nothing below means anything.
fn baseline(
    suite: &Suite,
    options: &SelftestOptions,
    handle: &TargetHandle,
    report: &mut SelftestReport,
    tell: &mut dyn FnMut(&str, &ScenarioResult),
) {
    for result in perform(suite, options, handle.clone(), None, report, "nothing", tell, &|_, _| true) {
        if !matches!(
            result.verdict.kind,
            VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::NotApplicable
        ) {
            report.holes.push(format!(
                "{} [{}] {} with nothing switched on",
                result.key.id,
                result.key.version,
                got(&result)
            ));
        }
    }
}

fn against(
    suite: &Suite,
    options: &SelftestOptions,
    handle: &TargetHandle,
    culprit: Culprit,
    named: &BTreeMap<&'static str, BTreeSet<(String, Version)>>,
    report: &mut SelftestReport,
    tell: &mut dyn FnMut(&str, &ScenarioResult),
) {
    let (handle, mutant) = match culprit {
        Culprit::Defect(defect) => {
            let spec = EmbeddedSpec { defects: BTreeSet::from([defect]), ..EmbeddedSpec::default() };
            (TargetHandle::Embedded(spec), None)
        }
        Culprit::Mutant(mutant) => (handle.clone(), Some(mutant)),
    };
    let empty = BTreeSet::new();
    let claims = named.get(culprit.name()).unwrap_or(&empty);
    // On a real target every wait is real: only what is named is tried.
    let everything = handle.is_embedded();
    let wanted = |id: &str, version: Version| everything || claims.contains(&(id.to_owned(), version));
    let results = perform(suite, options, handle, mutant, report, culprit.name(), tell, &wanted);
    let mut killers = 0;
    for result in &results {
        // The rules that are always on may see the same bug earlier, by a clause of their own.
        let claimed = |f: &Finding| {
            result.clauses.contains(&f.clause) || f.also.iter().any(|c| result.clauses.contains(c))
        };
        let killed = result.verdict.kind == VerdictKind::Fail && result.verdict.findings.iter().any(claimed);
        killers += usize::from(killed);
        let is_named = claims.contains(&(result.key.id.clone(), result.key.version));
        if is_named && !killed {
            report.holes.push(format!(
                "{} [{}] names {} and does not catch it: {}",
                result.key.id,
                result.key.version,
                culprit.name(),
                got(result)
            ));
        }
        report.kills.push(Kill {
            scenario: result.key.id.clone(),
            version: result.key.version,
            by: culprit.name().to_owned(),
            killed,
            named: is_named,
            got: got(result),
        });
    }
    // A selection of scenarios can't be asked to catch everything.
    if killers == 0 && options.run.selection.is_everything() {
        report.holes.push(format!("nothing catches {}", culprit.name()));
    }
}

fn under_variant(
    suite: &Suite,
    options: &SelftestOptions,
    variant: Variant,
    report: &mut SelftestReport,
    tell: &mut dyn FnMut(&str, &ScenarioResult),
) {
    let spec = EmbeddedSpec { variants: BTreeSet::from([variant]), ..EmbeddedSpec::default() };
    let handle = TargetHandle::Embedded(spec);
    let results = perform(suite, options, handle, None, report, variant.name(), tell, &|_, _| true);
    let good = |r: &&Arc<ScenarioResult>| {
        matches!(r.verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::NotApplicable)
    };
    report.variants.push((variant.name().to_owned(), results.iter().filter(good).count(), results.len()));
    // What fails with nothing switched on is told once.
    let told: BTreeSet<_> = report.unsound.iter().cloned().collect();
    for result in results.iter().filter(|r| !good(r) && !told.contains(&r.key)) {
        report.holes.push(format!(
            "{} [{}] does not pass the legal variant {}: {}",
            result.key.id,
            result.key.version,
            variant.name(),
            got(result)
        ));
    }
}

#[expect(clippy::too_many_arguments, reason = "one private call behind four short ones")]
fn perform(
    suite: &Suite,
    options: &SelftestOptions,
    handle: TargetHandle,
    mutant: Option<Mutant>,
    report: &mut SelftestReport,
    what: &str,
    tell: &mut dyn FnMut(&str, &ScenarioResult),
    wanted: &dyn Fn(&str, Version) -> bool,
) -> Vec<Arc<ScenarioResult>> {
    let run = Options { mutant, ..options.run.clone() };
    let mut context = context(&run, handle);
    // A failure is what is hoped for: no repeats, no control runs.
    context.investigate = false;
    let capabilities: Vec<_> = run.versions.iter().map(|v| everything_offered(*v)).collect();
    let mut plan = Plan::new(suite, &run.selection, &run.versions, &capabilities);
    plan.items.retain(|p| wanted(&p.key.id, p.key.version));
    let results = perform_plan(suite, &run, &context, &plan, &mut |event| {
        if let RunEvent::ScenarioFinished(result) = event {
            tell(what, &result);
        }
    });
    report.performances += results.len();
    results
}

/// The selftest's targets are good brokers: nothing is excluded beforehand.
fn everything_offered(version: Version) -> deadzone_history::Capabilities {
    deadzone_history::Capabilities {
        version,
        max_qos: 2,
        retain: true,
        wildcard: true,
        subscription_identifier: version == Version::V5,
        shared: true,
        session: true,
        receive_maximum: u16::MAX,
        maximum_packet_size: None,
        server_keep_alive_s: None,
        sources: Vec::new(),
    }
}

fn got(result: &ScenarioResult) -> String {
    let clauses: Vec<&str> = result.verdict.findings.iter().map(|f| f.clause.as_str()).collect();
    let reason = result.verdict.reason.as_deref().unwrap_or_default();
    format!("{} {} {reason}", result.verdict.kind.word(), clauses.join(" ")).trim().to_owned()
}
