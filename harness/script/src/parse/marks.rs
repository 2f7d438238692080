//! What may end any step line: `deviant`, `only V`, `@ CLAUSE …`. Knows nothing of the step itself.

use deadzone_spec::ClauseId;
use deadzone_wire::Version;

use super::cursor::{Cursor, Parsed};
use super::lexer::{Kind, Token};
use super::scenario::{self, check_clause};
use crate::diagnostic::{Diagnostic, code, shown};

/// The marks of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) deviant: bool,
    pub(super) only: Option<Version>,
    pub(super) clauses: Vec<ClauseId>,
}

const DEVIANT: &str = "deviant";
const ONLY: &str = "only";
const ASSERTS: &str = "@";

/// Words that begin a mark: no client may be called so.
pub(super) const WORDS: [&str; 3] = [DEVIANT, ONLY, ASSERTS];

/// How many tokens belong to the step itself.
pub(super) fn split(tokens: &[Token]) -> usize {
    let begins = |token: &Token| matches!(&token.kind, Kind::Word(word) if WORDS.contains(&word.as_str()));
    tokens.iter().skip(1).position(begins).map_or(tokens.len(), |index| index + 1)
}

/// Reads the marks; mistakes are left in the cursor.
pub(super) fn read(cursor: &mut Cursor<'_>, versions: &[Version]) -> Parsed<Marks> {
    let mut marks = Marks::default();
    while cursor.peek().is_some() {
        let at = cursor.here();
        let twice = if cursor.eat(DEVIANT) {
            std::mem::replace(&mut marks.deviant, true)
        } else if cursor.eat(ONLY) {
            let (word, at) = cursor.word("a version")?;
            let version = version(cursor, word, at)?;
            marks.only.replace(version).is_some()
        } else if cursor.eat(ASSERTS) {
            clauses(cursor, &mut marks.clauses, versions)?;
            false
        } else {
            return cursor.finish().map(|()| marks);
        };
        if twice {
            cursor.report(Diagnostic::error(code::TWICE, at, "this mark is given twice"));
        }
    }
    Ok(marks)
}

/// `3.1.1`, `5.0`.
pub(super) fn version(cursor: &mut Cursor<'_>, word: &str, at: crate::At) -> Parsed<Version> {
    word.parse().map_err(|_| cursor.fail(unknown_version(word, at)))
}

/// The mistake of naming no version.
pub(super) fn unknown_version(word: &str, at: crate::At) -> Diagnostic {
    Diagnostic::error(code::UNKNOWN_VERSION, at, format!("unknown version `{}`", shown(word)))
        .label("expected 3.1, 3.1.1 or 5.0")
}

fn clauses(cursor: &mut Cursor<'_>, clauses: &mut Vec<ClauseId>, versions: &[Version]) -> Parsed<()> {
    cursor.word("a clause").and_then(|(word, at)| clause(cursor, clauses, versions, word, at))?;
    while let Some(word) = cursor.peek_word().filter(|word| !WORDS.contains(word)) {
        let at = cursor.here();
        cursor.bump();
        clause(cursor, clauses, versions, word, at)?;
    }
    Ok(())
}

fn clause(
    cursor: &mut Cursor<'_>,
    clauses: &mut Vec<ClauseId>,
    versions: &[Version],
    word: &str,
    at: crate::At,
) -> Parsed<()> {
    let id = match scenario::clause(word, at) {
        Ok(id) => id,
        Err(mistake) => {
            cursor.report(mistake);
            return Ok(());
        }
    };
    if let Some(mistake) = check_clause(id, at, versions) {
        cursor.report(mistake);
    } else if clauses.contains(&id) {
        cursor.report(Diagnostic::error(code::TWICE, at, format!("clause {id} is given twice")));
    }
    clauses.push(id);
    Ok(())
}
