//! `deadzone link` between MQTT clients and Mosquitto: everything arrives, faults and the radio show, records are kept.

use std::{
    fs,
    io::{BufReader, ErrorKind, Read, Write},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::served::{LIMIT, before, client, mosquitto};
use crate::support::{Running, Scratch, wait};

#[test]
fn mosquitto_clients_deliver_everything_at_qos_2() {
    let Some((_broker, broker, _scratch)) = mosquitto() else { return };
    let link = before(broker, &[]);
    let session = ["-i", "sub", "-c", "-t", "t", "-q", "2"];
    assert!(
        client("mosquitto_sub", link.address(), &[&session[..], &["-E"]].concat())
            .status()
            .unwrap()
            .success()
    );
    let lines: Vec<String> = (0..50).map(|n| format!("message {n}")).collect();
    let mut publisher = client("mosquitto_pub", link.address(), &["-t", "t", "-q", "2", "-l"]);
    let mut publisher = publisher.stdin(Stdio::piped()).spawn().unwrap();
    publisher.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    assert_eq!(wait(&mut publisher, LIMIT), Some(0));
    let take = client("mosquitto_sub", link.address(), &[&session[..], &["-C", "50", "-W", "10"]].concat())
        .output()
        .unwrap();
    let got = String::from_utf8(take.stdout).unwrap();
    assert_eq!(got.lines().collect::<Vec<_>>(), lines);
    let (report, _) = link.interrupt();
    assert!(report.starts_with("3 connections"), "{report}");
    assert!(report.contains("`sub`"), "the client is named: {report}");
}

#[test]
fn a_driving_client_delivers_everything_at_qos_2() {
    let Some((_broker, broker, _scratch)) = mosquitto() else { return };
    let link = before(broker, &["--profile", "lte-driving", "--seed", "3"]);
    let session = ["-i", "sub", "-c", "-t", "t", "-q", "2"];
    assert!(
        client("mosquitto_sub", link.address(), &[&session[..], &["-E"]].concat())
            .status()
            .unwrap()
            .success()
    );
    let lines: Vec<String> = (0..40).map(|n| format!("message {n}")).collect();
    let mut publisher = client("mosquitto_pub", link.address(), &["-t", "t", "-q", "2", "-l"]);
    let mut publisher = publisher.stdin(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    publisher.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    assert_eq!(wait(&mut publisher, 4 * LIMIT), Some(0));
    // CONNECT, PUBLISH and PUBREL each make a round trip of twice 45 ms and more.
    assert!(began.elapsed() > Duration::from_millis(200), "{:?}", began.elapsed());
    let take = client("mosquitto_sub", link.address(), &[&session[..], &["-C", "40", "-W", "40"]].concat());
    let got = { take }.output().unwrap();
    assert_eq!(String::from_utf8(got.stdout).unwrap().lines().collect::<Vec<_>>(), lines);
}

#[test]
fn a_kept_session_comes_through_a_tunnel() {
    let Some((_broker, broker, _scratch)) = mosquitto() else { return };
    // Not at once, 3 s of it, and a new address behind it.
    let tunnel = ["outage.schedule_s=[2,3]", "outage.attach_least_s=0.1", "outage.attach_most_s=0.2"];
    let args = tunnel.iter().chain(&["outage.new_address_probability=1"]).flat_map(|set| ["--set", set]);
    let args: Vec<&str> =
        ["--profile", "lte-driving+tunnel", "--modem", "per-source"].into_iter().chain(args).collect();
    let link = before(broker, &args);
    let session = ["-i", "kept", "-c", "-t", "k", "-q", "2"];
    assert!(client("mosquitto_sub", broker, &[&session[..], &["-E"]].concat()).status().unwrap().success());
    // mosquitto_sub connects again by itself.
    let subscriber =
        client("mosquitto_sub", link.address(), &[&session[..], &["-C", "40", "-W", "40"]].concat());
    let subscriber = { subscriber }.spawn().unwrap();
    let lines: Vec<String> = (0..40).map(|n| format!("message {n}")).collect();
    let mut publisher = client("mosquitto_pub", broker, &["-t", "k", "-q", "2", "-l"]);
    let mut publisher = publisher.stdin(Stdio::piped()).spawn().unwrap();
    let mut into = publisher.stdin.take().unwrap();
    for line in &lines {
        into.write_all(format!("{line}\n").as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    drop(into);
    assert_eq!(wait(&mut publisher, LIMIT), Some(0));
    let got = subscriber.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(got.stdout).unwrap().lines().collect::<Vec<_>>(), lines);
    let (report, _) = link.interrupt();
    assert!(report.contains("radio ") && report.contains("a new address"), "{report}");
}

#[test]
fn a_black_hole_from_pubrec_leaves_the_publisher_waiting() {
    let Some((_broker, broker, _scratch)) = mosquitto() else { return };
    let scratch = Scratch::new("history");
    let folder = scratch.file("h");
    let link =
        before(broker, &["--fault", "blackhole down from PUBREC", "--history", folder.to_str().unwrap()]);
    let mut publisher =
        client("mosquitto_pub", link.address(), &["-i", "p", "-t", "t", "-q", "2", "-m", "hello"]);
    let mut publisher = Running(publisher.spawn().unwrap());
    let ended = wait(&mut publisher.0, Duration::from_secs(3));
    drop(publisher);
    let (report, log) = link.interrupt();
    assert_eq!(ended, None, "PUBREC never came, so it waits\n{report}{log}");
    assert!(report.contains("fault blackhole down before PUBREC down"), "{report}");
    assert!(
        report.contains(
            "down  the broker's end believes 8 B delivered: 4 B passed on, 4 B lost in a black hole"
        ),
        "{report}"
    );
    let file = fs::File::open(folder.join("link-000001.ndjson")).unwrap();
    let history = deadzone_history::read(&mut BufReader::new(file)).unwrap();
    let packets = |end| -> Vec<String> {
        let of = |event: &deadzone_history::Event| match &event.kind {
            deadzone_history::EventKind::Packet(p) if p.end == end => Some(p.frame.kind().name().to_owned()),
            _ => None,
        };
        history.events.iter().filter_map(of).collect()
    };
    assert_eq!(packets(deadzone_history::End::Client), ["CONNECT", "CONNACK", "PUBLISH"]);
    assert_eq!(packets(deadzone_history::End::Broker), ["CONNECT", "CONNACK", "PUBLISH", "PUBREC"]);
}

#[test]
fn an_upstream_that_is_down_or_is_killed_resets_clients_and_is_logged() {
    let Some((broker, address, _scratch)) = mosquitto() else { return };
    let link = before(address, &[]);
    let mut client = link.connect();
    client.write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a").unwrap();
    let mut connack = [0; 4];
    client.read_exact(&mut connack).unwrap();
    drop(broker); // kill -9
    let end = client.read(&mut connack);
    assert!(matches!(end, Ok(0)) || end.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset));
    let late = link.connect().read(&mut connack);
    assert_eq!(
        late.unwrap_err().kind(),
        ErrorKind::ConnectionReset,
        "a refusal must not look like an orderly end"
    );
    let (report, log) = link.interrupt();
    assert!(log.contains(&format!("upstream {address}: Connection refused")), "{log}");
    assert!(report.contains("1 reset: upstream could not be reached"), "{report}");
    assert!(report.contains("`a`") && report.contains("upstream closed"), "{report}");
}
