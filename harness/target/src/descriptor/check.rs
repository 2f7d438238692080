//! What a descriptor's reader refuses beyond a wrong type.

use super::file::{DECLARING, File, StartFile, TextFile};
use crate::placeholder;

/// The format's name and major version.
const SCHEMA: &str = "deadzone.target/1";

/// Placeholders that every start knows.
const STANDING: [&str; 9] =
    ["certificates", "deadzone", "here", "installed", "marker", "password", "port", "scratch", "user"];

/// What is wrong, with its line.
pub(super) fn check(text: &str, file: &File) -> Result<(), String> {
    let at = |key: &str, why: &str| Err(format!("line {}: {key}: {why}", line_of(text, key)));
    if file.schema.as_deref().is_some_and(|schema| schema != SCHEMA) {
        return at("schema", &format!("only `{SCHEMA}` is known"));
    }
    if file.max_qos.is_some_and(|qos| qos > 2) {
        return at("max_qos", "expected 0, 1 or 2");
    }
    if file.connections == Some(0) {
        return at("connections", "expected at least 1");
    }
    if file.password.is_some() && file.user.is_none() {
        return at("password", "a password goes with a user name (`user`)");
    }
    if let Some(unknown) = file.documented.keys().find(|key| !DECLARING.contains(&key.as_str())) {
        return at(unknown, "this is documented, and no key that declares something");
    }
    if file.install.is_some() && file.start.is_none() {
        return at("install", "what is installed is what is started (`[start]`)");
    }
    if let Some(start) = &file.start {
        let mut known: Vec<&str> = STANDING.to_vec();
        known.extend(start.ports.iter().map(String::as_str));
        for written in texts(file, start) {
            for (_, name) in placeholder::names(written) {
                if !known.contains(&name) {
                    let near = deadzone_spec::nearest(name, known.iter().copied());
                    let near = near.map(|near| format!("; did you mean `{{{near}}}`?")).unwrap_or_default();
                    let line = 1 + text.lines().position(|l| l.contains(&format!("{{{name}}}"))).unwrap_or(0);
                    return Err(format!("line {line}: `{{{name}}}` stands for nothing{near}"));
                }
            }
        }
        let installed = file.install.iter().flat_map(|install| &install.files);
        if let Some(outside) = start.files.iter().chain(installed).find(|file| leads_out(file)) {
            let quoted = format!("{:?}", outside.path);
            let line = 1 + text.lines().position(|l| l.contains(&quoted)).unwrap_or(0);
            return Err(format!("line {line}: path: {quoted} leads out of its folder"));
        }
    }
    Ok(())
}

fn leads_out(file: &TextFile) -> bool {
    let mut parts = std::path::Path::new(&file.path).components();
    file.path.is_empty() || !parts.all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// Every text in which a placeholder may stand.
fn texts<'a>(file: &'a File, start: &'a StartFile) -> Vec<&'a str> {
    let mut all = file.address.texts();
    all.extend(file.bridge.iter().map(|bridge| bridge.listen.as_str()));
    all.push(&start.program);
    all.extend(start.needs.iter().chain(&start.arguments).map(String::as_str));
    all.extend(start.environment.values().map(String::as_str));
    all.extend(start.files.iter().map(|file| file.text.as_str()));
    all.extend(start.prepare.iter().chain(&start.end).flatten().map(String::as_str));
    all.extend(start.version.iter().flat_map(|version| &version.command).map(String::as_str));
    if let Some(install) = &file.install {
        all.extend(install.commands.iter().flatten().map(String::as_str));
    }
    all.extend([&file.user, &file.password].into_iter().flatten().map(String::as_str));
    let files = [&file.password_file, &file.token_file, &file.ca, &file.cert, &file.key];
    let expired = [&file.expired_cert, &file.expired_key];
    all.extend(files.into_iter().chain(expired).flatten().filter_map(|path| path.to_str()));
    all
}

/// The line of a key, from 1.
pub(super) fn line_of(text: &str, key: &str) -> usize {
    let is_key = |line: &str| {
        let rest = line.trim_start().trim_start_matches('[').strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with([' ', '=', ']', '\t']))
    };
    1 + text.lines().position(is_key).unwrap_or(0)
}
