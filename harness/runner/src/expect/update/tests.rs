//! What becomes of a file by what runs showed.

use super::*;
use crate::expect::{
    file::SCHEMA,
    made::{SILENT, TWICE, outcome},
};

fn showed(outcomes: &[Outcome]) -> Showed {
    Showed {
        target: "mine".to_owned(),
        target_version: None,
        transport: Some(Transport::Tcp),
        tier: Some(Tier::Full),
        suite: BTreeSet::new(),
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

/// Inconclusive again and again.
fn steady(id: &str) -> Outcome {
    Outcome { steady: true, ..outcome(id, VerdictKind::Inconclusive, &[]) }
}

fn passed(id: &str) -> Outcome {
    outcome(id, VerdictKind::Pass, &[])
}

#[test]
fn a_file_that_was_made_expects_what_it_was_made_of() {
    let seen = [failed("a/one", &[TWICE, SILENT]), steady("a/two"), passed("b")];
    let made = updated(None, &seen);
    assert_eq!((made.added.len(), made.removed.len(), made.accepted), (3, 0, 3));
    assert!(made.text.contains("reason = \"\"\nsince = 2026-01-31\n"), "{}", made.text);
    let again = updated(Some(&made.text), &seen);
    assert_eq!((again.text.as_str(), again.added.len(), again.accepted), (made.text.as_str(), 0, 0));
    let file = Expectations::parse(Path::new("known.toml"), &made.text).unwrap();
    let known = Known::new(Arc::new(file), None, Some(Transport::Tcp));
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
    let seen = [failed("a/one", &["5.0/MQTT-4.3.3-11 answer-missing live", TWICE]), failed("c", &[TWICE])];
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
    assert_eq!((made.added.len(), made.text.matches("intermittent = true").count()), (2, 1), "{}", made.text);
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
    let error = update(Path::new("known.toml"), Some(&text), &showed(&[failed("a", &[TWICE])])).unwrap_err();
    assert!(error.to_string().contains("`[[known]]`"), "{error}");
}

/// An experiment that did not happen once may happen tomorrow: an entry for it would be stale then, or hide a failure.
#[test]
fn what_is_inconclusive_gets_an_entry_where_every_run_says_so_and_nowhere_else() {
    let open = outcome("a", VerdictKind::Inconclusive, &[]);
    for (runs, told) in [
        (vec![open.clone()], "a [5.0]  inconclusive in 1 of 1"),
        (vec![open.clone(), passed("a")], "a [5.0]  inconclusive in 1 of 2"),
    ] {
        let made = updated(None, &runs);
        assert_eq!((made.added.len(), made.unsteady.as_slice()), (0, &[told.to_owned()][..]));
    }
    for runs in [vec![open.clone(), open.clone()], vec![steady("a")]] {
        let made = updated(None, &runs);
        assert_eq!((made.added.len(), made.unsteady.len()), (1, 0), "{}", made.text);
    }
}

#[test]
fn what_shows_over_a_further_transport_is_one_entry_and_what_does_not_leaves_the_others() {
    let seen = [failed("a", &[TWICE])];
    let over = |text: Option<&str>, outcomes: &[Outcome], transport| {
        let showed = Showed { transport: Some(transport), ..showed(outcomes) };
        update(Path::new("known.toml"), text, &showed).unwrap()
    };
    let made = over(None, &seen, Transport::Tcp).text;
    assert!(made.contains("version = \"5.0\"\ntransport = \"tcp\"\n"), "{made}");
    let wider = over(Some(&made), &seen, Transport::Tls);
    assert_eq!((wider.added.len(), wider.carried.len()), (0, 1));
    assert_eq!(wider.text, made.replace("transport = \"tcp\"", "transport = [\"tcp\", \"tls\"]"));
    assert_eq!(over(Some(&wider.text), &seen, Transport::Tls).text, wider.text);
    let gone = over(Some(&wider.text), &[passed("a")], Transport::Tls);
    assert_eq!((gone.removed.len(), gone.text.as_str()), (0, made.as_str()));
    assert_eq!(over(Some(&made), &[passed("a")], Transport::Tls).text, made, "it says nothing of TLS");
    let error = Showed { transport: Some(Transport::Tls), ..showed(&seen) };
    assert!(showed(&seen).join(error).unwrap_err().to_string().contains("two transports"));
}

#[test]
fn old_names_are_brought_up_and_what_was_retired_goes() {
    let old = "schema = \"deadzone.expect/1\"\ntarget = \"mine\"\n\n[[known]]\nscenario = \"a\"\n\
        fingerprint = \"3.1.1/DZ-connack-code wrong-field live\" # mine\nintermittent = true\nreason = \"r\"\n\n\
        [[known]]\nscenario = \"will/takeover/published\"\nverdict = \"inconclusive\"\nreason = \"r\"\n";
    let after = updated(Some(old), &[]);
    assert_eq!((after.renamed.len(), after.removed.len()), (1, 1));
    assert!(after.text.contains("\"3.1.1/MQTT-3.2.2-6 wrong-field live\" # mine\n"), "{}", after.text);
    assert!(!after.text.contains("will/takeover/published"));
    assert_eq!(updated(Some(&after.text), &[]).text, after.text);
}
