//! rumqttc through the link to Mosquitto: plain, driving, and with a kept session through a tunnel behind which the address
//! is new.
//!
//! In the tunnel it subscribes at QoS 1 and publishes at QoS 2. As a QoS 2 receiver rumqttc 0.25 can't come back: it forgets
//! at each disconnect which messages it has answered with PUBREC, also where the session is kept, and ends the connection
//! as "unsolicited" when the broker rightly sends the PUBREL again (its issue 664).
//!
//! Never more than 20 messages are under way: with more, Mosquitto 2.0.11 keeps some of those behind its in-flight window for
//! good although everything before them was acknowledged, with a link and without one.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::served::{before, mosquitto};
use rumqttc::{Client, Connection, Event, MqttOptions, Packet, QoS};

/// Longest that a story may take.
const PATIENCE: Duration = Duration::from_secs(40);

fn rumqttc(id: &str, address: SocketAddr, clean: bool) -> (Client, Connection) {
    let mut options = MqttOptions::new(id, address.ip().to_string(), address.port());
    options.set_clean_session(clean).set_keep_alive(Duration::from_secs(5));
    Client::new(options, 100)
}

/// Everything that comes in, from a thread of its own. It goes on after errors, as rumqttc is meant to.
fn packets(mut connection: Connection) -> mpsc::Receiver<Result<Packet, String>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for event in connection.iter() {
            let word = match event {
                Ok(Event::Incoming(packet)) => Ok(packet),
                Ok(Event::Outgoing(_)) => continue,
                Err(error) => {
                    thread::sleep(Duration::from_millis(100));
                    Err(error.to_string())
                }
            };
            if tell.send(word).is_err() {
                return;
            }
        }
    });
    told
}

/// Waits for a packet of this kind.
fn until(told: &mpsc::Receiver<Result<Packet, String>>, wanted: impl Fn(&Packet) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if told.recv_timeout(left).unwrap().is_ok_and(|packet| wanted(&packet)) {
            return;
        }
    }
}

/// Payloads in the order in which they come, until there were this many different ones; and the errors meanwhile.
fn payloads(told: &mpsc::Receiver<Result<Packet, String>>, count: usize) -> (Vec<String>, Vec<String>) {
    let (mut all, mut different, mut errors) = (Vec::new(), BTreeSet::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE;
    while different.len() < count {
        let left = deadline.saturating_duration_since(Instant::now());
        match told.recv_timeout(left).unwrap_or_else(|_| panic!("{all:?} came; {errors:?}")) {
            Ok(Packet::Publish(publish)) => {
                let text = String::from_utf8(publish.payload.to_vec()).unwrap();
                different.insert(text.clone());
                all.push(text);
            }
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
    }
    (all, errors)
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

/// Publishes to itself at QoS 2.
fn there_and_back(address: SocketAddr, count: usize) -> Vec<String> {
    let (client, connection) = rumqttc("r", address, true);
    let told = packets(connection);
    client.subscribe("r/t", QoS::ExactlyOnce).unwrap();
    until(&told, |packet| matches!(packet, Packet::SubAck(_)));
    for text in numbers(count) {
        client.publish("r/t", QoS::ExactlyOnce, false, text).unwrap();
    }
    let (got, errors) = payloads(&told, count);
    assert_eq!(errors, [""; 0]);
    got
}

#[test]
fn everything_is_delivered_once_at_qos_2() {
    let Some((_broker, broker, _scratch)) = mosquitto() else { return };
    let link = before(broker, &[]);
    assert_eq!(there_and_back(link.address(), 20), numbers(20));
}

#[test]
fn everything_is_delivered_once_while_driving() {
    let Some((_broker, broker, scratch)) = mosquitto() else { return };
    // The uplink stalls for a second a while after the modem is switched on; everything else is left to chance.
    let file = scratch.file("stall");
    let stall = |us: u32| format!(r#"{{"process":"stall","direction":"up","value":{us}}}"#);
    let decisions = [stall(700_000), stall(1_000_000)].join(",");
    let text = format!(r#"{{"link":"link","modem":"127.0.0.1","decisions":[{decisions}]}}"#);
    fs::write(&file, text).unwrap();
    let replay = ["--modem", "per-source", "--seed", "4", "--replay", file.to_str().unwrap()];
    let link = before(broker, &[&["--profile", "lte-driving"][..], &replay].concat());
    let began = Instant::now();
    let mut got = Vec::new();
    for _ in 0..4 {
        got.push(there_and_back(link.address(), 20));
    }
    assert!(got.iter().all(|once| *once == numbers(20)), "{got:?}");
    // CONNECT, SUBSCRIBE, and the two exchanges of the last message at twice 45 ms and more, each time; and the stall.
    assert!(began.elapsed() > Duration::from_millis(4 * 4 * 90 + 700), "{:?}", began.elapsed());
    let (report, _) = link.interrupt();
    assert!(report.contains("a stall"), "the radio did nothing: {report}");
}

#[test]
fn a_kept_session_comes_through_a_tunnel() {
    let Some((_broker, broker, _scratch)) = mosquitto() else { return };
    // Not at once, 3 s of it, and a new address behind it.
    let tunnel = ["outage.schedule_s=[5,3]", "outage.attach_least_s=0.1", "outage.attach_most_s=0.2"];
    let args = tunnel.iter().chain(&["outage.new_address_probability=1"]).flat_map(|set| ["--set", set]);
    let profile = ["--profile", "lte-driving+tunnel", "--modem", "per-source", "--seed", "3"];
    let args: Vec<&str> = profile.into_iter().chain(args).collect();
    let link = before(broker, &args);
    let (subscriber, connection) = rumqttc("sub", link.address(), false);
    let got = packets(connection);
    subscriber.subscribe("k", QoS::AtLeastOnce).unwrap();
    until(&got, |packet| matches!(packet, Packet::SubAck(_)));
    // Through the same modem: some of it before the tunnel, some inside, some behind.
    let (publisher, connection) = rumqttc("pub", link.address(), false);
    let done = packets(connection);
    let sender = thread::spawn(move || {
        for text in numbers(30) {
            publisher.publish("k", QoS::ExactlyOnce, false, text).unwrap();
            thread::sleep(Duration::from_millis(300));
        }
        publisher
    });
    let (all, errors) = payloads(&got, 30);
    // The first copy of each in the order of publishing, however often QoS 1 repeats some.
    let mut seen = BTreeSet::new();
    let first: Vec<String> = all.iter().filter(|text| seen.insert((*text).clone())).cloned().collect();
    assert_eq!(first, numbers(30), "{all:?}");
    assert!(!errors.is_empty(), "no connection ended, so nothing came through a tunnel");
    drop((sender.join().unwrap(), done));
    let (report, _) = link.interrupt();
    assert!(report.contains("a new address"), "{report}");
}
