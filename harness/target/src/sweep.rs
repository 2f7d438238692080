//! Cleans up after runs that could not: processes and folders that are provably ours and whose harness is gone.

use std::{
    collections::BTreeSet, env, fs, path::Path, process::Command, sync::atomic::AtomicBool, time::Duration,
};

use crate::{
    commands,
    owner::{ProcessId, marked},
    program,
    run_file::RunFile,
    scratch,
    signal::{self, Signal},
};

/// What ends a container takes no longer.
const END_LIMIT: Duration = Duration::from_secs(30);

/// Ends whatever was started for a scratch folder and runs still; how many processes that were.
pub(crate) fn end_left(folder: &Path) -> usize {
    let file = RunFile::read(folder);
    let ended = end_marked(&scratch::marker(folder), file.as_ref().and_then(|file| file.broker));
    for words in file.iter().flat_map(|file| &file.end) {
        let Some((name, arguments)) = words.split_first() else { continue };
        if let Ok(program) = program::find(name) {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(folder);
            let _ = commands::ask(&mut command, END_LIMIT, &AtomicBool::new(false));
        }
    }
    ended
}

/// Ends every process that carries the marker, and the group that this one leads if it is the one that was started.
fn end_marked(marker: &str, broker: Option<ProcessId>) -> usize {
    let mut ended = BTreeSet::new();
    // What is killed may just have started another: once more until none is left, within bounds.
    for _ in 0..10 {
        let found = marked(marker);
        if found.is_empty() {
            break;
        }
        for pid in found {
            signal::process(pid, Signal::Kill);
            ended.insert(pid);
        }
    }
    if let Some(broker) = broker.filter(|broker| broker.started_ticks.is_some() && broker.runs()) {
        signal::group(broker.pid, Signal::Kill);
        ended.insert(broker.pid);
    }
    ended.len()
}

/// Cleans up after harnesses that were killed, and says what it did. A folder is ours if its name, its owner and the run file in
/// it say so, and it is left behind if the harness that the file names does not run any more.
pub fn sweep() -> Vec<String> {
    sweep_in(&env::temp_dir())
}

fn sweep_in(folder: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let named = entry.file_name().to_str().is_some_and(|name| name.starts_with(scratch::PREFIX));
        if !named || !scratch::is_private(&path) {
            continue;
        }
        let Some(file) = RunFile::read(&path) else { continue };
        if file.harness.runs() {
            continue;
        }
        let ended = end_left(&path);
        let processes = match ended {
            0 => String::new(),
            1 => ", and ended a process that was left of it".to_owned(),
            n => format!(", and ended {n} processes that were left of it"),
        };
        told.push(match fs::remove_dir_all(&path) {
            Ok(()) => {
                format!("cleaned up after a run that was killed: removed {}{processes}", path.display())
            }
            Err(error) => format!(
                "a run that was killed left {}, which can't be removed: {error}{processes}",
                path.display()
            ),
        });
    }
    told.sort();
    told
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::{os::unix::fs::PermissionsExt, path::PathBuf};

    use super::*;
    use crate::run_file::NAME;

    fn folder(name: &str) -> PathBuf {
        let path = env::temp_dir().join(format!("deadzone-sweep-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        path
    }

    fn left(parent: &Path, name: &str, harness: ProcessId) -> PathBuf {
        let path = parent.join(format!("{}{name}", scratch::PREFIX));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        let mut file = RunFile::new(&path, None, Vec::new());
        file.harness = harness;
        file.write().unwrap();
        path
    }

    #[test]
    fn only_what_is_provably_ours_and_left_behind_is_removed() {
        let parent = folder("proof");
        let me = ProcessId::of(std::process::id());
        let gone = ProcessId { started_ticks: me.started_ticks.map(|t| t + 1), ..me };
        let ours = left(&parent, "ours", gone);
        let running = left(&parent, "running", me);
        let open = left(&parent, "open", gone);
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        let moved = left(&parent, "moved", gone);
        fs::copy(running.join(NAME), moved.join(NAME)).unwrap();
        let without = left(&parent, "without", gone);
        fs::remove_file(without.join(NAME)).unwrap();
        let strange = parent.join("another-name");
        fs::create_dir(&strange).unwrap();
        fs::copy(ours.join(NAME), strange.join(NAME)).unwrap();
        let link = parent.join(format!("{}link", scratch::PREFIX));
        std::os::unix::fs::symlink(&ours, &link).unwrap();
        let told = sweep_in(&parent);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with(&format!("removed {}", ours.display())), "{told:?}");
        assert!(!ours.exists());
        for kept in [&running, &open, &moved, &without, &strange] {
            assert!(kept.exists(), "{}", kept.display());
        }
        fs::remove_dir_all(&parent).unwrap();
    }

    #[test]
    fn what_another_host_or_container_wrote_is_let_be_and_what_ends_a_container_is_run() {
        let parent = folder("host");
        let me = ProcessId::of(std::process::id());
        let gone = ProcessId { started_ticks: me.started_ticks.map(|t| t + 1), ..me };
        let elsewhere = left(&parent, "elsewhere", gone);
        let file = elsewhere.join(NAME);
        let text = fs::read_to_string(&file).unwrap();
        let line = text.lines().find(|line| line.starts_with("host")).unwrap();
        fs::write(&file, text.replace(line, "host = \"another pid:[1]\"")).unwrap();
        let ours = left(&parent, "ours", gone);
        let trace = parent.join("ended");
        let words = ["touch", trace.to_str().unwrap()].map(str::to_owned).to_vec();
        let mut file = RunFile::new(&ours, None, vec![words]);
        file.harness = gone;
        file.write().unwrap();
        assert_eq!(sweep_in(&parent).len(), 1);
        assert!(elsewhere.exists(), "whether its harness runs can't be told here");
        assert!(!ours.exists() && trace.exists());
        fs::remove_dir_all(&parent).unwrap();
    }
}
