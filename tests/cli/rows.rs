//! What users' own files and odd targets taught: each is what somebody ran once, with what it must say.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    thread,
};

use crate::support::{Scratch, output, stderr, stdout};
use serde_json::Value;

fn file(scratch: &Scratch, text: &str) -> PathBuf {
    let path = scratch.file("own.mqt");
    fs::write(&path, format!("mqt 1\n\n{text}")).unwrap();
    path
}

/// Runs an own file; the exit code, what was printed, and the scenarios of the report.
fn run(text: &str, more: &[&str]) -> (Option<i32>, String, Vec<Value>) {
    let scratch = Scratch::new("rows");
    let (path, report) = (file(&scratch, text), scratch.file("run.json"));
    let mut words =
        vec!["run", "--only-mine", "--scenarios", path.to_str().unwrap(), "--json", report.to_str().unwrap()];
    words.extend(more);
    let run = output(&words);
    (
        run.status.code(),
        stdout(&run),
        scenarios(&fs::read(&report).unwrap_or_else(|_| panic!("{}", stderr(&run)))),
    )
}

fn scenarios(report: &[u8]) -> Vec<Value> {
    let report: Value = serde_json::from_slice(report).unwrap();
    report["scenarios"].as_array().unwrap().clone()
}

/// What is malformed and left open is graded in 5.0, whatever the author named for it; a clause that asks for the close fails.
#[test]
fn row_a13_what_may_stay_open_is_graded() {
    let text = r#"scenario left-open
  title     must the broker close on ill-formed UTF-8?
  clauses   5.0/MQTT-1.5.4-1
  versions  5.0
  catches   mutant-close-swallowed

  client dev manual

  dev connect clean
  dev -> PUBLISH "{run}/t" "poison" broken by bad-utf8 deviant
  dev <- closed
  control none a test
"#;
    let (code, told, scenarios) = run(text, &["--mutant", "mutant-close-swallowed"]);
    assert_eq!((code, &scenarios[0]["verdict"]), (Some(0), &"pass".into()), "{told}");
    assert!(!scenarios[0]["grades"].as_array().unwrap().is_empty(), "{told}");
    let closes = text.replace("dev <- closed", "dev <- closed  @ 5.0/MQTT-3.8.1-1");
    let closes = closes.replace("5.0/MQTT-1.5.4-1", "5.0/MQTT-3.8.1-1");
    let closes = closes.replace(
        "PUBLISH \"{run}/t\" \"poison\" broken by bad-utf8",
        "SUBSCRIBE id=1 \"{run}/t\" options=1 broken by flags=0",
    );
    let (code, told, _) = run(&closes, &["--mutant", "mutant-close-swallowed"]);
    assert_eq!(code, Some(1), "{told}");
}

/// One session of two clients is one session.
#[test]
fn row_b10_a_session_belongs_to_its_id() {
    let text = r#"scenario same-client
  title     one client: the offline queue
  clauses   5.0/MQTT-4.5.0-1
  versions  5.0
  catches   offline-queue-dropped

  client a
  client b
  client pub

  a connect fresh client_id="{run}x"
  a subscribe "{run}/t" qos=1
  a disconnect
  pub connect clean
  pub publish "{run}/t" "m" qos=1
  a connect resume client_id="{run}x" session_present=1
  expect a receives "m" exactly once
  control none a test
"#;
    let other = text.replace("same-client", "other-client").replace("a connect resume", "b connect resume");
    let both = format!("{text}\n{}", other.replace("expect a", "expect b"));
    let (code, told, scenarios) = run(&both, &["--defect", "offline-queue-dropped"]);
    assert_eq!((code, scenarios.len()), (Some(1), 2), "{told}");
    for scenario in scenarios {
        assert_eq!(scenario["verdict"], "fail", "{told}");
        assert_eq!(scenario["findings"][0]["clause"], "5.0/MQTT-4.5.0-1", "{told}");
    }
}

/// A clause that no step of the scenario can judge is a mistake, and nothing runs.
#[test]
fn row_b12_a_clause_that_nothing_judges_is_a_mistake() {
    let text = r#"scenario ping
  title     a ping
  clauses   5.0/MQTT-3.1.3-9 5.0/MQTT-4.4.0-1 5.0/MQTT-3.3.1-5
  versions  5.0
  catches   pingresp-missing

  client a
  a connect clean
  a ping
"#;
    let scratch = Scratch::new("rows");
    let path = file(&scratch, text);
    for words in [
        vec!["check", path.to_str().unwrap()],
        vec!["run", "--only-mine", "--scenarios", path.to_str().unwrap()],
    ] {
        let checked = output(&words);
        let told = stderr(&checked);
        assert_eq!(checked.status.code(), Some(2), "{told}");
        for place in ["own.mqt:5:13", "own.mqt:5:30", "own.mqt:5:47"] {
            assert!(told.contains(place), "{place}: {told}");
        }
        assert_eq!(told.matches("error[E048]").count(), 3, "{told}");
    }
    let sound = text.replace("5.0/MQTT-3.1.3-9 5.0/MQTT-4.4.0-1 5.0/MQTT-3.3.1-5", "5.0/MQTT-3.12.4-1");
    let (code, told, scenarios) = run(&sound, &[]);
    assert_eq!((code, scenarios.len()), (Some(0), 1), "{told}");
}

/// A CONNECT that is refused as an older version would is told with what came.
#[test]
fn row_b22_a_version_that_is_not_spoken_is_told_with_its_answer() {
    let address = serve(|mut stream| {
        let mut connect = [0; 1024];
        let Some(read) = stream.read(&mut connect).ok().filter(|n| *n > 8) else { return };
        let answer: &[u8] = if connect[..read][8] == 5 { &[0x20, 3, 0, 1, 0] } else { &[0x20, 2, 0, 0] };
        let _ = stream.write_all(answer);
        while connect[8] != 5 && matches!(stream.read(&mut connect), Ok(n) if n > 0) {}
    });
    let scratch = Scratch::new("rows");
    let report = scratch.file("run.json");
    let url = format!("mqtt://{address}");
    let choose = "malformed/connect/unknown-level";
    let words =
        ["run", "--broker", &url, "--quick", "--long-bound", "1", "--json", report.to_str().unwrap(), choose];
    let told = stdout(&output(&words));
    let said = scenarios(&fs::read(&report).unwrap());
    let of_5 = said.iter().find(|s| s["id"] == choose && s["version"] == "5.0").unwrap();
    assert_eq!(of_5["verdict"], "not-applicable", "{told}");
    let reason = of_5["reason"].as_str().unwrap();
    assert!(reason.contains("code 0x01") && reason.contains("20 03 00 01 00"), "{reason}");
}

fn serve(serve: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// CONNACK 0 to whatever comes, then the beginning of a legal PUBLISH of 10 MiB, and no close: a close of the harness's own is
/// none of the broker's.
#[test]
fn row_b1_a_close_of_our_own_clears_nobody() {
    let address = serve(|mut stream| {
        let mut connect = [0; 1024];
        let Some(read) = stream.read(&mut connect).ok().filter(|n| *n > 8) else { return };
        let connack: &[u8] = if connect[..read][8] == 5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] };
        let _ = stream.write_all(connack);
        let _ = stream.write_all(&[0x30, 0x80, 0x80, 0x80, 0x05, 0, 1, b'x']);
        while matches!(stream.read(&mut connect), Ok(n) if n > 0) {}
    });
    let scratch = Scratch::new("rows");
    let report = scratch.file("run.json");
    let url = format!("mqtt://{address}");
    let mut words =
        vec!["run", "--broker", &url, "--mqtt", "3.1.1", "--long-bound", "3", "--timeout-scale", "0.3"];
    words.extend([
        "--json",
        report.to_str().unwrap(),
        "keepalive/silence/silent",
        "malformed/connect/reserved-bit",
    ]);
    let told = stdout(&output(&words));
    let said = scenarios(&fs::read(&report).unwrap());
    let of = |id: &str| said.iter().find(|s| s["id"] == id).unwrap().clone();
    // A machine that is too busy to tell says so.
    let starved = |entry: &Value| entry["reason"].as_str().is_some_and(|why| why.contains("starved"));
    let (silent, reserved) = (of("keepalive/silence/silent"), of("malformed/connect/reserved-bit"));
    assert_eq!(silent["verdict"], "inconclusive", "{told}");
    assert!(reserved["verdict"] == "fail" || starved(&reserved), "{told}");
}

const FLAGS: &str = r#"scenario flags
  title     a PINGREQ with a flag that no PINGREQ has
  clauses   3.1.1/MQTT-2.2.2-2
  versions  3.1.1
  catches   mutant-close-swallowed

  client dev manual

  dev connect clean
  dev -> bytes c1 00 deviant
  dev <- closed  @ 3.1.1/MQTT-2.2.2-2
  control none a test
"#;

/// Two encodings of one packet read alike: a failure shows the bytes of the packets that decide it.
#[test]
fn row_e23_a_failure_shows_the_deciding_bytes() {
    let (code, told, _) = run(FLAGS, &["--mutant", "mutant-close-swallowed"]);
    assert_eq!(code, Some(1), "{told}");
    let run = output(&[
        "run",
        "--mqtt",
        "5.0",
        "--defect",
        "will-lost-at-refused-disconnect",
        "will/goodbye/disconnect-unlisted",
    ]);
    let told = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{told}");
    assert!(told.contains("bytes ") && told.contains("e0 01 ff"), "{told}");
}

/// What is wrong with a packet where no field shows it is seen in the timeline.
#[test]
fn row_e31_a_wrong_flag_is_seen() {
    let (code, told, _) = run(FLAGS, &["--mutant", "mutant-close-swallowed"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("PINGREQ (c1 00)"), "{told}");
}
