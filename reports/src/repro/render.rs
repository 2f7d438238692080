//! Writes a plan down as a Python script.

use deadzone_history::{EventKind, History};
use deadzone_verdict::{Finding, RunInfo, ScenarioResult};

use super::{
    check::{self, Check},
    head::{constants, head},
    name::script_name,
    page::Page,
};

/// What every script can do, what the kinds of check need, and how it ends.
const BASE: &str = include_str!("player/base.py");
const COMES: &str = include_str!("player/comes.py");
const ENDS: &str = include_str!("player/ends.py");
const SILENT: &str = include_str!("player/silent.py");
const MAIN: &str = include_str!("player/main.py");
/// Most tries where a fault does not come each time.
const TRIES: usize = 20;
/// The same for a silence, each of which is waited out.
const TRIES_OF_SILENCE: usize = 3;

/// What the record is of, beside what its result says.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a> {
    /// The run.
    pub info: &'a RunInfo,
    /// The day on which it ended, as people write it; left out where it is not known.
    pub date: Option<&'a str>,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduction {
    /// Its file name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Why it plays the record without looking for the fault, where it does.
    pub unseen: Option<String>,
}

/// The script of one finding; nothing where its record is not there.
pub fn reproduction(result: &ScenarioResult, finding: &Finding, of: Recording<'_>) -> Option<Reproduction> {
    let history = result.record_of(finding)?;
    let mut plan = check::plan(history, finding);
    let tries = tries(result, finding, history, &plan.check);
    let page = Page::new(history, &plan);
    if let Some(why) = page.unplayable(&plan) {
        plan.check = Check::Unseen(why.clone());
        plan.walk.unplayable = Some(why);
    }
    let name = script_name(result, finding)?;
    let unseen = match &plan.check {
        Check::Unseen(why) => Some(why.clone()),
        _ => None,
    };
    let mut text = head(&name, result, finding, of, &plan);
    constants(&mut text, finding, history, &plan, tries, of.info);
    text.push_str("\n\n");
    text.push_str(&page.steps(&plan));
    text.push_str("\n\n");
    let looks = match &plan.check {
        Check::Comes { .. } => Some(COMES),
        Check::Ends { .. } => Some(ENDS),
        Check::Silent(_) => Some(SILENT),
        Check::Unseen(_) => None,
    };
    let parts: Vec<&str> = [BASE].into_iter().chain(looks).chain([MAIN]).collect();
    text.push_str(&parts.join("\n\n"));
    Some(Reproduction { name, text, unseen })
}

/// How often a script tries: a race is not won each time.
fn tries(result: &ScenarioResult, finding: &Finding, history: &History, check: &Check) -> usize {
    let rounds =
        history.events.iter().any(|event| matches!(&event.kind, EventKind::Step(step) if step.round > 0));
    let same = finding.fingerprint();
    let runs = result.repeats.iter().filter(|run| !run.cut_short);
    let rare = finding.repeat.is_some()
        || runs.into_iter().any(|run| run.verdict.findings.iter().all(|found| found.fingerprint() != same));
    match check {
        Check::Silent(_) if rounds || rare => TRIES_OF_SILENCE,
        _ if rounds || rare => TRIES,
        _ => 1,
    }
}
