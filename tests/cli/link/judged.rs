//! `deadzone link --judge`: a client that breaks a clause is named with the packets that show it, while the link runs; rumqttc and
//! Mosquitto's clients are not blamed for what a dying link does. `judge --client` says the same of the record.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::served::{Served, before, client, mosquitto};
use crate::support::{Scratch, broker, deadzone, output, stdout, wait};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};

/// Longest that a client may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// Writes packets, and reads so many bytes of answers.
fn exchange(stream: &mut std::net::TcpStream, packet: &[u8], answer: usize) {
    stream.write_all(packet).unwrap();
    let mut bytes = vec![0; answer];
    stream.read_exact(&mut bytes).unwrap();
}

/// A 3.1.1 client that publishes at QoS 2 under id 7, and twice more under it before any PUBREL.
fn takes_an_id_in_use(link: &Served) {
    let mut stream = link.connect();
    exchange(&mut stream, b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03bad", 4);
    exchange(&mut stream, b"\x34\x06\x00\x01t\x00\x07a", 4);
    exchange(&mut stream, b"\x34\x06\x00\x01t\x00\x07b", 4);
    stream.write_all(b"\xe0\x00").unwrap();
}

#[test]
fn a_breach_is_told_with_its_packets_and_fails() {
    let scratch = Scratch::new("link-judged");
    let (history, report) = (scratch.file("history"), scratch.file("report.json"));
    let (_broker, address) = broker(&[]);
    let files = ["--history", history.to_str().unwrap(), "--json", report.to_str().unwrap()];
    let link = before(address, &[&["--judge"][..], &files].concat());
    takes_an_id_in_use(&link);
    let (code, said) = link.ended();
    assert_eq!(code, Some(1), "{said}");
    let wanted = [
        "FAIL client `bad` [3.1.1]",
        "3.1.1/MQTT-2.3.1-2",
        "PUBLISH q2 id=7 \"t\" 1B \"b\"",
        "a conformant client could instead",
        "clients: fail, 1 findings",
    ];
    for text in wanted {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(said.contains("broker: pass"), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let clients =
        json["scenarios"].as_array().unwrap().iter().find(|entry| entry["id"] == "clients").unwrap();
    assert_eq!(clients["findings"][0]["clause"], "3.1.1/MQTT-2.3.1-2");

    let again = output(&["judge", "--client", history.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stdout(&again).contains("3.1.1/MQTT-2.3.1-2"), "{}", stdout(&again));
    let broker = output(&["judge", history.to_str().unwrap()]);
    assert_eq!(broker.status.code(), Some(0), "{}", stdout(&broker));
}

/// The command that a judgement of these files ends with says the same as it did.
fn repeats_itself(folder: &Path, files: &[&str]) {
    let judge = |words: &[&str]| {
        let told = stdout(&deadzone(words).current_dir(folder).output().unwrap());
        // The last line says how long it took.
        told.trim_end().rsplit_once('\n').unwrap().0.to_owned()
    };
    let said = judge(&[&["judge", "--client"], files].concat());
    let line = said.lines().find_map(|line| line.trim().strip_prefix("repeat ")).unwrap();
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    assert_eq!(judge(&words), said, "{line}");
}

/// A client whose breach begins in one file of a record and is seen in another, since so much passed between.
#[test]
fn a_record_of_several_files_is_judged_as_one() {
    let scratch = Scratch::new("link-chained");
    let folder = scratch.file("history");
    let (_broker, address) = broker(&[]);
    let link = before(address, &["--judge", "--history", folder.to_str().unwrap(), "--history-mib", "1"]);
    let mut stream = link.connect();
    exchange(&mut stream, b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03bad", 4);
    exchange(&mut stream, b"\x34\x06\x00\x01t\x00\x07a", 4);
    for _ in 0..400 {
        exchange(&mut stream, b"\xc0\x00", 2);
    }
    exchange(&mut stream, b"\x34\x06\x00\x01t\x00\x07b", 4);
    stream.write_all(b"\xe0\x00").unwrap();
    drop(stream);
    let (code, said) = link.ended();
    assert!(code == Some(1) && said.contains("3.1.1/MQTT-2.3.1-2"), "{said}");

    let files: Vec<_> =
        crate::support::files(&folder).into_iter().map(|(name, _)| folder.join(name)).collect();
    assert!(files.len() > 2, "{files:?}");
    let judge = |paths: &[&str]| {
        let again = output(&[&["judge", "--client", "--verbose"], paths].concat());
        // The last line says how long it took.
        let said = stdout(&again);
        (again.status.code(), said.trim_end().rsplit_once('\n').unwrap().0.to_owned())
    };
    let (code, whole) = judge(&[folder.to_str().unwrap()]);
    assert!(code == Some(1) && whole.contains("3.1.1/MQTT-2.3.1-2"), "{whole}");
    assert!(whole.contains("FAIL link-000001"), "{whole}");
    assert!(!whole.contains("link-000002"), "one record has one verdict: {whole}");
    let named: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    assert_eq!(judge(&named).1, whole);
    // What repeats it has all of it: from the folder itself, and where that holds other records too.
    let bare: Vec<String> = crate::support::files(&folder).into_iter().map(|(name, _)| name).collect();
    repeats_itself(&folder, &bare.iter().map(String::as_str).collect::<Vec<_>>());
    fs::copy(&files[0], folder.join("other.ndjson")).unwrap();
    repeats_itself(&folder, &named);
    // A file alone does not know what an earlier one holds.
    let (code, last) = judge(&named[named.len() - 1..]);
    assert!(code != Some(1), "{last}");
}

#[test]
fn mosquittos_clients_are_not_blamed_while_driving() {
    let Some((_broker, address, _scratch)) = mosquitto() else { return };
    for version in ["311", "5"] {
        let link = before(address, &["--judge", "--profile", "lte-driving"]);
        let subscribe = ["-V", version, "-i", "sub", "-q", "2", "-t", "t/#", "-C", "9"];
        let mut subscriber =
            client("mosquitto_sub", link.address(), &subscribe).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_secs(2));
        for qos in ["0", "1", "2"] {
            for text in ["a", "b", "c"] {
                let publish = ["-V", version, "-q", qos, "-t", "t/x", "-m", text];
                assert!(client("mosquitto_pub", link.address(), &publish).status().unwrap().success());
            }
        }
        assert_eq!(wait(&mut subscriber, PATIENCE), Some(0));
        let (code, said) = link.ended();
        assert!(said.contains("clients: pass, 0 findings"), "{said}");
        assert_eq!(code, Some(0), "{said}");
    }
}

/// rumqttc with a kept session publishes to itself through the link for a while, and comes back whenever that ends.
fn rumqttc(link: &Served, qos: QoS, seconds: u64) -> usize {
    let address = link.address();
    let mut options = MqttOptions::new("rumqttc", address.ip().to_string(), address.port());
    options.set_clean_session(false).set_keep_alive(Duration::from_secs(5));
    let (client, mut connection) = Client::new(options, 100);
    client.subscribe("r/t", qos).unwrap();
    let publisher = thread::spawn(move || {
        let end = Instant::now() + Duration::from_secs(seconds);
        for n in 0_u32.. {
            if Instant::now() > end {
                break;
            }
            let _ = client.try_publish("r/t", qos, false, n.to_string());
            thread::sleep(Duration::from_millis(50));
        }
        // No DISCONNECT: rumqttc 0.25 goes on to send on the same connection behind its own, which is a breach.
        client
    });
    let end = Instant::now() + Duration::from_secs(seconds + 2);
    let mut received = 0;
    for event in connection.iter() {
        match event {
            Ok(Event::Incoming(Packet::Publish(_))) => received += 1,
            Ok(_) => {}
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
        if Instant::now() > end {
            break;
        }
    }
    drop(publisher.join().unwrap());
    received
}

#[test]
fn rumqttc_is_not_blamed_while_driving() {
    let Some((_broker, address, _scratch)) = mosquitto() else { return };
    let link = before(address, &["--judge", "--profile", "lte-driving"]);
    assert!(rumqttc(&link, QoS::ExactlyOnce, 5) > 20);
    let (_, said) = link.ended();
    assert!(said.contains("clients: pass, 0 findings"), "{said}");
}

#[test]
fn rumqttc_resends_without_dup_and_is_blamed_for_nothing_else() {
    let Some((_broker, address, _scratch)) = mosquitto() else { return };
    let link = before(address, &["--judge", "--profile", "lte-driving", "--fault", "cut rst after 2s"]);
    assert!(rumqttc(&link, QoS::AtLeastOnce, 8) > 20);
    let (_, said) = link.ended();
    let clients = said.split("\nclients: ").nth(1).unwrap().split("\nbroker: ").next().unwrap();
    for finding in clients.lines().skip(1).filter(|line| !line.starts_with("  graded")) {
        // rumqttc 0.25 keeps the PUBLISH as it was first sent, and sends that again.
        assert!(finding.contains("3.1.1/MQTT-3.3.1-1 client-exchange `rumqttc`"), "{said}");
    }
}
