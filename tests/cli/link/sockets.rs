//! `deadzone link` as a TCP proxy: closes and resets, addresses, limits, files, and that nothing leaks or spins.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::served::{LIMIT, Served, before, echo, nowhere, serve, until, upstream, upstream_on};
use crate::support::Scratch;
use socket2::SockRef;

#[test]
fn upstream_may_come_later() {
    let address = nowhere();
    let link = before(address, &[]);
    assert_eq!(link.connect().read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    upstream_on(TcpListener::bind(address).unwrap(), echo);
    let mut client = link.connect();
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_half_closed_client_still_gets_its_answer() {
    let address = upstream(|mut stream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        thread::sleep(Duration::from_millis(50));
        stream.write_all(&all).unwrap();
    });
    for args in [&[][..], &["--fault", "delay both 20ms"]] {
        let link = before(address, args);
        let mut client = link.connect();
        client.write_all(b"question").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "question", "{args:?}");
    }
}

#[test]
fn a_reset_of_either_end_reaches_the_other() {
    let (told, tells) = mpsc::channel();
    let address = upstream(move |mut stream| {
        let first = stream.read(&mut [0]);
        told.send(first.map_err(|e| e.kind()).map(drop)).unwrap();
        let second = stream.read(&mut [0]);
        told.send(second.map_err(|e| e.kind()).map(drop)).unwrap();
    });
    let link = before(address, &["--fault", "cut rst after 2s"]);
    let mut client = link.connect();
    client.write_all(b"x").unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(tells.recv_timeout(LIMIT).unwrap(), Ok(()));
    assert_eq!(tells.recv_timeout(LIMIT).unwrap(), Err(ErrorKind::ConnectionReset));
}

#[test]
fn ipv6_on_both_sides() {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        eprintln!("skipped: this machine has no IPv6");
        return;
    };
    let address = upstream_on(listener, echo);
    let link =
        serve(&["--listen", "[::1]:0", "--listen", "127.0.0.1:0", "--upstream", &address.to_string()], 2);
    for address in &link.addresses {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"six").unwrap();
        let mut back = [0; 3];
        client.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"six");
    }
}

#[test]
fn what_is_not_mqtt_passes_and_says_so() {
    let link = before(upstream(echo), &["--fault", "blackhole up from PINGREQ"]);
    let mut client = link.connect();
    // The first bytes of a TLS record, then what would be a PINGREQ in MQTT.
    let bytes = b"\x16\x03\x01\x00\x02\xc0\x00\xc0\x00\xc0\x00";
    client.write_all(bytes).unwrap();
    let mut back = [0; 11];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, bytes);
    drop(client);
    thread::sleep(Duration::from_millis(200));
    let (report, log) = link.interrupt();
    assert!(report.contains("(not MQTT)") && report.contains("faults at packets were off"), "{report}");
    assert!(log.contains("does not begin with a CONNECT"), "{log}");
}

#[test]
fn a_file_serves_several_links_and_a_modem_per_source_stays_dark() {
    let scratch = Scratch::new("config");
    let (file, address) = (scratch.file("links.toml"), upstream(echo));
    let text = format!(
        "[[link]]\nname = \"clear\"\nlisten = [\"127.0.0.1:0\"]\nupstream = \"{address}\"\n\
         [[link]]\nname = \"dark\"\nlisten = [\"127.0.0.1:0\"]\nupstream = \"{address}\"\nmodem = \"per-source\"\n\
         faults = [\"blackhole both after 1s\", \"restore after 4s\"]\n"
    );
    fs::write(&file, text).unwrap();
    let link = serve(&["--config", file.to_str().unwrap()], 2);
    let round = |at: usize, limit| {
        let mut client = TcpStream::connect(link.addresses[at]).unwrap();
        client.set_read_timeout(Some(limit)).unwrap();
        client.write_all(b"x").unwrap();
        client.read(&mut [0]).map_err(|e| e.kind())
    };
    assert_eq!(round(0, LIMIT), Ok(1));
    assert_eq!(round(1, LIMIT), Ok(1), "the modem works until its fault");
    thread::sleep(Duration::from_millis(1_200));
    assert_eq!(round(0, LIMIT), Ok(1));
    let began = Instant::now();
    assert_eq!(
        round(1, Duration::from_millis(200)),
        Err(ErrorKind::WouldBlock),
        "it is dark for a new connection too"
    );
    assert_eq!(round(1, LIMIT), Ok(1), "what waited in the dark goes on after it");
    assert!(began.elapsed() > Duration::from_millis(300));
}

#[test]
fn more_connections_than_allowed_are_reset() {
    let link = before(upstream(echo), &["--connections", "2"]);
    let mut kept: Vec<TcpStream> = (0..2).map(|_| link.connect()).collect();
    for client in &mut kept {
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
    }
    assert_eq!(link.connect().read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    drop(kept);
    until("a place is free again", || {
        let mut client = link.connect();
        client.write_all(b"x").is_ok() && matches!(client.read(&mut [0]), Ok(1))
    });
    let (report, log) = link.interrupt();
    assert!(log.contains("2 connections are open"), "{log}");
    assert!(report.contains("more reset: too many were open"), "{report}");
}

/// Less than half of what is left of 5,000 connections if the least that each one has were never given back: about 2 KiB.
const LEAK_KIB: u64 = 4 * 1024;

/// How a client comes and goes.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Speaks,
    SaysNothing,
    Resets,
}

fn come_and_go(link: &Served, manner: Manner) {
    let mut clients: Vec<TcpStream> = (0..200).map(|_| link.connect()).collect();
    let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";
    match manner {
        Manner::SaysNothing => {}
        Manner::Speaks => {
            clients.iter_mut().for_each(|client| client.write_all(connect).unwrap());
            clients.iter_mut().for_each(|client| client.read_exact(&mut [0; 15]).unwrap());
        }
        Manner::Resets => clients.iter_mut().for_each(|client| {
            client.write_all(connect).unwrap();
            SockRef::from(&*client).set_linger(Some(Duration::ZERO)).unwrap();
        }),
    }
}

#[test]
fn five_thousand_connections_leave_nothing_behind() {
    // Impaired as well: a modem, its lists and its timer go with the connection.
    for (args, manner) in [
        (&[][..], Manner::Speaks),
        (&["--fault", "delay both 1ms"], Manner::SaysNothing),
        (&["--profile", "nr-5g"], Manner::Resets),
        (&["--profile", "nr-5g", "--modem", "per-source"], Manner::SaysNothing),
    ] {
        let link = before(upstream(echo), args);
        let before = link.descriptors();
        // One batch after the other, so that there are never more at once than in the first ones.
        let batch = || {
            come_and_go(&link, manner);
            // Taken in one after the other: when this one is answered, all others were.
            let mut last = link.connect();
            last.write_all(b"x").unwrap();
            last.read_exact(&mut [0]).unwrap();
            drop(last);
            until("all sockets are closed", || link.descriptors() <= before);
        };
        // They fill what the report keeps.
        (0..5).for_each(|_| batch());
        let before_kib = link.resident_kib();
        (0..25).for_each(|_| batch());
        let after_kib = link.resident_kib();
        assert!(
            after_kib < before_kib + LEAK_KIB,
            "{args:?} {manner:?}: {before_kib} KiB before, {after_kib} KiB after"
        );
        let (report, _) = link.interrupt();
        assert!(report.starts_with("6030 connections"), "{report}");
    }
}

#[test]
fn an_end_that_never_reads_costs_a_bounded_amount_and_no_time() {
    for (args, bound_kib) in [(&[][..], 2 * 1024), (&["--fault", "hold both"][..], 8 * 1024)] {
        let gives = upstream(|mut stream| while stream.write_all(&[0; 64 * 1024]).is_ok() {});
        let takes_nothing = upstream(|stream| {
            thread::sleep(LIMIT);
            drop(stream);
        });
        for (address, client_writes) in [(gives, false), (takes_nothing, true)] {
            let link = before(address, args);
            // The thread's read buffer is there from the first connection on.
            drop(link.connect());
            thread::sleep(Duration::from_millis(200));
            let before_kib = link.resident_kib();
            let mut client = link.connect();
            if client_writes {
                client.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
                while client.write(&[0; 64 * 1024]).is_ok() {}
            }
            thread::sleep(Duration::from_millis(700));
            let (full_kib, ticks) = (link.resident_kib(), link.ticks());
            assert!(
                full_kib < before_kib + bound_kib,
                "{args:?}: {before_kib} KiB before, {full_kib} KiB full"
            );
            thread::sleep(Duration::from_millis(500));
            let spent = link.ticks() - ticks;
            assert!(spent <= 5, "{args:?}: {spent} ticks while nothing moves");
            drop(client);
        }
    }
}

#[test]
fn wrong_usage_says_what_is_wrong() {
    let upstream = ["--upstream", "127.0.0.1:1"];
    for (args, said) in [
        (&[][..], "--upstream"),
        (&["--upstream", "nowhere"], "HOST:PORT"),
        (&[upstream[0], upstream[1], "--fault", "blackhol up"], "unknown fault"),
        (&[upstream[0], upstream[1], "--fault", "drop PUBREL"], "byte stream"),
        (&["--config", "/does/not/exist.toml"], "could not read"),
    ] {
        let output = crate::support::output(&[&["link"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let log = crate::support::stderr(&output);
        assert!(log.contains(said), "{args:?}: {log}");
    }
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = crate::support::output(&["link", "--listen", &address, upstream[0], upstream[1]]);
    assert_eq!(output.status.code(), Some(2));
    assert!(crate::support::stderr(&output).contains(&format!("could not listen on {address}")));
}
