//! What toxics do to connections.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::api::{Api, PATIENCE, connect, echo, round_trip};

#[test]
fn changes_reach_connections_that_live() {
    let api = Api::start(&[]);
    let mut stream = connect(api.proxy("a", echo()));
    // As much latency as no machine has of its own, however busy.
    let own = Duration::from_millis(1500);
    assert!(round_trip(&mut stream, b"x") < own);
    api.toxic("a", &json!({"type": "latency", "attributes": {"latency": 1500}}));
    assert!(round_trip(&mut stream, b"x") >= own);
    api.post("/proxies/a/toxics/latency_downstream", &json!({"attributes": {"latency": 2000}}));
    assert!(round_trip(&mut stream, b"x") >= Duration::from_millis(2000));
    api.call("DELETE", "/proxies/a/toxics/latency_downstream", &Value::Null);
    assert!(round_trip(&mut stream, b"x") < own);
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

/// How many links live, once they are as many as wanted or patience ends.
fn links(api: &Api, wanted: usize) -> usize {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let there = api.get("/v1/links").json().as_array().unwrap().len();
        if there == wanted || Instant::now() > deadline {
            return there;
        }
    }
}

#[test]
fn a_client_that_ends_under_a_stall_leaves_nothing_behind() {
    for (kind, timeout) in [("timeout", 0), ("timeout", 3_600_000), ("reset_peer", 3_600_000)] {
        let api = Api::start(&[]);
        let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = api.proxy("a", upstream.local_addr().unwrap());
        api.toxic("a", &json!({"type": kind, "stream": "upstream", "attributes": {"timeout": timeout}}));
        let mut behind = Vec::new();
        for _ in 0..20 {
            let mut stream = connect(listen);
            stream.write_all(b"never seen").unwrap();
            behind.push(upstream.accept().unwrap().0);
        }
        for mut stream in behind {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            assert_eq!(stream.read(&mut [0; 9]).unwrap(), 0, "{kind}");
        }
        assert_eq!(links(&api, 0), 0, "{kind}");
    }
}

#[test]
fn a_sender_that_never_stops_is_not_silent() {
    let api = Api::start(&[]);
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = connect(api.proxy("a", upstream.local_addr().unwrap()));
    let behind = upstream.accept().unwrap().0;
    api.toxic("a", &json!({"type": "timeout", "stream": "upstream", "attributes": {"timeout": 2000}}));
    // Far more than is kept, for longer than the silence would have to last.
    let (began, piece) = (Instant::now(), vec![7; 1 << 20]);
    let mut sent = 0;
    while began.elapsed() < Duration::from_millis(3500) || sent < 64 {
        stream.write_all(&piece).unwrap();
        sent += 1;
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(links(&api, 1), 1);
    // Now it is.
    assert_eq!(stream.read(&mut [0; 9]).unwrap_or(0), 0);
    drop(behind);
}

#[test]
fn a_slicer_costs_what_it_holds_and_is_removed_at_once() {
    let api = Api::start(&[]);
    let mut stream = connect(api.proxy("a", echo()));
    api.toxic(
        "a",
        &json!({"type": "slicer", "stream": "upstream", "attributes": {"average_size": 1, "delay": 100_000}}),
    );
    let before = api.resident_kib();
    let sent: Vec<u8> = (0..3_u32 << 20).map(|i| (i % 251) as u8).collect();
    let mut writer = stream.try_clone().unwrap();
    let all = sent.clone();
    let writing = thread::spawn(move || writer.write_all(&all));
    let held = || api.get("/v1/links").json()[0]["up"]["held"].as_u64().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while held() < 2 << 20 {
        assert!(Instant::now() < deadline, "{} are held", held());
    }
    let cost = api.resident_kib().saturating_sub(before);
    assert!(cost < 40 * 1024, "{cost} KiB");
    let began = Instant::now();
    assert_eq!(api.call("DELETE", "/proxies/a/toxics/slicer_upstream", &Value::Null).status, 204);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let mut back = vec![0; sent.len()];
    stream.read_exact(&mut back).unwrap();
    assert!(back == sent, "other bytes came back");
    writing.join().unwrap().unwrap();
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
    let mut back = vec![0; 100_000];
    stream.read_exact(&mut back).unwrap();
    assert!(back.iter().all(|b| *b == 3));
    // It may end in a reset, since bytes were on their way; but it ends.
    assert!(!matches!(stream.read(&mut [0]), Ok(1)), "one more came");
    let mut back = Vec::new();
    let mut small = connect(listen);
    small.write_all(&[4; 10]).unwrap();
    small.shutdown(Shutdown::Write).unwrap();
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
