//! A report read back as what its run showed, in the words that a result of a run has too.

use deadzone_spec::{ClauseId, Transport};
use deadzone_verdict::{Judged, Outcome, ScenarioKey, VerdictKind};

use super::{RunDocument, ScenarioEntry, VerdictWord};
use crate::ReportError;

impl RunDocument {
    /// What carried the bytes of the run, where the report says it.
    pub fn transport(&self) -> Result<Option<Transport>, ReportError> {
        let find = |word: &String| Transport::find(word).ok_or_else(|| ReportError::Transport(word.clone()));
        self.target.transport.as_ref().map(find).transpose()
    }

    /// What each scenario came to. An error where the report is of a deadzone that wrote no fingerprints yet.
    pub fn outcomes(&self) -> Result<Vec<Outcome>, ReportError> {
        self.scenarios.iter().map(outcome).collect()
    }

    /// What its scenarios judged and which clauses they name. An error where it has a clause that this deadzone does not know.
    pub fn judged(&self) -> Result<Judged, ReportError> {
        let mut judged = Judged::default();
        for entry in &self.scenarios {
            judged.add(
                &key(entry)?,
                kind(entry.verdict),
                &clauses(&entry.judged)?,
                &clauses(&entry.clauses)?,
            );
        }
        Ok(judged)
    }
}

fn key(entry: &ScenarioEntry) -> Result<ScenarioKey, ReportError> {
    let version = entry.version.parse().map_err(|_| ReportError::Version(entry.version.clone()))?;
    Ok(ScenarioKey { id: entry.id.clone(), version })
}

fn clauses(texts: &[String]) -> Result<Vec<ClauseId>, ReportError> {
    let find = |text: &String| ClauseId::find(text).ok_or_else(|| ReportError::Clause(text.clone()));
    texts.iter().map(find).collect()
}

fn outcome(entry: &ScenarioEntry) -> Result<Outcome, ReportError> {
    if entry.findings.iter().any(|finding| finding.fingerprint.is_empty()) {
        return Err(ReportError::Old);
    }
    let now_and_then = entry.findings.iter().filter(|finding| finding.intermittent);
    Ok(Outcome {
        key: key(entry)?,
        kind: kind(entry.verdict),
        found: entry.findings.iter().map(|finding| finding.fingerprint.clone()).collect(),
        now_and_then: now_and_then.map(|finding| finding.fingerprint.clone()).collect(),
        unconfirmed: entry.unconfirmed.clone(),
        repeated: Default::default(),
        steady: !entry.repeats.is_empty() && entry.repeats.iter().all(|repeat| *repeat == entry.verdict),
    })
}

fn kind(word: VerdictWord) -> VerdictKind {
    match word {
        VerdictWord::Pass => VerdictKind::Pass,
        VerdictWord::PassSlow => VerdictKind::PassSlow,
        VerdictWord::Fail => VerdictKind::Fail,
        VerdictWord::Inconclusive => VerdictKind::Inconclusive,
        VerdictWord::Blocked => VerdictKind::Blocked,
        VerdictWord::NotApplicable => VerdictKind::NotApplicable,
        VerdictWord::Error => VerdictKind::Error,
    }
}
