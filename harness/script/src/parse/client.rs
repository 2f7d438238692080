//! `client NAME [manual] [direct] [via PROFILE] [version V] [offers "SUBPROTOCOL, …"] [at N]`. Knows nothing of what clients do.

use deadzone_spec::nearest;

use super::cursor::{Cursor, Parsed};
use super::header::{KEYWORDS, bad_name};
use super::lexer::Value;
use super::marks::{self, version};
use super::scenario::Draft;
use super::step::LEADING;
use super::value::is_name;
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, Certificate, ClientDecl};

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
    let mut client = ClientDecl { at, ..ClientDecl::named(name) };
    let options = options(&mut client, cursor);
    draft.scenario.clients.push(client);
    options
}

fn options(client: &mut ClientDecl, cursor: &mut Cursor<'_>) -> Parsed<()> {
    while cursor.peek().is_some() {
        if let Some((key, value, at, _)) = cursor.pair() {
            certificate(client, cursor, (key, value, at))?;
            continue;
        }
        let (word, at) =
            cursor.word("`manual`, `direct`, `via`, `version`, `offers`, `at` or `certificate=`")?;
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
            "offers" => !std::mem::replace(&mut client.offers, offered(cursor)?).is_empty(),
            _ => {
                let message = format!("`{}` is nothing that a client can be", shown(word));
                let mistake = Diagnostic::error(code::UNKNOWN_WORD, at, message)
                    .label(
                        "expected `manual`, `direct`, `via PROFILE`, `version V`, `at N` or `offers \"…\"`",
                    )
                    .suggest(nearest(word, ["manual", "direct", "via", "version", "at", "offers"]));
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

/// `certificate=none|other-ca|expired`.
fn certificate(
    client: &mut ClientDecl,
    cursor: &mut Cursor<'_>,
    (key, value, at): (&str, &Value, At),
) -> Parsed<()> {
    let Value::Word(word) = value else {
        return Err(cursor.missing("`none`, `other-ca` or `expired`"));
    };
    let known = Certificate::NAMED.iter().find(|(name, _)| name == word).filter(|_| key == "certificate");
    let Some((_, certificate)) = known else {
        let message = format!("`{}={}` is nothing that a client can be", shown(key), shown(word));
        let mistake = Diagnostic::error(code::UNKNOWN_WORD, at, message)
            .label("expected `certificate=none`, `certificate=other-ca` or `certificate=expired`");
        return Err(cursor.fail(mistake));
    };
    if std::mem::replace(&mut client.certificate, *certificate) != Certificate::Own {
        cursor.report(Diagnostic::error(code::TWICE, at, "`certificate` is given twice"));
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

/// `"mqttv3.1, mqtt"`: a list of HTTP tokens, as the request's header has it.
fn offered(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let (text, at) = cursor.text("subprotocols")?;
    let is_token = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let text = String::from_utf8_lossy(&text.0);
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().all(|name| is_token(name)) && names.iter().any(|name| name == "mqtt") {
        return Ok(names);
    }
    let mistake = Diagnostic::error(code::FRAMES, at, "no list of subprotocols with `mqtt` in it")
        .help("write `offers \"mqttv3.1, mqtt\"`: what a server does where `mqtt` is not offered is its own business");
    Err(cursor.fail(mistake))
}

fn is_reserved(name: &str) -> bool {
    const BLOCKS: [&str; 5] = ["mqt", "scenario", "client", "recover", "control"];
    [&KEYWORDS[..], &LEADING, &marks::WORDS, &BLOCKS].concat().contains(&name)
}
