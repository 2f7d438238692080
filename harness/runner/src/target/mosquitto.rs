//! A Mosquitto of our own: found, configured, started on a free loopback port, and stopped.
//!
//! Traps that this file exists for: started as root Mosquitto drops to a user that can't write our scratch folder, so it is
//! told to stay; an accepting port is no broker yet, so readiness is a CONNACK; its default inflight and queue limits would
//! colour the results, so the ones in force are written down.

use std::{
    env, fs,
    hash::{BuildHasher, Hasher, RandomState},
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    LogTail,
    owned::Owned,
    started::{Parts, TRY_EVERY, wait_until_ready},
};
use crate::RunError;

/// For saying its version.
const VERSION_LIMIT: Duration = Duration::from_secs(2);
/// How many ports are tried when one was taken between finding and using it.
const PORT_TRIES: u32 = 5;

/// Starts one and waits until it is ready, unless `cancel` is set meanwhile.
pub(super) fn start(cancel: &AtomicBool) -> Result<Parts, RunError> {
    let program = find()?;
    let version = version(&program, cancel);
    let mut last = String::new();
    for attempt in 0..PORT_TRIES {
        let scratch = scratch_folder("mosquitto", attempt)?;
        match try_start(&program, &scratch, version.clone(), cancel) {
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
) -> Result<Parts, String> {
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
    if let Err(why) = wait_until_ready(&process, address, &log, cancel) {
        process.end();
        return Err(why);
    }
    Ok(Parts { process, address, log, configuration, version })
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
    let text = String::from_utf8_lossy(&text);
    let said = text.lines().next()?;
    Some(said.strip_prefix("mosquitto version ").unwrap_or(said).chars().take(80).collect())
}

pub(super) fn scratch_folder(program: &'static str, attempt: u32) -> Result<PathBuf, RunError> {
    let path = env::temp_dir().join(format!(
        "deadzone-{program}-{}-{attempt}-{:x}",
        std::process::id(),
        RandomState::new().build_hasher().finish()
    ));
    // A folder that exists already may be another user's, and the configuration names a user: never write into it.
    let made = private_folder(&path);
    made.map_err(|e| RunError::Start {
        program: program.to_owned(),
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
