//! Draws mistakes with carets over the source. Source text is hostile: nothing in it reaches a terminal unescaped.

use std::{fmt::Write, ops::Range};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::{At, Diagnostic, Severity};

/// Longest source line that is drawn whole, characters; of longer ones the rest is left out.
const LINE_MAX: usize = 400;
/// Most diagnostics of one file that are drawn.
const DRAWN: usize = 100;

/// Draws diagnostics with carets over the source text, one after another. `colour` adds ANSI.
pub fn render(file: &str, source: &str, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let lines: Vec<&str> = without_mark(source).split('\n').collect();
    let file = shown(file);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(DRAWN) {
        let index = (diagnostic.at.line as usize).saturating_sub(1).min(lines.len() - 1);
        let (line, span) = picture(lines[index], diagnostic.at);
        let (message, label) = (visible(&diagnostic.message), visible(&diagnostic.label));
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut mark = AnnotationKind::Primary.span(span);
        if !label.is_empty() {
            mark = mark.label(label.as_str());
        }
        let snippet =
            Snippet::source(line.as_str()).path(file.as_str()).line_start(index + 1).annotation(mark);
        let mut group = level.primary_title(message.as_str()).id(diagnostic.code).element(snippet);
        let help = diagnostic.help.as_deref().map(visible);
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    if let more @ 1.. = diagnostics.len().saturating_sub(DRAWN) {
        let _ = writeln!(out, "{file}: and {more} more, not drawn: what is above may have caused them\n");
    }
    out
}

/// A text without the byte order mark that some editors put in front of it: it is no part of the first line.
pub(crate) fn without_mark(source: &str) -> &str {
    source.strip_prefix('\u{feff}').unwrap_or(source)
}

/// A line as it may be drawn, character for character, and the bytes of it that `at` means.
fn picture(line: &str, at: At) -> (String, Range<usize>) {
    let line: String = line.trim_end_matches('\r').chars().take(LINE_MAX).map(harmless).collect();
    let chars = line.chars().count();
    let from = (at.column.max(1) as usize - 1).min(chars);
    let to = (from + at.length.max(1) as usize).min(chars).max(from);
    let byte = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(index, _)| index);
    let span = byte(from)..byte(to);
    // A mistake at the end of a line ("something is missing here") needs a character to stand under.
    if span.is_empty() { (format!("{line} "), line.len()..line.len() + 1) } else { (line, span) }
}

/// A word of the source as it may stand in a message: escaped, and bounded.
pub(crate) fn shown(word: &str) -> String {
    const WORD_MAX: usize = 100;
    let mut out: String = word.chars().take(WORD_MAX).map(harmless).collect();
    if word.chars().nth(WORD_MAX).is_some() {
        out.push('…');
    }
    out
}

fn visible(text: &str) -> String {
    text.chars().map(harmless).collect()
}

/// One character for one, so that columns stay: control characters become their pictures, and those that turn
/// the direction of text or have no width become the replacement character.
fn harmless(c: char) -> char {
    match c {
        '\t' => ' ',
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            char::REPLACEMENT_CHARACTER
        }
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(line: u32, column: u32, length: u32) -> Diagnostic {
        Diagnostic::error("E010", At { line, column, length }, "unknown packet `PUBERC`")
            .label("no such packet")
            .help("did you mean `PUBREC`?")
    }

    #[test]
    fn draws_code_place_label_and_help() {
        let source = "scenario x\n  pub <- PUBERC id=7\n";
        let text = render("a.mqt", source, &[mistake(2, 10, 6)], false);
        assert!(text.contains("error[E010]: unknown packet `PUBERC`"), "{text}");
        assert!(text.contains("a.mqt:2:10"), "{text}");
        assert!(text.contains("         ^^^^^^ no such packet"), "{text}");
        assert!(text.contains("help: did you mean `PUBREC`?"), "{text}");
        assert!(!text.contains('\x1b'));
        assert!(render("a.mqt", source, &[mistake(2, 10, 6)], true).contains('\x1b'));
    }

    #[test]
    fn nothing_hostile_reaches_the_terminal() {
        let source = "pub \x1b[2J\u{202e} <- X\r\n";
        let mut d = mistake(1, 5, 4);
        d.message = "unknown \x1b]0;owned\x07".to_owned();
        let text = render("\x1b[31ma.mqt", source, &[d], false);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}'));
    }

    #[test]
    fn places_outside_the_source_are_drawn_somewhere() {
        for (line, column, length) in
            [(0, 0, 0), (1, 99, 1), (99, 1, 1), (1, 1, u32::MAX), (u32::MAX, u32::MAX, 1)]
        {
            for source in ["", "x", "ä\n\n", "\r\n"] {
                assert!(render("f", source, &[mistake(line, column, length)], false).contains("E010"));
            }
        }
    }
}
