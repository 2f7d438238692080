//! The list of violations while a packet is taken apart. Knows who sent it and under which version, not what is in it.

use std::borrow::Cow;

use crate::{Sender, Text, Version, Violation, clause, clause::Rule};

/// Violations so far, with what is needed to phrase the next one.
pub(crate) struct Findings {
    pub(crate) version: Version,
    pub(crate) sender: Sender,
    list: Vec<Violation>,
}

impl Findings {
    pub(crate) fn new(version: Version, sender: Sender) -> Self {
        Self { version, sender, list: Vec::new() }
    }

    /// Notes a violation, unless this version has no such rule.
    pub(crate) fn note(&mut self, rule: &Rule, offset: usize, what: impl Into<Cow<'static, str>>) {
        if let Some(clause) = rule.id(self.version) {
            self.list.push(Violation { clause, what: what.into(), offset });
        }
    }

    /// Notes a violation where the condition holds.
    pub(crate) fn note_if(&mut self, broken: bool, rule: &Rule, offset: usize, what: &'static str) {
        if broken {
            self.note(rule, offset, what);
        }
    }

    /// Checks a string; `offset` is that of its first character.
    pub(crate) fn text(&mut self, text: &Text, offset: usize) {
        self.text_under(text, offset, &clause::UTF8, &clause::NUL);
    }

    /// Checks a string whose rules have numbers of their own.
    pub(crate) fn text_under(&mut self, text: &Text, offset: usize, utf8: &Rule, nul: &Rule) {
        if let Err(error) = std::str::from_utf8(&text.0) {
            self.note(utf8, offset + error.valid_up_to(), "ill-formed UTF-8");
        }
        if let Some(at) = text.0.iter().position(|b| *b == 0) {
            self.note(nul, offset + at, "U+0000 in a string");
        }
    }

    /// Notes bytes where none may be.
    pub(crate) fn trailing(&mut self, tail: &[u8], offset: usize) {
        if !tail.is_empty() {
            self.note(&clause::TRAILING, offset, format!("{} bytes behind the last field", tail.len()));
        }
    }

    /// The violations in wire order.
    pub(crate) fn finish(mut self) -> Vec<Violation> {
        self.list.sort_by_key(|v| v.offset);
        self.list
    }
}
