//! `deadzone link` where an end behaves badly: resets, goes while nobody reads it, floods a hole, comes in the dark; and where
//! the system has no more to give.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::served::{LIMIT, Served, before, echo, nowhere, serve, until, upstream};
use crate::support::{Running, Scratch, deadzone, stderr};
use socket2::SockRef;

const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";

/// Closes so that the peer sees a reset.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Writes until nothing more is taken for a while; how much was.
fn flood(stream: &mut TcpStream) -> usize {
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let (block, mut taken) = ([7; 16 * 1024], 0);
    while taken < 64 << 20 {
        match stream.write(&block) {
            Ok(n) => taken += n,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return taken;
            }
        }
    }
    panic!("{taken} bytes were taken, and more would be");
}

/// How many bytes the report says that an end believes delivered, on its first line of this direction.
fn believed(report: &str, way: &str) -> f64 {
    let line = report.lines().find(|line| line.trim_start().starts_with(way) && line.contains("believes"));
    let rest = line.unwrap_or_else(|| panic!("{report}")).split("believes ").nth(1).unwrap();
    let mut words = rest.split(' ');
    let number: f64 = words.next().unwrap().parse().unwrap();
    number * if words.next() == Some("kB") { 1e3 } else { 1.0 }
}

#[test]
fn a_reset_of_one_end_is_a_reset_for_the_other() {
    // The client's own, then upstream's own.
    let (told, tells) = mpsc::channel();
    let address = upstream(move |mut stream| {
        stream.read_exact(&mut [0]).unwrap();
        told.send(stream.read(&mut [0]).map_err(|e| e.kind())).unwrap();
    });
    for args in [&[][..], &["--fault", "delay both 5ms"]] {
        let link = before(address, args);
        let mut client = link.connect();
        client.write_all(b"x").unwrap();
        thread::sleep(Duration::from_millis(100));
        reset(client);
        assert_eq!(tells.recv_timeout(LIMIT).unwrap(), Err(ErrorKind::ConnectionReset), "{args:?}");
        let (report, _) = link.interrupt();
        assert!(report.contains("the client reset"), "{report}");
    }
    let address = upstream(|mut stream| {
        stream.read_exact(&mut [0]).unwrap();
        reset(stream);
    });
    for args in [&[][..], &["--fault", "delay both 5ms"]] {
        let link = before(address, args);
        let mut client = link.connect();
        client.write_all(b"x").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset, "{args:?}");
        let (report, _) = link.interrupt();
        assert!(report.contains("upstream reset"), "{report}");
    }
}

#[test]
fn who_goes_while_nobody_reads_is_noticed() {
    let (told, tells) = mpsc::channel();
    // It never reads.
    let address = upstream(move |stream| told.send(stream).unwrap());
    // Upstream takes no more, so the client is not read, and resets.
    for args in [&[][..], &["--fault", "hold up"]] {
        let link = before(address, args);
        let before = link.descriptors();
        let mut clients: Vec<TcpStream> = (0..2).map(|_| link.connect()).collect();
        let ends: Vec<TcpStream> = (0..2).map(|_| tells.recv_timeout(LIMIT).unwrap()).collect();
        clients.iter_mut().for_each(|client| assert!(flood(client) > 64 * 1024));
        assert_eq!(link.descriptors(), before + 4, "{args:?}");
        clients.into_iter().for_each(reset);
        until("the clients' sockets are closed", || link.descriptors() <= before + 2);
        ends.into_iter().for_each(reset);
        until("nothing is left", || link.descriptors() == before);
    }
}

#[test]
fn an_orderly_close_behind_a_full_window_is_seen() {
    let (told, tells) = mpsc::channel();
    let address = upstream(move |stream| told.send(stream).unwrap());
    let link = before(address, &["--fault", "blackhole up after 500ms"]);
    let mut client = link.connect();
    let _end = tells.recv_timeout(LIMIT).unwrap();
    thread::sleep(Duration::from_millis(700));
    client.write_all(&[7; 68 * 1024]).unwrap();
    drop(client);
    thread::sleep(Duration::from_millis(1_500));
    let (report, _) = link.interrupt();
    assert!(report.contains("the client closed, the other end was open until the end"), "{report}");
    assert!(report.contains("69.6 kB lost in a black hole"), "{report}");
}

#[test]
fn nobody_believes_for_long_that_a_hole_takes_everything() {
    // The buffers of two kernels, and a window of 64 KiB.
    for fault in ["blackhole up after 500ms", "hold up", "cut silent after 500ms"] {
        let (told, tells) = mpsc::channel();
        let address = upstream(move |stream| told.send(stream).unwrap());
        let link = before(address, &["--fault", fault]);
        let mut client = link.connect();
        client.write_all(b"x").unwrap();
        let mut end = tells.recv_timeout(LIMIT).unwrap();
        thread::sleep(Duration::from_millis(700));
        let way = if fault.starts_with("cut") {
            flood(&mut end);
            "down"
        } else {
            flood(&mut client);
            "up"
        };
        let (report, _) = link.interrupt();
        let bytes = believed(&report, way);
        assert!((60_000.0..110_000.0).contains(&bytes), "{fault}: {report}");
    }
}

#[test]
fn who_comes_in_the_dark_is_told_of_in_the_report() {
    let link = before(upstream(echo), &["--modem", "per-source", "--fault", "blackhole both"]);
    let mut client = link.connect();
    client.write_all(&[7; 5_000]).unwrap();
    thread::sleep(Duration::from_millis(300));
    let (report, _) = link.interrupt();
    assert!(report.contains("the modem was dark") && report.contains("waited 0."), "{report}");
    assert!(report.contains("faults  1") && report.contains("fault blackhole both"), "{report}");
    assert_eq!(believed(&report, "up").to_string(), "5000", "{report}");
}

#[test]
fn all_connections_of_a_device_meet_its_faults() {
    let (told, tells) = mpsc::channel();
    let address = upstream(move |mut stream| {
        let mut all = Vec::new();
        let end = stream.read_to_end(&mut all).map_err(|e| e.kind());
        told.send((end.is_err(), all.len() - CONNECT.len())).unwrap();
    });
    let faults =
        ["--modem", "per-source", "--fault", "blackhole up from PINGREQ", "--fault", "cut rst after 3s"];
    let link = before(address, &faults);
    let mut clients: Vec<TcpStream> = (0..3).map(|_| link.connect()).collect();
    clients.iter_mut().for_each(|client| client.write_all(CONNECT).unwrap());
    thread::sleep(Duration::from_millis(200));
    // The oldest one's packet, and then nobody's gets through.
    clients[0].write_all(b"\xc0\x00").unwrap();
    thread::sleep(Duration::from_millis(200));
    clients[2].write_all(b"\xd0\x00").unwrap();
    for client in &mut clients {
        assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    for _ in 0..3 {
        assert_eq!(tells.recv_timeout(LIMIT).unwrap(), (true, 0));
    }
    let (report, _) = link.interrupt();
    assert!(report.contains("faults  4"), "one packet's, and a cut for each: {report}");
}

#[test]
fn what_begins_like_a_connect_and_is_none_passes() {
    let link = before(upstream(echo), &["--fault", "blackhole up from PINGREQ"]);
    let mut client = link.connect();
    let bytes = b"\x10\x05hello\xc0\x00\xc0\x00";
    client.write_all(bytes).unwrap();
    let mut back = [0; 11];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, bytes);
    drop(client);
    let (report, _) = link.interrupt();
    assert!(report.contains("(not MQTT)"), "{report}");
}

#[test]
fn who_speaks_something_else_is_no_news_where_no_packet_is_waited_for() {
    let link = before(upstream(echo), &["--fault", "delay both 1ms"]);
    let mut client = link.connect();
    client.write_all(b"\x16\x03\x01").unwrap();
    client.read_exact(&mut [0; 3]).unwrap();
    drop(client);
    let (report, log) = link.interrupt();
    assert!(report.contains("(not MQTT)") && !report.contains("faults at packets"), "{report}");
    assert_eq!(log, "");
}

#[test]
fn an_upstream_without_an_address_resets_clients() {
    let link = serve(&["--listen", "127.0.0.1:0", "--upstream", "broker.invalid:1883"], 1);
    assert_eq!(link.connect().read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (report, log) = link.interrupt();
    assert!(log.contains("`broker.invalid:1883` could not be resolved"), "{log}");
    assert!(report.contains("1 reset: upstream could not be reached"), "{report}");
}

#[test]
fn it_serves_on_when_nobody_reads_its_log() {
    let (listen, upstream) = (nowhere().to_string(), upstream(echo).to_string());
    let child = deadzone(&["link", "--listen", &listen, "--upstream", &upstream, "--connections", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut running = Running(child.unwrap());
    drop(running.0.stderr.take());
    let mut first = String::new();
    BufReader::new(running.0.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    let connect = || {
        let stream = TcpStream::connect(&listen).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    };
    let mut one = connect();
    one.write_all(b"x").unwrap();
    one.read_exact(&mut [0]).unwrap();
    // It is reset, and a line about it goes nowhere.
    assert_eq!(connect().read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    drop(one);
    until("a place is free", || {
        let mut again = connect();
        again.write_all(b"x").is_ok() && matches!(again.read(&mut [0]), Ok(1))
    });
}

#[test]
fn without_descriptors_it_waits_quietly_and_goes_on() {
    let (listen, upstream) = (nowhere().to_string(), upstream(echo).to_string());
    let shell = format!("ulimit -n 24 && exec \"$0\" link --listen {listen} --upstream {upstream}");
    let child = Command::new("sh")
        .args(["-c", &shell, env!("CARGO_BIN_EXE_deadzone")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut running = Running(child.unwrap());
    let mut out = BufReader::new(running.0.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    let link = Served { running, addresses: vec![listen.parse().unwrap()], out };
    let many: Vec<TcpStream> = (0..40).map(|_| link.connect()).collect();
    thread::sleep(Duration::from_millis(500));
    let ticks = link.ticks();
    thread::sleep(Duration::from_secs(1));
    assert!(link.ticks() - ticks <= 10, "{} ticks in a second", link.ticks() - ticks);
    drop(many);
    until("connections come through again", || {
        let mut client = link.connect();
        client.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        client.write_all(b"x").is_ok() && matches!(client.read(&mut [0]), Ok(1))
    });
    let (_, log) = link.interrupt();
    assert!(log.contains("Too many open files"), "{log}");
    assert!(log.lines().count() < 20, "a line a second at most: {log}");
}

#[test]
fn a_signal_counts_as_soon_as_it_listens() {
    for _ in 0..20 {
        let (report, _) = before(nowhere(), &[]).interrupt();
        assert!(report.starts_with("0 connections"), "{report}");
    }
}

#[test]
fn records_of_two_runs_do_not_mix_and_links_are_named() {
    let scratch = Scratch::new("twice");
    let (folder, file) = (scratch.file("h"), scratch.file("links.toml"));
    let address = upstream(echo);
    let link = |name: &str, seed: u32| {
        format!(
            "[[link]]\nname = \"{name}\"\nlisten = [\"127.0.0.1:0\"]\nupstream = \"{address}\"\nseed = {seed}\n"
        )
    };
    fs::write(&file, [link("one", 77), link("two", 78)].concat()).unwrap();
    let args = ["--config", file.to_str().unwrap(), "--history", folder.to_str().unwrap()];
    let links = serve(&args, 2);
    let mut client = TcpStream::connect(links.addresses[1]).unwrap();
    client.write_all(CONNECT).unwrap();
    client.read_exact(&mut [0; 15]).unwrap();
    drop(client);
    let record = folder.join("link-000001.ndjson");
    let (report, _) = links.interrupt();
    assert!(report.contains(" over two `a`"), "{report}");
    let history = deadzone_history::read(&mut BufReader::new(fs::File::open(&record).unwrap())).unwrap();
    assert_eq!((history.header.scenario.as_str(), history.header.seed.as_str()), ("one, two", "4d"));
    let again = crate::support::output(&[&["link"], &args[..]].concat());
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("records of an earlier run"), "{}", stderr(&again));
}

#[test]
fn mistakes_in_a_file_of_links_say_where() {
    let scratch = Scratch::new("mistakes");
    let file = scratch.file("links.toml");
    let link =
        |more: &str| format!("[[link]]\nlisten = [\"127.0.0.1:0\"]\nupstream = \"127.0.0.1:1\"\n{more}\n");
    for (text, said) in [
        (link("faults = [\"blackhole up form PUBREC\"]"), "^^^^"),
        (link("faults = [\"blackhole up form PUBREC\"]"), "link `link` of "),
        ([link(""), link("profile = \"lte-mm\"")].concat(), "link `link-2` of "),
        (link("cell = true"), "belong to a `profile`"),
        (link("set = [\"rate.sigma_ln=1\"]"), "belong to a `profile`"),
        (link("connections = 0"), "`connections` is 0"),
        ([link("name = \"a\""), link("name = \"a\"")].concat(), "two links are named `a`"),
        (link("").replace("127.0.0.1:1\"", "mqtts://h:8883\""), "no scheme"),
        (link("").replace("127.0.0.1:1\"", "h:0\""), "expected HOST:PORT"),
        (link("speed = 3"), "line 4, column 1"),
    ] {
        fs::write(&file, &text).unwrap();
        let began = Instant::now();
        let run = crate::support::output(&["link", "--config", file.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(2), "{text}");
        assert!(stderr(&run).contains(said), "{text}: {}", stderr(&run));
        assert!(stderr(&run).contains("links.toml"), "{text}: {}", stderr(&run));
        assert!(began.elapsed() < LIMIT);
    }
}
