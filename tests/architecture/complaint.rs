//! What a check says of one place: where, what is wrong, what to do instead. Knows no check.

use std::fmt;

/// One thing that must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    /// Path below the repository's root.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) instead: String,
}

impl Complaint {
    pub(crate) fn new(file: &str, line: usize, what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into(), instead: instead.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    instead: {}", self.file, self.line, self.what, self.instead)
    }
}

/// Fails with all of them, a place a line.
pub(crate) fn none(mut complaints: Vec<Complaint>) {
    complaints.sort();
    let text: Vec<String> = complaints.iter().map(Complaint::to_string).collect();
    assert!(complaints.is_empty(), "{} complaints\n{}\n", complaints.len(), text.join("\n"));
}

/// The lines complained about, for tests of the checks.
pub(crate) fn lines(complaints: &[Complaint]) -> Vec<usize> {
    complaints.iter().map(|c| c.line).collect()
}

#[test]
#[should_panic(expected = "a.rs:3: wrong\n    instead: right")]
fn a_complaint_fails_the_test_and_says_where() {
    none(vec![Complaint::new("a.rs", 3, "wrong", "right")]);
}
