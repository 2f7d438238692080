//! What no text of the repository may say: where it was made, hosts that are nobody's public address, numbers of threads
//! that its reader can't find, and lints that are silenced without being watched.

use crate::{
    complaint::{Complaint, lines, none},
    items::line_of,
    repo::{File, Source, files, sources},
};

/// Made of halves, so that this file does not hold what it looks for.
const MACHINE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Use", "rs/")];

/// Public addresses that a text may name.
const HOSTS: [&str; 24] = [
    "docs.oasis-open.org",
    "public.dhe.ibm.com",
    "github.com",
    "issues.apache.org",
    "json-schema.org",
    "mqtt.org",
    "mosquitto.org",
    "keepachangelog.com",
    "semver.org",
    "spdx.org",
    "www.apache.org",
    "opensource.org",
    "docs.rs",
    "example.org",
    "docs.nats.io",
    // Namespaces of XML that configurations have to name.
    "activemq.apache.org",
    "maven.apache.org",
    "www.springframework.org",
    "www.w3.org",
    "www.rfc-editor.org",
    // Where numbers of link profiles come from.
    "www.3gpp.org",
    "www.theregister.com",
    "cloudnetworking.pro",
    "serverfault.com",
];

/// Files that programs write: those of cargo hold the registry's addresses, those of the fuzzers anything.
const GENERATED: [&str; 3] = ["Cargo.lock", "tests/fuzz/Cargo.lock", "tests/fuzz/corpus/"];

/// Lints that a part shared by several test binaries may allow, with a reason: each binary uses its own part of it, so that
/// an expectation that one of them meets stays unmet in another.
const IN_SHARED_PARTS: [&str; 2] = ["dead_code", "unreachable_pub"];

fn machine(file: &File) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for path in MACHINE.iter().filter(|p| line.contains(*p)) {
            let what = format!("`{path}` is a path of one machine");
            complaints.push(Complaint::new(
                &file.path,
                index + 1,
                what,
                "a path below the repository's root",
            ));
        }
    }
    complaints
}

fn hosts(file: &File) -> Vec<Complaint> {
    if GENERATED.iter().any(|generated| file.path.starts_with(generated)) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for scheme in ["http://", "https://"] {
        for (at, _) in file.text.match_indices(scheme) {
            let rest = &file.text[at + scheme.len()..];
            let host: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
            // A scheme alone is code that looks for one; loopback is everybody's own.
            let loopback = host.is_empty() || host == "localhost" || host.starts_with("127.");
            if !loopback && !HOSTS.contains(&host.trim_end_matches('.')) {
                let what = format!("`{host}` is not among the public addresses");
                let instead =
                    "leave it out, or add it to HOSTS in tests/architecture/text.rs if readers can open it";
                complaints.push(Complaint::new(&file.path, line_of(&file.text, at), what, instead));
            }
        }
    }
    complaints
}

/// `(#12)` and `issue #12`: of which project? An address says it.
fn thread_numbers(file: &File) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for (at, _) in line.match_indices('#') {
            let before = line[..at].trim_end().to_ascii_lowercase();
            let number = line[at + 1..].starts_with(|c: char| c.is_ascii_digit());
            let said = ["issue", "issues", "pull request", "fixes", "closes", "pr"];
            let last = said.iter().any(|w| {
                before.strip_suffix(w).is_some_and(|b| !b.ends_with(|c: char| c.is_ascii_alphanumeric()))
            });
            if number && (last || line[..at].ends_with('(')) {
                let instead = "the thread's whole address, or what it says";
                complaints.push(Complaint::new(&file.path, index + 1, "a thread's bare number", instead));
            }
        }
    }
    complaints
}

fn attributes(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut complain = |at: usize, what: &str, instead: &str| {
        complaints.push(Complaint::new(&source.path, line_of(&source.masked, at), what, instead));
    };
    for mark in ["#[", "#!["] {
        for (at, _) in source.masked.match_indices(mark) {
            let inside = source.masked[at + mark.len()..].trim_start();
            let end = inside.find(']').unwrap_or(inside.len());
            let excused = mark == "#![" && shared_part(source) && only_shared_lints(&inside[..end]);
            let word: String = inside.chars().take_while(char::is_ascii_alphabetic).collect();
            match word.as_str() {
                "allow" if !excused => {
                    complain(at, "`allow` stays when its cause is gone", "`expect(…, reason = \"…\")`");
                }
                "ignore" => complain(at, "a test that nobody runs", "make it run, or remove it"),
                "expect" if !inside[..end].contains("reason") => {
                    complain(at, "`expect` without a reason", "`expect(…, reason = \"…\")`");
                }
                _ => {}
            }
        }
    }
    complaints
}

fn shared_part(source: &Source) -> bool {
    source.is_test() && source.path.ends_with("/mod.rs")
}

/// Of `allow(a, b, reason = "…")`: nothing but the lints above, and a reason.
fn only_shared_lints(inside: &str) -> bool {
    let list = inside.trim_start_matches("allow").trim().trim_start_matches('(').trim_end_matches(')');
    let (reasons, lints): (Vec<&str>, Vec<&str>) =
        list.split(',').map(str::trim).filter(|w| !w.is_empty()).partition(|w| w.starts_with("reason"));
    reasons.len() == 1 && lints.iter().all(|l| IN_SHARED_PARTS.contains(l))
}

#[test]
fn no_text_names_a_machine() {
    none(files().iter().flat_map(machine).collect());
}

#[test]
fn every_address_is_public() {
    none(files().iter().flat_map(hosts).collect());
}

#[test]
fn threads_are_named_by_their_address() {
    let written =
        files().iter().filter(|f| [".rs", ".md", ".mqt", ".toml"].iter().any(|e| f.path.ends_with(e)));
    let elsewhere = written.filter(|f| f.path != "tests/architecture/text.rs");
    none(elsewhere.flat_map(thread_numbers).collect());
}

#[test]
fn no_lint_is_silenced_unwatched_and_no_test_ignored() {
    none(sources().iter().flat_map(attributes).collect());
}

#[test]
fn bad_texts_are_seen() {
    let file = |text: &str| File { path: "a.md".to_owned(), text: text.to_owned() };
    for path in MACHINE {
        assert_eq!(lines(&machine(&file(&format!("a\nsee {path}x\n")))), [2]);
    }
    assert_eq!(machine(&file("homework/rooted/usr/sbin")), []);
    let mirror = format!("a\n{}://mirror.invalid/index", "http");
    assert_eq!(lines(&hosts(&file(&mirror))), [2]);
    assert_eq!(hosts(&file("https://github.com/a/b. and https://")), []);
    assert_eq!(lines(&thread_numbers(&file("a\nas issue #12 says\n(#7)\nPR #3\nit fixes #9"))), [2, 3, 4, 5]);
    assert_eq!(thread_numbers(&file("colour #123456, tissue #1, r#\"x\"#, #[test]")), []);
}

#[test]
fn bad_attributes_are_seen() {
    let bad = "#[allow(dead_code)]\n#![allow(x, reason = \"y\")]\n#[ignore]\n#[ignore = \"slow\"]\n#[expect(dead_code)]\n";
    let mut found = lines(&attributes(&Source::new("a.rs", bad)));
    found.sort_unstable();
    assert_eq!(found, [1, 2, 3, 4, 5]);
    let shared = |attribute: &str| lines(&attributes(&Source::new("a/tests/support/mod.rs", attribute)));
    assert_eq!(shared("#![allow(dead_code, reason = \"each binary uses its own part\")]"), [] as [usize; 0]);
    assert_eq!(shared("#![allow(dead_code)]"), [1]);
    assert_eq!(shared("#![allow(unused, reason = \"x\")]"), [1]);
    assert_eq!(shared("#[allow(dead_code, reason = \"x\")]"), [1]);
    let good = "#[expect(\n  dead_code,\n  reason = \"why [so]\"\n)]\n// #[allow(x)]\n#[test]\nfn f() { \"#[ignore]\" }";
    assert_eq!(attributes(&Source::new("a.rs", good)), []);
}
