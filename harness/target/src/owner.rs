//! Which processes are ours: those that carry the marker of a broker that we started in their environment, handed down to
//! whatever it starts. Read from `/proc`, where there is one.

use std::{collections::BTreeSet, fs};

/// The variable that holds the marker.
pub(crate) const MARKER: &str = "DEADZONE_STARTED";

/// A process of this number and since when it runs, in the kernel's ticks after boot: together they name one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(crate) struct ProcessId {
    pub(crate) pid: u32,
    /// Field 22 of `/proc/PID/stat`; absent where the system has none.
    pub(crate) started_ticks: Option<u64>,
}

impl ProcessId {
    /// The process that has this number now.
    pub(crate) fn of(pid: u32) -> Self {
        Self { pid, started_ticks: started_ticks(pid) }
    }

    /// Whether this very process runs still. Where nothing tells, it is taken to run: nothing of it is touched.
    pub(crate) fn runs(self) -> bool {
        match (self.started_ticks, fs::exists("/proc/self/stat")) {
            (Some(ticks), Ok(true)) => started_ticks(self.pid) == Some(ticks),
            _ => true,
        }
    }
}

fn started_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in front is in brackets and may hold anything. A zombie has ended.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    if *fields.first()? == "Z" { None } else { fields.get(19)?.parse().ok() }
}

/// Every process that carries this marker.
pub(crate) fn marked(marker: &str) -> Vec<u32> {
    let wanted = format!("{MARKER}={marker}");
    let carries = |pid: &u32| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|all| all.split(|b| *b == 0).any(|one| one == wanted.as_bytes()))
    };
    processes().filter(carries).collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether one that carries this marker listens at a port of 127.0.0.1 or of all addresses; absent where nothing tells.
pub(crate) fn listens(marker: &str, port: u16) -> Option<bool> {
    let sockets = listening(port)?;
    if sockets.is_empty() {
        return None;
    }
    let holds = |pid: &u32| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        open.filter_map(|fd| fs::read_link(fd.path()).ok())
            .any(|link| link.to_str().is_some_and(|link| sockets.contains(link)))
    };
    Some(marked(marker).iter().any(holds))
}

/// The sockets that listen at a port, as their holders' descriptors name them.
fn listening(port: u16) -> Option<BTreeSet<String>> {
    let mut sockets = BTreeSet::new();
    let mut known = false;
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let Ok(table) = fs::read_to_string(file) else { continue };
        known = true;
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let local = fields.get(1).and_then(|local| local.rsplit_once(':'));
            let here = local.is_some_and(|(_, p)| u16::from_str_radix(p, 16) == Ok(port));
            // 0A: TCP_LISTEN of the kernel's tcp_states.h.
            if here && fields.get(3) == Some(&"0A") {
                sockets.extend(fields.get(9).map(|inode| format!("socket:[{inode}]")));
            }
        }
    }
    known.then_some(sockets)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_known_by_its_marker_and_its_start() {
        let marker = format!("test-{}", std::process::id());
        let mut child =
            Command::new("sleep").arg("30").env(MARKER, &marker).stdin(Stdio::null()).spawn().unwrap();
        let id = ProcessId::of(child.id());
        // The environment is there once the program is.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while marked(&marker).is_empty() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(marked(&marker), [child.id()]);
        assert!(marked("test").is_empty(), "a part of a marker is none");
        assert!(id.runs());
        assert!(!ProcessId { started_ticks: id.started_ticks.map(|t| t + 1), ..id }.runs());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!id.runs());
    }
}
