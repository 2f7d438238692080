//! Makes hostile text harmless: what a broker sends, and what it logs, may try to move the cursor, turn the reading
//! direction round or break a document. Bounds every such text too.
//!
//! A backslash is left as it is, so that text which was escaped once is not escaped again. Knows no format but its own.

use std::fmt::Write as _;

/// Text for one line of a terminal: no control, no bidirectional and no invisible character survives; at most `max`
/// characters, the last being `…` where something was left out. In `ascii` every other character is escaped as well.
pub(crate) fn line(text: &str, max: usize, ascii: bool) -> String {
    let mut out = String::new();
    let mut count = 0;
    // Reading a bounded prefix keeps a megabyte of log from being escaped for eighty columns of it.
    for c in text.chars().take(max.saturating_add(1)) {
        let piece = match c {
            '…' if ascii => "...".to_owned(),
            c if harmful(c) || (ascii && !c.is_ascii()) => escaped(c),
            c => c.to_string(),
        };
        count += piece.chars().count();
        out.push_str(&piece);
    }
    if count <= max { out } else { cut(&out, max, ascii) }
}

/// Text of a file or a broker on one line of at most `max` characters, harmless to a terminal.
pub fn on_one_line(text: &str, max: usize) -> String {
    line(text, max, false)
}

/// Text of several lines, whatever it quotes: `\n` and `\t` stay, and no other control, no bidirectional
/// and no invisible character survives.
pub fn on_lines(text: &str) -> String {
    let piece = |c: char| if harmful(c) && !matches!(c, '\n' | '\t') { escaped(c) } else { c.to_string() };
    text.chars().map(piece).collect()
}

/// The first `max` characters, the last of them replaced by an ellipsis where that shortens the text.
pub(crate) fn cut(text: &str, max: usize, ascii: bool) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let ellipsis = if ascii { "..." } else { "…" };
    let keep = max.saturating_sub(ellipsis.chars().count());
    text.chars().take(keep).chain(ellipsis.chars()).collect()
}

/// Text that any XML 1.0 document can hold. `\n` and `\t` stay; everything that XML forbids, discourages or normalises
/// away becomes visible.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push_str(&escaped(c)),
            c if harmful(c) => out.push_str(&escaped(c)),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character does something other than show itself.
fn harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn escaped(c: char) -> String {
    let mut out = String::new();
    let written = match c {
        '\n' => write!(out, "\\n"),
        '\t' => write!(out, "\\t"),
        '\r' => write!(out, "\\r"),
        c if (c as u32) < 0x80 => write!(out, "\\x{:02x}", c as u32),
        c => write!(out, "\\u{{{:x}}}", c as u32),
    };
    debug_assert!(written.is_ok(), "a String takes everything");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_controls_become_visible() {
        assert_eq!(
            line("a\x1b[2Jb\r\n\u{9b}31m\u{202e}c\0\u{200b}", 99, false),
            r"a\x1b[2Jb\r\n\u{9b}31m\u{202e}c\x00\u{200b}"
        );
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(on_lines("a\n\tb\u{202e}c\r\x1b[2J\n"), "a\n\tb\\u{202e}c\\r\\x1b[2J\n");
    }

    #[test]
    fn printable_text_stays_and_ascii_mode_escapes_it() {
        assert_eq!(line("Grüße", 9, false), "Grüße");
        assert_eq!(line("Grüße…", 99, true), r"Gr\u{fc}\u{df}e...");
    }

    #[test]
    fn escaping_twice_changes_nothing() {
        let once = line("\x1b\u{202e}\\", 99, false);
        assert_eq!(line(&once, 99, false), once);
    }

    #[test]
    fn long_text_is_cut_to_the_bound() {
        assert_eq!(line("abcdef", 4, false), "abc…");
        assert_eq!(line("abcdef", 5, true), "ab...");
        assert_eq!(line("\0\0", 4, false), r"\x0…");
        assert_eq!(line("abcd", 4, false), "abcd");
    }

    #[test]
    fn xml_loses_nothing() {
        assert_eq!(
            xml("a\0\x1b\u{ffff}\u{fffe}\r\n\tb<&\u{85}"),
            "a\\x00\\x1b\\u{ffff}\\u{fffe}\\r\n\tb<&\\u{85}"
        );
    }
}
