//! What passes the proxies is recorded and judged: a client's breach is found, and what a toxic does is no breach.

use std::{io::Read, io::Write, net::TcpStream, thread, time::Duration};

use serde_json::json;

use crate::{
    api::{Api, connect},
    support::{Scratch, broker, output, stdout},
};

const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03bad";

/// Writes a packet, and reads its answer.
fn exchange(stream: &mut TcpStream, packet: &[u8], answer: &[u8]) {
    stream.write_all(packet).unwrap();
    let mut bytes = vec![0; answer.len()];
    stream.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, answer);
}

/// A connection that ends, or has ended.
fn is_over(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 64]), Ok(0)) || stream.write_all(b"\xc0\x00").is_err()
}

#[test]
fn a_breach_behind_a_toxic_is_judged_from_the_history() {
    let scratch = Scratch::new("api-judged");
    let folder = scratch.file("history");
    let (_broker, address) = broker(&[]);
    let api = Api::start(&["--history", folder.to_str().unwrap()]);
    let proxy = api.proxy("a", address);
    api.toxic("a", &json!({"type": "latency", "attributes": {"latency": 30}}));
    let mut stream = connect(proxy);
    exchange(&mut stream, CONNECT, b"\x20\x02\x00\x00");
    exchange(&mut stream, b"\x34\x06\x00\x01t\x00\x07a", b"\x50\x02\x00\x07");
    exchange(&mut stream, b"\x34\x06\x00\x01t\x00\x07b", b"\x50\x02\x00\x07");
    stream.write_all(b"\xe0\x00").unwrap();
    assert!(is_over(&mut stream));
    api.interrupt();
    let clients = output(&["judge", "--client", folder.to_str().unwrap()]);
    let said = stdout(&clients);
    assert_eq!(clients.status.code(), Some(1), "{said}");
    assert!(said.contains("3.1.1/MQTT-2.3.1-2") && said.contains("PUBLISH q2 id=7"), "{said}");
    let brokers = output(&["judge", folder.to_str().unwrap()]);
    assert_eq!(brokers.status.code(), Some(0), "{}", stdout(&brokers));
}

/// A toxic ends one connection, the end of the server another.
#[test]
fn what_a_toxic_or_the_server_ends_is_no_breach() {
    let scratch = Scratch::new("api-ends");
    let folder = scratch.file("history");
    let (_broker, address) = broker(&[]);
    let api = Api::start(&["--history", folder.to_str().unwrap()]);
    let proxy = api.proxy("a", address);
    let mut stays = connect(proxy);
    let id = |name: u8| [&CONNECT[..CONNECT.len() - 1], &[name]].concat();
    exchange(&mut stays, &id(b's'), b"\x20\x02\x00\x00");
    let mut ends = connect(proxy);
    exchange(&mut ends, &id(b'e'), b"\x20\x02\x00\x00");
    api.toxic("a", &json!({"type": "limit_data", "attributes": {"bytes": 1}, "stream": "upstream"}));
    ends.write_all(b"\x32\x06\x00\x01t\x00\x07a").unwrap();
    assert!(is_over(&mut ends));
    thread::sleep(Duration::from_millis(100));
    api.interrupt();
    let record = std::fs::read_to_string(folder.join("link-000001.ndjson")).unwrap();
    assert_eq!(record.matches("\"closed\"").count(), 4, "both ends of both: {record}");
    assert!(record.trim_end().lines().last().unwrap().contains("\"end\""), "{record}");
    for party in [&["judge", "--client"][..], &["judge"]] {
        let judged = output(&[party, &[folder.to_str().unwrap()]].concat());
        assert_eq!(judged.status.code(), Some(0), "{}", stdout(&judged));
    }
}
