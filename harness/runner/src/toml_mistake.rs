//! The mistakes of a TOML file: where they are, and which key was meant. It does not know what the keys are: the parser's own
//! message names those that may stand at the place.

use std::ops::Range;

/// Line and column of a byte of the text, from 1, in characters.
pub(crate) fn place_of(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// What the parser complains of: its place, what is wrong, and the key that was probably meant.
pub(crate) fn complaint(error: &toml::de::Error) -> (Option<Range<usize>>, String, Option<String>) {
    let message = error.message();
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match words.as_slice() {
        [unknown, known @ ..] if message.starts_with("unknown field") => {
            let near = deadzone_spec::nearest(unknown, known.iter().copied()).map(str::to_owned);
            (error.span(), format!("unknown key `{unknown}`"), near)
        }
        _ => (error.span(), message.to_owned(), None),
    }
}
