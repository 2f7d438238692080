//! Files and functions stay small enough to be read at once.

use crate::{
    complaint::{Complaint, lines, none},
    items::functions,
    repo::{Source, sources},
};

/// Most lines of a file.
const FILE_MAX: usize = 400;
/// Most lines of a function, from `fn` to its brace.
const FUNCTION_MAX: usize = 70;

fn sizes(source: &Source) -> Vec<Complaint> {
    let count = source.text.lines().count();
    let mut complaints = Vec::new();
    if count > FILE_MAX {
        let what = format!("{count} lines, more than {FILE_MAX}");
        let instead = "split it by what its parts know, not by length";
        complaints.push(Complaint::new(&source.path, count, what, instead));
    }
    for function in functions(&source.masked).into_iter().filter(|f| f.lines > FUNCTION_MAX) {
        let what = format!("`{}` has {} lines, more than {FUNCTION_MAX}", function.name, function.lines);
        let instead = "give its steps names: one function each";
        complaints.push(Complaint::new(&source.path, function.line, what, instead));
    }
    complaints
}

#[test]
fn files_and_functions_are_small() {
    none(sources().iter().flat_map(sizes).collect());
}

#[test]
fn what_is_too_long_is_seen() {
    let body = |n: usize| format!("//! x\nfn f() {{\n{}}}\n", "    // }\n".repeat(n));
    assert_eq!(lines(&sizes(&Source::new("a.rs", &body(68)))), [] as [usize; 0]);
    assert_eq!(lines(&sizes(&Source::new("a.rs", &body(69)))), [2]);
    assert_eq!(lines(&sizes(&Source::new("a.rs", &"\n".repeat(400)))), [] as [usize; 0]);
    assert_eq!(lines(&sizes(&Source::new("a.rs", &"\n".repeat(401)))), [401]);
}
