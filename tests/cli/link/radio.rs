//! `deadzone link` with a radio of the user's own, its cell, its status line, and its sudden end.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::served::{LIMIT, Served, before, echo, serve, until, upstream};
use crate::support::{Running, Scratch, output, program, stderr};

/// A profile of 5 ms each way at 800 kbit/s (100 bytes a millisecond), without chance.
const EVEN: &str = "title = \"even\"\n[delay]\nfloor_ms = { value = 5, source = \"default\" }\n\
    median_ms = { value = 0, source = \"default\" }\nsigma_ln = { value = 0, source = \"default\" }\n\
    correlation_per_100ms = { value = 0, source = \"default\" }\n[rate]\n\
    mean_kbit_per_s = { value = 800, source = \"default\" }\nsigma_ln = { value = 0, source = \"default\" }\n\
    correlation_per_s = { value = 0, source = \"default\" }\n[queue]\n\
    capacity_bytes = { value = 20000, source = \"default\" }\n";

fn own(scratch: &Scratch, name: &str, text: &str) -> String {
    let file = scratch.file(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Sends this much, closes, and waits until all of it is back.
fn there_and_back(mut stream: TcpStream, bytes: usize) -> Duration {
    let mut reader = stream.try_clone().unwrap();
    let began = Instant::now();
    let writer = thread::spawn(move || stream.write_all(&vec![7; bytes]).unwrap());
    reader.read_exact(&mut vec![0; bytes]).unwrap();
    writer.join().unwrap();
    began.elapsed()
}

/// As many connections at once, each with this much.
fn side_by_side(link: &Served, count: usize, bytes: usize) -> Duration {
    let streams: Vec<TcpStream> = (0..count).map(|_| link.connect()).collect();
    let began = Instant::now();
    let all: Vec<_> =
        streams.into_iter().map(|stream| thread::spawn(move || there_and_back(stream, bytes))).collect();
    for one in all {
        let _ = one.join().unwrap();
    }
    began.elapsed()
}

#[test]
fn a_cell_is_shared_and_a_modem_of_ones_own_is_not() {
    let scratch = Scratch::new("cell");
    let profile = own(&scratch, "even.toml", EVEN);
    let address = upstream(echo);
    // 60,000 bytes take 600 ms; four of them 2.4 s where they share.
    let alone = side_by_side(&before(address, &["--profile", &profile]), 4, 60_000);
    let shared = side_by_side(&before(address, &["--profile", &profile, "--cell"]), 4, 60_000);
    assert!(alone > Duration::from_millis(600), "{alone:?}");
    assert!(shared > Duration::from_millis(2_400), "{shared:?}");
    assert!(alone < shared * 2 / 3, "{alone:?} alone, {shared:?} shared");
}

#[test]
fn a_profile_of_ones_own_inherits_is_changed_and_plays_a_trace() {
    let scratch = Scratch::new("own");
    own(&scratch, "slow.txt", "100\n200\n300\n");
    let traced = "title = \"three packets in 0.3 s\"\ninherits = \"nr-5g\"\n\
        trace = { up = \"slow.txt\", down = \"slow.txt\" }\n";
    let traced = own(&scratch, "traced.toml", traced);
    let address = upstream(echo);
    // 9,000 bytes are six opportunities of 1,504 and no fewer: half a second before the last one.
    let link = before(address, &["--profile", &traced]);
    assert!(there_and_back(link.connect(), 9_000) > Duration::from_millis(400));
    let even = own(&scratch, "even.toml", EVEN);
    let link = before(address, &["--profile", &even, "--set", "delay.floor_ms.up=400"]);
    let took = there_and_back(link.connect(), 1);
    assert!(took > Duration::from_millis(405) && took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn mistakes_of_a_profile_are_named() {
    let scratch = Scratch::new("wrong");
    let missing =
        own(&scratch, "missing.toml", "title = \"t\"\ninherits = \"nr-5g\"\ntrace = \"nowhere.txt\"\n");
    let circle = own(&scratch, "circle.toml", "title = \"t\"\ninherits = \"circle\"\n");
    for (args, said) in [
        (&["--profile", "lte-mm"][..], "there is no profile `lte-mm`"),
        (&["--profile", "tunnel"], "is an overlay"),
        (&["--profile", "lte-m", "--set", "rate.mean=3"], "rate.mean: there is no such number"),
        (&["--profile", "lte-m", "--set", "delay.floor_ms=much"], "`much` is no number"),
        (&["--profile", "lte-m", "--set", "delay.floor_ms=-1"], "delay.floor_ms"),
        (&["--profile", &missing], "nowhere.txt"),
        (&["--profile", &circle], "inherits from itself"),
        (&["--set", "delay.floor_ms=1"], "--profile"),
    ] {
        let run = output(&[&["link", "--upstream", "127.0.0.1:1"], args].concat());
        assert_eq!(run.status.code(), Some(2), "{args:?}");
        assert!(stderr(&run).contains(said), "{args:?}: {}", stderr(&run));
    }
}

#[test]
fn a_full_queue_makes_the_sender_wait_and_costs_no_time() {
    let scratch = Scratch::new("queue");
    let profile = own(&scratch, "even.toml", EVEN);
    let address = upstream(|mut stream| while stream.write_all(&[0; 64 * 1024]).is_ok() {});
    let link = before(address, &["--profile", &profile]);
    drop(link.connect());
    thread::sleep(Duration::from_millis(200));
    let before_kib = link.resident_kib();
    // It reads, but upstream gives more than the radio carries: 100 KB in a second and no more.
    let mut client = link.connect();
    client.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let (began, ticks, mut got) = (Instant::now(), link.ticks(), 0);
    let mut bytes = vec![0; 65_536];
    while began.elapsed() < Duration::from_secs(1) {
        match client.read(&mut bytes) {
            Ok(n) => got += n,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
    // By its own clock: a busy machine may have read for longer, and began to count later than the radio.
    let most = 100.0 * (began.elapsed().as_secs_f64() * 1e3 + 100.0);
    assert!(got >= 50_000 && got as f64 <= most, "{got} bytes, and at most {most}");
    assert!(link.resident_kib() < before_kib + 1024, "{before_kib} KiB before");
    let spent = link.ticks() - ticks;
    assert!(spent <= 20, "{spent} ticks in a second for 100 KB");
}

#[test]
fn killed_it_leaves_both_ends_closed_and_whole_records_and_its_port_is_free() {
    let (told, tells) = mpsc::channel();
    let address = upstream(move |mut stream| {
        let mut byte = [0];
        while let Ok(1) = stream.read(&mut byte) {
            stream.write_all(&byte).unwrap();
        }
        told.send(()).unwrap();
    });
    let scratch = Scratch::new("killed");
    let folder = scratch.file("h");
    let args = ["--profile", "lte-static", "--history", folder.to_str().unwrap()];
    let link = before(address, &args);
    let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";
    let speak = |link: &Served| {
        let mut client = link.connect();
        client.write_all(connect).unwrap();
        client.read_exact(&mut [0; 15]).unwrap();
        client
    };
    drop(speak(&link));
    tells.recv_timeout(LIMIT).unwrap();
    let mut open = speak(&link);
    let listen = link.address().to_string();
    drop(link); // kill -9
    let end = open.read(&mut [0]);
    assert!(matches!(end, Ok(0)) || end.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset));
    tells.recv_timeout(LIMIT).unwrap();
    // One record of both, whole lines, and it says itself that it was cut off.
    let file = fs::File::open(folder.join("link-000001.ndjson")).unwrap();
    let mut events: Vec<_> = deadzone_history::Reader::new(std::io::BufReader::new(file)).unwrap().collect();
    let end = events.pop().unwrap();
    assert!(matches!(end, Err(deadzone_history::HistoryError::Truncated(_))), "{end:?}");
    let opened = |e: &Result<deadzone_history::Event, _>| {
        matches!(e.as_ref().unwrap().kind, deadzone_history::EventKind::Opened { .. })
    };
    assert_eq!(events.iter().filter(|e| opened(e)).count(), 2);
    let upstream = address.to_string();
    let again = serve(&["--listen", &listen, "--upstream", &upstream, args[0], args[1]], 1);
    drop(speak(&again));
}

#[test]
fn the_status_line_is_for_terminals() {
    let Some(script) = program("script") else { return };
    let address = upstream(echo);
    let listen = crate::served::nowhere().to_string();
    let command =
        [env!("CARGO_BIN_EXE_deadzone"), " link --listen ", &listen, " --upstream ", &address.to_string()]
            .concat();
    // util-linux's: a terminal of its own for the command, copied to its stdout.
    let child = Command::new(script)
        .args(["-qec", &command, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut running = Running(child.unwrap());
    let mut shown = running.0.stdout.take().unwrap();
    let mut client = None;
    until("it listens", || {
        client = TcpStream::connect(&listen).ok();
        client.is_some()
    });
    let mut client = client.unwrap();
    client.write_all(b"12345").unwrap();
    client.read_exact(&mut [0; 5]).unwrap();
    // A line each quarter of a second.
    thread::sleep(Duration::from_millis(1_500));
    // As Ctrl-C: the terminal makes a signal of it.
    running.0.stdin.as_mut().unwrap().write_all(&[3]).unwrap();
    let mut text = String::new();
    shown.read_to_string(&mut text).unwrap();
    assert!(text.contains("1 open of 1  up 5 B  down 5 B"), "{text:?}");
    assert!(text.matches(" open of ").count() > 1, "it is written anew: {text:?}");
    assert!(text.contains("1 connections in "), "the report comes behind it: {text:?}");
    // In a pipe there is none.
    let link = before(address, &[]);
    drop(link.connect());
    thread::sleep(Duration::from_millis(500));
    let (report, log) = link.interrupt();
    assert!(!report.contains("open of") && log.is_empty(), "{report}{log}");
}

/// The lines of a text from here to there, without their indentation.
fn block(text: &str, from: &str, to: &str) -> String {
    let begin = text.find(from).unwrap_or_else(|| panic!("no {from:?} in {text}"));
    let length = text[begin..].find(to).unwrap_or_else(|| panic!("no {to:?} behind {from:?}"));
    text[begin..begin + length].lines().map(|line| line.trim_start().to_owned() + "\n").collect()
}

#[test]
fn what_the_documents_show_can_be_served() {
    let scratch = Scratch::new("shown");
    let upstream = upstream(echo).to_string();
    // A profile, as `explain profiles` writes it.
    let explained = crate::support::stdout(&output(&["explain", "profiles"]));
    let profile = own(&scratch, "mine.toml", &block(&explained, "title = ", "\nEvery number"));
    let sets = explained.lines().find_map(|line| line.strip_prefix("Change it:")).unwrap();
    let sets: Vec<&str> = sets.split(',').flat_map(|set| set.trim().splitn(2, ' ')).collect();
    // The list has a comma of its own.
    assert_eq!(sets[..4], ["--set", "delay.median_ms.up=80", "--set", "nat.rst=true"]);
    let args =
        [&["--listen", "127.0.0.1:0", "--upstream", &upstream, "--profile", &profile], &sets[..4]].concat();
    there_and_back(serve(&args, 1).connect(), 1);
    // A file of links, as the README writes it.
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let links = block(&readme, "[[link]]", "```");
    let links =
        ["127.0.0.1:1884", "127.0.0.1:1885"].iter().fold(links, |text, at| text.replace(at, "127.0.0.1:0"));
    // A profile's file lies beside it, wherever the command is run.
    let links = links.replace("\"nb-iot-edge\"", "\"mine.toml\"");
    let links = links.replace("127.0.0.1:1883", &upstream).replace(", \"[::1]:1884\"", "");
    let links = own(&scratch, "links.toml", &links);
    let served = serve(&["--config", &links], 2);
    let mut gateway = TcpStream::connect(served.addresses[1]).unwrap();
    gateway.write_all(b"x").unwrap();
    gateway.read_exact(&mut [0]).unwrap();
    // Each embedded profile can be shown, and what is shown is a profile.
    let shown = crate::support::stdout(&output(&["links", "lte-m"]));
    let copy = own(&scratch, "copy.toml", &shown);
    there_and_back(before(upstream.parse().unwrap(), &["--profile", &copy]).connect(), 1);
}

#[test]
fn options_without_effect_are_refused() {
    let scratch = Scratch::new("refused");
    let links =
        own(&scratch, "links.toml", "[[link]]\nlisten = [\"127.0.0.1:0\"]\nupstream = \"127.0.0.1:1\"\n");
    let kept = own(&scratch, "kept", "what was written before");
    let upstream = ["--upstream", "127.0.0.1:1", "--listen"];
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (args, said) in [
        (&["--config", &links, "--cell"][..], "cannot be used with"),
        (&["--config", &links, "--set", "rate.mean_kbit_per_s=5"], "cannot be used with"),
        (&["--config", &links, "--listen", "127.0.0.1:0"], "cannot be used with"),
        (&["--config", &links, "--metrics"], "cannot be used with"),
        (&[upstream[0], upstream[1], "--metrics"], "cannot be used with"),
        (&["--packet", "--profile", "lte-m", "--connections", "3"], "need --upstream"),
        (&[upstream[0], upstream[1], "--decisions", &kept], "need one"),
        (&[upstream[0], upstream[1], "--profile", "lte-m+lte-m"], "two parts of"),
        (&[upstream[0], upstream[1], "--profile", "lte-m+tunel"], "did you mean `tunnel`?"),
        // A start that fails takes nothing away.
        (
            &[&upstream[..], &[&taken, "--profile", "lte-m", "--decisions", &kept]].concat(),
            "could not listen",
        ),
    ] {
        let run = output(&[&["link"], args].concat());
        assert_eq!(run.status.code(), Some(2), "{args:?}");
        assert!(stderr(&run).contains(said), "{args:?}: {}", stderr(&run));
    }
    assert_eq!(fs::read_to_string(&kept).unwrap(), "what was written before");
}
