//! `client NAME [manual] [direct] [via PROFILE] [version V] [at N]`. Knows nothing of what clients do.

use deadzone_spec::nearest;

use super::cursor::{Cursor, Parsed};
use super::header::{KEYWORDS, bad_name};
use super::marks::{self, version};
use super::scenario::Draft;
use super::step::LEADING;
use super::value::is_name;
use crate::ClientDecl;
use crate::diagnostic::{Diagnostic, code, shown};

/// Reads what stands behind `client`. A client with a mistake is declared too, so that its steps are none.
pub(super) fn read(draft: &mut Draft, cursor: &mut Cursor<'_>) -> Parsed<()> {
    let (name, at) = cursor.word("a client's name")?;
    if draft.scenario.clients.iter().any(|client| client.name == name) {
        let message = format!("a client `{name}` is declared already");
        return Err(cursor.fail(Diagnostic::error(code::CLIENT_NAME, at, message)));
    }
    if !is_name(name) {
        cursor.report(bad_name("a client", name, at));
    } else if is_reserved(name) {
        let message = format!("`{name}` is a word of the language");
        cursor.report(Diagnostic::error(code::CLIENT_NAME, at, message).label("no name for a client"));
    }
    let mut client = ClientDecl {
        name: name.to_owned(),
        manual: false,
        direct: false,
        via: None,
        version: None,
        node: None,
        bridge: false,
        at,
    };
    let options = options(&mut client, cursor);
    draft.scenario.clients.push(client);
    options
}

fn options(client: &mut ClientDecl, cursor: &mut Cursor<'_>) -> Parsed<()> {
    while cursor.peek().is_some() {
        let (word, at) = cursor.word("`manual`, `direct`, `via`, `version` or `at`")?;
        let twice = match word {
            "manual" => std::mem::replace(&mut client.manual, true),
            "direct" => std::mem::replace(&mut client.direct, true),
            "via" => {
                let via = profile(cursor)?;
                client.via.replace(via).is_some()
            }
            "version" => {
                let (word, at) = cursor.word("a version")?;
                client.version.replace(version(cursor, word, at)?).is_some()
            }
            "at" => client.node.replace(super::node::node(cursor)?).is_some(),
            _ => {
                let message = format!("`{}` is nothing that a client can be", shown(word));
                let mistake = Diagnostic::error(code::UNKNOWN_WORD, at, message)
                    .label("expected `manual`, `direct`, `via PROFILE`, `version V` or `at N`")
                    .suggest(nearest(word, ["manual", "direct", "via", "version", "at"]));
                return Err(cursor.fail(mistake));
            }
        };
        if twice {
            cursor.report(Diagnostic::error(code::TWICE, at, format!("`{word}` is given twice")));
        }
    }
    if client.direct && client.via.is_some() {
        let message = format!("`{}` is direct: it never crosses a link, so it has no profile", client.name);
        cursor.report(Diagnostic::error(code::DIRECT, client.at, message));
    }
    Ok(())
}

/// `lte-m`, `lte-m+nat-short`: the form only. Which there are is not the language's to know.
pub(super) fn profile(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let (word, at) = cursor.word("a link profile")?;
    if word.split('+').all(is_name) {
        return Ok(word.to_owned());
    }
    Err(cursor.fail(bad_name("a link profile", word, at)))
}

fn is_reserved(name: &str) -> bool {
    const BLOCKS: [&str; 5] = ["mqt", "scenario", "client", "recover", "control"];
    [&KEYWORDS[..], &LEADING, &marks::WORDS, &BLOCKS].concat().contains(&name)
}
