//! The commands that README and CONTRIBUTING print are commands that exist. Knows clap's derive by its surface.

use crate::{
    complaint::{Complaint, lines, none},
    repo::{files, text},
};

const ARGUMENTS: &str = "harness/cli/src/";
/// What CI takes the test command from.
const MARKER: &str = "<!-- the test command -->";

/// Lines of fenced blocks that call the binary: line, the words behind its name.
fn commands(document: &str) -> Vec<(usize, Vec<&str>)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in document.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
            continue;
        }
        let line = line.trim().trim_start_matches("$ ");
        let command = line.split(" #").next().unwrap_or(line);
        let called = ["deadzone ", "cargo run --release -- ", "cargo run -- "];
        if let Some(rest) = called.iter().find_map(|c| command.strip_prefix(c)).filter(|_| inside) {
            found.push((index + 1, rest.split_whitespace().collect()));
        }
    }
    found
}

fn unknown(path: &str, document: &str, arguments: &str) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (line, words) in commands(document) {
        let Some(command) = words.first() else { continue };
        let mut complain = |what: String| {
            complaints.push(Complaint::new(path, line, what, format!("a command of {ARGUMENTS}")));
        };
        if !command.starts_with('-') && !has_command(arguments, command) {
            complain(format!("there is no command `{command}`"));
        }
        for flag in words.iter().filter_map(|w| w.strip_prefix("--")) {
            let flag = flag.split('=').next().unwrap_or(flag);
            if !["help", "version"].contains(&flag) && !has_flag(arguments, flag) {
                complain(format!("there is no option `--{flag}`"));
            }
        }
    }
    complaints
}

fn has_command(arguments: &str, command: &str) -> bool {
    let mut name = command.to_owned();
    name[..1].make_ascii_uppercase();
    let variant =
        |line: &str| line.trim().strip_prefix(&name).is_some_and(|rest| rest.starts_with(['(', ',']));
    arguments.lines().any(variant)
}

fn has_flag(arguments: &str, flag: &str) -> bool {
    let field = format!("pub(crate) {}:", flag.replace('-', "_"));
    arguments.contains(&format!("long = \"{flag}\"")) || arguments.contains(&field)
}

#[test]
fn printed_commands_exist() {
    let documents = ["README.md", "CONTRIBUTING.md"];
    assert!(!commands(text("README.md")).is_empty(), "README shows no command");
    let sources = files().iter().filter(|file| file.path.starts_with(ARGUMENTS));
    let arguments: String = sources.map(|file| text(&file.path)).collect();
    none(documents.iter().flat_map(|d| unknown(d, text(d), &arguments)).collect());
}

#[test]
fn ci_finds_the_test_command() {
    let readme = text("README.md");
    let after = readme.split_once(MARKER).expect("README marks its test command").1;
    let command = after.lines().map(str::trim).find(|l| l.starts_with("cargo "));
    assert_eq!(command, Some("cargo test --workspace"));
    assert!(text(".ci/run").contains(MARKER), ".ci/run does not read the marker");
}

#[test]
fn what_does_not_exist_is_seen() {
    let arguments = "enum C {\n    Run(RunArgs),\n    Schema,\n}\nstruct R {\n    pub(crate) fail_fast: bool,\n    #[arg(long = \"scenarios\")]\n}\n";
    let document = "deadzone outside\n```sh\ndeadzone run --fail-fast --scenarios a\ndeadzone walk\n\
                    cargo run --release -- run --slow   # --comment\ndeadzone schema\n```\n";
    assert_eq!(lines(&unknown("README.md", document, arguments)), [4, 5]);
}
