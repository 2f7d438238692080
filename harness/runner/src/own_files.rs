//! Scenario files of the user's: what a path stands for, and the ids of what is in it. Ids follow where a file lies, not how its path
//! was typed, and don't change with the place of the whole.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use crate::SuiteError;

/// Most files below one folder: more is a folder that is not meant.
const FILES_MAX: usize = 10_000;
/// Deepest folder below the one that is given.
const DEPTH_MAX: usize = 32;
/// Ids begin below a folder of this name, as those of the suite do.
const ROOT: &str = "scenarios";

/// One file of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// As it is told: the path that was typed, or what was found below it.
    pub name: String,
    /// The first part of the ids of its scenarios.
    pub area: String,
    /// Where it lies, by its whole path.
    pub place: PathBuf,
}

/// The files that these paths stand for, each once: a file itself, a folder every `.mqt` file below it, in the order of their names.
pub fn own_files(paths: &[PathBuf]) -> Result<Vec<OwnFile>, SuiteError> {
    let mut files = Vec::new();
    let mut known = BTreeSet::new();
    for path in paths {
        let unread = |why: std::io::Error| SuiteError::Read { path: path.clone(), why: why.to_string() };
        let top = normal(&std::path::absolute(path).map_err(unread)?);
        let is_folder = fs::metadata(path).map_err(unread)?.is_dir();
        let mut found = if is_folder { Vec::new() } else { vec![path.clone()] };
        if is_folder {
            below(path, DEPTH_MAX, &mut found)?;
            if found.is_empty() {
                return Err(SuiteError::NoFiles(path.clone()));
            }
        }
        for file in found {
            let place = normal(&std::path::absolute(&file).map_err(unread)?);
            let area = area(&place, is_folder.then_some(top.as_path()));
            if known.insert(place.clone()) {
                files.push(OwnFile { name: file.to_string_lossy().into_owned(), area, place });
            }
        }
    }
    Ok(files)
}

/// The text of a file.
pub fn text_of(name: &str) -> Result<String, SuiteError> {
    crate::profiles::read(Path::new(name))
}

/// Adds every `.mqt` file below a folder. Links to folders are not followed: they may lead in a circle.
fn below(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), SuiteError> {
    let unread = |why: String| SuiteError::Read { path: folder.to_owned(), why };
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(|e| unread(e.to_string()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !hidden {
            match depth.checked_sub(1) {
                Some(depth) => below(&path, depth, found)?,
                None => return Err(unread(format!("folders are nested more than {DEPTH_MAX} deep"))),
            }
        } else if !hidden && path.extension().is_some_and(|end| end == "mqt") && path.is_file() {
            found.push(path);
        }
        if found.len() > FILES_MAX {
            return Err(unread(format!("more than {FILES_MAX} scenario files")));
        }
    }
    Ok(())
}

/// An absolute path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// The first part of the ids of a file's scenarios: its place below the last folder named `scenarios`; else below the folder that was
/// given; else its name. Without `.mqt`.
fn area(place: &Path, top: Option<&Path>) -> String {
    let file = place.with_extension("");
    let file = if place.extension().is_some_and(|end| end == "mqt") { &file } else { place };
    let parts: Vec<_> = file.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let above = parts.len().saturating_sub(1);
    let root = parts[..above].iter().rposition(|part| part.as_os_str() == ROOT).map(|at| at + 1);
    let given = || {
        top.and_then(|top| file.strip_prefix(top).ok()).map(|rest| parts.len() - rest.components().count())
    };
    let from = root.or_else(given).unwrap_or(above);
    let names: Vec<_> = parts[from..].iter().map(|part| part.as_os_str().to_string_lossy()).collect();
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(place: &str, top: Option<&str>) -> String {
        area(&normal(Path::new(place)), top.map(|top| normal(Path::new(top))).as_deref())
    }

    #[test]
    fn row_e8_ids_follow_where_a_file_lies_and_not_how_its_path_was_typed() {
        for typed in ["/own/mine", "/own/x/../mine", "/own/./mine/", "/own/mine/x/.."] {
            assert_eq!(of("/own/mine/a/b.mqt", Some(typed)), "a/b", "{typed}");
        }
        assert_eq!(of("/own/mine/b.mqt", Some("/own/mine")), of("/elsewhere/b.mqt", None));
        assert_eq!(of("/repo/scenarios/qos2/lost.mqt", None), "qos2/lost");
        assert_eq!(of("/repo/scenarios/qos2/lost.mqt", Some("/repo/scenarios/qos2")), "qos2/lost");
        assert_eq!(of("/scenarios/repo/scenarios/lost.mqt", Some("/scenarios")), "lost", "the last one");
        assert_eq!(of("/repo/myscenarios/qos2/lost.mqt", None), "lost", "that is another name");
        assert_eq!(of("/repo/scenarios.mqt", None), "scenarios", "a file of that name is no folder");
        assert_eq!(of("/dev/fd/63", None), "63");
    }
}
