//! Targets that a file describes: an address for each version, a user and a password that no output shows, and limits.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use crate::between::{Fate, From, between};
use crate::support::{Scratch, broker, files, output, stderr, stdout};

const PASSWORD: &str = "h0rse-battery-staple";

#[test]
fn each_version_has_its_address_and_every_client_its_user() {
    let (_broker, address) = broker(&[]);
    let seen = Arc::new(Mutex::new(Vec::<(u8, Vec<u8>)>::new()));
    let front = |level: u8| {
        let seen = Arc::clone(&seen);
        between(address, move |from, _, packet| {
            if from == From::Client && packet[0] == 0x10 {
                seen.lock().unwrap().push((level, packet.to_vec()));
            }
            Fate::Pass
        })
    };
    let (old, new) = (front(4), front(5));
    let scratch = Scratch::new("described");
    let (file, json, histories) =
        (scratch.file("mine.toml"), scratch.file("run.json"), scratch.file("histories"));
    let text = format!(
        "name = \"mine\"\nuser = \"rider\"\npassword = \"{PASSWORD}\"\nmax_qos = 1\n[address]\n\
         \"3.1.1\" = \"mqtt://{old}\"\n\"5.0\" = \"mqtt://{new}\"\n"
    );
    fs::write(&file, text).unwrap();
    let words = ["run", "--broker", file.to_str().unwrap(), "qos1/inbound", "qos2/inbound", "--json"];
    let more = [json.to_str().unwrap(), "--history", histories.to_str().unwrap()];
    let run = output(&[&words[..], &more[..]].concat());
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}{}", stderr(&run));
    let seen = seen.lock().unwrap();
    for (level, connect) in seen.iter() {
        assert!(
            connect.windows(5).any(|w| w == b"rider"),
            "a CONNECT without its user: {}",
            String::from_utf8_lossy(connect)
        );
        assert!(connect.windows(PASSWORD.len()).any(|w| w == PASSWORD.as_bytes()));
        let name = connect.windows(4).position(|w| w == b"MQTT").unwrap();
        assert_eq!(connect[name + 4], *level, "a version at the other one's address");
    }
    assert!(seen.iter().any(|(level, _)| *level == 4) && seen.iter().any(|(level, _)| *level == 5));
    assert!(
        text.contains("mine") && text.contains("not applicable"),
        "QoS 2 in 3.1.1 is declared away: {text}"
    );
    let report = fs::read_to_string(&json).unwrap();
    let shown = [text, stderr(&run), report];
    assert!(shown.iter().all(|shown| !shown.contains(PASSWORD)));
    let records = files(&histories);
    assert!(!records.is_empty());
    for (name, bytes) in records {
        let hex: String = PASSWORD.bytes().map(|byte| format!("{byte:02x}")).collect();
        let record = String::from_utf8_lossy(&bytes);
        assert!(!record.contains(PASSWORD) && !record.contains(&hex), "{name} holds the password");
    }
}

#[test]
fn a_mistake_has_its_place_and_ends_before_anything_runs() {
    let scratch = Scratch::new("mistaken");
    let file = scratch.file("mine.toml");
    fs::write(&file, "address = \"mqtt://127.0.0.1:1\"\nconections = 4\n").unwrap();
    let run = output(&["run", "--broker", file.to_str().unwrap()]);
    let text = stderr(&run);
    assert_eq!(run.status.code(), Some(2), "{text}");
    assert!(text.contains("mine.toml: line 2, column 1"), "{text}");
    assert!(text.contains("did you mean `connections`?"), "{text}");
    let none = output(&["run", "--broker", "no-such-file.toml"]);
    assert_eq!(none.status.code(), Some(2), "{}", stderr(&none));
}

#[test]
fn how_a_target_is_described_is_explained() {
    let text = stdout(&output(&["explain", "target"]));
    for key in ["[address]", "password", "max_qos", "connections", "durable", "solo"] {
        assert!(text.contains(key), "{key}: {text}");
    }
}
