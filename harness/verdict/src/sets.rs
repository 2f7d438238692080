//! Several runs of one suite side by side: the distinct sets of verdicts, and the scenarios that did not say the same each time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{Finding, Fingerprint, ScenarioKey, ScenarioResult, Summary, VerdictKind};

/// What one scenario said in one run, as far as runs are compared by it: its verdict with all that was found. A slow pass is a
/// pass, and the reason of what is inconclusive is for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// The verdict's word.
    pub word: &'static str,
    /// What was found.
    pub found: BTreeSet<Fingerprint>,
}

impl Said {
    fn by(result: &ScenarioResult) -> Self {
        let kind = match result.verdict.kind {
            VerdictKind::PassSlow => VerdictKind::Pass,
            kind => kind,
        };
        let found = result.verdict.findings.iter().map(Finding::fingerprint).collect();
        Self { word: kind.word(), found }
    }
}

/// What a whole run said.
pub type VerdictSet = BTreeMap<ScenarioKey, Said>;

/// One run of several.
#[derive(Clone, Debug)]
pub struct OneRun {
    /// Its seed, hex.
    pub seed: String,
    /// Which of the distinct sets it gave, from 0.
    pub set: usize,
    /// Its end.
    pub summary: Arc<Summary>,
}

/// What one scenario said in all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// What it said; nothing where it was not run.
    pub said: Option<Said>,
    /// The seeds of the runs in which it said so, hex.
    pub seeds: Vec<String>,
    /// The reason that the first of them gave, where there was one.
    pub reason: Option<String>,
}

/// The runs with their distinct sets.
#[derive(Clone, Debug, Default)]
pub struct RunSets {
    runs: Vec<OneRun>,
    sets: Vec<VerdictSet>,
    reasons: BTreeMap<(ScenarioKey, Said), String>,
}

impl RunSets {
    /// Takes one whole run.
    pub fn add(&mut self, seed: String, results: &[Arc<ScenarioResult>], summary: Arc<Summary>) {
        let mut said = VerdictSet::new();
        for result in results {
            let here = Said::by(result);
            if let Some(reason) = &result.verdict.reason {
                let key = (result.key.clone(), here.clone());
                self.reasons.entry(key).or_insert_with(|| reason.clone());
            }
            said.insert(result.key.clone(), here);
        }
        let known = self.sets.iter().position(|set| *set == said);
        let set = known.unwrap_or_else(|| {
            self.sets.push(said);
            self.sets.len() - 1
        });
        self.runs.push(OneRun { seed, set, summary });
    }

    /// The runs, in order.
    pub fn runs(&self) -> &[OneRun] {
        &self.runs
    }

    /// The distinct sets, in the order in which they were first given.
    pub fn sets(&self) -> &[VerdictSet] {
        &self.sets
    }

    /// Every run said the same.
    pub fn is_one(&self) -> bool {
        self.sets.len() < 2
    }

    /// Scenarios that did not say the same in every run, each with what it said, the most frequent first.
    pub fn unstable(&self) -> BTreeMap<&ScenarioKey, Vec<Spread>> {
        let keys: BTreeSet<&ScenarioKey> = self.sets.iter().flat_map(BTreeMap::keys).collect();
        let differs =
            |key: &&ScenarioKey| self.sets.iter().any(|set| set.get(*key) != self.sets[0].get(*key));
        keys.into_iter().filter(differs).map(|key| (key, self.spread(key))).collect()
    }

    /// Scenarios that said the same in every run, and did not pass.
    pub fn steady(&self) -> Vec<(&ScenarioKey, &Said)> {
        let Some((first, others)) = self.sets.split_first() else { return Vec::new() };
        let same =
            |(key, said): &(&ScenarioKey, &Said)| others.iter().all(|set| set.get(*key) == Some(*said));
        let passes = VerdictKind::Pass.word();
        first.iter().filter(same).filter(|(_, said)| said.word != passes).collect()
    }

    fn spread(&self, key: &ScenarioKey) -> Vec<Spread> {
        let mut spread: Vec<Spread> = Vec::new();
        for run in &self.runs {
            let said = self.sets[run.set].get(key);
            if let Some(known) = spread.iter_mut().find(|s| s.said.as_ref() == said) {
                known.seeds.push(run.seed.clone());
                continue;
            }
            let reason = said.and_then(|said| self.reasons.get(&(key.clone(), said.clone()))).cloned();
            spread.push(Spread { said: said.cloned(), seeds: vec![run.seed.clone()], reason });
        }
        spread.sort_by_key(|s| std::cmp::Reverse(s.seeds.len()));
        spread
    }
}
