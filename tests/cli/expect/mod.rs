//! Known failures of a broker, as the command keeps them and holds runs against them.

mod build;
mod file;
mod scope;

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::support::{Scratch, output, stderr, stdout};

/// It breaks 4.3.3-10 in two scenarios.
const KNOWN: &str = "inbound-qos2-forgotten-on-reconnect";
/// It breaks the same clause in another one.
const ONE_MORE: &str = "onward-again-at-pubrel-replay";
/// The gate of QoS 1 fails by it.
const SHUTS_A_GATE: &str = "puback-missing";

/// A folder with the file of known failures and the reports of the runs that are held against it.
struct Story {
    scratch: Scratch,
}

impl Story {
    /// The file, made of a run with these words.
    fn made_of(words: &[&str]) -> Self {
        let story = Self { scratch: Scratch::new("expect") };
        story.update(words);
        story
    }

    fn path(&self, name: &str) -> String {
        self.scratch.file(name).to_str().unwrap().to_owned()
    }

    fn file(&self) -> PathBuf {
        self.scratch.file("known.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "no {from:?} in {text}");
        fs::write(self.file(), text.replacen(from, to, 1)).unwrap();
    }

    /// Runs these words and brings the file up to the report; what is said of it.
    fn update(&self, words: &[&str]) -> String {
        let json = self.path("made.json");
        let all = [&["run", "--quiet", "--json", &json], words].concat();
        let run = output(&all);
        assert!(matches!(run.status.code(), Some(0 | 1 | 3)), "{}{}", stdout(&run), stderr(&run));
        let updated = output(&["expect", "update", &json, "--file", &self.path("known.toml")]);
        assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
        stdout(&updated)
    }

    /// Runs these words against the file.
    fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let run = output(&[&["run", "--quiet", "--expect", &self.path("known.toml")], words].concat());
        (run.status.code(), stdout(&run) + &stderr(&run))
    }

    /// The same with a report.
    fn report(&self, words: &[&str]) -> (Option<i32>, String, Value) {
        let json = self.path("run.json");
        let (code, text) = self.run(&[&["--json", &json], words].concat());
        (code, text, serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap())
    }
}
