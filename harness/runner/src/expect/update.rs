//! Edits a file by what a run showed: what is not named yet is added, what did not come is taken out, and every scenario that was
//! run is accepted. Comments, order and whatever else the user wrote stay.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use deadzone_verdict::{Expectation, Outcome, ScenarioKey, VerdictKind};
use toml_edit::DocumentMut;

use super::{
    ExpectError, Expectations, Known, Mistake,
    edit::{Fresh, accept, add, head, soften, take_out},
    whole,
};
use crate::{ExitCode, habit::TARGET};

/// Of a hundred scenarios that were judged, those that must be in later runs: a few may be inconclusive now and then.
const FLOOR: usize = 95;

/// What a run showed, from its report.
#[derive(Clone, Debug)]
pub struct Showed {
    /// The target's name.
    pub target: String,
    /// What it says of its version.
    pub target_version: Option<String>,
    /// All results, in order; of several runs one behind the other.
    pub outcomes: Vec<Outcome>,
    /// Every planned performance has its result.
    pub complete: bool,
    /// The run's exit code.
    pub exit_code: Option<u8>,
    /// The day of the edit, `2026-01-31`.
    pub today: String,
}

impl Showed {
    /// Takes another run of the same target with this one.
    pub fn join(&mut self, other: Self) -> Result<(), ExpectError> {
        other.is_fit()?;
        if other.target_version != self.target_version {
            let why = "these runs are of two versions of the target: one file at a time".to_owned();
            return Err(ExpectError::Run(why));
        }
        self.outcomes.extend(other.outcomes);
        Ok(())
    }

    /// What was not run, and what a target that was lost left open, is no failure to be expected.
    fn is_fit(&self) -> Result<(), ExpectError> {
        let lost = self.exit_code.map(ExitCode::known) == Some(ExitCode::Target);
        match (lost, self.complete) {
            (true, _) => Err(ExpectError::Run(
                "the target was lost in this run: nothing is to be expected of it".to_owned(),
            )),
            (false, false) => Err(ExpectError::Run(
                "this run is not complete: what is missing can't be told from what passed".to_owned(),
            )),
            (false, true) => Ok(()),
        }
    }
}

/// A file as it is to be written, and what is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// The whole text.
    pub text: String,
    /// Entries that are new, a line each.
    pub added: Vec<String>,
    /// Entries that were taken out, a line each.
    pub removed: Vec<String>,
    /// Entries that one run showed and another did not: they come now and then from here on.
    pub softened: Vec<String>,
    /// How many scenarios the file knows that it did not know before.
    pub accepted: usize,
    /// Bugs of deadzone in the run: never expected.
    pub errors: Vec<String>,
}

/// Brings a file (none yet, without a text) up to what a run showed.
pub fn update(path: &Path, text: Option<&str>, showed: &Showed) -> Result<Updated, ExpectError> {
    showed.is_fit()?;
    let all = showed.outcomes.as_slice();
    let text = text.map_or_else(|| head(&showed.target, floor(all)), str::to_owned);
    let file = Expectations::parse(path, &text)?;
    let broken = |what: String| ExpectError::Mistakes {
        path: path.to_owned(),
        mistakes: vec![Mistake { line: 1, column: 1, what, help: None }],
    };
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| broken(error.to_string()))?;
    let known = Known::new(Arc::new(file), showed.target_version.as_deref());
    let mut seen = BTreeSet::new();
    let shown = all.iter().flat_map(|outcome| fresh(&known, outcome, all));
    let fresh: Vec<Fresh> =
        shown.filter(|entry| seen.insert((entry.key.clone(), entry.fingerprint.clone()))).collect();
    let unsteady = unsteady(&known, all);
    let pinned = known.file.pin.keys().cloned();
    let suite = pinned.chain(showed.outcomes.iter().map(|outcome| outcome.key.clone())).collect();
    let stale: BTreeSet<usize> = whole::stale(&known, &showed.outcomes, &suite).into_iter().collect();
    let removed = stale.iter().map(|number| known.file.entries[*number].line()).collect();
    let softened = unsteady.iter().map(|number| known.file.entries[*number].line()).collect();
    soften(&mut document, &unsteady);
    let edited = take_out(&mut document, &stale).and_then(|()| add(&mut document, &fresh, &showed.today));
    edited.ok_or_else(|| broken("entries are edited where each is a `[[known]]` table".to_owned()))?;
    let accepted = accept(&mut document, &known.file.pin, all)
        .ok_or_else(|| broken("`suite` is edited where it is a `[suite]` table".to_owned()))?;
    let errors = showed.outcomes.iter().filter(|outcome| outcome.kind == VerdictKind::Error);
    Ok(Updated {
        text: document.to_string(),
        added: fresh.iter().map(Fresh::line).collect(),
        removed,
        softened,
        accepted,
        errors: errors.map(|outcome| format!("{} [{}]", outcome.key.id, outcome.key.version)).collect(),
    })
}

/// How many scenarios must be judged in later runs.
fn floor(all: &[Outcome]) -> usize {
    let judged = all.iter().filter(|outcome| whole::is_judged(outcome.kind));
    let tested: BTreeSet<_> = judged.map(|outcome| &outcome.key).filter(|key| key.id != TARGET).collect();
    tested.len() * FLOOR / 100
}

/// What an outcome shows that no entry names. What is blocked has its cause in a gate, which is an outcome by itself.
fn fresh(known: &Known, outcome: &Outcome, all: &[Outcome]) -> Vec<Fresh> {
    let of = |fingerprint: Option<&String>| Fresh {
        key: outcome.key.clone(),
        fingerprint: fingerprint.cloned(),
        intermittent: fingerprint.is_some_and(|print| outcome.now_and_then.contains(print))
            || all.iter().any(|other| lacks(other, &outcome.key, fingerprint.map(String::as_str))),
    };
    let named = |print: &String| known.entries().any(|(_, entry)| entry.names(&outcome.key, print));
    match outcome.kind {
        VerdictKind::Fail => {
            outcome.found.iter().filter(|print| !named(print)).map(|print| of(Some(print))).collect()
        }
        VerdictKind::Inconclusive => match known.expectation(outcome) {
            Some(Expectation::Expected(_)) => Vec::new(),
            _ => vec![of(None)],
        },
        _ => Vec::new(),
    }
}

/// Whether an outcome judged a scenario and did not show this of it: a finding, or that the experiment does not happen.
fn lacks(outcome: &Outcome, key: &ScenarioKey, print: Option<&str>) -> bool {
    let shows = || outcome.found.iter().any(|found| Some(found.as_str()) == print);
    outcome.key == *key && whole::is_judged(outcome.kind) && !shows()
}

/// The entries that one run met and another one did not, and that do not say so yet.
fn unsteady(known: &Known, all: &[Outcome]) -> BTreeSet<usize> {
    let met = all.iter().flat_map(|outcome| known.met_by(outcome));
    let met: BTreeSet<usize> = met.filter(|number| !known.file.entries[*number].intermittent).collect();
    let missed = |number: &usize| {
        let entry = &known.file.entries[*number];
        let judged = |outcome: &&Outcome| entry.covers(&outcome.key) && whole::is_judged(outcome.kind);
        // Of many scenarios that a glob covers each is asked by itself: what one never showed says nothing.
        !entry.scenario.is_glob()
            && all.iter().filter(judged).any(|outcome| !known.met_by(outcome).contains(number))
    };
    met.into_iter().filter(missed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::{
        file::SCHEMA,
        made::{SILENT, TWICE, outcome},
    };

    fn showed(outcomes: &[Outcome]) -> Showed {
        Showed {
            target: "mine".to_owned(),
            target_version: None,
            outcomes: outcomes.to_vec(),
            complete: true,
            exit_code: Some(1),
            today: "2026-01-31".to_owned(),
        }
    }

    fn updated(text: Option<&str>, outcomes: &[Outcome]) -> Updated {
        update(Path::new("known.toml"), text, &showed(outcomes)).unwrap()
    }

    fn failed(id: &str, prints: &[&str]) -> Outcome {
        outcome(id, VerdictKind::Fail, prints)
    }

    fn passed(id: &str) -> Outcome {
        outcome(id, VerdictKind::Pass, &[])
    }

    #[test]
    fn a_file_that_was_made_expects_what_it_was_made_of() {
        let seen = [
            failed("a/one", &[TWICE, SILENT]),
            outcome("a/two", VerdictKind::Inconclusive, &[]),
            passed("b"),
        ];
        let made = updated(None, &seen);
        assert_eq!((made.added.len(), made.removed.len(), made.accepted), (3, 0, 3));
        assert!(made.text.contains("reason = \"\"\nsince = 2026-01-31\n"), "{}", made.text);
        let again = updated(Some(&made.text), &seen);
        assert_eq!((again.text.as_str(), again.added.len(), again.accepted), (made.text.as_str(), 0, 0));
        let file = Expectations::parse(Path::new("known.toml"), &made.text).unwrap();
        let known = Known::new(Arc::new(file), None);
        for outcome in &seen[..2] {
            assert!(matches!(known.expectation(outcome), Some(Expectation::Expected(_))), "{outcome:?}");
        }
        assert_eq!(known.expectation(&seen[2]), None, "it is known, and not new");
    }

    const WRITTEN: &str = "# Mine.\nschema = \"deadzone.expect/1\" # the first\ntarget = \"mine\"\n\n[suite]\n\
        # by folder\na = [\n  \"one\", # first\n  \"two\",\n]\n\n# About QoS 2: all of these are one bug.\n\n\
        # This one is mended.\n[[known]]\nreason = 'gone' # soon\nscenario = \"a/one\"\n\
        fingerprint = \"5.0/MQTT-4.3.3-11 answer-missing live\"\n\n# This one is not.\n[[known]]\n\
        scenario = \"a/two\"\nintermittent = true\nverdict = \"inconclusive\"\nreason = \"slow\"\n# The end.\n";

    #[test]
    fn what_did_not_come_is_taken_out_and_what_the_user_wrote_stays() {
        let after = updated(Some(WRITTEN), &[passed("a/one"), passed("a/two")]);
        let [removed] = after.removed.as_slice() else { panic!("{:?}", after.removed) };
        assert_eq!(removed, "a/one [5.0]  fail: 5.0/MQTT-4.3.3-11 answer-missing live");
        let gone = "# This one is mended.\n[[known]]\nreason = 'gone' # soon\nscenario = \"a/one\"\n\
                    fingerprint = \"5.0/MQTT-4.3.3-11 answer-missing live\"\n\n";
        assert_eq!(after.text, WRITTEN.replace(gone, ""));
    }

    #[test]
    fn nothing_is_touched_where_nothing_changed() {
        let same = [failed("a/one", &["5.0/MQTT-4.3.3-11 answer-missing live"]), passed("a/two")];
        assert_eq!(updated(Some(WRITTEN), &same).text, WRITTEN);
    }

    #[test]
    fn what_is_added_stands_behind_the_rest() {
        let seen =
            [failed("a/one", &["5.0/MQTT-4.3.3-11 answer-missing live", TWICE]), failed("c", &[TWICE])];
        let after = updated(Some(WRITTEN), &seen);
        let without = after.text.replace("\"\" = [\"c@5.0\"]\n", "");
        assert!(without.starts_with(WRITTEN.trim_end_matches("# The end.\n")), "{}", after.text);
        assert!(
            after.text.contains("# The end.") && after.text.contains("\n\"\" = [\"c@5.0\"]\n"),
            "{}",
            after.text
        );
        assert_eq!((after.added.len(), after.accepted), (2, 1));
        assert_eq!(updated(Some(&after.text), &seen).text, after.text);
    }

    #[test]
    fn a_name_that_is_accepted_stands_in_its_order_and_leaves_comments() {
        let after = updated(Some(WRITTEN), &[passed("a/ten"), passed("a/one")]).text;
        assert!(after.contains("a = [\n  \"one\", \"ten@5.0\", # first\n  \"two\",\n]"), "{after}");
    }

    #[test]
    fn what_comes_now_and_then_says_so() {
        let mut seen = failed("a", &[TWICE]);
        seen.now_and_then.insert(TWICE.to_owned());
        assert!(updated(None, &[seen]).text.contains("intermittent = true\n"));
    }

    /// Two runs of a broker that races itself: whichever comes next, the file stands.
    #[test]
    fn what_one_run_of_several_shows_comes_now_and_then() {
        let steady = failed("b", &[SILENT]);
        let runs = [failed("a", &[TWICE]), steady.clone(), passed("a"), steady.clone()];
        let made = updated(None, &runs);
        assert_eq!(
            (made.added.len(), made.text.matches("intermittent = true").count()),
            (2, 1),
            "{}",
            made.text
        );
        let open = outcome("a", VerdictKind::Inconclusive, &[]);
        let made = updated(None, &[open.clone(), passed("a")]);
        assert!(made.text.contains("verdict = \"inconclusive\"\nintermittent = true"), "{}", made.text);
        // What was steady in the runs that the file was made of is not removed by one that lacks it beside one that does not.
        let made = updated(None, std::slice::from_ref(&steady));
        let later = updated(Some(&made.text), &[passed("b"), steady]);
        assert_eq!((later.removed.len(), later.softened.len(), later.added.len()), (0, 1, 0));
        assert!(later.text.contains("since = 2026-01-31\nintermittent = true\n"), "{}", later.text);
    }

    #[test]
    fn what_is_blocked_or_a_bug_of_ours_gets_no_entry() {
        let seen = [outcome("a", VerdictKind::Blocked, &[]), outcome("b", VerdictKind::Error, &[TWICE])];
        let made = updated(None, &seen);
        assert_eq!(
            (made.added.len(), made.accepted, made.errors.as_slice()),
            (0, 1, &["b [5.0]".to_owned()][..])
        );
    }

    #[test]
    fn a_run_that_shows_too_little_is_refused() {
        let of = |complete, exit_code| {
            let showed = Showed { complete, exit_code, ..showed(&[passed("a")]) };
            update(Path::new("known.toml"), None, &showed).map(|_| ()).map_err(|error| error.to_string())
        };
        assert!(of(true, Some(0)).is_ok());
        assert!(of(false, Some(0)).unwrap_err().contains("not complete"));
        assert!(of(true, Some(5)).unwrap_err().contains("was lost"));
    }

    #[test]
    fn a_list_in_one_line_is_a_mistake_and_not_lost() {
        let text = format!("schema = \"{SCHEMA}\"\ntarget = \"t\"\nknown = []\n");
        let error =
            update(Path::new("known.toml"), Some(&text), &showed(&[failed("a", &[TWICE])])).unwrap_err();
        assert!(error.to_string().contains("`[[known]]`"), "{error}");
    }
}
