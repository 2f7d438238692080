//! What fuzzing found stays found: every input of every corpus is played again, on stable Rust and without a fuzzer.

use std::{
    fs,
    path::{Path, PathBuf},
};

use deadzone_tests::fuzz::TARGETS;

/// Most bytes of all corpora together: they are read at each checkout.
const BYTES_MAX: u64 = 300 * 1024;

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The inputs of one target.
fn inputs(name: &str) -> Vec<PathBuf> {
    let folder = room().join("corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut inputs: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    inputs.sort();
    inputs
}

fn replay(name: &str) {
    let (_, fuzzed) = TARGETS.iter().find(|(known, _)| *known == name).expect("there is such a target");
    let inputs = inputs(name);
    assert!(!inputs.is_empty(), "{name} has no corpus");
    for input in inputs {
        let data = fs::read(&input).expect("an input");
        let played = std::panic::catch_unwind(|| fuzzed(&data));
        assert!(played.is_ok(), "{} panics: see above", input.display());
    }
}

macro_rules! replays {
    ($($name:ident),*) => {
        $(#[test] fn $name() { replay(stringify!($name)); })*
        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

replays!(decode, history, play_client, profile, scenario, target);

#[test]
fn every_target_is_fuzzed_and_replayed() {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, REPLAYED);
    let list = |folder: &str| {
        let entries = fs::read_dir(room().join(folder)).unwrap();
        let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut found: Vec<String> = entries.map(|entry| stem(entry.unwrap().path())).collect();
        found.sort();
        found
    };
    assert_eq!(list("corpus"), names);
    assert_eq!(list("fuzz_targets"), names);
}

#[test]
fn the_corpora_are_small() {
    let sizes =
        TARGETS.iter().flat_map(|(name, _)| inputs(name)).map(|path| fs::metadata(path).unwrap().len());
    let bytes: u64 = sizes.sum();
    assert!(bytes <= BYTES_MAX, "{bytes} bytes: minimise them (tests/fuzz/run --minimise)");
}
