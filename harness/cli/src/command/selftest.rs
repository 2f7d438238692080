//! `deadzone selftest`: the kill matrix.

use std::{collections::BTreeMap, fmt::Write, sync::atomic::Ordering};

use deadzone_runner::{ExitCode, Kill, Options, SelftestOptions, SelftestReport, TargetSpec};

use deadzone_wire::Version;

use crate::{
    args::{OutputArgs, SelftestArgs},
    config::Config,
    output,
    progress::Rounds,
    signals,
};

pub(crate) fn selftest(args: &SelftestArgs) -> anyhow::Result<ExitCode> {
    let config = Config::resolve(&args.target, &args.choice, &OutputArgs::default(), None)?;
    let suite = super::suite(&config.files.value, config.only_mine.value)?;
    let run = Options {
        selection: args.choice.selection(config.tier.value),
        versions: config.versions.value.clone(),
        jobs: config.jobs.value,
        seed: config.seed.value,
        timeout_ms: config.timeout_s.value * 1000,
        timeout_scale: config.timeout_scale.value,
        long_bound_s: config.long_bound_s.value,
        cancel: signals::cancel_flag(),
        manners: config.manners(),
        ..Options::new(TargetSpec::parse(&config.broker.value, &config.entry.read()?)?)
    };
    let cancel = run.cancel.clone();
    let rounds = Rounds::new();
    let options = SelftestOptions { run, kills_only: false, full: args.full };
    let report = deadzone_runner::selftest(&suite, &options, &mut |p| {
        rounds.at(p);
    })?;
    drop(rounds);
    output::print(&matrix(&report, args.verbose)?);
    Ok(if report.interrupted || cancel.load(Ordering::Relaxed) {
        ExitCode::Interrupted
    } else if report.holes.is_empty() {
        ExitCode::Success
    } else {
        ExitCode::Failure
    })
}

/// A line for each scenario that a culprit's row holds: `K` where it is named and caught, `k` caught beside, `!` named and missed.
fn matrix(report: &SelftestReport, verbose: bool) -> Result<String, std::fmt::Error> {
    let mut rows: BTreeMap<&str, BTreeMap<&str, Vec<&Kill>>> = BTreeMap::new();
    for kill in &report.kills {
        rows.entry(&kill.by).or_default().entry(&kill.scenario).or_default().push(kill);
    }
    let mut text = String::from("kill matrix: K caught as named, k caught beside, ! named and missed\n");
    for (culprit, scenarios) in &rows {
        let killers = scenarios.values().flatten().filter(|k| k.killed).count();
        writeln!(text, "{culprit}  ({killers} kills)")?;
        for (scenario, kills) in scenarios {
            let shown: Vec<String> =
                kills.iter().filter(|k| verbose || k.killed || k.named).map(|k| mark(k)).collect();
            if !shown.is_empty() {
                writeln!(text, "    {scenario:<44} {}", shown.join("  "))?;
            }
        }
    }
    if report.controls > 0 {
        writeln!(text, "control runs on the correct broker: {}", report.controls)?;
    }
    for key in report.unsound.iter().filter(|_| report.controls == 0) {
        writeln!(text, "not passed by this target, so no proof here: {} [{}]", key.id, key.version)?;
    }
    for (variant, passed, of) in &report.variants {
        writeln!(text, "legal variant {variant:<32} {passed} of {of} are as they may be")?;
    }
    let killed = report.kills.iter().filter(|k| k.named && k.killed).count();
    let named = report.kills.iter().filter(|k| k.named).count();
    writeln!(
        text,
        "{} performances, {} defects and mutants, {killed} of {named} named kills",
        report.performances,
        rows.len()
    )?;
    caught(&mut text, &rows)?;
    clauses(&mut text, report)?;
    for (scenario, why) in &report.apart {
        writeln!(text, "not proven on this target: {scenario}: {why}")?;
    }
    for (name, wanted) in &report.uncaught {
        writeln!(text, "CAUGHT BY NOTHING YET  {name}: {wanted}")?;
    }
    for hole in &report.holes {
        writeln!(text, "HOLE  {hole}")?;
    }
    let (holes, whole) = (!report.holes.is_empty(), !report.interrupted);
    text.push_str(match (holes, whole) {
        (false, true) => "no holes\n",
        (false, false) => "interrupted: no holes so far\n",
        (true, _) => "the suite has holes\n",
    });
    Ok(text)
}

/// How many defects and mutants anything that was performed catches, and which ones nothing does.
fn caught(text: &mut String, rows: &BTreeMap<&str, BTreeMap<&str, Vec<&Kill>>>) -> std::fmt::Result {
    let missed: Vec<&str> = rows
        .iter()
        .filter(|(_, scenarios)| !scenarios.values().flatten().any(|kill| kill.killed))
        .map(|(culprit, _)| *culprit)
        .collect();
    writeln!(text, "{} of {} defects and mutants are caught", rows.len() - missed.len(), rows.len())?;
    if !missed.is_empty() {
        writeln!(text, "caught by nothing of this: {}", missed.join(" "))?;
    }
    Ok(())
}

/// Which named clauses are proven: broken by a defect or mutant that was caught under that very clause.
fn clauses(text: &mut String, report: &SelftestReport) -> std::fmt::Result {
    for (clause, by) in &report.proven {
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        let by = if by.is_empty() { "NOT PROVEN".to_owned() } else { by.join(", ") };
        writeln!(text, "clause {clause:<24} {by}")?;
    }
    for ((scenario, clause), _) in report.named.iter().filter(|(_, judged)| !**judged) {
        writeln!(text, "NEVER JUDGED  {scenario} names {clause}")?;
    }
    let judged = report.named.values().filter(|judged| **judged).count();
    writeln!(text, "{judged} of {} names of clauses in scenarios were judged", report.named.len())?;
    for version in [Version::V311, Version::V5] {
        let ((named, proven), (own, own_proven)) =
            (report.proven_of(version, true), report.proven_of(version, false));
        if named + own > 0 {
            let own = format!("{own_proven} of {own} ids of our own");
            writeln!(text, "{version}: {proven} of {named} named clauses are proven, and {own}")?;
        }
    }
    Ok(())
}

fn mark(kill: &Kill) -> String {
    let mark = match (kill.named, kill.killed) {
        (true, true) => "K",
        (false, true) => "k",
        (true, false) => "!",
        (false, false) => ".",
    };
    format!("{mark} {} {}", kill.version, kill.got)
}
