//! What a run put to the test: the clauses that were judged, never those that a header names.

use std::{collections::BTreeSet, sync::Arc};

use deadzone_history::{Coverage, ScenarioResult, VerdictKind};
use deadzone_spec::Party;
use deadzone_wire::Version;

/// The clauses that a result judged. A performance that did not happen judged nothing.
pub(crate) fn judged(result: &ScenarioResult) -> impl Iterator<Item = &str> {
    let happened =
        matches!(result.verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::Fail);
    // Until the verdict says what it judged, the names of the header stand for it.
    let named = if result.verdict.judged.is_empty() { &result.clauses } else { &result.verdict.judged };
    named.iter().filter(move |_| happened).map(String::as_str)
}

/// Coverage by version, ids of our own apart.
pub(crate) fn coverage(results: &[Arc<ScenarioResult>], versions: &[Version]) -> Vec<Coverage> {
    versions.iter().map(|version| of_version(results, *version)).collect()
}

fn of_version(results: &[Arc<ScenarioResult>], version: Version) -> Coverage {
    let of_this = results.iter().filter(|r| r.key.version == version);
    let judged: BTreeSet<&str> = of_this.flat_map(|r| judged(r)).filter(|c| binds_server(c)).collect();
    let own = judged.iter().filter(|clause| is_own(clause)).count();
    let prefix = format!("{version}/");
    let all = deadzone_spec::all().iter().filter(|clause| clause.id.starts_with(&prefix));
    let of = all.filter(|clause| clause.party != Party::Client && !is_own(clause.id)).count();
    Coverage { version, tested: judged.len() - own, of, own }
}

fn binds_server(clause: &str) -> bool {
    deadzone_spec::find(clause).is_some_and(|clause| clause.party != Party::Client)
}

/// Whether this is an id of ours, not one of the standard's.
pub(crate) fn is_own(clause: &str) -> bool {
    clause.split_once('/').is_some_and(|(_, number)| number.starts_with("DZ-"))
}
