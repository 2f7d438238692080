//! What the end-to-end tests share: the built command, children that never outlive a test, scratch folders.

#![allow(dead_code, unreachable_pub, reason = "every test target uses its own part")]

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// The command under test, with nothing of the caller's environment that could change what it does.
pub fn deadzone(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deadzone"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("DEADZONE_")) {
        command.env_remove(name);
    }
    command.env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("COLUMNS");
    command
}

/// Runs it to its end.
pub fn output(args: &[&str]) -> Output {
    deadzone(args).output().expect("the built command can be started")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder that is removed with the value.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("deadzone-test-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A child that is killed with the value.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `deadzone broker` on a free port, ready.
pub fn broker(args: &[&str]) -> (Running, SocketAddr) {
    let (running, url) = broker_at("127.0.0.1:0", args);
    (running, url.strip_prefix("mqtt://").expect("plain TCP").parse().unwrap())
}

/// `deadzone broker` where it is told to listen, ready, and its URL.
pub fn broker_at(listen: &str, args: &[&str]) -> (Running, String) {
    let mut all = vec!["broker", "--listen", listen];
    all.extend(args);
    let child = deadzone(&all).stdout(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").expect("it says where it listens");
    (running, url.to_owned())
}

/// Waits for a child's end, at most this long.
pub fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

/// A program on PATH or where Debian puts servers. Without it the test says that it is skipped; where the brokers are
/// required (`DEADZONE_REQUIRE_BROKERS`) it fails.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = folders.into_iter().map(|f| f.join(name)).find(|p| p.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("DEADZONE_REQUIRE_BROKERS").is_none(),
            "{name} is required here and not installed"
        );
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// Every file of a folder by name, with its bytes.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// FNV-1a over names and bytes.
pub fn hash(files: &[(String, Vec<u8>)]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut feed = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for (name, bytes) in files {
        feed(name.as_bytes());
        feed(&[0]);
        feed(bytes);
        feed(&[0]);
    }
    format!("{hash:016x}")
}

/// A free port that nobody is given who asks for any: below those that the kernel hands out, and to each caller of this
/// process another one. One of the kernel's own could go to a link of another test before the broker takes it.
pub fn reserved() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = 12_000;
    const COUNT: u32 = 20_000;
    let from = std::process::id().wrapping_mul(257);
    (0..COUNT)
        .map(|_| FIRST + from.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap())))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("one of so many is free")
}
