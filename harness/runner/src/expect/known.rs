//! What a file says of single results: expected, new, or neither. It knows nothing of the run as a whole.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_spec::Transport;
use deadzone_verdict::{Expectation, Finding, Outcome, RunInfo, ScenarioKey, ScenarioResult, VerdictKind};
use deadzone_wire::Version;

use super::{
    Expectations,
    file::{Entry, Shows},
};
use crate::{
    Options,
    habit::{TARGET, is_habit},
};

/// A file with the entries that hold for the target.
#[derive(Debug)]
pub(crate) struct Known {
    pub(super) file: Arc<Expectations>,
    /// Of each entry: whether it is about such a target.
    pub(super) holds: Vec<Holds>,
}

/// Whether an entry is about the target as it was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    /// It is about other versions of the target.
    OtherVersion,
    /// It is about other transports.
    OtherTransport,
}

impl Known {
    /// What the file says of this target, where there is one.
    pub(crate) fn of(options: &Options, info: &RunInfo) -> Option<Arc<Self>> {
        let file = options.expect.clone()?;
        Some(Arc::new(Self::new(file, info.target_version.as_deref(), info.transport)))
    }

    /// Where the target does not tell its version, an entry that asks for one does not hold; where the transport is not known, one
    /// that asks for it does not either.
    pub(crate) fn new(
        file: Arc<Expectations>,
        target_version: Option<&str>,
        transport: Option<Transport>,
    ) -> Self {
        let holds = |entry: &Entry| {
            let version = entry.target_version.as_ref();
            let carried = entry.transports.as_ref();
            if version.is_some_and(|asked| target_version.is_none_or(|version| !asked.holds(version))) {
                Holds::OtherVersion
            } else if carried.is_some_and(|asked| transport.is_none_or(|known| !asked.contains(&known))) {
                Holds::OtherTransport
            } else {
                Holds::Yes
            }
        };
        let holds = file.entries.iter().map(holds).collect();
        Self { file, holds }
    }

    /// The entries that hold, with their numbers.
    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.file.entries.iter().enumerate().filter(|(number, _)| self.holds[*number] == Holds::Yes)
    }

    /// The entries that an outcome shows to be true still.
    pub(super) fn met_by(&self, outcome: &Outcome) -> Vec<usize> {
        self.entries().filter(|(_, entry)| entry.is_met_by(outcome)).map(|(number, _)| number).collect()
    }

    /// It is newer than the file.
    pub(super) fn is_new(&self, key: &ScenarioKey) -> bool {
        !self.file.pin.is_empty() && key.id != TARGET && !self.file.pin.knows(key)
    }

    /// How an outcome stands to the file; nothing is said of what passed and is not new.
    pub(super) fn expectation(&self, outcome: &Outcome) -> Option<Expectation> {
        let by_verdict = |shows: &Shows| {
            let of_it =
                self.entries().filter(|(_, entry)| entry.shows == *shows && entry.covers(&outcome.key));
            of_it.map(|(_, entry)| entry).collect::<Vec<_>>()
        };
        let named = match outcome.kind {
            VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::NotApplicable => {
                return self.is_new(&outcome.key).then_some(Expectation::New);
            }
            // A bug of ours is never expected.
            VerdictKind::Error => return Some(Expectation::Unexpected(Vec::new())),
            VerdictKind::Fail => self.all_named(&outcome.key, &outcome.found),
            // Where nothing was waited out, an expected silence is not known to be one.
            VerdictKind::Inconclusive => match by_verdict(&Shows::Inconclusive) {
                entries if entries.is_empty() => self.all_named(&outcome.key, &outcome.unconfirmed),
                entries => Ok(entries),
            },
            VerdictKind::Blocked => match by_verdict(&Shows::Blocked) {
                entries if entries.is_empty() => Err(Vec::new()),
                entries => Ok(entries),
            },
        };
        Some(match named {
            Ok(entries) => Expectation::Expected(entries.into_iter().map(Entry::told).collect()),
            Err(_) if self.is_new(&outcome.key) => Expectation::New,
            Err(strangers) => Expectation::Unexpected(strangers),
        })
    }

    /// The entries that name these findings, or the findings that none names. Nothing found is nothing named.
    fn all_named(&self, key: &ScenarioKey, prints: &[String]) -> Result<Vec<&Entry>, Vec<String>> {
        let mut entries: BTreeMap<usize, &Entry> = BTreeMap::new();
        let mut strangers = Vec::new();
        for print in prints {
            let by: Vec<_> = self.entries().filter(|(_, entry)| entry.names(key, print)).collect();
            if by.is_empty() {
                strangers.push(print.clone());
            }
            entries.extend(by);
        }
        let all = strangers.is_empty() && !prints.is_empty();
        if all { Ok(entries.into_values().collect()) } else { Err(strangers) }
    }

    /// Nothing is repeated for a first run: the file names all that it shows. On a gate others stand, so that one that comes now
    /// and then is asked again all the same.
    pub(crate) fn is_settled(&self, first: &ScenarioResult, gate: bool) -> bool {
        let mut outcome = Outcome::of(first);
        let own = first.verdict.findings.iter().filter(|finding| !is_habit(finding));
        outcome.found = own.map(|finding| finding.fingerprint().to_string()).collect();
        let met = self.met_by(&outcome);
        let certain = |number: &usize| {
            let entry = &self.file.entries[*number];
            !entry.intermittent && entry.shows != Shows::Inconclusive
        };
        let expected = matches!(self.expectation(&outcome), Some(Expectation::Expected(_)));
        expected && (!gate || met.iter().all(certain))
    }

    /// Whether a failure that is not compared yet turns nothing red. A habit is looked for where it is going to be told.
    fn excuses(&self, result: &ScenarioResult) -> bool {
        let target = ScenarioKey { id: TARGET.to_owned(), version: result.key.version };
        let named = |finding: &Finding| {
            let key = if is_habit(finding) { &target } else { &result.key };
            let print = finding.fingerprint().to_string();
            self.entries().any(|(_, entry)| entry.names(key, &print))
        };
        self.is_new(&result.key) || result.verdict.findings.iter().all(named)
    }
}

/// Whether a result is an error, or a failure that no file excuses.
pub(crate) fn fails(known: Option<&Known>, result: &ScenarioResult) -> bool {
    match result.verdict.kind {
        VerdictKind::Error => true,
        VerdictKind::Fail => !known.is_some_and(|known| known.excuses(result)),
        _ => false,
    }
}

/// Marks the results of a run as they are told.
#[derive(Debug)]
pub(crate) struct Marks {
    pub(crate) known: Arc<Known>,
    /// How the results of each gate's scenarios that did not pass stand to the file.
    shut: BTreeMap<(Version, String), Vec<Expectation>>,
}

impl Marks {
    pub(crate) fn new(known: Arc<Known>) -> Self {
        Self { known, shut: BTreeMap::new() }
    }

    /// Marks a result; `gate` is the one that its scenario is. Gates are told before what stands on them.
    pub(crate) fn mark(&mut self, gate: Option<&str>, result: &mut ScenarioResult) {
        result.expectation = self.known.expectation(&Outcome::of(result));
        if let (Some(Expectation::Unexpected(_)), VerdictKind::Blocked) =
            (&result.expectation, result.verdict.kind)
        {
            let cause = result.verdict.blocked_by.clone().map(|gate| (result.key.version, gate));
            let shut_by = cause.and_then(|cause| self.shut.get(&cause));
            result.expectation = shut_by.and_then(|by| behind(by)).or_else(|| result.expectation.take());
        }
        let shut = matches!(
            result.verdict.kind,
            VerdictKind::Fail | VerdictKind::Inconclusive | VerdictKind::Blocked
        );
        if let (true, Some(gate), Some(expectation)) = (shut, gate, &result.expectation) {
            self.shut.entry((result.key.version, gate.to_owned())).or_default().push(expectation.clone());
        }
    }
}

/// How what is blocked stands to the file, behind a gate all of whose scenarios are expected to be shut, or are new.
fn behind(gate: &[Expectation]) -> Option<Expectation> {
    if !gate.iter().all(is_excused) {
        return None;
    }
    if gate.contains(&Expectation::New) {
        return Some(Expectation::New);
    }
    let known = gate.iter().filter_map(|expectation| match expectation {
        Expectation::Expected(known) => Some(known.iter().cloned()),
        Expectation::New | Expectation::Unexpected(_) => None,
    });
    Some(Expectation::Expected(known.flatten().collect()))
}

fn is_excused(expectation: &Expectation) -> bool {
    !matches!(expectation, Expectation::Unexpected(_))
}

/// The verdict that counts for the exit code: what is expected, and what is new, turns nothing red.
pub(crate) fn counted(result: &ScenarioResult) -> VerdictKind {
    if result.is_excused() { VerdictKind::Pass } else { result.verdict.kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::made::{SILENT, TWICE, TWICE_RESUMED, entry, fails, known, outcome};

    fn stands(known: &Known, outcome: &Outcome) -> &'static str {
        match known.expectation(outcome) {
            None => "nothing",
            Some(Expectation::Expected(_)) => "expected",
            Some(Expectation::New) => "new",
            Some(Expectation::Unexpected(_)) => "unexpected",
        }
    }

    fn failed(id: &str, found: &[&str]) -> Outcome {
        outcome(id, VerdictKind::Fail, found)
    }

    #[test]
    fn a_failure_is_expected_where_all_of_it_is_named_and_nowhere_else() {
        let known = known(&fails("a/one", TWICE), None);
        assert_eq!(stands(&known, &failed("a/one", &[TWICE])), "expected");
        assert_eq!(stands(&known, &failed("a/one", &[TWICE_RESUMED])), "unexpected", "another phase of it");
        assert_eq!(stands(&known, &failed("a/two", &[TWICE])), "unexpected", "another scenario");
        let Some(Expectation::Unexpected(strangers)) = known.expectation(&failed("a/one", &[TWICE, SILENT]))
        else {
            panic!("a further finding")
        };
        assert_eq!(strangers, [SILENT]);
        assert_eq!(stands(&known, &failed("a/one", &[])), "unexpected", "nothing found is nothing named");
        let mut other = failed("a/one", &[TWICE]);
        other.key.version = Version::V311;
        assert_eq!(stands(&known, &other), "unexpected", "another version");
        assert_eq!(stands(&known, &outcome("a/one", VerdictKind::Pass, &[])), "nothing");
        assert_eq!(stands(&known, &outcome("a/one", VerdictKind::Error, &[TWICE])), "unexpected");
    }

    #[test]
    fn what_is_inconclusive_or_blocked_wants_an_entry_of_its_own() {
        let lines = entry("a/one", "verdict = \"inconclusive\"") + &entry("a/two", "verdict = \"blocked\"");
        let known = known(&lines, None);
        for (id, kind, wanted) in [
            ("a/one", VerdictKind::Inconclusive, "expected"),
            ("a/one", VerdictKind::Blocked, "unexpected"),
            ("a/two", VerdictKind::Blocked, "expected"),
            ("a/two", VerdictKind::Inconclusive, "unexpected"),
            ("a/one", VerdictKind::NotApplicable, "nothing"),
        ] {
            assert_eq!(stands(&known, &outcome(id, kind, &[])), wanted, "{id} {kind:?}");
        }
    }

    /// Without waiting a silence is not known to be one; it is all that such a run can show of it.
    #[test]
    fn a_silence_that_was_not_waited_out_is_expected_where_it_is_named() {
        let known = known(&fails("a/one", SILENT), None);
        let quick = |prints: &[&str]| Outcome {
            unconfirmed: prints.iter().map(|&print| print.to_owned()).collect(),
            ..outcome("a/one", VerdictKind::Inconclusive, &[])
        };
        assert_eq!(stands(&known, &quick(&[SILENT])), "expected");
        assert_eq!(stands(&known, &quick(&[SILENT, TWICE])), "unexpected");
        assert_eq!(stands(&known, &quick(&[])), "unexpected");
    }

    #[test]
    fn what_the_file_does_not_know_is_new_unless_it_knows_nothing() {
        let pinned = known("[suite]\na = [\"one\", \"two@3.1.1\"]\n", None);
        assert_eq!(stands(&pinned, &failed("a/one", &[TWICE])), "unexpected");
        assert_eq!(stands(&pinned, &failed("a/two", &[TWICE])), "new", "in this version");
        assert_eq!(stands(&pinned, &outcome("b", VerdictKind::Pass, &[])), "new");
        assert_eq!(stands(&pinned, &failed(TARGET, &[TWICE])), "unexpected", "a habit is no scenario");
        assert_eq!(stands(&known("", None), &failed("b", &[TWICE])), "unexpected", "nothing is pinned");
    }

    /// An entry never pardons what is new elsewhere.
    #[test]
    fn an_entry_of_another_transport_does_not_hold() {
        let of = |line: &str, transport| {
            let lines = entry("a", &format!("fingerprint = \"{TWICE}\"\n{line}"));
            stands(
                &Known::new(Arc::new(crate::expect::made::file(&lines)), None, transport),
                &failed("a", &[TWICE]),
            )
        };
        let both = "transport = [\"tcp\", \"tls\"]";
        for (transport, one, two, any) in [
            (Some(Transport::Tcp), "unexpected", "expected", "expected"),
            (Some(Transport::Tls), "expected", "expected", "expected"),
            (Some(Transport::Wss), "unexpected", "unexpected", "expected"),
            (None, "unexpected", "unexpected", "expected"),
        ] {
            let stand = (of("transport = \"tls\"", transport), of(both, transport), of("", transport));
            assert_eq!(stand, (one, two, any), "{transport:?}");
        }
    }

    #[test]
    fn an_entry_of_another_version_of_the_target_does_not_hold() {
        let lines = entry("a", &format!("fingerprint = \"{TWICE}\"\ntarget_version = \"< 2.1\""));
        let of = |version| stands(&known(&lines, version), &failed("a", &[TWICE]));
        assert_eq!(
            (of(Some("2.0.18")), of(Some("2.1.0")), of(None)),
            ("expected", "unexpected", "unexpected")
        );
    }

    /// In which scenario a habit is seen first is chance, and with it to whom and when.
    #[test]
    fn a_habit_is_named_by_its_clause() {
        let known = known(&(fails(TARGET, TWICE) + &fails("a", TWICE)), None);
        assert_eq!(stands(&known, &failed(TARGET, &[TWICE_RESUMED])), "expected");
        assert_eq!(stands(&known, &failed(TARGET, &[SILENT])), "unexpected");
        assert_eq!(stands(&known, &failed("a", &[TWICE_RESUMED])), "unexpected");
    }

    #[test]
    fn a_gate_excuses_what_it_blocks_where_nothing_of_it_is_unexpected() {
        let expected = Expectation::Expected(Vec::new());
        let unexpected = Expectation::Unexpected(Vec::new());
        assert_eq!(behind(std::slice::from_ref(&expected)), Some(expected.clone()));
        assert_eq!(behind(&[expected.clone(), Expectation::New]), Some(Expectation::New));
        assert_eq!(behind(&[expected, unexpected]), None);
    }
}
