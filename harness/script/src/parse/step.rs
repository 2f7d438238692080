//! One step line: whose it is, what it does, its marks. The steps themselves are read next door.

use deadzone_spec::nearest;
use deadzone_wire::Version;

use super::cursor::{Cursor, Parsed};
use super::lexer::{Kind, Token};
use super::marks::{self, Marks};
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, ClientDecl, Step, StepKind};

/// Words that begin a step without a client in front.
pub(super) const LEADING: [&str; 6] = ["fence", "ready", "settle", "link", "target", "expect"];
/// What a client can do.
const VERBS: [&str; 12] = [
    "open",
    "connect",
    "subscribe",
    "unsubscribe",
    "publish",
    "burst",
    "finds",
    "disconnect",
    "ping",
    "->",
    "<-",
    "<-!",
];

/// A step line that is being read.
pub(super) struct StepLine<'s, 'l> {
    pub(super) cursor: Cursor<'l>,
    pub(super) clients: &'s [ClientDecl],
    pub(super) versions: &'s [Version],
    pub(super) marks: Marks,
    /// What a report points at, where that is less than the whole step.
    pub(super) at: Option<At>,
}

/// What a step line needs to know of its scenario.
#[derive(Clone, Copy)]
pub(super) struct Setting<'s> {
    pub(super) clients: &'s [ClientDecl],
    pub(super) versions: &'s [Version],
}

/// Reads one line. `text` is the line without comment.
pub(super) fn read(
    number: u32,
    text: &str,
    tokens: &[Token],
    setting: Setting<'_>,
    recover: bool,
) -> Result<Step, Vec<Diagnostic>> {
    let (body, tail) = tokens.split_at(marks::split(tokens));
    let mut tail = Cursor::new(number, text, tail);
    let marks = marks::read(&mut tail, setting.versions);
    let mut line = StepLine {
        cursor: Cursor::new(number, text, body),
        clients: setting.clients,
        versions: setting.versions,
        // Where a mark can't be read, the step gets the benefit of the doubt.
        marks: marks.unwrap_or_else(|_| Marks { deviant: true, ..Marks::default() }),
        at: None,
    };
    let kind = line.step().and_then(|kind| line.cursor.finish().map(|()| kind));
    let at = line.at.unwrap_or_else(|| line.cursor.since(0));
    let mut mistakes = line.cursor.mistakes;
    mistakes.append(&mut tail.mistakes);
    match kind {
        Ok(kind) if mistakes.is_empty() => {
            let Marks { deviant, only, clauses } = line.marks;
            Ok(Step { at, text: text.trim().to_owned(), kind, recover, deviant, only, clauses })
        }
        _ => Err(mistakes),
    }
}

impl<'l> StepLine<'_, 'l> {
    fn step(&mut self) -> Parsed<StepKind> {
        let (first, at) = self.cursor.word("a client or a step")?;
        match first {
            "fence" => self.fence(),
            "ready" => self.ready(),
            "settle" => Ok(StepKind::Settle),
            "link" => self.link(),
            "target" => self.target(),
            "expect" => self.expect(),
            name => {
                let client = self.subject(name, at)?;
                self.check_only(client)?;
                self.verb(client)
            }
        }
    }

    fn verb(&mut self, client: usize) -> Parsed<StepKind> {
        let (verb, at) = self.cursor.word("a step")?;
        match verb {
            "open" => Ok(StepKind::Open { client }),
            "connect" => self.connect(client),
            "subscribe" => self.subscribe(client),
            "unsubscribe" => self.unsubscribe(client),
            "publish" => self.publish(client),
            "burst" => self.burst(client),
            "finds" => self.finds(client),
            "disconnect" => self.disconnect(client),
            "ping" => Ok(StepKind::Ping { client }),
            "->" => self.send(client),
            "<-" => self.receive(client, false),
            "<-!" => self.receive(client, true),
            _ => {
                let mistake =
                    Diagnostic::error(code::UNKNOWN_STEP, at, format!("unknown step `{}`", shown(verb)))
                        .label("a client can't do this")
                        .suggest(nearest(verb, VERBS));
                Err(self.cursor.fail(mistake))
            }
        }
    }

    /// The first word of a line: a client, or a mistyped something.
    fn subject(&mut self, name: &str, at: At) -> Parsed<usize> {
        if self.clients.iter().any(|client| client.name == name)
            || self.cursor.peek_word().is_some_and(is_verb)
        {
            return self.client(name, at);
        }
        let keywords =
            LEADING.into_iter().chain(super::header::KEYWORDS).chain(["client", "recover", "control"]);
        let near = nearest(name, keywords.chain(self.clients.iter().map(|client| client.name.as_str())));
        let mistake = Diagnostic::error(code::UNKNOWN_STEP, at, format!("unknown word `{}`", shown(name)))
            .label("neither a step nor a client")
            .suggest(near);
        Err(self.cursor.fail(mistake))
    }

    /// A client by its name.
    pub(super) fn client(&mut self, name: &str, at: At) -> Parsed<usize> {
        if let Some(index) = self.clients.iter().position(|client| client.name == name) {
            return Ok(index);
        }
        let near = nearest(name, self.clients.iter().map(|client| client.name.as_str()));
        let mut mistake =
            Diagnostic::error(code::UNDECLARED, at, format!("no client is called `{}`", shown(name)))
                .label("not declared")
                .help("declare it before the first step: `client NAME`");
        mistake = mistake.suggest(near);
        Err(self.cursor.fail(mistake))
    }

    pub(super) fn next_client(&mut self) -> Parsed<usize> {
        let (name, at) = self.cursor.word("a client")?;
        let client = self.client(name, at)?;
        self.check_only(client)?;
        Ok(client)
    }

    /// The versions in which this step runs, as far as the client goes.
    pub(super) fn versions_of(&self, client: usize) -> Vec<Version> {
        let own = self.clients.get(client).and_then(|client| client.version);
        match own.or(self.marks.only) {
            Some(version) => vec![version],
            None => self.versions.to_vec(),
        }
    }

    /// `only V` is about the version of the run, so the scenario must run it.
    fn check_only(&mut self, _client: usize) -> Parsed<()> {
        let Some(only) = self.marks.only.filter(|only| !self.versions.contains(only)) else { return Ok(()) };
        let message = format!("the scenario does not run in {only}, so this step never runs");
        let mistake = Diagnostic::error(code::NEVER_RUN, self.cursor.since(0), message);
        Err(self.cursor.fail(mistake.help("drop `only`, or add the version to `versions`")))
    }

    /// `[within T]`.
    pub(super) fn within(&mut self) -> Parsed<Option<u64>> {
        if self.cursor.eat("within") { self.cursor.time().map(Some) } else { Ok(None) }
    }

    pub(super) fn next_is_text(&self) -> bool {
        matches!(self.cursor.peek(), Some(Token { kind: Kind::Text(_), .. }))
    }
}

fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}
