//! A Mosquitto of our own: found, configured, started on a free loopback port, and stopped.
//!
//! Traps that this file exists for: started as root Mosquitto drops to a user that can't write our scratch folder, so it is
//! told to stay; an accepting port is no broker yet, so readiness is a CONNACK; its default inflight and queue limits would
//! colour the results, so the ones in force are written down.

use std::{
    env, fs,
    hash::{BuildHasher, Hasher, RandomState},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use deadzone_wire::{Connect, Packet, Version};

use super::{LogTail, owned::Owned};
use crate::RunError;

/// Ready within this time, or not at all.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How often readiness is tried.
const TRY_EVERY: Duration = Duration::from_millis(20);
/// For a graceful end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(3);
/// For saying its version.
const VERSION_LIMIT: Duration = Duration::from_secs(2);
/// How many ports are tried when one was taken between finding and using it.
const PORT_TRIES: u32 = 5;

/// A running Mosquitto. Dropping it ends the process and removes its scratch folder.
#[derive(Debug)]
pub(crate) struct Mosquitto {
    process: Arc<Owned>,
    address: SocketAddr,
    log: Arc<LogTail>,
    configuration: String,
    version: Option<String>,
}

impl Mosquitto {
    /// Waits until it is ready, unless `cancel` is set meanwhile.
    pub(crate) fn start(cancel: &AtomicBool) -> Result<Self, RunError> {
        let program = find()?;
        let version = version(&program, cancel);
        let mut last = String::new();
        for attempt in 0..PORT_TRIES {
            let scratch = scratch_folder(attempt)?;
            match Self::try_start(&program, &scratch, version.clone(), cancel) {
                Ok(started) => return Ok(started),
                Err(why) => {
                    let taken = why.contains("Address already in use");
                    last = why;
                    let _ = fs::remove_dir_all(&scratch);
                    if cancel.load(Ordering::Relaxed) {
                        return Err(RunError::Interrupted);
                    }
                    if !taken {
                        break;
                    }
                }
            }
        }
        Err(RunError::Start { program: program.display().to_string(), why: last })
    }

    fn try_start(
        program: &Path,
        scratch: &Path,
        version: Option<String>,
        cancel: &AtomicBool,
    ) -> Result<Self, String> {
        let address = free_address().map_err(|e| e.to_string())?;
        let configuration = configuration(address, scratch);
        let file = scratch.join("mosquitto.conf");
        fs::write(&file, &configuration).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let process = Owned::start(&mut command, scratch).map_err(|e| e.to_string())?;
        let log = Arc::new(LogTail::default());
        if let Some(stderr) = process.child().stderr.take() {
            let log = Arc::clone(&log);
            thread::spawn(move || log.follow(stderr));
        }
        let started = Self { process, address, log, configuration, version };
        started.wait_until_ready(cancel)?;
        Ok(started)
    }

    fn wait_until_ready(&self, cancel: &AtomicBool) -> Result<(), String> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err("interrupted".to_owned());
            }
            if let Ok(Some(status)) = self.process.ended() {
                // Its last words may still be on their way to the log.
                thread::sleep(TRY_EVERY);
                return Err(format!("it ended with {status}\n{}", self.log.since(0)));
            }
            if speaks_mqtt(self.address) {
                // Another broker may have got the port first; then ours is about to end.
                thread::sleep(TRY_EVERY);
                if matches!(self.process.ended(), Ok(None)) {
                    return Ok(());
                }
                continue;
            }
            if Instant::now() > deadline {
                return Err(format!("no CONNACK within {} s\n{}", START_LIMIT.as_secs(), self.log.since(0)));
            }
            thread::sleep(TRY_EVERY);
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn log(&self) -> Arc<LogTail> {
        Arc::clone(&self.log)
    }

    /// The configuration in force.
    pub(crate) fn configuration(&self) -> &str {
        &self.configuration
    }

    /// What it says of its version.
    pub(crate) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let deadline = Instant::now() + STOP_LIMIT;
        let asked = terminate(self.process.child().id());
        while asked && Instant::now() < deadline && matches!(self.process.ended(), Ok(None)) {
            thread::sleep(TRY_EVERY);
        }
        self.process.end();
    }
}

/// Asks politely, by the system's own `kill`: the standard library can only kill. `false`: nobody was asked.
fn terminate(pid: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.arg(pid.to_string()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    kill.status().is_ok_and(|status| status.success())
}

fn find() -> Result<PathBuf, RunError> {
    let on_path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&on_path).collect();
    folders.extend([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    let found = folders.iter().map(|f| f.join("mosquitto")).find(|p| p.is_file());
    found.ok_or_else(|| RunError::NotInstalled {
        program: "mosquitto",
        looked: "PATH, /usr/sbin and /usr/local/sbin".to_owned(),
    })
}

/// `mosquitto -h` prints its version on the first line. It is only told to people, so a program that does not answer costs
/// no more than that.
fn version(program: &Path, cancel: &AtomicBool) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("-h").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let deadline = Instant::now() + VERSION_LIMIT;
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() > deadline || cancel.load(Ordering::Relaxed) {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(TRY_EVERY);
    }
    let mut text = Vec::new();
    child.stdout.take()?.take(4096).read_to_end(&mut text).ok()?;
    String::from_utf8_lossy(&text).lines().next().map(|l| l.chars().take(80).collect())
}

fn scratch_folder(attempt: u32) -> Result<PathBuf, RunError> {
    let path = env::temp_dir().join(format!(
        "deadzone-mosquitto-{}-{attempt}-{:x}",
        std::process::id(),
        RandomState::new().build_hasher().finish()
    ));
    // What stands there already may be somebody else's, and the configuration names a user: never write into it.
    let made = private_folder(&path);
    made.map_err(|e| RunError::Start {
        program: "mosquitto".to_owned(),
        why: format!("{}: {e}", path.display()),
    })?;
    Ok(path)
}

#[cfg(unix)]
fn private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_folder(path: &Path) -> std::io::Result<()> {
    fs::create_dir(path)
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn configuration(address: SocketAddr, scratch: &Path) -> String {
    format!(
        "user root\nlistener {} {}\nallow_anonymous true\npersistence false\npersistence_location {}/\n\
         log_dest stderr\nlog_type all\nset_tcp_nodelay true\n",
        address.port(),
        address.ip(),
        scratch.display()
    )
}

/// A real CONNECT gets a CONNACK.
fn speaks_mqtt(address: SocketAddr) -> bool {
    let limit = Duration::from_millis(500);
    let Ok(mut stream) = TcpStream::connect_timeout(&address, limit) else { return false };
    let connect = Packet::from(Connect::new(Version::V311, "deadzoneReady")).encode(Version::V311).to_bytes();
    let mut answer = [0u8; 4];
    stream.set_read_timeout(Some(limit)).is_ok()
        && stream.write_all(&connect).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer[0] == 0x20
}
