//! Targets that are no brokers: a clear message and exit 5 within the time-out; never a hang, a panic, or much memory.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::support::{Running, Scratch, deadzone};

/// Most memory that the command may take, KiB.
const MEMORY_MAX_KIB: u64 = 64 * 1024;
/// What is waited for a silent target here, twice over.
const LIMIT: Duration = Duration::from_secs(12);

/// A server whose every connection is handled by `serve`.
fn serve(serve: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Runs the suite against it; the message on stderr.
fn refused(address: SocketAddr) -> String {
    let started = Instant::now();
    let child = deadzone(&["run", "--long-bound", "5", "--broker", &format!("mqtt://{address}")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    let mut peak_kib = 0;
    let code = loop {
        peak_kib = peak_kib.max(peak_memory_kib(child.0.id()));
        if let Some(status) = child.0.try_wait().unwrap() {
            break status.code();
        }
        assert!(started.elapsed() < LIMIT, "no end within {LIMIT:?}");
        thread::sleep(Duration::from_millis(5));
    };
    let mut text = String::new();
    child.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(code, Some(5), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    assert!(peak_kib < MEMORY_MAX_KIB, "{peak_kib} KiB");
    text
}

/// The peak resident set of a process; 0 where the system does not tell.
fn peak_memory_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[test]
fn nothing_listens() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    assert!(refused(free).contains("refused"), "says that the connection was refused");
}

#[test]
fn a_selftest_of_nothing_is_no_list_of_holes() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let started = Instant::now();
    let output = deadzone(&["selftest", "--broker", &format!("mqtt://{free}")]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
}

#[test]
fn accepts_and_says_nothing() {
    let address = serve(|mut stream| {
        let mut sink = [0; 1024];
        while matches!(stream.read(&mut sink), Ok(n) if n > 0) {}
    });
    assert!(refused(address).contains("did not answer"), "says that nothing came");
}

#[test]
fn sends_garbage() {
    let address = serve(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n\x1b[31mred");
        let _ = stream.read(&mut [0; 1024]);
    });
    let text = refused(address);
    assert!(text.contains("no CONNACK") && text.contains("HTTP/1.1"), "{text}");
    assert!(!text.contains('\x1b'), "what the target sent is escaped");
}

#[test]
fn closes_at_once() {
    let text = refused(serve(drop));
    assert!(text.contains("closed") || text.contains("reset"), "{text}");
}

#[test]
fn floods() {
    let address = serve(|mut stream| {
        // A CONNACK that announces 200 MiB and keeps coming.
        let _ = stream.write_all(&[0x20, 0x80, 0x80, 0x80, 0x64]);
        let block = vec![0u8; 64 * 1024];
        for _ in 0..4096 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
    });
    let text = refused(address);
    assert!(text.contains("not MQTT") || text.contains("without a CONNACK"), "{text}");
}

/// Reads the CONNECT and accepts it; `None` when there was none. Says whether it is a 5.0 one.
fn accept(stream: &mut TcpStream) -> Option<bool> {
    let mut connect = [0; 1024];
    let read = stream.read(&mut connect).ok().filter(|n| *n > 8)?;
    let v5 = connect[..read][8] == 5;
    let connack: &[u8] = if v5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] };
    stream.write_all(connack).ok()?;
    Some(v5)
}

/// Runs a few scenarios at once against a target that floods every connection: little memory, and the target is named.
fn flooded(address: SocketAddr, json: &Path) {
    let started = Instant::now();
    let broker = format!("mqtt://{address}");
    let file = json.to_str().unwrap();
    let words =
        ["run", "--broker", &broker, "--jobs", "8", "qos0/**", "qos1/**", "--mqtt", "3.1.1", "--json", file];
    let child = deadzone(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut child = Running(child);
    let mut peak_kib = 0;
    let code = loop {
        peak_kib = peak_kib.max(peak_memory_kib(child.0.id()));
        if let Some(status) = child.0.try_wait().unwrap() {
            break status.code();
        }
        assert!(started.elapsed() < Duration::from_secs(120), "no end");
        thread::sleep(Duration::from_millis(5));
    };
    eprintln!("peak {peak_kib} KiB in {:?}, exit {code:?}", started.elapsed());
    assert!(peak_kib < MEMORY_MAX_KIB, "{peak_kib} KiB");
    // What the target sent is its own doing: no bug of ours (70), and no clause forbids it.
    assert!(matches!(code, Some(1 | 3)), "{code:?}");
    let report = fs::read_to_string(json).unwrap();
    assert!(report.contains("the target flooded"), "no scenario says what happened");
}

#[test]
fn floods_with_publishes_after_the_connack() {
    // Speaks MQTT well enough for the probe, then floods every connection with PUBLISHes.
    let address = serve(|mut stream| {
        let Some(v5) = accept(&mut stream) else { return };
        let publish: &[u8] = if v5 { &[0x30, 5, 0, 1, b'x', 0, b'y'] } else { &[0x30, 4, 0, 1, b'x', b'y'] };
        let flood = publish.repeat(1000);
        for _ in 0..20_000 {
            if stream.write_all(&flood).is_err() {
                return;
            }
        }
    });
    flooded(address, &Scratch::new("flood").file("run.json"));
}

#[test]
fn dribbles_one_large_frame_after_the_connack() {
    // A PUBLISH of nearly 8 MiB whose last byte never comes.
    let address = serve(|mut stream| {
        if accept(&mut stream).is_none() {
            return;
        }
        let _ = stream.write_all(&[0x30, 0xff, 0xff, 0xff, 0x03, 0, 1, b'x']);
        let block = vec![b'y'; 16 * 1024];
        for _ in 0..511 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
        let _ = stream.read(&mut [0; 1024]);
        thread::sleep(Duration::from_secs(5));
    });
    flooded(address, &Scratch::new("dribble").file("run.json"));
}

#[test]
fn silence_in_one_version_is_no_limit() {
    let address = serve(|mut stream| {
        let mut bytes = [0; 1024];
        if matches!(stream.read(&mut bytes), Ok(n) if n > 8) && bytes[8] == 4 {
            let _ = stream.write_all(&[0x20, 2, 0, 0]);
        }
        while matches!(stream.read(&mut bytes), Ok(n) if n > 0 && bytes[0] != 0xe0) {}
    });
    let text = refused(address);
    assert!(text.contains("MQTT 5.0 CONNECT") && text.contains("--mqtt 3.1.1"), "{text}");
}
