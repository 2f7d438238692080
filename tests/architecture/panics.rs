//! A broker's bytes must never reach a panic: outside tests there is none but those listed with their reason.

use crate::{
    complaint::{Complaint, lines, none},
    items::{line_of, words},
    repo::{Source, sources},
};

const MACROS: [&str; 3] = ["panic", "todo", "unimplemented"];

/// File, what it has, how often, why.
const ALLOWED: [(&str, &str, usize, &str); 2] = [
    (
        "harness/runner/src/job.rs",
        "panic!",
        1,
        "asked for by a hidden option, to prove from outside that a panic becomes the verdict `error`",
    ),
    (
        "harness/spec/src/id.rs",
        "panic!",
        1,
        "evaluated by the compiler, so that code which names an unknown clause is refused",
    ),
];

/// Every place that can panic: what, line.
fn places(source: &Source) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for name in MACROS {
        let calls =
            words(&source.masked, name).filter(|at| source.masked[at + name.len()..].starts_with('!'));
        found.extend(calls.map(|at| (format!("{name}!"), at)));
    }
    found.extend(source.masked.match_indices(".unwrap()").map(|(at, _)| (".unwrap()".to_owned(), at)));
    found.retain(|(_, at)| !source.in_test(*at));
    found.into_iter().map(|(what, at)| (what, line_of(&source.masked, at))).collect()
}

fn panics(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let found = places(source);
    for (what, line) in &found {
        let same = found.iter().filter(|(w, _)| w == what).count();
        let allowed = ALLOWED.iter().any(|(file, w, n, _)| *file == source.path && w == what && same <= *n);
        if !allowed {
            let instead = "return an error of the crate's own enum, or make the case impossible by a type";
            complaints.push(Complaint::new(&source.path, *line, format!("`{what}` outside tests"), instead));
        }
    }
    complaints
}

#[test]
fn nothing_panics_outside_tests() {
    none(sources().iter().filter(|s| s.is_shipped()).flat_map(panics).collect());
}

#[test]
fn every_allowed_panic_is_still_there() {
    let mut complaints = Vec::new();
    for (file, what, times, _) in ALLOWED {
        let found =
            sources().iter().filter(|s| s.path == file).flat_map(places).filter(|(w, _)| w == what).count();
        if found != times {
            let instead = "correct the list in tests/architecture/panics.rs";
            complaints.push(Complaint::new(
                file,
                1,
                format!("`{what}` {found} times, {times} allowed"),
                instead,
            ));
        }
    }
    none(complaints);
}

#[test]
fn panics_are_seen() {
    let bad = "fn f() {\n  x.unwrap();\n  panic!(\"a\");\n  todo!();\n  unimplemented!()\n}\n";
    let found = panics(&Source::new("harness/wire/src/a.rs", bad));
    let mut found = lines(&found);
    found.sort_unstable();
    assert_eq!(found, [2, 3, 4, 5]);
    let twice = "fn f() {\n  panic!();\n  panic!();\n}\n";
    assert_eq!(lines(&panics(&Source::new(ALLOWED[0].0, twice))), [2, 3], "only one is allowed");
}

#[test]
fn tests_comments_and_names_may_say_panic() {
    let good = "// panic!\nfn f() { let panic = \"todo!\"; x.unwrap_or(1); dont_panic!(); }\n\
                #[cfg(test)]\nmod tests { fn g() { x.unwrap(); panic!() } }\n";
    assert_eq!(panics(&Source::new("harness/wire/src/a.rs", good)), []);
    assert_eq!(panics(&Source::new("harness/wire/tests/a.rs", "fn f() { x.unwrap() }")), []);
}
