//! Every file says what it is for; lib.rs and mod.rs hold a module's story, not its logic; and nothing is a drawer.

use crate::{
    complaint::{Complaint, none},
    items::functions,
    repo::{Source, sources},
};

/// Names that say nothing of what is inside.
const DRAWERS: [&str; 8] = ["util", "utils", "common", "misc", "helper", "helpers", "prelude", "shared"];

/// Files that may hold these functions, and why.
const SMALL: [(&str, &[&str], &str); 2] = [
    (
        "harness/oracle/src/rules/mod.rs",
        &["all"],
        "the list of the rules: a new one is a file and a line here",
    ),
    (
        "harness/cli/src/command/mod.rs",
        &["dispatch", "suite"],
        "which command is which, and the suite that all share",
    ),
];

fn header(source: &Source) -> Option<Complaint> {
    (!source.text.starts_with("//! ")).then(|| {
        let instead = "begin with `//! `: what it is for, and what it must not know";
        Complaint::new(&source.path, 1, "no module header", instead)
    })
}

/// One complaint a file: its functions belong together, wherever they go.
fn logic(source: &Source) -> Option<Complaint> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    if !(name == "lib.rs" || name == "mod.rs") {
        return None;
    }
    let small = SMALL.iter().find(|(path, ..)| *path == source.path).map_or(&[][..], |(_, names, _)| names);
    let mut bodies = functions(&source.masked);
    bodies.retain(|f| !source.in_test(f.at) && !small.contains(&f.name.as_str()));
    let first = bodies.first()?;
    let names: Vec<&str> = bodies.iter().map(|f| f.name.as_str()).collect();
    let what = format!("{name} holds story and re-exports only, but bodies of {}", names.join(", "));
    Some(Complaint::new(
        &source.path,
        first.line,
        what,
        "move them to files that are named after what they do",
    ))
}

fn drawer(source: &Source) -> Option<Complaint> {
    let drawer = source.path.split('/').map(|p| p.trim_end_matches(".rs")).find(|p| DRAWERS.contains(p))?;
    let instead = "name it after what is inside, or put each part where it is used";
    Some(Complaint::new(&source.path, 1, format!("`{drawer}` is a drawer"), instead))
}

#[test]
fn every_file_has_a_header() {
    none(sources().iter().filter_map(header).collect());
}

#[test]
fn module_roots_hold_no_logic() {
    none(sources().iter().filter(|s| s.is_shipped()).filter_map(logic).collect());
}

#[test]
fn no_exception_is_stale() {
    let mut complaints = Vec::new();
    for (path, names, _) in SMALL {
        let there: Vec<String> = sources()
            .iter()
            .filter(|s| s.path == path)
            .flat_map(|s| functions(&s.masked))
            .map(|f| f.name)
            .collect();
        for name in names.iter().filter(|n| !there.iter().any(|t| t == *n)) {
            let instead = "take it from the list in tests/architecture/modules.rs";
            complaints.push(Complaint::new(path, 1, format!("`{name}` is not here any more"), instead));
        }
    }
    none(complaints);
}

#[test]
fn nothing_is_a_drawer() {
    none(sources().iter().filter_map(drawer).collect());
}

#[test]
fn a_missing_header_logic_and_drawers_are_seen() {
    assert!(header(&Source::new("a.rs", "use x;\n")).is_some());
    assert!(header(&Source::new("a.rs", "// not a doc comment\n")).is_some());
    assert!(header(&Source::new("a.rs", "//! Says.\n")).is_none());
    let text = "//! Story.\nmod a;\npub trait T { fn declared(&self); }\nfn logic() {}\n#[cfg(test)]\nmod tests { fn t() {} }\n";
    let line = |path: &str| logic(&Source::new(path, text)).map(|c| c.line);
    assert_eq!(line("harness/wire/src/lib.rs"), Some(4));
    assert_eq!(line("harness/wire/src/packet/mod.rs"), Some(4));
    assert_eq!(line("harness/wire/src/packet/ack.rs"), None);
    assert!(drawer(&Source::new("harness/wire/src/util.rs", "")).is_some());
    assert!(drawer(&Source::new("harness/wire/src/common/ack.rs", "")).is_some());
    assert!(drawer(&Source::new("harness/wire/src/utility_model.rs", "")).is_none());
}
