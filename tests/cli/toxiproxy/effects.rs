//! What toxics do to connections.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::api::{Api, PATIENCE, connect, echo, round_trip};

#[test]
fn changes_reach_connections_that_live() {
    let api = Api::start(&[]);
    let mut stream = connect(api.proxy("a", echo()));
    assert!(round_trip(&mut stream, b"x") < Duration::from_millis(200));
    api.toxic("a", &json!({"type": "latency", "attributes": {"latency": 300}}));
    assert!(round_trip(&mut stream, b"x") >= Duration::from_millis(300));
    api.post("/proxies/a/toxics/latency_downstream", &json!({"attributes": {"latency": 600}}));
    assert!(round_trip(&mut stream, b"x") >= Duration::from_millis(600));
    api.call("DELETE", "/proxies/a/toxics/latency_downstream", &Value::Null);
    assert!(round_trip(&mut stream, b"x") < Duration::from_millis(300));
    // 5 KB at 10 KB/s.
    api.toxic("a", &json!({"type": "bandwidth", "stream": "upstream", "attributes": {"rate": 10}}));
    assert!(round_trip(&mut stream, &[7; 5000]) >= Duration::from_millis(490));
}

#[test]
fn a_stall_ends_without_loss_when_its_toxic_is_removed() {
    let api = Api::start(&[]);
    let mut stream = connect(api.proxy("a", echo()));
    api.toxic(
        "a",
        &json!({"type": "timeout", "name": "tunnel", "stream": "upstream", "attributes": {"timeout": 0}}),
    );
    stream.write_all(b"during").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert_eq!(stream.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    api.call("DELETE", "/proxies/a/toxics/tunnel", &Value::Null);
    let mut back = [0; 6];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"during");
    round_trip(&mut stream, b"after");
}

#[test]
fn reset_peer_resets_an_idle_connection() {
    let api = Api::start(&[]);
    let mut stream = connect(api.proxy("a", echo()));
    round_trip(&mut stream, b"x");
    api.toxic("a", &json!({"type": "reset_peer", "attributes": {"timeout": 50}}));
    assert_eq!(stream.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_limit_lets_its_bytes_through_and_closes() {
    let api = Api::start(&[]);
    let listen = api.proxy("a", echo());
    api.toxic("a", &json!({"type": "limit_data", "attributes": {"bytes": 100_000}}));
    let mut stream = connect(listen);
    let mut writer = stream.try_clone().unwrap();
    thread::spawn(move || {
        // The connection ends under it.
        let _ = writer.write_all(&vec![3; 300_000]);
    });
    let mut back = Vec::new();
    // It may end in a reset, since bytes were on their way.
    let _ = stream.read_to_end(&mut back);
    assert!(back.len() <= 100_000 && back.iter().all(|b| *b == 3), "{}", back.len());
    let mut small = connect(listen);
    small.write_all(&[4; 10]).unwrap();
    small.shutdown(Shutdown::Write).unwrap();
    back.clear();
    small.read_to_end(&mut back).unwrap();
    assert_eq!(back, [4; 10], "a half-close must keep the other half");
}

#[test]
fn the_seed_decides_who_is_affected() {
    let affected = |seed: &str| -> Vec<bool> {
        let api = Api::start(&["--seed", seed]);
        let listen = api.proxy("a", echo());
        api.toxic("a", &json!({"type": "timeout", "toxicity": 0.5, "attributes": {"timeout": 1}}));
        let fate = |_| {
            let mut stream = connect(listen);
            // The toxic closes at once where it acts; elsewhere the echo comes.
            let written = stream.write_all(b"x");
            written.is_err() || stream.read(&mut [0; 1]).unwrap_or(0) == 0
        };
        let mut fates = Vec::new();
        for i in 0..24 {
            fates.push(fate(i));
            // An unrelated toxic does not draw again.
            if i == 12 {
                api.toxic("a", &json!({"type": "slicer", "attributes": {"average_size": 9}}));
            }
        }
        fates
    };
    let first = affected("1");
    assert!(first.contains(&true) && first.contains(&false));
    assert_eq!(first, affected("1"));
    assert_ne!(first, affected("2"));
}

#[test]
fn an_upstream_that_is_down_shows_as_a_close_and_keeps_nobody_waiting() {
    let api = Api::start(&[]);
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut stream = connect(api.proxy("a", down));
    assert_eq!(stream.read(&mut [0; 9]).unwrap(), 0);
    let mut other = connect(api.proxy("b", echo()));
    round_trip(&mut other, b"x");
}
