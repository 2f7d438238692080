//! A broker process of our own: started on a free loopback port, watched, restarted, and ended with us.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use deadzone_wire::{Connect, Packet, Version};

use super::{EmbeddedSpec, LogTail, mosquitto, owned::Owned, reference};
use crate::RunError;

/// Ready within this time, or not at all.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How often readiness is tried.
pub(super) const TRY_EVERY: Duration = Duration::from_millis(20);
/// For a graceful end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// How it was started, and so can be again.
#[derive(Clone, Debug)]
enum Recipe {
    Mosquitto,
    Reference(EmbeddedSpec),
}

/// A running broker. Dropping it ends the process and removes its scratch folder.
#[derive(Debug)]
pub(crate) struct Started {
    pub(super) process: Arc<Owned>,
    pub(super) address: SocketAddr,
    pub(super) log: Arc<LogTail>,
    pub(super) configuration: String,
    pub(super) version: Option<String>,
    recipe: Recipe,
}

/// What a recipe makes.
pub(super) struct Parts {
    pub(super) process: Arc<Owned>,
    pub(super) address: SocketAddr,
    pub(super) log: Arc<LogTail>,
    pub(super) configuration: String,
    pub(super) version: Option<String>,
}

impl Started {
    /// A Mosquitto that is installed on this machine.
    pub(crate) fn mosquitto(cancel: &AtomicBool) -> Result<Self, RunError> {
        Self::by(Recipe::Mosquitto, cancel)
    }

    /// The reference broker as a process: this very program.
    pub(crate) fn reference(spec: &EmbeddedSpec, cancel: &AtomicBool) -> Result<Self, RunError> {
        Self::by(Recipe::Reference(spec.clone()), cancel)
    }

    /// Ends it and starts another by the same recipe.
    pub(crate) fn again(self, cancel: &AtomicBool) -> Result<Self, RunError> {
        let recipe = self.recipe.clone();
        drop(self);
        Self::by(recipe, cancel)
    }

    fn by(recipe: Recipe, cancel: &AtomicBool) -> Result<Self, RunError> {
        let Parts { process, address, log, configuration, version } = match &recipe {
            Recipe::Mosquitto => mosquitto::start(cancel)?,
            Recipe::Reference(spec) => reference::start(spec, cancel)?,
        };
        Ok(Self { process, address, log, configuration, version, recipe })
    }

    /// How it ended, if it has; may be asked from any thread.
    pub(crate) fn ended(&self) -> impl Fn() -> Option<String> + Send + Sync + 'static {
        let process = Arc::clone(&self.process);
        move || process.ended().ok().flatten().map(|status| status.to_string())
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

impl Drop for Started {
    fn drop(&mut self) {
        let deadline = Instant::now() + STOP_LIMIT;
        let asked = matches!(self.process.ended(), Ok(None)) && terminate(self.process.child().id());
        while asked && Instant::now() < deadline && matches!(self.process.ended(), Ok(None)) {
            thread::sleep(TRY_EVERY);
        }
        self.process.end();
    }
}

/// Waits until a CONNECT gets its CONNACK; else why not, with the tail of the log.
pub(super) fn wait_until_ready(
    process: &Owned,
    address: SocketAddr,
    log: &LogTail,
    cancel: &AtomicBool,
) -> Result<(), String> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err("interrupted".to_owned());
        }
        if let Ok(Some(status)) = process.ended() {
            // Its last words may still be on their way to the log.
            thread::sleep(TRY_EVERY);
            return Err(format!("it ended with {status}\n{}", log.since(0)));
        }
        if speaks_mqtt(address) {
            // Another broker may have got the port first; then ours is about to end.
            thread::sleep(TRY_EVERY);
            if matches!(process.ended(), Ok(None)) {
                return Ok(());
            }
            continue;
        }
        if Instant::now() > deadline {
            return Err(format!("no CONNACK within {} s\n{}", START_LIMIT.as_secs(), log.since(0)));
        }
        thread::sleep(TRY_EVERY);
    }
}

/// Asks politely, by the system's own `kill`: the standard library can only kill. `false`: the signal was not sent.
fn terminate(pid: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.arg(pid.to_string()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    kill.status().is_ok_and(|status| status.success())
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
