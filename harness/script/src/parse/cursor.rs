//! Hands out the tokens of one line and collects its mistakes. Knows no keyword.

use std::fmt::Display;

use deadzone_spec::nearest;

use super::lexer::{Kind, Token, Value};
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, Payload};

/// The line can't be read further; why has been reported.
#[derive(Debug)]
pub(super) struct Abandoned;

/// Of something in a line.
pub(super) type Parsed<T> = Result<T, Abandoned>;

/// A place in a line's tokens.
pub(super) struct Cursor<'l> {
    line: &'l str,
    number: u32,
    tokens: &'l [Token],
    next: usize,
    pub(super) mistakes: Vec<Diagnostic>,
}

impl<'l> Cursor<'l> {
    pub(super) fn new(number: u32, line: &'l str, tokens: &'l [Token]) -> Self {
        Self { line, number, tokens, next: 0, mistakes: Vec::new() }
    }

    pub(super) fn report(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    pub(super) fn fail(&mut self, mistake: Diagnostic) -> Abandoned {
        self.mistakes.push(mistake);
        Abandoned
    }

    pub(super) fn peek(&self) -> Option<&'l Token> {
        self.tokens.get(self.next)
    }

    pub(super) fn peek_word(&self) -> Option<&'l str> {
        match self.peek() {
            Some(Token { kind: Kind::Word(word), .. }) => Some(word),
            _ => None,
        }
    }

    /// The word behind the next token.
    pub(super) fn second_word(&self) -> Option<&'l str> {
        match self.tokens.get(self.next + 1).map(|token| &token.kind) {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub(super) fn bump(&mut self) -> Option<&'l Token> {
        let token = self.tokens.get(self.next)?;
        self.next += 1;
        Some(token)
    }

    /// The number of tokens taken: a mark for [`Self::since`].
    pub(super) fn mark(&self) -> usize {
        self.next
    }

    /// The place from the token at `mark` to the last one taken.
    pub(super) fn since(&self, mark: usize) -> At {
        let taken = &self.tokens[mark.min(self.next)..self.next];
        match (taken.first(), taken.last()) {
            (Some(first), Some(last)) => {
                let length = last.at.column + last.at.length - first.at.column;
                At { line: self.number, column: first.at.column, length }
            }
            _ => self.here(),
        }
    }

    /// The place of the next token, or behind the last one.
    pub(super) fn here(&self) -> At {
        match (self.peek(), self.tokens.last()) {
            (Some(token), _) => token.at,
            (None, Some(last)) => {
                At { line: self.number, column: last.at.column + last.at.length, length: 1 }
            }
            (None, None) => At { line: self.number, column: 1, length: 1 },
        }
    }

    /// "expected …" at the next token.
    pub(super) fn missing(&mut self, what: &str) -> Abandoned {
        let message = match self.peek() {
            Some(token) => format!("expected {what}, found `{}`", shown(&self.line[token.span.clone()])),
            None => format!("expected {what}"),
        };
        self.fail(
            Diagnostic::error(code::MISSING, self.here(), message).label(format!("{what} belongs here")),
        )
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.peek_word() == Some(word);
        self.next += usize::from(found);
        found
    }

    pub(super) fn eat_kind(&mut self, kind: &Kind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.next += usize::from(found);
        found
    }

    pub(super) fn word(&mut self, what: &str) -> Parsed<(&'l str, At)> {
        match self.peek_word() {
            Some(word) => {
                let at = self.here();
                self.next += 1;
                Ok((word, at))
            }
            None => Err(self.missing(what)),
        }
    }

    pub(super) fn text(&mut self, what: &str) -> Parsed<(Payload, At)> {
        match self.peek() {
            Some(Token { kind: Kind::Text(text), at, .. }) => {
                self.next += 1;
                Ok((text.clone(), *at))
            }
            _ => Err(self.missing(&format!("{what} in quotes"))),
        }
    }

    /// The next token if it is `key=value`.
    pub(super) fn pair(&mut self) -> Option<(&'l str, &'l Value, At, At)> {
        match self.peek() {
            Some(Token { kind: Kind::Pair(key, value, value_at), at, .. }) => {
                self.next += 1;
                let key_at = At { length: key.chars().count() as u32, ..*at };
                Some((key, value, key_at, *value_at))
            }
            _ => None,
        }
    }

    /// One of the words given.
    pub(super) fn choose<T: Copy>(&mut self, what: &str, choices: &[(&'static str, T)]) -> Parsed<T> {
        let (word, at) = self.word(what)?;
        if let Some((_, meaning)) = choices.iter().find(|(name, _)| *name == word) {
            return Ok(*meaning);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let mut mistake =
            Diagnostic::error(code::UNKNOWN_WORD, at, format!("unknown {what} `{}`", shown(word)))
                .label(format!("expected {}", listed(&names)));
        mistake = mistake.suggest(nearest(word, names));
        Err(self.fail(mistake))
    }

    /// What the rest of the line says, as it stands there, and its place.
    pub(super) fn rest(&mut self) -> Option<(&'l str, At)> {
        let mark = self.next;
        let (first, last) = (self.peek()?, self.tokens.last()?);
        self.next = self.tokens.len();
        Some((&self.line[first.span.start..last.span.end], self.since(mark)))
    }

    /// Nothing may follow.
    pub(super) fn finish(&mut self) -> Parsed<()> {
        let Some((rest, at)) = self.rest() else { return Ok(()) };
        let mistake =
            Diagnostic::error(code::TRAILING, at, format!("`{}` does not belong to this step", shown(rest)))
                .label("the step ends before this");
        Err(self.fail(mistake))
    }
}

/// `a, b or c`.
pub(super) fn listed<T: Display>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}
