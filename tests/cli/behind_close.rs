//! What a link gives up late, on a connection that its client has closed: it must reach the broker when it is due, whoever
//! made it due.

use std::fs;

use crate::support::{Scratch, files, output, stderr, stdout};

/// Its rate is to be filled in.
const PROFILE: &str = "title = \"even\"\n\
    [delay]\n\
    floor_ms = { both = 1, source = \"default\" }\n\
    median_ms = { both = 0, source = \"default\" }\n\
    sigma_ln = { both = 0, source = \"default\" }\n\
    correlation_per_100ms = { value = 0, source = \"default\" }\n\
    [rate]\n\
    mean_kbit_per_s = { both = RATE, source = \"default\" }\n\
    sigma_ln = { both = 0, source = \"default\" }\n\
    correlation_per_s = { value = 0, source = \"default\" }\n";

/// A publisher closes behind a message that its link has not given to the broker; then come the steps that let it go.
fn scenario(keep: &str, let_go: &str) -> String {
    // At 50 bit/s it takes more than five minutes.
    let long = "n".repeat(2_000);
    format!(
        "mqt 1\n\nscenario late\n  title     What was kept behind an orderly close arrives late\n  \
         clauses   5.0/MQTT-4.9.0-2\n  versions  5.0\n  catches   receive-maximum-exceeded\n\n  \
         client sub\n  client pub\n\n  sub connect clean\n  sub subscribe \"{{run}}/t\" qos=1\n  \
         pub connect clean\n  pub ping\n  {keep}\n  pub publish \"{{run}}/t\" \"{long}\" qos=0\n  \
         pub disconnect\n  {let_go}\n  sub ping\n  expect sub receives \"{long}\" exactly once within 5s\n"
    )
}

/// When this was recorded, µs.
fn at_us(event: &str) -> u64 {
    let digits = event.split("\"at_us\":").nth(1).unwrap();
    digits.split(',').next().unwrap().parse().unwrap()
}

/// How long after the last of the steps that let it go the broker's end had the message, µs, and whether the next step had
/// to wait for that.
fn lateness(name: &str, keep: &str, let_go: &[&str]) -> (u64, bool) {
    let scratch = Scratch::new(name);
    for (profile, rate) in [("crawl", "0.05"), ("quick", "10000")] {
        fs::write(scratch.file(&format!("{profile}.toml")), PROFILE.replace("RATE", rate)).unwrap();
    }
    let (file, folder) = (scratch.file("late.mqt"), scratch.file("records"));
    fs::write(&file, scenario(keep, &let_go.join("\n  "))).unwrap();
    let run = output(&[
        "run",
        "--only-mine",
        "--scenarios",
        file.to_str().unwrap(),
        "--history",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(run.status.code(), Some(0), "{name}: {}{}", stdout(&run), stderr(&run));
    let record = String::from_utf8(files(&folder).remove(0).1).unwrap();
    let find = |words: &[&str]| {
        let at = record.lines().position(|line| words.iter().all(|word| line.contains(word)));
        at.unwrap_or_else(|| panic!("{name}: no {words:?} in\n{record}"))
    };
    let step = find(&["\"step\":{", let_go.last().unwrap()]);
    let given = find(&["\"conn\":1", "\"direction\":\"up\",\"end\":\"broker\"", "PUBLISH"]);
    let next = find(&["\"step\":{", "\"sub ping\""]);
    let when = |line: usize| at_us(record.lines().nth(line).unwrap());
    (when(given) - when(step), given < next)
}

#[test]
fn what_is_released_without_a_connection_goes_at_once() {
    assert_eq!(lateness("release", "link pub hold up", &["link pub release up"]), (0, true));
    assert_eq!(lateness("restore", "link pub hold up", &["link pub restore"]), (0, true));
}

#[test]
fn what_is_released_later_goes_when_it_is_due() {
    let later = "link pub release up after 500ms";
    assert_eq!(lateness("armed", "link pub hold up", &[later]), (500_000, false));
    assert_eq!(lateness("armed-beside", "link pub hold up", &["pub open", later]), (500_000, false));
}

#[test]
fn what_another_connection_of_the_client_releases_goes_at_once() {
    let steps = ["pub open", "link pub release up"];
    assert_eq!(lateness("beside", "link pub hold up", &steps), (0, true));
}

#[test]
fn another_profile_serves_what_is_on_its_way() {
    for (name, steps) in [
        ("profile", &["link pub profile quick"][..]),
        ("profile-beside", &["pub open", "link pub profile quick"]),
    ] {
        let (late_us, _) = lateness(name, "link pub profile crawl", steps);
        assert!(late_us <= 10_000, "{name}: {late_us} µs");
    }
}
