//! The link at packet level, and the byte-stream link measured against it: both under one profile, side by side, by the
//! same client. What differs is printed: `cargo test -p deadzone-cli --test packet -- --nocapture`.
//!
//! Where the system does not let us make namespaces the tests say that they are skipped; where they are required
//! (`DEADZONE_REQUIRE_PACKETS`) they fail.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, says what it skips, and prints what it measured"
)]

mod served;
mod support;

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use served::{LIMIT, Served, before, client, echo, mosquitto, nowhere, upstream};
use support::{Running, Scratch, deadzone, program, stderr};

/// The two links under comparison.
const MODES: [&[&str]; 2] = [&[], &["--packet"]];
/// Bytes of a ping.
const PING: usize = 64;
/// Longest that a test waits for one answer.
const ANSWER: Duration = Duration::from_secs(60);

/// When an outage begins, after the link has begun.
const OUTAGE_AT: Duration = Duration::from_secs(5);
/// How many connections have a ping under way in one outage, each sent at another time of it.
const PHASES: u32 = 10;
/// How much later than its clock says a kernel may try again, as a share of the wait: Linux keeps timers in coarser
/// slots the longer they are.
const TIMER_SLOT: f64 = 1.0 / 8.0;
/// Attempts so near to the end of an outage that one link still loses what the other carries: of 30 phases.
const FLIPS_MAX: usize = 6;

/// How many pings can be sent for the round trips, and how far apart.
const SLOTS: u32 = 250;
/// A quantile is judged if so many pings lie beyond it.
const BEYOND_LEAST: usize = 10;
const PING_EVERY: Duration = Duration::from_millis(80);

/// Whether this machine lets us.
fn allowed() -> bool {
    let mut command = deadzone(&["link", "--packet", "--profile", "lte-m"]);
    let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let (mut line, mut why) = (String::new(), String::new());
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if line.starts_with("packet level") {
        return true;
    }
    running.0.stderr.take().unwrap().read_to_string(&mut why).unwrap();
    assert!(std::env::var_os("DEADZONE_REQUIRE_PACKETS").is_none(), "packet level is required here: {why}");
    eprintln!("skipped: {why}");
    false
}

/// A profile of 100 ms there and back without any chance in it, and of what these sections say.
fn even(sections: &str) -> String {
    let delay = "[delay]\nfloor_ms = { value = 50, source = \"default\" }\n\
                 median_ms = { value = 0, source = \"default\" }\n\
                 sigma_ln = { value = 0, source = \"default\" }\n\
                 correlation_per_100ms = { value = 0, source = \"default\" }\n";
    ["title = \"made for a test\"\n", delay, sections].concat()
}

/// One section of a profile.
fn section(name: &str, numbers: &[(&str, &str)]) -> String {
    let line =
        |(key, value): &(&str, &str)| [key, " = { value = ", value, ", source = \"default\" }\n"].concat();
    [&["[", name, "]\n"].concat()[..], &numbers.iter().map(line).collect::<String>()].concat()
}

/// All that ran side by side. Nothing is judged before all of it has ended, so that no link outlives its test.
fn joined<T, const N: usize>(runs: [[JoinHandle<T>; 2]; N]) -> [[T; 2]; N] {
    runs.map(|modes| modes.map(|mode| mode.join().unwrap()))
}

/// How long each phase's answer took, and how long after the end of the outage it came, s.
fn recoveries(link: &Served, began: Instant, outage: Duration) -> Vec<(f64, f64)> {
    let pinger = |phase: u32| {
        let mut stream = link.connect();
        stream.set_read_timeout(Some(ANSWER)).unwrap();
        let mut bytes = [7; PING];
        thread::spawn(move || {
            let mut ping = || {
                let at = Instant::now();
                stream.write_all(&bytes).unwrap();
                stream.read_exact(&mut bytes).unwrap();
                at
            };
            // So that both retransmission clocks know the round trip.
            while began.elapsed() + Duration::from_millis(400) < OUTAGE_AT {
                ping();
                thread::sleep(Duration::from_millis(200));
            }
            let at = began + OUTAGE_AT + outage * (2 * phase + 1) / (2 * PHASES);
            thread::sleep(at.saturating_duration_since(Instant::now()));
            let sent = ping();
            let over = (began + OUTAGE_AT).elapsed().as_secs_f64() - outage.as_secs_f64();
            (sent.elapsed().as_secs_f64(), over)
        })
    };
    let pingers: Vec<_> = (0..PHASES).map(pinger).collect();
    pingers.into_iter().map(|one| one.join().unwrap()).collect()
}

#[test]
fn recovery_after_outages_is_that_of_real_tcp() {
    if !allowed() {
        return;
    }
    let scratch = Scratch::new("outages");
    let address = upstream(echo);
    let lengths = [1_u32, 3, 8];
    let start = |seconds: u32| {
        let schedule = format!("[{}, {seconds}]", OUTAGE_AT.as_secs());
        let numbers = [
            ("schedule_s", schedule.as_str()),
            ("attach_least_s", "0"),
            ("attach_most_s", "0"),
            ("new_address_probability", "0"),
        ];
        let file = scratch.file(&format!("outage-{seconds}.toml"));
        fs::write(&file, even(&section("outage", &numbers))).unwrap();
        let file = file.to_str().unwrap().to_owned();
        MODES.map(|mode| {
            let started = Instant::now();
            let link = before(address, &[&["--profile", &file][..], mode].concat());
            // The link's own time began somewhere in between.
            let (began, lag) = (Instant::now(), started.elapsed().as_secs_f64());
            let outage = Duration::from_secs(u64::from(seconds));
            thread::spawn(move || (recoveries(&link, began, outage), lag))
        })
    };
    let runs = joined(lengths.map(start));
    let mut flips = 0;
    for (seconds, [(bytes, bytes_lag), (packets, packets_lag)]) in lengths.into_iter().zip(runs) {
        println!("outage of {seconds} s; the answer came so long after its end, s");
        println!("  sent before the end   byte stream   packets   difference");
        for ((b_took, b), (p_took, p)) in bytes.iter().zip(&packets) {
            let differ = (p - b).abs();
            let flip = differ > 0.1 + p_took.max(*b_took) * TIMER_SLOT;
            flips += usize::from(flip);
            let note = if flip { "   one attempt more" } else { "" };
            println!("  {:19.3}   {b:11.3}   {p:7.3}   {:+10.3}{note}", b_took - b, p - b);
            // Neither can come before the end of the outage.
            assert!(*b > -bytes_lag && *p > -packets_lag);
        }
        let mean = |all: &[(f64, f64)]| all.iter().map(|(_, over)| over).sum::<f64>() / f64::from(PHASES);
        println!(
            "  {:>19}   {:11.3}   {:7.3}   {:+10.3}",
            "mean",
            mean(&bytes),
            mean(&packets),
            mean(&packets) - mean(&bytes)
        );
    }
    println!("{flips} of 30 differ by an attempt");
    assert!(flips <= FLIPS_MAX, "{flips}");
}

/// The round trips of pings, one at a time and each at its place in a grid after `began`, ms.
fn round_trips(link: &Served, began: Instant) -> Vec<f64> {
    let mut stream = link.connect();
    stream.set_read_timeout(Some(ANSWER)).unwrap();
    let mut times = Vec::new();
    let slot = |n: u32| began + PING_EVERY * n;
    for n in 10..SLOTS {
        // A slot that went by while an answer was late stays empty: the flow is thin, as the byte-stream link takes it to be.
        let Some(wait) = slot(n).checked_duration_since(Instant::now()) else { continue };
        thread::sleep(wait);
        let sent = Instant::now();
        stream.write_all(&[7; PING]).unwrap();
        stream.read_exact(&mut [0; PING]).unwrap();
        times.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    times
}

#[test]
fn round_trips_are_those_of_real_packets() {
    if !allowed() {
        return;
    }
    let address = upstream(echo);
    let profiles = ["lte-m", "lte-static", "umts", "egprs"];
    let runs = profiles.map(|name| {
        MODES.map(|mode| {
            let link = before(address, &[&["--profile", name, "--seed", "3"][..], mode].concat());
            let began = Instant::now();
            thread::spawn(move || round_trips(&link, began))
        })
    });
    let runs = joined(runs);
    let quantiles = [10_usize, 50, 90, 99];
    println!("round trips, ms    {:>24}   {:>24}", "byte stream", "packets");
    println!(
        "                   {}",
        quantiles.map(|q| format!("{:>6}", format!("p{q}"))).concat().repeat(2)
    );
    for (name, modes) in profiles.into_iter().zip(runs) {
        let mut count = usize::MAX;
        let both = modes.map(|mut times| {
            count = count.min(times.len());
            times.sort_by(f64::total_cmp);
            quantiles.map(|q| times[(times.len() - 1) * q / 100])
        });
        let shown = both.map(|all| all.map(|ms| format!("{ms:6.0}")).concat());
        println!("{name:<16}   {}   {}", shown[0], shown[1]);
        for (index, q) in quantiles.iter().enumerate() {
            let (bytes, packets) = (both[0][index], both[1][index]);
            let near = (bytes - packets).abs() <= 5.0 + bytes.max(packets) * 0.15;
            // A quantile beyond which only a few pings lie is printed and not judged.
            let many = count * (*q).min(100 - q) / 100 >= BEYOND_LEAST;
            assert!(near || !many, "{name} p{q}: {bytes} ms and {packets} ms");
        }
    }
}

#[test]
fn what_is_missing_is_said_at_once() {
    if !allowed() {
        return;
    }
    // Where anybody can get at it.
    let scratch = Scratch::new("rights");
    let copy = scratch.file("deadzone");
    fs::copy(env!("CARGO_BIN_EXE_deadzone"), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(copy);
    command.args(["link", "--packet", "--profile", "lte-m"]).stdin(Stdio::null());
    let began = Instant::now();
    // Nobody.
    let out = command.uid(65_534).gid(65_534).current_dir("/").output().unwrap();
    assert!(began.elapsed() < LIMIT);
    assert_eq!(out.status.code(), Some(2));
    let said = stderr(&out);
    assert!(said.starts_with("error: packet level makes network namespaces, which needs root"), "{said}");
    assert!(out.stdout.is_empty());
}

#[test]
fn faults_and_records_are_of_byte_streams() {
    for args in [&["--fault", "cut rst after 1s"][..], &["--history", "x"], &["--cell"], &["--config", "x"]] {
        let all = [&["link", "--packet", "--profile", "lte-m"][..], args].concat();
        let out = deadzone(&all).output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(stderr(&out).contains("cannot be used with"), "{}", stderr(&out));
    }
}

#[test]
fn mosquitto_and_its_clients_go_through_it() {
    if !allowed() {
        return;
    }
    let Some((_broker, address, _scratch)) = mosquitto() else { return };
    let link = before(address, &["--packet", "--profile", "lte-m"]);
    // A session first, so that what is published before it is there again waits for it.
    let session = ["-i", "sub", "-c", "-t", "t", "-q", "2"];
    let made = client("mosquitto_sub", link.address(), &[&session[..], &["-E"]].concat()).status();
    assert!(made.unwrap().success());
    let take = client("mosquitto_sub", link.address(), &[&session[..], &["-C", "5", "-W", "60"]].concat());
    let mut subscriber = { take }.spawn().map(Running).unwrap();
    for n in 0..5 {
        let text = n.to_string();
        let publish = ["-t", "t", "-q", "2", "-m", &text];
        assert!(client("mosquitto_pub", link.address(), &publish).status().unwrap().success());
    }
    let mut got = String::new();
    subscriber.0.stdout.take().unwrap().read_to_string(&mut got).unwrap();
    assert_eq!(got, "0\n1\n2\n3\n4\n");
    let (report, log) = link.interrupt();
    assert!(report.contains("packets\n  up      "), "{report}");
    assert!(report.contains("7 connections in"), "{report}");
    assert_eq!(log, "");
}

#[test]
fn programs_run_inside_and_the_namespaces_end_with_the_link() {
    let (true, Some(nsenter)) = (allowed(), program("nsenter")) else { return };
    let link = before(nowhere(), &["--packet", "--profile", "lte-static"]);
    let Served { mut running, mut out, .. } = link;
    let mut lines = String::new();
    for _ in 0..3 {
        out.read_line(&mut lines).unwrap();
    }
    let paths: Vec<&str> =
        lines.split("--net=").skip(1).map(|rest| rest.split(' ').next().unwrap()).collect();
    assert_eq!(paths.len(), 2, "{lines}");
    for (path, address) in paths.iter().zip(["10.77.0.1/30", "10.77.0.2/30"]) {
        // Without another tool: the kernel's own list of local addresses.
        let inside = Command::new(&nsenter)
            .args([&format!("--net={path}"), "cat", "/proc/net/fib_trie", "/proc/net/dev"])
            .output()
            .unwrap();
        let list = String::from_utf8_lossy(&inside.stdout).into_owned();
        assert!(list.contains(address.split('/').next().unwrap()), "{list}");
        assert!(list.contains("radio0:"), "{list}");
        assert!(!list.contains("eth0"), "{list}");
    }
    // However it ends.
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    assert!(fs::metadata(paths[0]).is_err());
}

#[test]
fn upstream_that_is_not_there_resets_the_client() {
    if !allowed() {
        return;
    }
    let link = before(nowhere(), &["--packet", "--profile", "lte-static"]);
    let mut client = link.connect();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (_, log) = link.interrupt();
    assert!(log.contains("(network's end): ") && log.contains("was reset"), "{log}");
}

#[test]
fn a_forgotten_flow_is_reset_where_the_profile_says_so() {
    if !allowed() {
        return;
    }
    let scratch = Scratch::new("nat");
    let file = scratch.file("nat.toml");
    fs::write(&file, even(&section("nat", &[("idle_s", "2"), ("rst", "true")]))).unwrap();
    let link = before(upstream(echo), &["--packet", "--profile", file.to_str().unwrap()]);
    let mut client = link.connect();
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    thread::sleep(Duration::from_millis(2_500));
    client.write_all(b"x").unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    // The next connection is another flow.
    let mut another = link.connect();
    another.write_all(b"x").unwrap();
    another.read_exact(&mut [0]).unwrap();
    let (report, _) = link.interrupt();
    assert!(report.contains("lost to forgotten translation"), "{report}");
}
