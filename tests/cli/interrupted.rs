//! Ctrl-C, and a judge that panics: what was found is reported all the same.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Running, Scratch, deadzone, output, stdout, wait};

fn interrupt(pid: u32) {
    assert!(Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap().success());
}

/// A run that lasts: against a broker that answers nothing after its CONNACK.
fn lasting_run(scratch: &Scratch) -> Running {
    let (junit, json) = (scratch.file("junit.xml"), scratch.file("run.json"));
    let address = mute_broker();
    let child = deadzone(&[
        "run",
        "--broker",
        &format!("mqtt://{address}"),
        "--junit",
        junit.to_str().unwrap(),
        "--json",
        json.to_str().unwrap(),
    ])
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    Running(child)
}

/// Accepts every CONNECT and then says nothing more.
fn mute_broker() -> std::net::SocketAddr {
    use std::io::{Read, Write};
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                let v5 = matches!(stream.read(&mut bytes), Ok(n) if n > 8) && bytes[8] == 5;
                let connack: &[u8] = if v5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] };
                let _ = stream.write_all(connack);
                while matches!(stream.read(&mut bytes), Ok(n) if n > 0 && bytes[0] != 0xe0) {}
            });
        }
    });
    address
}

#[test]
fn an_interrupted_run_writes_its_reports_and_exits_130() {
    let scratch = Scratch::new("interrupted");
    let mut run = lasting_run(&scratch);
    thread::sleep(Duration::from_millis(1500));
    assert!(run.0.try_wait().unwrap().is_none(), "the run was to last");
    let started = Instant::now();
    interrupt(run.0.id());
    assert_eq!(wait(&mut run.0, Duration::from_secs(10)), Some(130));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let junit = fs::read_to_string(scratch.file("junit.xml")).unwrap();
    assert!(junit.contains("</testsuites>"), "{junit}");
    let json = fs::read_to_string(scratch.file("run.json")).unwrap();
    assert!(json.contains("\"interrupted\": true") || json.contains("\"interrupted\":true"), "{json}");
}

#[test]
fn a_broker_that_we_started_is_gone_after_an_interrupt() {
    let Some(_) = crate::support::program("mosquitto") else { return };
    let mut run = Running(
        deadzone(&["run", "--broker", "mosquitto", "--jobs", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let broker = (0..100).find_map(|_| {
        thread::sleep(Duration::from_millis(20));
        child_of(run.0.id())
    });
    let broker = broker.expect("it starts a mosquitto");
    interrupt(run.0.id());
    assert_eq!(wait(&mut run.0, Duration::from_secs(10)), Some(130));
    assert!(!std::path::Path::new(&format!("/proc/{broker}")).exists(), "mosquitto {broker} lives on");
}

#[test]
fn a_second_interrupt_leaves_no_broker_and_no_folder_behind() {
    let Some(_) = crate::support::program("mosquitto") else { return };
    let scratch = Scratch::new("second");
    let mut command = deadzone(&["run", "--broker", "mosquitto", "--jobs", "1"]);
    command.env("TMPDIR", &scratch.0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = Running(command.spawn().unwrap());
    let broker = (0..100).find_map(|_| {
        thread::sleep(Duration::from_millis(20));
        child_of(run.0.id())
    });
    let broker = broker.expect("it starts a mosquitto");
    thread::sleep(Duration::from_millis(200));
    assert_ne!(group_of(broker), group_of(run.0.id()), "a terminal's Ctrl-C must not reach the broker");
    // Frozen it takes its time to end, so that the second signal comes while it is waited for.
    assert!(Command::new("kill").args(["-STOP", &broker.to_string()]).status().unwrap().success());
    interrupt(run.0.id());
    thread::sleep(Duration::from_millis(1000));
    interrupt(run.0.id());
    let asked = Instant::now();
    assert_eq!(wait(&mut run.0, Duration::from_secs(10)), Some(130));
    assert!(asked.elapsed() < Duration::from_millis(500), "at once: {:?}", asked.elapsed());
    assert!(!std::path::Path::new(&format!("/proc/{broker}")).exists(), "mosquitto {broker} lives on");
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 0, "its folder is left behind");
}

/// The process group, by the system's own list.
fn group_of(pid: u32) -> String {
    let list = Command::new("ps").args(["-o", "pgid=", "-p", &pid.to_string()]).output().unwrap();
    String::from_utf8_lossy(&list.stdout).trim().to_owned()
}

#[test]
fn a_question_to_a_silent_port_ends_with_an_interrupt() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let broker = format!("mqtt://{}", silent.local_addr().unwrap());
    for command in ["run", "selftest"] {
        let child =
            deadzone(&[command, "--broker", &broker]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = Running(child.unwrap());
        thread::sleep(Duration::from_millis(700));
        let asked = Instant::now();
        interrupt(child.0.id());
        assert_eq!(wait(&mut child.0, Duration::from_secs(10)), Some(130), "{command}");
        assert!(asked.elapsed() < Duration::from_secs(1), "{command}: {:?}", asked.elapsed());
    }
}

#[test]
fn an_interrupted_selftest_has_no_holes_of_its_own() {
    let child = deadzone(&["selftest"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut child = Running(child);
    thread::sleep(Duration::from_millis(1500));
    interrupt(child.0.id());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut child.0.stdout.take().unwrap(), &mut text).unwrap();
    assert_eq!(wait(&mut child.0, Duration::from_secs(10)), Some(130), "{text}");
    assert!(text.contains("interrupted: no holes so far") && !text.contains("HOLE"), "{text}");
}

/// The broker among the child processes, by the system's own list.
fn child_of(pid: u32) -> Option<u32> {
    let list = Command::new("ps").args(["-o", "pid=,args=", "--ppid", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    let line = text.lines().find(|l| l.contains("mosquitto.conf"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn a_panicking_judge_gives_error_and_70_and_the_rest_goes_on() {
    let run = output(&["run", "--panic-in", "qos2/interrupted/pubrec-lost", "qos2/interrupted/**"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(70), "{text}");
    assert!(text.contains("2 error"), "{text}");
    assert!(text.contains("2 passed"), "the rest goes on: {text}");
    assert!(text.contains("panicked"), "{text}");
}

#[test]
fn an_interrupted_run_leaves_no_retained_message_behind() {
    let (_broker, address) = crate::support::broker(&[]);
    let scratch = Scratch::new("retained");
    let file = scratch.file("retained.mqt");
    fs::write(&file, RETAINS_AND_WAITS).unwrap();
    let broker = format!("mqtt://{address}");
    let child = deadzone(&["run", "--broker", &broker, "--only-mine", "--scenarios", file.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    thread::sleep(Duration::from_millis(1000));
    assert!(retained(address), "the run was to retain something and to last");
    interrupt(child.0.id());
    assert_eq!(wait(&mut child.0, Duration::from_secs(10)), Some(130));
    assert!(!retained(address), "what the run retained is still there");
}

/// Retains a message, then waits in vain.
const RETAINS_AND_WAITS: &str = r#"mqt 1

scenario waits
  title     Waits for what never comes
  clauses   3.1.1/MQTT-3.3.1-5  5.0/MQTT-3.3.1-5
  needs     qos 1, retain
  catches   retained-not-replaced

  client pub direct
  client sub direct

  pub connect clean
  sub connect clean
  sub subscribe "{run}/other" qos=1
  pub publish "{run}/state" "kept" qos=1 retain=1
  expect sub receives "never" exactly once within 20s
"#;

/// Whether a new subscriber to everything gets a retained message.
fn retained(address: std::net::SocketAddr) -> bool {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    stream.write_all(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02zz").unwrap();
    stream.write_all(b"\x82\x06\x00\x01\x00\x01#\x00").unwrap();
    let mut all = Vec::new();
    let mut some = [0; 4096];
    while let Ok(n) = stream.read(&mut some) {
        if n == 0 {
            break;
        }
        all.extend_from_slice(&some[..n]);
    }
    all.windows(4).any(|w| w == b"kept")
}
