//! Which crate may know which. The arrows go one way, and a crate that is not on the list is a question for its author.

use std::collections::BTreeMap;

use crate::{
    complaint::{Complaint, none},
    repo::{files, text},
};

/// Where a crate is, which crates of ours it may use, and for pure ones which of others.
struct Arrow {
    folder: &'static str,
    ours: &'static [&'static str],
    /// `None`: not our business here.
    others: Option<&'static [&'static str]>,
}

const fn arrow(folder: &'static str, ours: &'static [&'static str]) -> Arrow {
    Arrow { folder, ours, others: None }
}

const fn pure(folder: &'static str, ours: &'static [&'static str], others: &'static [&'static str]) -> Arrow {
    Arrow { folder, ours, others: Some(others) }
}

const ARROWS: [Arrow; 18] = [
    pure("harness/spec", &[], &["serde", "thiserror"]),
    pure("harness/wire", &["spec"], &["bytes", "serde", "thiserror"]),
    pure("harness/link", &["wire"], &["bytes", "rand_chacha", "serde", "thiserror", "toml"]),
    pure("harness/script", &["wire", "link", "spec"], &["annotate-snippets", "winnow", "thiserror"]),
    pure("harness/history", &["wire", "link", "spec"], &["bytes", "serde", "serde_json", "thiserror"]),
    pure("harness/verdict", &["wire", "spec", "history"], &["serde"]),
    pure("harness/oracle", &["wire", "spec", "history", "verdict"], &["bytes"]),
    pure(
        "reports",
        &["wire", "spec", "history", "verdict"],
        &["anstyle", "bytes", "quick-junit", "schemars", "serde", "serde_json", "thiserror"],
    ),
    pure("scenarios", &[], &[]),
    arrow("harness/transport", &["spec"]),
    arrow("reference-broker", &["wire", "spec", "transport"]),
    arrow("harness/target", &["wire", "spec", "history", "transport", "scenarios"]),
    arrow("harness/play", &["wire", "spec", "link", "script", "history", "transport"]),
    arrow("harness/proxy", &["wire", "link"]),
    arrow("harness/watch", &["wire", "spec", "history", "verdict", "oracle"]),
    arrow(
        "harness/runner",
        &[
            "wire",
            "link",
            "spec",
            "script",
            "history",
            "verdict",
            "oracle",
            "transport",
            "target",
            "play",
            "proxy",
            "scenarios",
            "reference-broker",
        ],
    ),
    arrow(
        "harness/cli",
        &[
            "wire",
            "spec",
            "script",
            "history",
            "verdict",
            "transport",
            "target",
            "runner",
            "reports",
            "scenarios",
            "reference-broker",
            "proxy",
            "watch",
        ],
    ),
    arrow(
        "tests",
        &[
            "wire",
            "link",
            "spec",
            "script",
            "history",
            "verdict",
            "oracle",
            "reports",
            "transport",
            "target",
            "play",
            "scenarios",
            "reference-broker",
        ],
    ),
];

/// The names under `[dependencies]`, whatever crate they are renamed from.
fn dependencies(manifest: &str) -> Vec<String> {
    let table: toml::Table = manifest.parse().expect("a manifest is TOML");
    let mut tables = vec![&table];
    tables.extend(
        table
            .get("target")
            .and_then(|t| t.as_table())
            .into_iter()
            .flat_map(|t| t.values().filter_map(toml::Value::as_table)),
    );
    let listed =
        tables.iter().flat_map(|t| ["dependencies", "build-dependencies"].iter().filter_map(|k| t.get(*k)));
    let entries = listed.filter_map(toml::Value::as_table).flatten();
    entries
        .map(|(name, value)| value.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned())
        .collect()
}

fn wrong(path: &str, manifest: &str, arrow: &Arrow) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for name in dependencies(manifest) {
        let line = 1 + manifest.lines().position(|l| l.starts_with(&name)).unwrap_or(0);
        let (known, instead) = match name.strip_prefix("deadzone-") {
            Some(ours) => (
                arrow.ours.contains(&ours),
                "the arrows are in ARCHITECTURE.md; move what you need down them",
            ),
            None => (
                arrow.others.is_none_or(|o| o.contains(&name.as_str())),
                "keep pure crates free of runtimes, sockets, clocks and chance; if it is pure, add it to ARROWS",
            ),
        };
        if !known {
            let what = format!("{} may not depend on {name}", arrow.folder);
            complaints.push(Complaint::new(path, line, what, instead));
        }
    }
    complaints
}

#[test]
fn crates_depend_along_the_arrows() {
    let mut complaints = Vec::new();
    for file in files().iter().filter(|f| f.path.ends_with("/Cargo.toml")) {
        let folder = file.path.trim_end_matches("/Cargo.toml");
        match ARROWS.iter().find(|a| a.folder == folder) {
            Some(arrow) => complaints.extend(wrong(&file.path, &file.text, arrow)),
            None if excluded(folder) => {}
            None => {
                let instead = "add it to ARROWS, below what it may use";
                complaints.push(Complaint::new(&file.path, 1, "a crate without arrows", instead));
            }
        }
    }
    none(complaints);
}

/// Packages with a lock of their own are not part of the workspace.
fn excluded(folder: &str) -> bool {
    let root: toml::Table = text("Cargo.toml").parse().expect("a manifest is TOML");
    let list = root.get("workspace").and_then(|w| w.get("exclude")).and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(toml::Value::as_str).any(|e| e == folder)
}

#[test]
fn the_arrows_have_no_circle() {
    let below: BTreeMap<&str, &[&str]> =
        ARROWS.iter().map(|a| (a.folder.rsplit('/').next().unwrap_or(a.folder), a.ours)).collect();
    assert_eq!(circle(&below), None);
    assert_eq!(circle(&BTreeMap::from([("a", &["b"][..]), ("b", &["a"])])), Some("a"));
}

/// A crate that reaches itself.
fn circle<'a>(below: &BTreeMap<&'a str, &[&'a str]>) -> Option<&'a str> {
    below.keys().copied().find(|start| {
        let mut open: Vec<&str> = below[start].to_vec();
        let mut seen = Vec::new();
        while let Some(name) = open.pop() {
            if name == *start {
                return true;
            }
            if !seen.contains(&name) {
                seen.push(name);
                open.extend(below.get(name).into_iter().copied().flatten());
            }
        }
        false
    })
}

#[test]
fn judge_and_judged_never_meet() {
    let of = |folder: &str| ARROWS.iter().find(|a| a.folder == folder).expect("is listed").ours;
    assert!(!of("harness/oracle").contains(&"reference-broker"));
    assert!(!of("reference-broker").contains(&"oracle"));
    assert!(!of("harness/play").contains(&"reference-broker") && !of("harness/play").contains(&"oracle"));
}

#[test]
fn an_arrow_against_the_stream_is_seen() {
    let arrow = pure("harness/wire", &[], &["bytes"]);
    let bad = "[dependencies]\nbytes.workspace = true\ndeadzone-oracle.workspace = true\ntokio = { workspace = true }\n\
               [target.'cfg(unix)'.dependencies]\nrand = \"1\"\n[build-dependencies]\nnice = { package = \"libc\" }\n\
               [dev-dependencies]\nproptest.workspace = true\n";
    let mut found: Vec<String> = wrong("Cargo.toml", bad, &arrow).into_iter().map(|c| c.what).collect();
    found.sort();
    let wanted =
        ["deadzone-oracle", "libc", "rand", "tokio"].map(|n| format!("harness/wire may not depend on {n}"));
    assert_eq!(found, wanted);
}
