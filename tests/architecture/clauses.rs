//! Every clause that comments and documents name is in the table. In code a clause is a type that names no other, and the
//! parser of scenarios refuses an unknown one: prose is what is left.

use std::collections::BTreeSet;

use crate::{
    complaint::{Complaint, lines, none},
    items::line_of,
    repo::{Source, files, sources},
};

/// A name with or without its version, as it is written: offset, text.
fn named(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for mark in ["MQTT-", "DZ-"] {
        for (at, _) in text.match_indices(mark) {
            let before = &text[..at];
            if before.ends_with(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c)) {
                continue; // part of another word
            }
            let version =
                ["3.1/", "3.1.1/", "5.0/"].iter().filter(|v| before.ends_with(*v)).map(|v| v.len()).max();
            let tail = &text[at + mark.len()..];
            let length = tail.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"-.".contains(b)).count();
            let start = at - version.unwrap_or(0);
            let name = text[start..at + mark.len() + length].trim_end_matches(['.', '-']);
            if name.len() > at - start + mark.len() {
                found.push((start, name));
            }
        }
    }
    found
}

/// Whether the table has it: whole with its version, or without one as a number or a section.
fn exists(name: &str, numbers: &BTreeSet<&str>) -> bool {
    if name.contains('/') {
        return deadzone_spec::ClauseId::find(name).is_some();
    }
    let section = |n: &&str| n.strip_prefix(name).is_some_and(|rest| rest.starts_with(['-', '.']));
    numbers.contains(name) || numbers.iter().any(section)
}

fn unknown(path: &str, text: &str, counts: impl Fn(usize) -> bool) -> Vec<Complaint> {
    let numbers: BTreeSet<&str> = deadzone_spec::all().map(|id| id.clause().number).collect();
    let bad = named(text).into_iter().filter(|(at, name)| counts(*at) && !exists(name, &numbers));
    bad.map(|(at, name)| {
        let instead = match deadzone_spec::suggest(name) {
            Some(near) => format!("`{near}`, or a line in harness/spec/data/own.tsv"),
            None => "a line in harness/spec/data/own.tsv".to_owned(),
        };
        Complaint::new(path, line_of(text, at), format!("`{name}` is no clause"), instead)
    })
    .collect()
}

#[test]
fn comments_name_clauses_that_exist() {
    let shipped = sources().iter().filter(|s| s.is_shipped());
    none(shipped.flat_map(|s| unknown(&s.path, &s.text, |at| !s.in_test(at))).collect());
}

#[test]
fn documents_name_clauses_that_exist() {
    let documents = files().iter().filter(|f| f.path.ends_with(".md"));
    none(documents.flat_map(|f| unknown(&f.path, &f.text, |_| true)).collect());
}

#[test]
fn a_clause_of_the_other_version_is_seen() {
    let text = "5.0/MQTT-4.3.3-10\n3.1.1/MQTT-4.3.3-10\n5.0/DZ-no-such-thing\nMQTT-4.3.3\nMQTT-9.9.9-9\n3.1.1/DZ-one-connack.\n";
    let mut found = lines(&unknown("a.mqt", text, |_| true));
    found.sort_unstable();
    assert_eq!(found, [2, 3, 5]);
}

#[test]
fn test_code_may_name_what_is_not() {
    let source =
        Source::new("a/src/a.rs", "// 5.0/MQTT-9.9.9-9\n#[cfg(test)]\nmod tests { // 5.0/MQTT-9.9.9-8\n}\n");
    assert_eq!(lines(&unknown("a.rs", &source.text, |at| !source.in_test(at))), [1]);
}

#[test]
fn names_end_where_the_text_goes_on() {
    let found: Vec<&str> = named("(`5.0/MQTT-4.3.3-10`), 3.1.1/DZ-one-connack. DZ-… xMQTT-1 \"MQTT-4.3.3\"")
        .into_iter()
        .map(|f| f.1)
        .collect();
    assert_eq!(found, ["5.0/MQTT-4.3.3-10", "MQTT-4.3.3", "3.1.1/DZ-one-connack"]);
}
