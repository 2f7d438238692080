//! A served link, upstreams of ours, and Mosquitto, for the tests of `deadzone link`.

#![allow(dead_code, unreachable_pub, reason = "every test target uses its own part")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Running, Scratch, deadzone, program, reserved, wait};

/// For anything that is waited for.
pub const LIMIT: Duration = Duration::from_secs(10);

/// A served link.
pub struct Served {
    pub running: Running,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    pub out: BufReader<std::process::ChildStdout>,
}

/// `deadzone link` with these arguments, which listens `count` times.
pub fn serve(args: &[&str], count: usize) -> Served {
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
pub fn before(upstream: SocketAddr, args: &[&str]) -> Served {
    let upstream = upstream.to_string();
    let mut all = vec!["--listen", "127.0.0.1:0", "--upstream", &upstream];
    all.extend(args);
    serve(&all, 1)
}

impl Served {
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Interrupts it: the report, and the log.
    pub fn interrupt(self) -> (String, String) {
        let (code, report, log) = self.stop();
        assert_eq!(code, Some(0), "{report}{log}");
        (report, log)
    }

    /// Interrupts it: the exit code, and what it said.
    pub fn ended(self) -> (Option<i32>, String) {
        let (code, report, _) = self.stop();
        (code, report)
    }

    fn stop(mut self) -> (Option<i32>, String, String) {
        let pid = self.running.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let (mut report, mut log) = (String::new(), String::new());
        self.out.read_to_string(&mut report).unwrap();
        self.running.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (wait(&mut self.running.0, LIMIT), report, log)
    }

    /// Resident memory, KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.running.0.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Open files and sockets.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.running.0.id())).unwrap().count()
    }

    /// Processor time so far, in clock ticks (usually 10 ms).
    pub fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.running.0.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

/// An upstream in this process: each connection is handled by this, in a thread of its own.
pub fn upstream(handle: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    upstream_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), handle)
}

pub fn upstream_on(listener: TcpListener, handle: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
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
pub fn echo(mut stream: TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut bytes) {
        if stream.write_all(&bytes[..n]).is_err() {
            return;
        }
    }
}

/// A port that nothing listens on.
pub fn nowhere() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Mosquitto on a port of its own, ready; `None` where it is not installed.
pub fn mosquitto() -> Option<(Running, SocketAddr, Scratch)> {
    let path = program("mosquitto")?;
    program("mosquitto_pub")?;
    let (scratch, address) = (Scratch::new("link"), reserved());
    let file = scratch.file("mosquitto.conf");
    fs::write(&file, format!("listener {} 127.0.0.1\nallow_anonymous true\n", address.port())).unwrap();
    let child =
        Command::new(path).arg("-c").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut running = Running(child);
    until("mosquitto is ready", || TcpStream::connect(address).is_ok());
    let ended = running.0.try_wait().unwrap();
    assert_eq!(ended, None, "something else listens where mosquitto was to");
    Some((running, address, scratch))
}

pub fn until(what: &str, mut there: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !there() {
        assert!(Instant::now() < deadline, "{what}: waited in vain");
        thread::sleep(Duration::from_millis(10));
    }
}

/// `mosquitto_pub` or `mosquitto_sub` at this address.
pub fn client(name: &str, address: SocketAddr, args: &[&str]) -> Command {
    let mut command = Command::new(program(name).unwrap());
    command.args(["-h", &address.ip().to_string(), "-p", &address.port().to_string()]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}
