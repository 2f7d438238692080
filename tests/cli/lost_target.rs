//! A target that is lost in the middle of a run: the run says since when and beside what, what was proven stands, and it goes
//! on only where the target may be restarted.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::between::{Fate, From, between};
use crate::support::{Running, Scratch, broker, deadzone, stdout, wait};
use serde_json::Value;

/// So many CONNECTs are served before the trouble begins: the probe's, and those of some scenarios.
const SERVED: u32 = 60;

/// Runs the suite in 3.1.1; exit code, the report, what was printed.
fn run(address: SocketAddr, more: &[&str]) -> (Option<i32>, Value, String) {
    let scratch = Scratch::new("lost");
    let json = scratch.file("run.json");
    let url = format!("mqtt://{address}");
    let mut words = vec!["run", "--broker", &url, "--mqtt", "3.1.1", "--long-bound", "2", "--jobs", "4"];
    words.extend(["--json", json.to_str().unwrap()]);
    words.extend(more);
    let started = Instant::now();
    let run = deadzone(&words).output().unwrap();
    let text = stdout(&run);
    assert!(started.elapsed() < Duration::from_secs(90), "{:?}\n{text}", started.elapsed());
    let document = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    (run.status.code(), document, text)
}

/// Whether a packet is a CONNECT.
fn connects(from: From, packet: &[u8]) -> bool {
    from == From::Client && packet[0] == 0x10
}

fn notices(document: &Value) -> String {
    document["summary"]["notices"].to_string()
}

#[test]
fn row_b20_a_broker_that_is_killed_is_told_with_its_suspects() {
    let (broker, address) = broker(&[]);
    let killed = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&killed);
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(700));
        flag.store(true, Ordering::Relaxed);
        drop(broker);
    });
    let (code, document, text) = run(address, &[]);
    killer.join().unwrap();
    assert!(killed.load(Ordering::Relaxed));
    assert_eq!(code, Some(5), "{text}");
    let notices = notices(&document);
    assert!(notices.contains("the target crashed") && notices.contains("suspects: "), "{notices}\n{text}");
    let proven = document["scenarios"].as_array().unwrap().iter().filter(|s| s["verdict"] == "pass").count();
    assert!(proven > 0, "what was proven before stands: {text}");
    assert!(document["summary"]["not_run"].as_u64().unwrap() > 0, "{text}");
    assert_eq!(document["summary"]["fail"], 0, "nobody is blamed for what a dead target did not do: {text}");
}

#[test]
fn a_broker_that_answers_nobody_any_more_is_hung() {
    let (_broker, address) = broker(&[]);
    let connected = AtomicU32::new(0);
    let front = between(address, move |from, _, packet| {
        let n = if connects(from, packet) {
            connected.fetch_add(1, Ordering::Relaxed)
        } else {
            connected.load(Ordering::Relaxed)
        };
        if n >= SERVED { Fate::Hold } else { Fate::Pass }
    });
    let (code, document, text) = run(front, &[]);
    assert_eq!(code, Some(5), "{text}");
    assert!(notices(&document).contains("the target hung"), "{}\n{text}", notices(&document));
}

/// Two threads serve the ids, by their last letter; one is dead. The others are served as ever.
fn half_dead(dead: u8) {
    let (_broker, address) = broker(&[]);
    let connected = AtomicU32::new(0);
    let front = between(address, move |from, id, packet| {
        if connects(from, packet) {
            connected.fetch_add(1, Ordering::Relaxed);
        }
        let hit = id.bytes().last().is_some_and(|last| last % 2 == dead);
        if hit && connected.load(Ordering::Relaxed) >= SERVED { Fate::Hold } else { Fate::Pass }
    });
    let (code, document, text) = run(front, &[]);
    assert_eq!(code, Some(5), "{text}");
    assert!(notices(&document).contains("the target half dead"), "{}\n{text}", notices(&document));
    assert_eq!(document["summary"]["fail"], 0, "nobody is blamed for what a dead half did not do: {text}");
}

// The harness's own fresh clients are numbered: one that is waited out is served in the one case and hangs in the other.

#[test]
fn row_b20_a_broker_that_leaves_some_ids_alone_is_half_dead() {
    half_dead(0);
}

#[test]
fn row_b20_a_broker_that_leaves_the_other_ids_alone_is_half_dead() {
    half_dead(1);
}

/// A client cleans up behind the last scenario, and from then on ids like its own are left alone.
#[test]
fn a_half_that_dies_at_the_very_end_is_told_and_what_was_proven_stands() {
    const ALIVE: u32 = u32::MAX;
    let (_broker, address) = broker(&[]);
    let (away, dead) = (AtomicBool::new(false), AtomicU32::new(ALIVE));
    let front = between(address, move |from, id, packet| {
        let kind = id.bytes().last().map_or(ALIVE, |last| u32::from(last % 2));
        if from == From::Client && packet[0] >> 4 == 3 && packet.windows(10).any(|w| w == b"while away") {
            away.store(true, Ordering::Relaxed);
        }
        // Byte 9 of a CONNECT holds its flags: a clean session is what the teardown asks for.
        if connects(from, packet) && packet[9] & 2 != 0 && away.load(Ordering::Relaxed) {
            let _ = dead.compare_exchange(ALIVE, kind, Ordering::Relaxed, Ordering::Relaxed);
        }
        if dead.load(Ordering::Relaxed) == kind { Fate::Hold } else { Fate::Pass }
    });
    let (code, document, text) = run(front, &["session/subscriptions/survive-the-outage"]);
    assert_eq!(code, Some(5), "{text}");
    let notices = notices(&document);
    assert!(notices.contains("the target half dead") && notices.contains("survive-the-outage"), "{notices}");
    assert_eq!(document["scenarios"][0]["verdict"], "pass", "what was proven stands: {text}");
}

/// The listener of one version is dead: it ends every connection, while the other version is served.
#[test]
fn a_listener_that_turns_every_client_of_one_version_away_is_told_once_and_blamed_for_nothing() {
    let (_broker, address) = broker(&[]);
    let connected = AtomicU32::new(0);
    let front = between(address, move |from, _, packet| {
        let old = connects(from, packet) && packet[8] == 4;
        if old && connected.fetch_add(1, Ordering::Relaxed) >= 30 { Fate::End } else { Fate::Pass }
    });
    let scratch = Scratch::new("listener");
    let json = scratch.file("run.json");
    let url = format!("mqtt://{front}");
    let mut words =
        vec!["run", "--broker", &url, "--long-bound", "2", "--jobs", "4", "qos0/delivered", "qos1/outbound"];
    words.extend(["--json", json.to_str().unwrap()]);
    let text = stdout(&deadzone(&words).output().unwrap());
    let document: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(document["summary"]["fail"], 0, "{text}");
    let told = notices(&document);
    assert_eq!(told.matches("does not let clients of MQTT 3.1.1 in any more").count(), 1, "{told}\n{text}");
    let of = |version: &str| -> BTreeSet<String> {
        let all = document["scenarios"].as_array().unwrap().iter().filter(|s| s["version"] == version);
        all.map(|s| s["verdict"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of("5.0"), BTreeSet::from(["pass".to_owned()]), "{text}");
    assert!(of("3.1.1").contains("inconclusive"), "{text}");
}

/// A target that takes each version at an address of its own: each client goes to that of its version, whatever the others speak.
#[test]
fn row_a_clients_of_another_version_go_to_its_address() {
    let (_broker, address) = broker(&[]);
    let front = |level: u8| {
        between(address, move |from, _, packet| match connects(from, packet) && packet[8] != level {
            true => Fate::End,
            false => Fate::Pass,
        })
    };
    let (older, newer) = (front(4), front(5));
    let scratch = Scratch::new("addresses");
    let target = scratch.file("two.toml");
    let text = format!(
        "name = \"two\"\naddress = {{ \"3.1.1\" = \"mqtt://{older}\", \"5.0\" = \"mqtt://{newer}\" }}\n"
    );
    fs::write(&target, text).unwrap();
    let words = ["run", "--broker", target.to_str().unwrap(), "--long-bound", "2", "session/versions"];
    let run = deadzone(&words).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", stdout(&run));
}

#[test]
fn a_broker_of_ours_is_started_again_and_the_run_goes_on() {
    let scratch = Scratch::new("again");
    let json = scratch.file("run.json");
    let words = ["run", "--broker", "reference", "--long-bound", "2", "--jobs", "4", "qos1", "keepalive"];
    let mut run = deadzone(&words);
    run.args(["--json", json.to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = Running(run.spawn().unwrap());
    let broker = child_of(child.0.id());
    thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-9", &broker.to_string()]).status().unwrap().success());
    let code = wait(&mut child.0, Duration::from_secs(120));
    let document: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let notices = notices(&document);
    assert!(notices.contains("the target crashed: its process ended"), "{notices}");
    assert_eq!((code, &document["summary"]["not_run"]), (Some(0), &Value::from(0)), "{notices}");
}

#[test]
fn what_ends_a_broker_of_ours_twice_is_convicted_with_its_last_packets_and_the_rest_goes_on() {
    let scratch = Scratch::new("convicted");
    let json = scratch.file("run.json");
    let mut run = deadzone(&["run", "--broker", "reference", "--defect", "ends-at-unsubscribe"]);
    run.args([
        "--long-bound",
        "2",
        "--mqtt",
        "3.1.1",
        "subscribe/unsubscribe",
        "subscribe/matching",
        "--json",
        json.to_str().unwrap(),
    ]);
    let output = run.output().unwrap();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let document: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(document["summary"]["not_run"], 0, "{text}");
    let all = document["scenarios"].as_array().unwrap();
    let failed: Vec<&Value> = all.iter().filter(|s| s["verdict"] == "fail").collect();
    let mut ids: Vec<&str> = failed.iter().map(|s| s["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["subscribe/unsubscribe/compared-exactly", "subscribe/unsubscribe/stops-delivery"]);
    for scenario in failed {
        let finding = &scenario["findings"][0];
        assert_eq!(finding["clause"], "3.1.1/DZ-crash", "{finding}");
        assert!(!finding["evidence"].as_array().unwrap().is_empty(), "{finding}");
    }
    assert!(
        text.contains("• #") && text.contains("UNSUBSCRIBE"),
        "the packets before the end are shown: {text}"
    );
}

#[test]
fn a_broker_of_ours_does_not_outlive_a_harness_that_is_killed() {
    let words = ["run", "--broker", "reference", "long"];
    let child = deadzone(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut child = Running(child);
    let broker = child_of(child.0.id());
    thread::sleep(Duration::from_millis(500));
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while fs::metadata(format!("/proc/{broker}")).is_ok() && !is_zombie(broker) {
        assert!(Instant::now() < deadline, "it lives on");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_a_killed_harness_and_guard_leave_is_cleaned_by_the_next_start() {
    let scratch = Scratch::new("swept");
    // Somebody else's, whatever it is called.
    let strange = scratch.file("deadzone-target-strange-1-2");
    fs::create_dir(&strange).unwrap();
    let quick = ["run", "--broker", "reference", "--quick", "qos0/delivered/as-published"];
    let start = |words: &[&str]| {
        let mut command = deadzone(words);
        command.env("TMPDIR", &scratch.0);
        command
    };
    let long = ["run", "--broker", "reference", "long"];
    let child = start(&long).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut child = Running(child);
    let broker = child_of(child.0.id());
    for guard in children_with(child.0.id(), "guard") {
        assert!(Command::new("kill").args(["-9", &guard.to_string()]).status().unwrap().success());
    }
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    thread::sleep(Duration::from_millis(200));
    assert!(!is_zombie(broker) && runs(broker), "nobody is left to end it");
    let left = |scratch: &Scratch| fs::read_dir(&scratch.0).unwrap().count();
    assert_eq!(left(&scratch), 2, "its folder is left behind");
    let next = start(&quick).output().unwrap();
    let said = stdout(&next) + &String::from_utf8_lossy(&next.stderr);
    assert!(said.contains("cleaned up after a run that was killed: removed "), "{said}");
    assert!(said.contains("and ended a process that was left of it"), "{said}");
    assert!(!runs(broker) || is_zombie(broker), "it lives on");
    assert!(strange.exists(), "what is not ours is let be");
    assert_eq!(left(&scratch), 1, "its folder is gone, and that of the next start");
    let again = start(&quick).output().unwrap();
    assert!(!stdout(&again).contains("cleaned up"), "there is nothing to clean any more");
}

fn runs(pid: u32) -> bool {
    fs::metadata(format!("/proc/{pid}")).is_ok()
}

/// Ended, and waited for by nobody yet.
fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
}

/// The broker that a process started, once it has.
fn child_of(parent: u32) -> u32 {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(broker) = children_with(parent, "broker").first() {
            return *broker;
        }
        assert!(Instant::now() < deadline, "no child of {parent}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The children of a process that have this word on their command line.
fn children_with(parent: u32, wanted: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let behind = stat.rsplit(')').next().unwrap_or_default();
        let words = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let has = words.split('\0').any(|word| word == wanted);
        if has && behind.split_whitespace().nth(1) == Some(&parent.to_string()) {
            found.push(entry.file_name().to_str().unwrap().parse().unwrap());
        }
    }
    found
}
