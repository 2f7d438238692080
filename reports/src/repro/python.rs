//! Python's words for data. Whatever goes in, only printable ASCII comes out, and nothing of it can end its literal or its comment.

use std::fmt::Write as _;

/// Longest line of a script, in characters.
const WIDTH: usize = 118;
/// Most characters of a text in a comment, before they are escaped.
const LONGEST: usize = 800;
/// Runs of one byte that are at least so long are written by their length.
const RUN: usize = 24;
/// Bytes of hex on one line.
const HEX_IN_LINE: usize = 36;

/// A string.
pub(super) fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let code = u32::from(c);
        let written = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            ' '..='~' => write!(out, "{c}"),
            _ if code < 0x100 => write!(out, "\\x{code:02x}"),
            _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    out.push('"');
    out
}

/// Bytes that people may want to read.
pub(super) fn bytes(data: &[u8]) -> String {
    let part = |data: &[u8]| {
        let mut out = String::from("b\"");
        for byte in data {
            let written = match byte {
                b'"' | b'\\' => write!(out, "\\{}", char::from(*byte)),
                b' '..=b'~' => write!(out, "{}", char::from(*byte)),
                _ => write!(out, "\\x{byte:02x}"),
            };
            debug_assert!(written.is_ok(), "a String takes everything");
        }
        out.push('"');
        out
    };
    joined(data, part)
}

/// Bytes of a packet, in hex.
pub(super) fn hex(data: &[u8], indent: usize) -> String {
    let line = |data: &[u8]| {
        let words: Vec<String> = data.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("\"{}\"", words.join(" "))
    };
    joined(data, |data| {
        let lines: Vec<String> = data.chunks(HEX_IN_LINE).map(line).collect();
        format!("h({})", lines.join(&format!("\n{}", " ".repeat(indent))))
    })
}

/// Long runs of one byte by their length, the rest as it is told.
fn joined(data: &[u8], tell: impl Fn(&[u8]) -> String) -> String {
    let mut parts = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    for same in data.chunk_by(|a, b| a == b) {
        let end = at + same.len();
        if let (true, Some(byte)) = (same.len() >= RUN, same.first()) {
            if plain < at {
                parts.push(tell(&data[plain..at]));
            }
            parts.push(format!("h(\"{byte:02x}\") * {}", same.len()));
            plain = end;
        }
        at = end;
    }
    if plain < data.len() || parts.is_empty() {
        parts.push(tell(&data[plain..]));
    }
    parts.join(" + ")
}

/// Lines of a comment, each with this in front, the first one with a label.
pub(super) fn comment(indent: &str, label: &str, text: &str) -> String {
    let mut out = String::new();
    let head = format!("{indent}# {label}");
    let next = format!("{indent}# {}", " ".repeat(label.len()));
    let mut line = head;
    let mut begun = false;
    let escaped: String = text.chars().take(LONGEST).map(printable).collect();
    for word in escaped.split(' ').filter(|word| !word.is_empty()) {
        if begun && line.len() + 1 + word.len() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line.clone_from(&next);
            begun = false;
        }
        if begun {
            line.push(' ');
        }
        line.push_str(word);
        begun = true;
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

fn printable(c: char) -> String {
    match c {
        ' '..='~' => c.to_string(),
        _ => c.escape_default().to_string(),
    }
}

/// A name made of a client's; the number keeps it apart from every word of the language.
pub(super) fn name(client: &str, number: usize) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let plain: String = client.chars().take(32).map(word).collect();
    let begin = if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "c_" };
    format!("{begin}{plain}_{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_literal_or_a_line_is_escaped() {
        assert_eq!(text("a\"b\\c\n\u{2028}\0\u{1f600}é"), r#""a\"b\\c\x0a\u2028\x00\U0001f600\xe9""#);
        assert_eq!(bytes(b"a\"b\\c\n\xff"), r#"b"a\"b\\c\x0a\xff""#);
        assert_eq!(comment("", "Got: ", "a\nimport os\r\u{2028}x"), "# Got: a\\nimport os\\r\\u{2028}x\n");
    }

    #[test]
    fn long_runs_are_written_by_their_length() {
        let data = [&[1, 2][..], &[b'x'; 600], &[3]].concat();
        assert_eq!(hex(&data, 0), "h(\"01 02\") + h(\"78\") * 600 + h(\"03\")");
        assert_eq!(bytes(b""), "b\"\"");
    }

    #[test]
    fn comments_are_wrapped_and_stay_comments() {
        let told = comment("    ", "Want: ", &"word ".repeat(60));
        assert!(told.lines().count() > 1);
        assert!(told.lines().all(|line| line.starts_with("    # ") && line.len() <= WIDTH), "{told}");
    }

    #[test]
    fn a_name_is_one_that_python_takes() {
        assert_eq!(name("dev.2", 1), "dev_2_1");
        assert_eq!(name("pass", 3), "pass_3");
        assert_eq!(name("", 1), "c__1");
        assert_eq!(name("2x", 1), "c_2x_1");
    }
}
