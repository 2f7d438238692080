//! `deadzone coverage`: what became of each statement of the standards, on the embedded broker or in a run that was reported; with
//! `--bugs` which classes of reported bugs the suite is about.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use deadzone_reports::{CoverageTable, RunDocument, Verbosity, bug_table, coverage_table};
use deadzone_runner::{
    EmbeddedSpec, ExitCode, Options, RunError, Suite, TargetSpec, bugs_covered, in_no_class, names_clause,
};
use deadzone_spec::{ClauseId, all};
use deadzone_verdict::{CoveredClass, Evidence};
use deadzone_wire::Version;

use super::{document, run::terminal_options};
use crate::{
    config::{self, DEFAULT_SEED},
    output,
    progress::Rounds,
    signals,
};

/// Options of `coverage`.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// The JSON report of a run, which is looked at in place of the embedded broker; and which statements: sections (4.3.3,
    /// MQTT-4.3, 6) or clauses, of both versions where they name none
    #[arg(value_name = "RUN.json|SECTION")]
    pub(crate) words: Vec<String>,
    /// MQTT version: 3.1.1, 5.0 or all
    #[arg(long, default_value = "all", value_name = "VERSION")]
    pub(crate) mqtt: String,
    /// Each statement by itself: what became of it, how it is observed or why not, which scenarios name it, what proves it
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Which bugs that brokers were reported to have the suite is about, in place of statements: all, or those of the areas (will,
    /// session) and classes that are named. Nothing is run
    #[arg(long, conflicts_with = "mqtt")]
    pub(crate) bugs: bool,
}

pub(crate) fn coverage(args: &CoverageArgs) -> anyhow::Result<ExitCode> {
    if args.bugs {
        return bugs(args);
    }
    let versions = config::versions(&args.mqtt)?;
    let (sections, files): (Vec<&str>, Vec<&str>) =
        args.words.iter().map(String::as_str).partition(|word| all().any(|id| names(word, id)));
    let report = match files[..] {
        [] => None,
        [file] => Some(PathBuf::from(file)),
        [first, second, ..] => bail!("one report at a time, and neither is a section: {first}, {second}"),
    };
    let chosen = |id: ClauseId| sections.iter().any(|word| names(word, id));
    let of_versions = |id: &ClauseId| versions.contains(&id.version()) && chosen(*id);
    if !sections.is_empty() && !all().any(|id| of_versions(&id)) {
        output::print_error(&format!("error: nothing of {} is in this version\n", sections.join(" ")));
        return Ok(ExitCode::NothingRan);
    }
    let suite = Suite::embedded().map_err(RunError::from)?;
    let (head, evidence) = match &report {
        Some(path) => {
            let document = document::read(path)
                .with_context(|| format!("`{}` names no statement, and is no report", path.display()))?;
            let judged = document.judged().with_context(|| document::wrong(path))?;
            (of_report(path, &document), deadzone_runner::evidence(&suite, judged))
        }
        None => (
            "the embedded broker: one run of everything, one more as it offers less, and its selftest"
                .to_owned(),
            embedded(&suite, &versions)?,
        ),
    };
    let shown: Vec<Version> = versions
        .into_iter()
        .filter(|version| report.is_none() || evidence.judged.versions.contains(version))
        .collect();
    if shown.is_empty() {
        output::print_error(&format!("error: {head}: it ran nothing in this version\n"));
        return Ok(ExitCode::NothingRan);
    }
    let options = terminal_options(verbosity(args));
    let chosen: Option<&dyn Fn(ClauseId) -> bool> = if sections.is_empty() { None } else { Some(&chosen) };
    let table = CoverageTable { head: &head, evidence: &evidence, versions: &shown, chosen };
    output::print(&coverage_table(&table, options));
    Ok(ExitCode::Success)
}

fn verbosity(args: &CoverageArgs) -> Verbosity {
    if args.verbose { Verbosity::Verbose } else { Verbosity::Normal }
}

/// Of each class of bugs: its sentence, its defects, and the scenarios that say that they catch them.
fn bugs(args: &CoverageArgs) -> anyhow::Result<ExitCode> {
    let suite = Suite::embedded().map_err(RunError::from)?;
    let covered = bugs_covered(&suite);
    let is_of = |covered: &CoveredClass, word: &str| covered.class.area == word || covered.class.id == word;
    if let Some(word) = args.words.iter().find(|word| !covered.iter().any(|one| is_of(one, word))) {
        let mut areas: Vec<&str> = covered.iter().map(|one| one.class.area).collect();
        areas.dedup();
        bail!("`{word}` names no class of bugs and no area of them; the areas: {}", areas.join(" "));
    }
    let all = args.words.is_empty();
    let shown: Vec<&CoveredClass> =
        covered.iter().filter(|one| all || args.words.iter().any(|word| is_of(one, word))).collect();
    let apart = if all { in_no_class() } else { Vec::new() };
    output::print(&bug_table(&shown, &apart, terminal_options(verbosity(args))));
    Ok(ExitCode::Success)
}

/// Whether a word names a statement: as in a filter, as a whole id of our own, or as a whole chapter.
fn names(word: &str, id: ClauseId) -> bool {
    let clause = id.clause();
    let chapter = clause.section.split('.').next().is_some_and(|chapter| chapter == word);
    names_clause(word, id) || clause.number == word || clause.id == word || (chapter && clause.is_numbered())
}

fn embedded(suite: &Suite, versions: &[Version]) -> Result<Evidence, RunError> {
    let options = Options {
        versions: versions.to_vec(),
        seed: DEFAULT_SEED,
        cancel: signals::cancel_flag(),
        ..Options::new(TargetSpec::Embedded(EmbeddedSpec::default()))
    };
    let rounds = Rounds::new();
    deadzone_runner::proven_evidence(suite, &options, &mut |progress| rounds.at(progress))
}

/// Which run it was, and what of it makes the counts say less.
fn of_report(path: &Path, document: &RunDocument) -> String {
    let (target, choice) = (&document.target, &document.choice);
    let mut parts = vec![format!("in {}", path.display())];
    if !choice.filters.is_empty() {
        parts.push(format!("of {} only", choice.filters.join(" ")));
    } else if !choice.tier.is_empty() {
        parts.push(format!("tier {}", choice.tier));
    }
    if !document.complete {
        parts.push("not all of it ran".to_owned());
    }
    let version = target.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    format!("{}{version}, {}", target.name, parts.join("; "))
}
