//! Mistakes in a TOML file, with their place. A line of it may hold a password, so nothing of its text is shown.

use std::ops::Range;

/// The line, the column and what is wrong, as one line; an unknown key gets the one that is meant.
pub fn mistake(text: &str, error: &toml::de::Error) -> String {
    let Complaint { span, what, help } = complaint(error);
    let help = help.map(|help| format!(": {help}")).unwrap_or_default();
    let place = span.map_or_else(String::new, |span| {
        let (line, column) = place_of(text, span.start);
        format!("line {line}, column {column}: ")
    });
    format!("{place}{what}{help}")
}

/// One mistake of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// What is wrong.
    pub what: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

/// What the parser complains of.
pub struct Complaint {
    /// Which bytes of the text.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub what: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

/// The parser's error without any value. Its own message names the keys that may stand at the place.
pub fn complaint(error: &toml::de::Error) -> Complaint {
    let message = error.message();
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (what, help) = match words.as_slice() {
        [unknown, known @ ..] if message.starts_with("unknown field") => {
            let near = deadzone_spec::nearest(unknown, known.iter().copied());
            (format!("unknown key `{unknown}`"), near.map(|near| format!("did you mean `{near}`?")))
        }
        _ => (without_value(message), None),
    };
    Complaint { span: error.span(), what, help }
}

/// Line and column of a byte of the text, from 1, in characters.
pub fn place_of(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// A complaint of a wrong type names the value: only what is expected is kept.
fn without_value(message: &str) -> String {
    match (message.strip_prefix("invalid type: "), message.rsplit_once(", expected ")) {
        (Some(_), Some((_, expected))) => format!("invalid type: expected {expected}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[expect(dead_code, reason = "only whether it is read counts")]
            password: String,
        }
        mistake(text, &toml::from_str::<File>(text).unwrap_err())
    }

    #[test]
    fn a_mistake_has_its_place_and_shows_no_value() {
        assert_eq!(wrong("\npassword = 12345678\n"), "line 2, column 12: invalid type: expected a string");
        assert_eq!(
            wrong("pasword = \"guess\"\n"),
            "line 1, column 1: unknown key `pasword`: did you mean `password`?"
        );
        assert!(!wrong("password = guess\n").contains("guess"));
    }
}
