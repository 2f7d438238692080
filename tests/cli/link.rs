//! `deadzone link` between any client and any upstream: what passes, what faults show, and that nothing leaks or spins.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use support::{Running, Scratch, deadzone, program, wait};

/// For anything that is waited for.
const LIMIT: Duration = Duration::from_secs(10);

/// A served link.
struct Served {
    running: Running,
    /// Where it listens.
    addresses: Vec<SocketAddr>,
    out: BufReader<std::process::ChildStdout>,
}

/// `deadzone link` with these arguments, which listens `count` times.
fn serve(args: &[&str], count: usize) -> Served {
    let mut all = vec!["link"];
    all.extend(args);
    let child = deadzone(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    let mut out = BufReader::new(running.0.stdout.take().unwrap());
    let mut addresses = Vec::new();
    for _ in 0..count {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let rest =
            line.strip_prefix("listening on ").unwrap_or_else(|| panic!("where does it listen? {line:?}"));
        addresses.push(rest.split(' ').next().unwrap().parse().unwrap());
    }
    Served { running, addresses, out }
}

/// In front of one upstream.
fn before(upstream: SocketAddr, args: &[&str]) -> Served {
    let upstream = upstream.to_string();
    let mut all = vec!["--listen", "127.0.0.1:0", "--upstream", &upstream];
    all.extend(args);
    serve(&all, 1)
}

impl Served {
    fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Interrupts it: the report, and the log.
    fn interrupt(mut self) -> (String, String) {
        let pid = self.running.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert_eq!(wait(&mut self.running.0, LIMIT), Some(0));
        let (mut report, mut log) = (String::new(), String::new());
        self.out.read_to_string(&mut report).unwrap();
        self.running.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (report, log)
    }

    /// Resident memory, KiB.
    fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.running.0.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Processor time so far, in clock ticks (usually 10 ms).
    fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.running.0.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

/// An upstream in this process: each connection is handled by this, in a thread of its own.
fn upstream(handle: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    upstream_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), handle)
}

fn upstream_on(listener: TcpListener, handle: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = handle.clone();
            thread::spawn(move || handle(stream));
        }
    });
    address
}

/// Says everything back.
fn echo(mut stream: TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut bytes) {
        if stream.write_all(&bytes[..n]).is_err() {
            return;
        }
    }
}

/// A port that nothing listens on.
fn nowhere() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Mosquitto on a free port, ready; `None` where it is not installed.
fn mosquitto() -> Option<(Running, SocketAddr, Scratch)> {
    let path = program("mosquitto")?;
    program("mosquitto_pub")?;
    let (scratch, address) = (Scratch::new("link"), nowhere());
    let file = scratch.file("mosquitto.conf");
    fs::write(&file, format!("listener {} 127.0.0.1\nallow_anonymous true\n", address.port())).unwrap();
    let child =
        Command::new(path).arg("-c").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let running = Running(child);
    until("mosquitto is ready", || TcpStream::connect(address).is_ok());
    Some((running, address, scratch))
}

fn until(what: &str, mut there: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !there() {
        assert!(Instant::now() < deadline, "{what}: waited in vain");
        thread::sleep(Duration::from_millis(10));
    }
}

/// `mosquitto_pub` or `mosquitto_sub` at this address.
fn client(name: &str, address: SocketAddr, args: &[&str]) -> Command {
    let mut command = Command::new(program(name).unwrap());
    command.args(["-h", &address.ip().to_string(), "-p", &address.port().to_string()]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

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
    let Some((_broker, broker, scratch)) = mosquitto() else { return };
    let file = scratch.file("short-tunnel.toml");
    let text = "title = \"a tunnel of 3 s, and a new address behind it\"\ninherits = \"lte-driving\"\n\n[outage]\n\
                schedule_s = { value = [0.5, 3], source = \"default\" }\n\
                attach_least_s = { value = 0.1, source = \"default\" }\n\
                attach_most_s = { value = 0.2, source = \"default\" }\n\
                new_address_probability = { value = 1, source = \"default\" }\n";
    fs::write(&file, text).unwrap();
    let link = before(broker, &["--profile", file.to_str().unwrap(), "--modem", "per-source"]);
    let session = ["-i", "kept", "-c", "-t", "k", "-q", "2"];
    assert!(client("mosquitto_sub", broker, &[&session[..], &["-E"]].concat()).status().unwrap().success());
    // mosquitto_sub connects again by itself. Its modem is dark from half a second after its first connection on.
    let subscriber =
        client("mosquitto_sub", link.address(), &[&session[..], &["-C", "40", "-W", "40"]].concat());
    let subscriber = { subscriber }.spawn().unwrap();
    let lines: Vec<String> = (0..40).map(|n| format!("message {n}")).collect();
    let mut publisher = client("mosquitto_pub", broker, &["-t", "k", "-q", "2", "-l"]);
    let mut publisher = publisher.stdin(Stdio::piped()).spawn().unwrap();
    let mut into = publisher.stdin.take().unwrap();
    for line in &lines {
        into.write_all(format!("{line}\n").as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(40));
    }
    drop(into);
    assert_eq!(wait(&mut publisher, LIMIT), Some(0));
    let got = subscriber.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(got.stdout).unwrap().lines().collect::<Vec<_>>(), lines);
    let (report, _) = link.interrupt();
    assert!(report.contains("radio ") && report.contains("a new address"), "{report}");
}

#[test]
fn rumqttc_delivers_everything_at_qos_2() {
    use rumqttc::{Event, MqttOptions, Packet, QoS};
    let Some((_broker, broker, _scratch)) = mosquitto() else { return };
    let link = before(broker, &[]);
    let options = MqttOptions::new("r", link.address().ip().to_string(), link.address().port());
    let (client, mut connection) = rumqttc::Client::new(options, 100);
    client.subscribe("r/t", QoS::ExactlyOnce).unwrap();
    let mut got = Vec::new();
    for event in connection.iter() {
        match event.unwrap() {
            Event::Incoming(Packet::SubAck(_)) => {
                (0..20).for_each(|n: u32| {
                    client.publish("r/t", QoS::ExactlyOnce, false, n.to_string()).unwrap()
                });
            }
            Event::Incoming(Packet::Publish(p)) => got.push(String::from_utf8(p.payload.to_vec()).unwrap()),
            _ => {}
        }
        if got.len() == 20 {
            break;
        }
    }
    assert_eq!(got, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
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
    assert_eq!(wait(&mut publisher.0, Duration::from_millis(1500)), None, "PUBREC never came, so it waits");
    drop(publisher);
    let (report, _) = link.interrupt();
    assert!(report.contains("fault blackhole down before PUBREC down"), "{report}");
    assert!(
        report.contains(
            "down  the broker's end believes 8 B delivered: 4 B passed on, 4 B lost in a black hole"
        ),
        "{report}"
    );
    let file = fs::File::open(folder.join("connection-000001.ndjson")).unwrap();
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
    let link = before(address, &["--fault", "cut rst after 300ms"]);
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
         faults = [\"blackhole both after 100ms\", \"restore after 900ms\"]\n"
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
    thread::sleep(Duration::from_millis(200));
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

#[test]
fn five_thousand_connections_leave_nothing_behind() {
    // Impaired as well: a modem, its lists and its timer go with the connection.
    for args in [&[][..], &["--fault", "delay both 1ms"]] {
        let link = before(upstream(echo), args);
        let batch = || {
            let mut clients: Vec<TcpStream> = (0..50).map(|_| link.connect()).collect();
            for client in &mut clients {
                client.write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a").unwrap();
                client.read_exact(&mut [0; 15]).unwrap();
            }
        };
        // Twenty warm it up, and fill the outcomes that the report keeps.
        (0..20).for_each(|_| batch());
        let before_kib = link.resident_kib();
        (0..100).for_each(|_| batch());
        let after_kib = link.resident_kib();
        assert!(after_kib < before_kib + 1024, "{args:?}: {before_kib} KiB before, {after_kib} KiB after");
        let (report, _) = link.interrupt();
        assert!(report.starts_with("6000 connections"), "{report}");
    }
}

#[test]
fn a_client_that_never_reads_costs_a_bounded_amount_and_no_time() {
    for (args, bound_kib) in [(&[][..], 2 * 1024), (&["--fault", "hold down"][..], 8 * 1024)] {
        let address = upstream(|mut stream| while stream.write_all(&[0; 64 * 1024]).is_ok() {});
        let link = before(address, args);
        // The thread's read buffer is there from the first connection on.
        drop(link.connect());
        thread::sleep(Duration::from_millis(200));
        let before_kib = link.resident_kib();
        let client = link.connect();
        thread::sleep(Duration::from_millis(700));
        let (full_kib, ticks) = (link.resident_kib(), link.ticks());
        assert!(full_kib < before_kib + bound_kib, "{args:?}: {before_kib} KiB before, {full_kib} KiB full");
        thread::sleep(Duration::from_millis(500));
        let spent = link.ticks() - ticks;
        assert!(spent <= 5, "{args:?}: {spent} ticks while nothing moves");
        drop(client);
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
        let output = support::output(&[&["link"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let log = support::stderr(&output);
        assert!(log.contains(said), "{args:?}: {log}");
    }
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = support::output(&["link", "--listen", &address, upstream[0], upstream[1]]);
    assert_eq!(output.status.code(), Some(2));
    assert!(support::stderr(&output).contains(&format!("could not listen on {address}")));
}
