//! Header lines of a scenario. Each is a keyword and plain words; quotes mean nothing here.

use deadzone_spec::{Node, nearest};
use deadzone_wire::Version;

use super::marks::unknown_version;
use super::matrix;
use super::scenario::{Draft, clause};
use super::value::{is_name, number};
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, Catch, Gate, Need};

/// The keywords.
pub(crate) const KEYWORDS: [&str; 12] = [
    "title",
    "clauses",
    "needs",
    "versions",
    "tags",
    "catches",
    "like",
    "solo",
    "gate",
    "stands",
    "times",
    matrix::KEYWORD,
];
/// Those that may be repeated.
const REPEATABLE: [&str; 5] = ["clauses", "tags", "catches", "like", "stands"];
/// Most rounds of a scenario.
const TIMES_MAX: u32 = 1000;
const NEEDS: [&str; 17] = [
    "qos 2",
    "session",
    "retain",
    "wildcard",
    "subscription-identifier",
    "shared-subscription",
    "topic-alias",
    "topic-alias-limit",
    "without qos 2",
    "without retain",
    "without wildcard",
    "ws",
    "tls",
    "password",
    "client-certificates",
    "nodes 2",
    "bridge",
];

/// Reads a header line whose keyword is known. `rest` is what follows the keyword, without comment.
pub(super) fn read(
    draft: &mut Draft,
    keyword: &'static str,
    at: At,
    rest: Rest<'_>,
    out: &mut Vec<Diagnostic>,
) {
    if !draft.headers.insert(keyword) && !REPEATABLE.contains(&keyword) {
        out.push(Diagnostic::error(code::REPEATED, at, format!("`{keyword}` is given twice")));
        return;
    }
    if keyword == matrix::KEYWORD {
        // Its table was read before.
        return;
    }
    if keyword == "solo" {
        draft.scenario.solo = true;
        if let Some((word, at)) = rest.whole() {
            let message = format!("`{}` does not belong here", shown(word));
            out.push(Diagnostic::error(code::TRAILING, at, message).label("`solo` stands alone"));
        }
        return;
    }
    let Some((whole, _)) = rest.whole() else {
        let message = format!("`{keyword}` says nothing");
        out.push(Diagnostic::error(code::MISSING, at, message).label("something belongs behind it"));
        return;
    };
    match keyword {
        "title" => draft.scenario.title = one_line(whole),
        "clauses" => clauses(draft, rest, out),
        "needs" => needs(draft, rest, out),
        "versions" => versions(draft, rest, out),
        "tags" => tags(draft, rest, out),
        "catches" => catches(draft, rest, out),
        "gate" => gate(draft, rest, out),
        "stands" => stands_on(draft, at, rest, out),
        "times" => times(draft, rest, out),
        _ => draft.scenario.like.extend(rest.split(char::is_whitespace).map(|(word, _)| word.to_owned())),
    }
}

fn clauses(draft: &mut Draft, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    for (word, at) in rest.words() {
        match clause(word, at) {
            Err(mistake) => out.push(mistake),
            Ok(id) if draft.scenario.clauses.contains(&id) => {
                out.push(Diagnostic::error(code::REPEATED, at, format!("clause {id} is named twice")));
            }
            Ok(id) => {
                draft.scenario.clauses.push(id);
                draft.clause_places.push(at);
            }
        }
    }
}

fn needs(draft: &mut Draft, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    for (text, at) in rest.split(|c| c == ',') {
        let words: Vec<&str> = text.split_whitespace().collect();
        let need = match words[..] {
            ["qos", level] => number(level).filter(|qos| *qos <= 2).map(|qos| Need::Qos(qos as u8)),
            ["session"] => Some(Need::Session),
            ["retain"] => Some(Need::Retain),
            ["wildcard"] => Some(Need::Wildcard),
            ["subscription-identifier"] => Some(Need::SubscriptionIdentifier),
            ["shared-subscription"] => Some(Need::SharedSubscription),
            ["topic-alias"] => Some(Need::TopicAlias),
            ["topic-alias-limit"] => Some(Need::TopicAliasLimit),
            ["without", "qos", "2"] => Some(Need::WithoutQos2),
            ["without", "retain"] => Some(Need::WithoutRetain),
            ["without", "wildcard"] => Some(Need::WithoutWildcard),
            ["nodes", count] => several(count).map(Need::Nodes),
            ["bridge"] => Some(Need::Bridge),
            ["ws"] => Some(Need::Ws),
            ["tls"] => Some(Need::Tls),
            ["client-certificates"] => Some(Need::ClientCertificates),
            ["password"] => Some(Need::Password),
            _ => None,
        };
        match need {
            Some(need) if draft.scenario.needs.contains(&need) => {
                out.push(Diagnostic::error(code::REPEATED, at, "this need is given twice"));
            }
            Some(need) => {
                draft.scenario.needs.push(need);
                if need == Need::Bridge {
                    super::node::declare_bridge(draft, at, out);
                }
            }
            None => {
                let mistake =
                    Diagnostic::error(code::UNKNOWN_NEED, at, format!("unknown need `{}`", shown(text)))
                        .help(format!("the needs, with commas between them: {}", NEEDS.join(", ")));
                out.push(mistake.suggest(nearest(text, NEEDS)));
            }
        }
    }
}

/// Two nodes or more.
fn several(count: &str) -> Option<u8> {
    let count = number(count).and_then(|count| u8::try_from(count).ok());
    count.filter(|count| *count >= 2 && Node::new(*count).is_some())
}

fn versions(draft: &mut Draft, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    let mut versions: Vec<Version> = Vec::new();
    for (word, at) in rest.words() {
        match word.parse::<Version>() {
            Ok(version) if versions.contains(&version) => {
                out.push(Diagnostic::error(code::REPEATED, at, format!("{version} is given twice")));
            }
            Ok(version) => versions.push(version),
            Err(_) => out.push(unknown_version(word, at)),
        }
    }
    if !versions.is_empty() {
        versions.sort_unstable();
        draft.scenario.versions = versions;
    }
}

fn tags(draft: &mut Draft, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    for (word, at) in rest.words() {
        if !is_name(word) {
            out.push(bad_name("a tag", word, at));
        } else if draft.scenario.tags.iter().any(|known| known == word) {
            out.push(Diagnostic::error(code::REPEATED, at, format!("tag {word} is given twice")));
        } else {
            draft.scenario.tags.push(word.to_owned());
        }
    }
}

fn catches(draft: &mut Draft, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    for (word, at) in rest.words() {
        let (name, only) = match word.strip_suffix(')').and_then(|word| word.split_once('(')) {
            None => (word, None),
            Some((name, version)) => match version.parse::<Version>() {
                Ok(version) => (name, Some(version)),
                Err(_) => {
                    out.push(unknown_version(version, at));
                    continue;
                }
            },
        };
        let known = |catch: &Catch| catch.name == name && catch.only == only;
        if !is_name(name) {
            out.push(bad_name("a defect", name, at));
        } else if draft.scenario.catches.iter().any(known) {
            out.push(Diagnostic::error(code::REPEATED, at, format!("{name} is named twice")));
        } else {
            draft.scenario.catches.push(Catch { name: name.to_owned(), only, at });
        }
    }
}

/// `gate NAME`.
fn gate(draft: &mut Draft, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    for (word, at) in rest.words() {
        match Gate::named(word) {
            Some(_) if draft.gate_at.is_some() => {
                out.push(Diagnostic::error(code::REPEATED, at, "a scenario is one gate at most"));
            }
            Some(gate) => {
                draft.scenario.gate = Some(gate);
                draft.gate_at = Some(at);
            }
            None => out.push(unknown_gate(word, at)),
        }
    }
}

/// `stands on NAME …`.
fn stands_on(draft: &mut Draft, keyword_at: At, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    let mut words = rest.words();
    let first = words.next();
    if first.is_none_or(|(word, _)| word != "on") {
        let at = first.map_or(keyword_at, |(_, at)| at);
        out.push(Diagnostic::error(code::MISSING, at, "expected `on`").help("write `stands on GATE …`"));
        return;
    }
    let before = draft.stands_on.len();
    for (word, at) in words {
        match Gate::named(word) {
            Some(gate) if draft.stands_on.iter().any(|(known, _)| *known == gate) => {
                out.push(Diagnostic::error(code::REPEATED, at, format!("{gate} is named twice")));
            }
            Some(gate) => draft.stands_on.push((gate, at)),
            None => out.push(unknown_gate(word, at)),
        }
    }
    if draft.stands_on.len() == before && out.last().is_none_or(|mistake| mistake.at.line != keyword_at.line)
    {
        out.push(Diagnostic::error(code::MISSING, keyword_at, "`stands on` names no gate"));
    }
}

fn unknown_gate(word: &str, at: At) -> Diagnostic {
    let names = Gate::ALL.map(Gate::name);
    Diagnostic::error(code::UNKNOWN_GATE, at, format!("unknown gate `{}`", shown(word)))
        .help(format!("the gates: {}", names.join(", ")))
        .suggest(nearest(word, names))
}

/// `times N`.
fn times(draft: &mut Draft, rest: Rest<'_>, out: &mut Vec<Diagnostic>) {
    let Some((word, at)) = rest.whole() else { return };
    match number(word) {
        Some(times @ 1..=TIMES_MAX) => {
            draft.scenario.times = times;
            draft.times_at = Some(at);
        }
        Some(times) => {
            let message = format!("`times` is 1 to {TIMES_MAX}, not {times}");
            out.push(Diagnostic::error(code::RANGE, at, message));
        }
        None => {
            let message = format!("`{}` is no number", shown(word));
            out.push(Diagnostic::error(code::WRONG_SORT, at, message).help("write `times N`"));
        }
    }
}

/// The mistake of a name that is none.
pub(super) fn bad_name(what: &str, name: &str, at: At) -> Diagnostic {
    Diagnostic::error(code::NAME, at, format!("`{}` is no name for {what}", shown(name)))
        .help("a name begins with a letter a-z and goes on with a-z, 0-9, - and _; it has at most 64 of them")
}

/// A text of one line, its blanks made one each.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands behind a keyword, with its column.
#[derive(Clone, Copy)]
pub(super) struct Rest<'l> {
    text: &'l str,
    line: u32,
    column: u32,
}

impl<'l> Rest<'l> {
    /// `line` from byte `start` on, up to a comment. Quotes do not hide a comment here.
    pub(super) fn of(line: &'l str, number: u32, start: usize) -> Self {
        let text = &line[start..];
        let mut blank = line[..start].ends_with(char::is_whitespace);
        let mut end = text.len();
        for (index, c) in text.char_indices() {
            if c == '#' && blank {
                end = index;
                break;
            }
            blank = c.is_whitespace();
        }
        Self { text: &text[..end], line: number, column: line[..start].chars().count() as u32 + 1 }
    }

    /// All of it, trimmed; `None` if there is nothing.
    pub(super) fn whole(self) -> Option<(&'l str, At)> {
        self.split(|_| false).next()
    }

    /// Its cells, parted by `|`; `\|` parts nothing. One that is empty is a cell as well, unless there is nothing at all.
    pub(super) fn cells(self) -> impl Iterator<Item = (&'l str, At)> {
        let mut column = self.column;
        let mut rest = Some(self.text).filter(|text| !text.trim().is_empty());
        std::iter::from_fn(move || {
            let text = rest?;
            let bar = text.match_indices('|').find(|(at, _)| !text[..*at].ends_with('\\'));
            let cell = bar.map_or(text, |(at, _)| &text[..at]);
            rest = bar.map(|(at, _)| &text[at + 1..]);
            let blank = cell.len() - cell.trim_start().len();
            let start = column + cell[..blank].chars().count() as u32;
            column += cell.chars().count() as u32 + 1;
            let cell = cell.trim();
            let length = (cell.chars().count() as u32).max(1);
            Some((cell, At { line: self.line, column: start, length }))
        })
    }

    fn words(self) -> impl Iterator<Item = (&'l str, At)> {
        self.split(|c: char| c.is_whitespace() || c == ',')
    }

    fn split(self, separates: impl Fn(char) -> bool) -> impl Iterator<Item = (&'l str, At)> {
        let mut column = self.column;
        self.text.split(separates).filter_map(move |piece| {
            let start = column;
            column += piece.chars().count() as u32 + 1;
            let blanks = piece.chars().take_while(|c| c.is_whitespace()).count() as u32;
            let piece = piece.trim();
            let at = At { line: self.line, column: start + blanks, length: piece.chars().count() as u32 };
            (!piece.is_empty()).then_some((piece, at))
        })
    }
}
