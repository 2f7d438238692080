//! The repository's files, read once. Knows paths and text; judges nothing.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{items::test_regions, mask::mask};

/// Folders that hold nothing of ours. Cargo's are told by their tag: a module may be named `target`.
const SKIPPED: [&str; 2] = [".git", "deadzone-out"];
/// What cargo puts into its target folder.
const CARGO_TAG: &str = "CACHEDIR.TAG";
/// A text file is read up to this size, in bytes; beyond it is a recording, not a source.
const TEXT_MAX: u64 = 4 << 20;

/// A text file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Path below the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A Rust file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Path below the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Comments and the insides of literals blanked.
    pub(crate) masked: String,
    tests: Vec<Range<usize>>,
    /// Its parent declares it behind `#[cfg(test)]`.
    whole_test: bool,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let masked = mask(text);
        let tests = test_regions(&masked);
        Self { path: path.to_owned(), text: text.to_owned(), masked, tests, whole_test: false }
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        self.whole_test || parts.any(|p| p == "tests" || p == "benches" || p == "tests.rs")
    }

    /// Whether what stands at this offset is test code.
    pub(crate) fn in_test(&self, at: usize) -> bool {
        self.is_test() || self.tests.iter().any(|r| r.contains(&at))
    }

    /// Whether it belongs to a crate's library or binary, not to its tests.
    pub(crate) fn is_shipped(&self) -> bool {
        !self.is_test() && self.path.contains("/src/")
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package has a parent folder").to_owned()
}

/// Every text file.
pub(crate) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        collect(&root(), "", &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(files.len() > 50, "the repository was not found: {} files", files.len());
        files
    })
}

/// Every Rust file.
pub(crate) fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let rust = files().iter().filter(|f| f.path.ends_with(".rs"));
        let mut sources: Vec<Source> = rust.map(|f| Source::new(&f.path, &f.text)).collect();
        let tests: Vec<String> = sources.iter().flat_map(test_modules).collect();
        for source in &mut sources {
            source.whole_test = tests.contains(&source.path);
        }
        sources
    })
}

/// The files of modules that this one declares behind `#[cfg(test)]`.
fn test_modules(source: &Source) -> Vec<String> {
    let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let below = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        name => format!("{folder}/{}", name.trim_end_matches(".rs")),
    };
    let declared = source.masked.split("#[cfg(test)]").skip(1).filter_map(|rest| {
        let name = rest.trim_start().strip_prefix("mod ")?;
        name.split_once(';').map(|(name, _)| name.trim()).filter(|name| !name.contains('{'))
    });
    declared.map(|name| format!("{below}/{name}.rs")).collect()
}

/// The text of a file that must be there.
pub(crate) fn text(path: &str) -> &'static str {
    let found = files().iter().find(|f| f.path == path);
    &found.unwrap_or_else(|| panic!("{path} is missing")).text
}

fn collect(folder: &Path, below: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be read") {
        let entry = entry.expect("a folder of the repository can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        // Another process may remove a file between listing and reading it.
        let Ok(metadata) = entry.metadata() else { continue };
        if SKIPPED.contains(&name.as_str()) {
            continue; // `.git` is a file in a work tree beside the clone
        }
        if metadata.is_dir() {
            if !entry.path().join(CARGO_TAG).exists() {
                collect(&entry.path(), &path, files);
            }
        } else if metadata.is_file()
            && metadata.len() <= TEXT_MAX
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            files.push(File { path, text });
        }
    }
}

#[test]
fn a_module_named_target_is_read_and_cargo_s_folder_is_not() {
    assert!(sources().iter().any(|s| s.path.starts_with("harness/runner/src/target/")));
    assert!(!files().iter().any(|f| f.path.starts_with("target/")));
}

#[test]
fn test_files_are_told_from_shipped_ones() {
    let is_test = |path: &str| Source::new(path, "").is_test();
    assert!(is_test("harness/wire/tests/vectors.rs") && is_test("tests/cli/run.rs"));
    assert!(is_test("harness/oracle/src/rules/tests.rs") && is_test("tests/benches/oracle.rs"));
    assert!(!is_test("harness/runner/src/selftest.rs"));
    let root =
        Source::new("a/src/mod.rs", "#[cfg(test)]\nmod bounds;\nmod b;\n#[cfg(test)]\nmod c { mod d; }\n");
    assert_eq!(test_modules(&root), ["a/src/bounds.rs"]);
    assert_eq!(test_modules(&Source::new("a/src/x.rs", "#[cfg(test)] mod y;")), ["a/src/x/y.rs"]);
    assert!(Source::new("harness/wire/src/lib.rs", "").is_shipped());
    assert!(!Source::new("scenarios/build.rs", "").is_shipped());
}
