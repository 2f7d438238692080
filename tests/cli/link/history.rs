//! `deadzone link --history`: one history of all connections, readable while it grows, bounded by numbered files.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    thread,
    time::Duration,
};

use crate::served::{Served, before, echo, until, upstream};
use crate::support::{Scratch, files, output, stderr};
use deadzone_history::{ConnId, Event, EventKind, HistoryError, Reader};

const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";

/// The events of a file, and what its end says.
fn events(file: &Path) -> (Vec<Event>, Option<HistoryError>) {
    let mut events = Vec::new();
    for event in Reader::new(BufReader::new(fs::File::open(file).unwrap())).unwrap() {
        match event {
            Ok(event) => events.push(event),
            Err(error) => return (events, Some(error)),
        }
    }
    (events, None)
}

/// Sends a CONNECT and waits for its echo.
fn speak(link: &Served) -> std::net::TcpStream {
    let mut client = link.connect();
    client.write_all(CONNECT).unwrap();
    client.read_exact(&mut [0; CONNECT.len()]).unwrap();
    client
}

fn packets(events: &[Event]) -> usize {
    events.iter().filter(|e| matches!(e.kind, EventKind::Packet(_))).count()
}

#[test]
fn all_connections_share_one_sequence_and_one_clock() {
    const APART: Duration = Duration::from_millis(300);
    let scratch = Scratch::new("link-history");
    let folder = scratch.file("h");
    let link = before(upstream(echo), &["--history", folder.to_str().unwrap()]);
    let file = folder.join("link-000001.ndjson");
    let first = speak(&link);
    // It can be read while it grows: its four packets are there, and it says that this is not its end.
    until("the record grows", || packets(&events(&file).0) == 4);
    assert!(matches!(events(&file).1, Some(HistoryError::Truncated(_))));
    thread::sleep(APART);
    drop(speak(&link));
    drop(first);
    link.interrupt();
    let (events, end) = events(&file);
    assert!(end.is_none(), "{end:?}");
    assert_eq!(files(&folder).len(), 1);
    let opened: Vec<(ConnId, u64)> = events
        .iter()
        .filter_map(|e| match e.kind {
            EventKind::Opened { conn, .. } => Some((conn, e.at_us)),
            _ => None,
        })
        .collect();
    let [(ConnId(0), one_us), (ConnId(1), two_us)] = opened[..] else { panic!("{opened:?}") };
    assert!(two_us - one_us >= APART.as_micros() as u64, "{one_us} and {two_us} µs");
    assert_eq!(packets(&events), 8);
    let closed: BTreeSet<ConnId> = events
        .iter()
        .filter_map(|e| if let EventKind::Closed { conn, .. } = e.kind { Some(conn) } else { None })
        .collect();
    assert_eq!(closed.len(), 2);
}

#[test]
fn a_long_record_takes_no_more_than_it_may() {
    let scratch = Scratch::new("link-rotates");
    let folder = scratch.file("h");
    let link = before(upstream(echo), &["--history", folder.to_str().unwrap(), "--history-mib", "1"]);
    let mut client = speak(&link);
    let mut pong = [0; 2];
    for _ in 0..4_000 {
        client.write_all(b"\xc0\x00").unwrap();
        client.read_exact(&mut pong).unwrap();
    }
    drop(client);
    link.interrupt();
    let files = files(&folder);
    assert_eq!(files.len(), 16, "the oldest ones are gone");
    assert!(files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= 1024 * 1024 + 16 * 1024);
    let (mut next_seq, mut packets_in_all) = (None, 0);
    for (name, _) in &files {
        let (events, end) = events(&folder.join(name));
        assert!(end.is_none(), "{name:?}: {end:?}");
        // The last one has just begun; it may even be empty.
        let Some(first) = events.first().map(|event| event.seq) else { continue };
        let last = first + events.len() as u64 - 1;
        assert!(next_seq.is_none_or(|next| next == first), "{name:?} begins at {first}");
        next_seq = Some(last + 1);
        packets_in_all += packets(&events);
    }
    assert!(packets_in_all > 4_000, "{packets_in_all} packets");
    assert!(next_seq.unwrap() > 16_000);
}

/// It is begun once the link listens, so that the next try finds the folder as it was.
#[test]
fn a_link_that_can_not_listen_leaves_no_record() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let plain = ["--listen", "127.0.0.1:0", "--listen", &address, "--upstream", "127.0.0.1:1"];
    for link in [&plain[..], &["--api", &address]] {
        let scratch = Scratch::new("link-in-use");
        let folder = scratch.file("h");
        let tried = output(&[&["link", "--history", folder.to_str().unwrap()], link].concat());
        assert_eq!(tried.status.code(), Some(2), "{link:?}");
        assert!(stderr(&tried).contains("could not listen"), "{}", stderr(&tried));
        assert!(!folder.exists(), "{link:?}: {:?}", files(&folder));
    }
}
