//! `deadzone run --links` over a server that behaves like the real Toxiproxy where that differs from ours: it is never
//! blamed on the broker, never passed over, and nothing is left behind.

use std::{
    fs,
    net::SocketAddr,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    api::PATIENCE,
    foreign::{count, run, run_at, verdicts},
    quirks::{Mood, Quirks},
    support::{Running, Scratch, broker, deadzone, output, stderr, wait},
};

/// What goes over links that make no cuts, and a part of what needs cuts.
const AREAS: [&str; 8] = [
    "malformed/**",
    "order/**",
    "qos2/**",
    "will/**",
    "session/**",
    "retained/**",
    "takeover/**",
    "keepalive/ping/**",
];

/// Two delays of one client with a message under each.
const SPACED: &str = r#"mqt 1

scenario spaced
  title     Two messages a while apart
  clauses   3.1.1/MQTT-3.12.4-1  5.0/MQTT-3.12.4-1
  catches   mutant-pingresp-swallowed

  client pub
  client sub

  sub connect clean
  sub subscribe "{run}/t"
  pub connect clean
  link pub delay up 2s
  pub publish "{run}/t" "after 2 s"
  link pub delay up 4s
  pub publish "{run}/t" "after 4 s"
  sub ping
"#;

/// Waits until it holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_correct_broker_is_not_blamed() {
    let quirks = Quirks::start(Mood::default());
    let (code, report) = run(quirks.address, &[], &AREAS);
    let verdicts = verdicts(&report);
    assert_eq!(code, Some(0), "{verdicts:#?}");
    assert!(count(&verdicts, "pass") >= 20, "{verdicts:#?}");
    assert_eq!(count(&verdicts, "fail") + count(&verdicts, "error"), 0, "{verdicts:#?}");
    assert_eq!(quirks.proxies(), Vec::<String>::new(), "proxies were left behind");
    let asked = quirks.asked();
    assert!(!asked.iter().any(|kind| kind == "reset_peer"), "it can't reset a connection that lives");
}

#[test]
fn what_it_can_not_make_is_not_passed() {
    let quirks = Quirks::start(Mood::default());
    // Each of them fails with this defect where the reset is made.
    let select = ["will/lost/**", "will/retained/**", "will/delay/**"];
    let (_, report) = run(quirks.address, &["--defect", "will-lost-on-rst"], &select);
    let on_rst: Vec<_> = report["scenarios"].as_array().unwrap().iter().filter(|s| catches_rst(s)).collect();
    assert!(on_rst.len() >= 6, "{report:#}");
    for scenario in on_rst {
        assert_eq!(scenario["verdict"], "not-applicable", "{}", scenario["id"]);
    }
}

/// Whether the file says that it catches a will lost on a reset.
fn catches_rst(scenario: &Value) -> bool {
    let name = scenario["file"].as_str().unwrap().trim_start_matches("scenarios/");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/");
    let text = fs::read_to_string(format!("{folder}{name}")).unwrap();
    let line = usize::try_from(scenario["line"].as_u64().unwrap()).unwrap();
    let own = text.lines().skip(line).take_while(|l| !l.starts_with("scenario "));
    own.into_iter().any(|l| l.trim_start().starts_with("catches") && l.contains("will-lost-on-rst"))
}

/// What a run says when this happens in its midst. It fails nowhere, and passes nothing that it did not see.
fn when(quirks: &Quirks, broker: SocketAddr, happens: impl FnOnce()) {
    let scratch = Scratch::new("midst");
    let file = scratch.file("run.json");
    // Half of it waits in vain for what can't come any more, half is content with a close.
    let areas = ["malformed/**", "takeover/**"];
    let select = [&["--jobs", "8", "--timeout-scale", "0.3", "--long-bound", "15"][..], &areas].concat();
    thread::scope(|scope| {
        let ran = scope.spawn(|| run_at(quirks.address, broker, &file, &select));
        until("proxies", || quirks.asked_for() > 12);
        happens();
        let (_, report) = ran.join().unwrap();
        let verdicts = verdicts(&report);
        assert_eq!(count(&verdicts, "fail"), 0, "{:#?}", of(&verdicts, "fail"));
        assert_eq!(count(&verdicts, "error"), 0, "{:#?}", of(&verdicts, "error"));
        // What would be met by a close alone, as malformed input is, was met by nobody.
        assert!(count(&verdicts, "inconclusive") >= 10, "{verdicts:#?}");
    });
    assert_eq!(quirks.proxies(), Vec::<String>::new(), "proxies were left behind");
}

#[test]
fn a_broker_that_dies_is_not_blamed() {
    let quirks = Quirks::start(Mood::default());
    let (dying, address) = broker(&[]);
    when(&quirks, address, || drop(dying));
}

#[test]
fn a_broker_that_dies_behind_silence_is_not_blamed() {
    let quirks = Quirks::start(Mood { patient: true, ..Mood::default() });
    let (dying, address) = broker(&[]);
    when(&quirks, address, || drop(dying));
}

#[test]
fn a_broker_that_the_links_alone_do_not_reach_is_not_blamed() {
    let quirks = Quirks::start(Mood { reach: Some(12), ..Mood::default() });
    let (_broker, address) = broker(&[]);
    when(&quirks, address, || {});
}

fn of(verdicts: &[(String, String, String)], word: &str) -> Vec<(String, String)> {
    verdicts.iter().filter(|v| v.1 == word).map(|v| (v.0.clone(), v.2.clone())).collect()
}

#[test]
fn one_that_reaches_no_broker_says_nothing_of_the_broker() {
    let quirks = Quirks::start(Mood { reach: Some(0), ..Mood::default() });
    let (_broker, address) = broker(&[]);
    let (target, links) = (format!("mqtt://{address}"), format!("toxiproxy=http://{}", quirks.address));
    let ran = output(&["run", "--broker", &target, "--links", &links, "qos1/**"]);
    assert_eq!(ran.status.code(), Some(5), "{}", stderr(&ran));
    assert!(stderr(&ran).contains("over foreign links"), "{}", stderr(&ran));
    assert_eq!(quirks.proxies(), Vec::<String>::new(), "proxies were left behind");
}

#[test]
fn an_old_release_is_not_asked_for_what_ends_it() {
    for (answer, shown) in [("2.1.4", "2.1.4"), ("{\"version\": \"2.3.0\"}\\n", "2.3.0")] {
        let quirks = Quirks::start(Mood { version: Some(answer), ..Mood::default() });
        let (_, report) = run(quirks.address, &[], &["keepalive/ping/**"]);
        let verdicts = verdicts(&report);
        let refused = of(&verdicts, "not-applicable");
        assert!(refused.iter().any(|(_, why)| why.contains(shown) && why.contains("2.4.0")), "{verdicts:#?}");
        assert!(!quirks.asked().iter().any(|kind| kind == "slicer"));
        assert!(report["target"]["links"].as_str().unwrap().contains(shown), "{}", report["target"]);
    }
}

#[test]
fn other_numbers_than_asked_for_are_no_verdict_about_the_broker() {
    let quirks = Quirks::start(Mood { other_numbers: true, ..Mood::default() });
    let (_, report) = run(quirks.address, &[], &["takeover/half-open/late-close-after-takeover"]);
    for (id, verdict, reason) in verdicts(&report) {
        assert_eq!(verdict, "error", "{id}: {reason}");
        assert!(reason.contains("Toxiproxy made another toxic"), "{id}: {reason}");
    }
}

#[test]
fn a_delay_is_not_changed_while_bytes_may_be_under_it() {
    let quirks = Quirks::start(Mood::default());
    let scratch = Scratch::new("spaced");
    let file = scratch.file("spaced.mqt");
    fs::write(&file, SPACED).unwrap();
    let (_, report) = run(quirks.address, &[], &["--only-mine", "--scenarios", file.to_str().unwrap()]);
    for (id, verdict, reason) in verdicts(&report) {
        assert_eq!(verdict, "not-applicable", "{id}: {reason}");
        assert!(reason.contains("under way"), "{id}: {reason}");
    }
}

/// A run that is about to make proxies, over this server.
fn lasting(quirks: &Quirks, broker: SocketAddr) -> Running {
    let (target, links) = (format!("mqtt://{broker}"), format!("toxiproxy=http://{}", quirks.address));
    let mut command = deadzone(&["run", "--broker", &target, "--links", &links]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Running(command.spawn().unwrap())
}

fn interrupt(run: &Running) {
    let sent = Command::new("kill").args(["-INT", &run.0.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

fn left(quirks: &Quirks) -> Vec<String> {
    // What it was asked for it still makes.
    thread::sleep(quirks.slowness() + Duration::from_millis(300));
    quirks.proxies()
}

#[test]
fn an_interrupt_leaves_no_proxy_behind() {
    let moods = [
        Mood { create_takes: Duration::from_millis(1500), ..Mood::default() },
        Mood { odd_create: true, create_takes: Duration::from_millis(300), ..Mood::default() },
        Mood::default(),
    ];
    for mood in moods {
        for times in [1, 2] {
            let quirks = Quirks::start(mood.clone());
            let (_broker, address) = broker(&[]);
            let mut run = lasting(&quirks, address);
            let wanted = if mood.odd_create { 0 } else { 2 };
            until("proxies", || quirks.asked_for() > wanted);
            for _ in 0..times {
                interrupt(&run);
                thread::sleep(Duration::from_millis(200));
            }
            let code = wait(&mut run.0, Duration::from_secs(15));
            assert!(code == Some(130) || mood.odd_create, "{code:?}");
            assert_eq!(left(&quirks), Vec::<String>::new(), "{times} interrupts, {:?}", mood.create_takes);
        }
    }
}

#[test]
fn a_proxy_that_comes_after_all_patience_is_not_left_behind() {
    let quirks = Quirks::start(Mood { create_takes: Duration::from_millis(1500), ..Mood::default() });
    let (_broker, address) = broker(&[]);
    let (target, links) = (format!("mqtt://{address}"), format!("toxiproxy=http://{}", quirks.address));
    let ran = output(&["run", "--broker", &target, "--links", &links, "--timeout-scale", "0.1", "qos1/**"]);
    assert_eq!(ran.status.code(), Some(5), "{}", stderr(&ran));
    assert!(quirks.asked_for() > 0);
    assert_eq!(left(&quirks), Vec::<String>::new());
}
