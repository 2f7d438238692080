//! A target with several endpoints, on real sockets: two listeners of one broker are one server, two brokers are not, and two
//! with a bridge between them are something else.

use std::{fs, net::SocketAddr, path::Path, process::Command};

use crate::support::{Running, Scratch, output, program, reserved, stderr, stdout};

/// What asks whether nodes are one server.
const SUITE: &str = "nodes/**";

/// One Mosquitto with two listeners, as a descriptor starts it.
fn joined(file: &Path) {
    let text = "address = [\"mqtt://127.0.0.1:{port}\", \"mqtt://127.0.0.1:{second}\"]\nsettle_ms = 50\n\
                [start]\nprogram = \"mosquitto\"\narguments = [\"-c\", \"{scratch}/m.conf\"]\nports = [\"second\"]\n\
                [[start.files]]\npath = \"m.conf\"\ntext = '''\nuser root\nlistener {port} 127.0.0.1\n\
                listener {second} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n'''\n";
    fs::write(file, text).unwrap();
}

/// A Mosquitto with one listener, that others run.
fn mosquitto(program: &Path, scratch: &Scratch, at: SocketAddr) -> Running {
    let conf = scratch.file(&format!("{}.conf", at.port()));
    let text = format!(
        "user root\nlistener {} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n",
        at.port()
    );
    fs::write(&conf, text).unwrap();
    Running(Command::new(program).arg("-c").arg(&conf).spawn().unwrap())
}

/// Verdicts and the first clauses of failures, by scenario and version.
fn verdicts(file: &Path) -> Vec<(String, String, String, String)> {
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let of = |s: &serde_json::Value| {
        let clause = text(&s["findings"][0]["clause"]);
        (text(&s["id"]), text(&s["version"]), text(&s["verdict"]), clause)
    };
    let scenarios = document["scenarios"].as_array().unwrap();
    scenarios.iter().map(of).filter(|(id, ..)| id.starts_with("nodes/")).collect()
}

#[test]
fn two_listeners_of_one_broker_are_one_server() {
    let Some(_) = program("mosquitto") else { return };
    let scratch = Scratch::new("joined");
    let (file, json) = (scratch.file("joined.toml"), scratch.file("run.json"));
    joined(&file);
    let (broker, report) = (file.to_str().unwrap(), json.to_str().unwrap());
    let run = output(&["run", SUITE, "--broker", broker, "--json", report]);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{said}{}", stderr(&run));
    let verdicts = verdicts(&json);
    assert!(verdicts.len() >= 26 && verdicts.iter().all(|(.., v, _)| v == "pass"), "{verdicts:?}");
    assert!(said.contains(" and 127.0.0.1:"), "both addresses are told: {said}");
}

/// Every scenario fails, each by the clause that it is about.
#[test]
fn two_brokers_are_not_one_server() {
    let Some(program) = program("mosquitto") else { return };
    let scratch = Scratch::new("apart");
    let (first, second) = (reserved(), reserved());
    let _running = [mosquitto(&program, &scratch, first), mosquitto(&program, &scratch, second)];
    let (json, history) = (scratch.file("run.json"), scratch.file("records"));
    let file = scratch.file("apart.toml");
    let addresses = format!("address = [\"mqtt://{first}\", \"mqtt://{second}\"]\nsettle_ms = 50\n");
    fs::write(&file, addresses).unwrap();
    let broker = file.to_str().unwrap();
    let both = format!("mqtt://{first},mqtt://{second}");
    let undeclared = output(&["run", "qos0/**", "--broker", &both, "--wait", "20s", "--spread"]);
    assert_eq!(undeclared.status.code(), Some(2), "{}", stdout(&undeclared));
    assert!(stderr(&undeclared).contains("declares `settle_ms`"), "{}", stderr(&undeclared));
    let run = output(&[
        "run",
        SUITE,
        "--broker",
        broker,
        "--wait",
        "20s",
        "--long-bound",
        "12",
        "--json",
        json.to_str().unwrap(),
        "--history",
        history.to_str().unwrap(),
    ]);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{said}{}", stderr(&run));
    let verdicts = verdicts(&json);
    assert!(verdicts.len() >= 26 && verdicts.iter().all(|(.., v, _)| v == "fail"), "{verdicts:?}");
    for (id, v311, v5) in [
        ("publish/across", "MQTT-4.5.0-1", "MQTT-4.5.0-1"),
        ("publish/both-ways", "MQTT-4.5.0-1", "MQTT-4.5.0-1"),
        ("retained/found", "MQTT-3.3.1-6", "MQTT-3.3.1-9"),
        ("retained/replaced", "MQTT-3.3.1-6", "MQTT-3.3.1-9"),
        ("retained/deleted", "MQTT-3.3.1-10", "MQTT-3.3.1-6"),
        ("session/resumed", "MQTT-3.2.2-2", "MQTT-3.2.2-3"),
        ("session/queue", "MQTT-3.2.2-2", "MQTT-3.2.2-3"),
        ("takeover/old-connection", "MQTT-3.1.4-2", "MQTT-3.1.4-3"),
        ("will/lost", "MQTT-3.1.2-8", "MQTT-3.1.2-8"),
        ("share/one-member", "", "MQTT-4.5.0-1"),
        ("share/member-leaves", "", "MQTT-4.5.0-1"),
    ] {
        for (version, wanted) in [("3.1.1", v311), ("5.0", v5)].into_iter().filter(|(_, w)| !w.is_empty()) {
            let of = |v: &&(String, String, String, String)| v.0 == format!("nodes/{id}") && v.1 == version;
            let got = verdicts.iter().find(of).map(|v| v.3.as_str());
            assert_eq!(got, Some(format!("{version}/{wanted}").as_str()), "{id} [{version}]");
        }
    }
    assert!(said.contains("old@1"), "a timeline says at which node a client is: {said}");
    let record = fs::read_to_string(history.join("nodes+publish+across@5.0.ndjson")).unwrap();
    assert!(record.contains("\"node\":2"), "and so does the record");
}

#[test]
fn what_needs_two_nodes_is_not_applicable_at_one() {
    let run = output(&["run", "nodes/retained/found", "--broker", "reference"]);
    let said = stdout(&run);
    assert!(said.contains("it needs 2 nodes of one server, and the target has 1 endpoint"), "{said}");
    assert!(said.contains("2 not applicable"), "{said}");
}

/// Where no scenario says who is where, the seed does: the same suite holds over both endpoints.
#[test]
fn clients_are_dealt_over_the_nodes() {
    let Some(_) = program("mosquitto") else { return };
    let scratch = Scratch::new("spread");
    let (file, history) = (scratch.file("joined.toml"), scratch.file("records"));
    joined(&file);
    let run = output(&[
        "run",
        "qos1/**",
        "session/**",
        "--broker",
        file.to_str().unwrap(),
        "--spread",
        "--history",
        history.to_str().unwrap(),
    ]);
    assert_eq!(run.status.code(), Some(0), "{}{}", stdout(&run), stderr(&run));
    let records =
        fs::read_dir(&history).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let at = |text: &String, second: bool| {
        let opened = text.lines().filter(|line| line.contains("\"opened\""));
        opened.filter(|line| line.contains("\"node\":2") == second).count() > 0
    };
    let both = records.filter(|text| at(text, true) && at(text, false)).count();
    assert!(both > 5, "{both} records have clients at both nodes");
}

/// A cluster takes a while to pass on what one node was told: where a client at another node acts next, that time goes by first.
#[test]
fn clients_that_are_dealt_out_settle_between_nodes() {
    let scratch = Scratch::new("settles");
    let opened = |spread: &[&str], name: &str| -> Vec<Vec<(u64, u64)>> {
        let folder = scratch.file(name);
        let words = ["run", "qos1/**", "--mqtt", "5.0", "--history", folder.to_str().unwrap()];
        assert_eq!(output(&[&words[..], spread].concat()).status.code(), Some(0));
        let of = |event: serde_json::Value| {
            let opened = event["event"].get("opened")?;
            Some((event["at_us"].as_u64().unwrap(), opened["node"].as_u64().unwrap_or(1)))
        };
        let records =
            fs::read_dir(&folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let read =
            |text: String| text.lines().filter_map(|line| of(serde_json::from_str(line).unwrap())).collect();
        records.map(read).collect()
    };
    let near = |all: &[Vec<(u64, u64)>]| {
        let turns = all.iter().flat_map(|record| record.windows(2));
        turns.filter(|two| two[0].1 != two[1].1).map(|two| two[1].0 - two[0].0).collect::<Vec<_>>()
    };
    let spread = near(&opened(&["--spread"], "spread"));
    assert!(spread.len() > 5 && spread.iter().all(|us| *us >= 1_000_000), "{spread:?}");
    assert!(near(&opened(&[], "together")).is_empty(), "nobody is at another node");
}
