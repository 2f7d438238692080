//! What a run put to the test: the clauses that were judged, never those that a header names.

use std::{collections::BTreeSet, sync::Arc};

use deadzone_spec::ClauseId;
use deadzone_verdict::{Coverage, ScenarioResult, VerdictKind};
use deadzone_wire::Version;

/// The clauses that a result judged. A performance that did not happen judged nothing.
pub(crate) fn judged(result: &ScenarioResult) -> impl Iterator<Item = ClauseId> {
    let happened =
        matches!(result.verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::Fail);
    result.verdict.judged.iter().filter(move |_| happened).copied()
}

/// Coverage by version, ids of our own apart.
pub(crate) fn coverage(results: &[Arc<ScenarioResult>], versions: &[Version]) -> Vec<Coverage> {
    versions.iter().map(|version| of_version(results, *version)).collect()
}

fn of_version(results: &[Arc<ScenarioResult>], version: Version) -> Coverage {
    let of_this = results.iter().filter(|r| r.key.version == version);
    let judged: BTreeSet<ClauseId> =
        of_this.flat_map(|r| judged(r)).filter(|id| id.version() == version && id.binds_server()).collect();
    let own = judged.iter().filter(|id| !id.clause().is_numbered()).count();
    let numbered = deadzone_spec::all().filter(|id| id.version() == version && id.clause().is_numbered());
    let of = numbered.filter(|id| id.binds_server()).count();
    Coverage { version, tested: judged.len() - own, of, own }
}
