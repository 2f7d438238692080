//! The link at packet level, and the byte-stream link measured against it: both under one profile, side by side, by the
//! same client. What differs is printed (`cargo test -p deadzone-cli --test packet -- --nocapture`).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops where it fails, says what it skips, and prints what it measured"
)]

mod served;
mod support;

use std::{
    fs,
    io::{Read, Write},
    thread,
    time::{Duration, Instant},
};

use served::{Served, before, echo, upstream};
use support::Scratch;

/// The two links under comparison.
const MODES: [(&str, &[&str]); 2] = [("byte stream", &[]), ("packets", &["--packet"])];
/// Bytes of a ping.
const PING: usize = 64;

/// When an outage begins, after the link has begun.
const OUTAGE_AT: Duration = Duration::from_secs(5);
/// How many connections have a ping under way in one outage, each sent at another time of it.
const PHASES: u32 = 10;

/// A link of 100 ms there and back, without any chance in it, and with one outage.
fn with_outage(seconds: u32) -> String {
    let numbers = [
        ("delay", "floor_ms", "50".to_owned()),
        ("delay", "median_ms", "0".to_owned()),
        ("delay", "sigma_ln", "0".to_owned()),
        ("delay", "correlation_per_100ms", "0".to_owned()),
        ("outage", "schedule_s", format!("[{}, {seconds}]", OUTAGE_AT.as_secs())),
        ("outage", "attach_least_s", "0".to_owned()),
        ("outage", "attach_most_s", "0".to_owned()),
        ("outage", "new_address_probability", "0".to_owned()),
    ];
    let mut text = "title = \"an outage\"\n".to_owned();
    let mut section = "";
    for (of, key, value) in &numbers {
        if section != *of {
            text.push_str(&["[", of, "]\n"].concat());
            section = of;
        }
        text.push_str(&[key, " = { value = ", value, ", source = \"default\" }\n"].concat());
    }
    text
}

/// How long after the end of an outage each phase's answer came.
fn recoveries(link: &Served, began: Instant, outage: Duration) -> Vec<Duration> {
    let pinger = |phase: u32| {
        let mut stream = link.connect();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut bytes = [7; PING];
        thread::spawn(move || {
            let mut ping = || {
                stream.write_all(&bytes).unwrap();
                stream.read_exact(&mut bytes).unwrap();
                Instant::now()
            };
            // So that both clocks know the round trip.
            while began.elapsed() + Duration::from_millis(400) < OUTAGE_AT {
                ping();
                thread::sleep(Duration::from_millis(200));
            }
            let at = began + OUTAGE_AT + outage * (2 * phase + 1) / (2 * PHASES);
            thread::sleep(at.saturating_duration_since(Instant::now()));
            ping().saturating_duration_since(began + OUTAGE_AT + outage)
        })
    };
    let pingers: Vec<_> = (0..PHASES).map(pinger).collect();
    pingers.into_iter().map(|one| one.join().unwrap()).collect()
}

#[test]
fn recovery_after_outages_is_that_of_real_tcp() {
    let scratch = Scratch::new("packet");
    let address = upstream(echo);
    let lengths = [1, 3, 8];
    let runs: Vec<_> = lengths
        .iter()
        .map(|seconds| {
            let file = scratch.file(&format!("outage-{seconds}.toml"));
            fs::write(&file, with_outage(*seconds)).unwrap();
            let file = file.to_str().unwrap().to_owned();
            let seconds = *seconds;
            MODES.map(|(_, args)| {
                let args = [&["--profile", &file][..], args].concat();
                let link = before(address, &args);
                let began = Instant::now();
                thread::spawn(move || recoveries(&link, began, Duration::from_secs(u64::from(seconds))))
            })
        })
        .collect();
    for (seconds, modes) in lengths.into_iter().zip(runs) {
        let [bytes, packets] = modes.map(|mode| mode.join().unwrap());
        println!("outage of {seconds} s: answer after its end, s (byte stream, packets)");
        for (b, p) in bytes.iter().zip(&packets) {
            println!("  {:6.3}  {:6.3}", b.as_secs_f64(), p.as_secs_f64());
        }
    }
}
