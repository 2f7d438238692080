//! The page that is written on: lines, labelled fields, colours and glyphs. Escapes all text on its way in, so that no
//! caller can forget it.

use anstyle::{AnsiColor, Style};

use super::TerminalOptions;
use crate::escape;

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    Good,
    Bad,
    Doubtful,
    Strong,
    Faint,
    Link,
}

/// The characters that drawings are made of; each is one column wide.
#[derive(Debug)]
pub(crate) struct Glyphs {
    pub line: char,
    pub right: char,
    pub left: char,
    pub cross: char,
    pub block: char,
    pub bar: char,
    pub here: char,
    pub dot: char,
    pub bullet: char,
}

const UNICODE: Glyphs = Glyphs {
    line: '─',
    right: '▶',
    left: '◀',
    cross: '✗',
    block: '▓',
    bar: '│',
    here: '▲',
    dot: '·',
    bullet: '•',
};
const ASCII: Glyphs = Glyphs {
    line: '-',
    right: '>',
    left: '<',
    cross: 'X',
    block: '#',
    bar: '|',
    here: '^',
    dot: '.',
    bullet: '*',
};

/// Width of the labels in front of fields.
const LABEL: usize = 11;
/// Longest command.
const COMMAND: usize = 600;

/// Text under construction.
#[derive(Debug)]
pub(crate) struct Page {
    pub options: TerminalOptions,
    pub glyphs: &'static Glyphs,
    text: String,
}

impl Page {
    pub(crate) fn new(options: TerminalOptions) -> Self {
        let options = TerminalOptions { width: options.width.clamp(72, 200), ..options };
        Self { options, glyphs: if options.ascii { &ASCII } else { &UNICODE }, text: String::new() }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Harmless text of one line, at most `max` columns.
    pub(crate) fn safe(&self, text: &str, max: usize) -> String {
        escape::line(text, max, self.options.ascii)
    }

    /// A finished line; what is in it has been escaped.
    pub(crate) fn raw(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// One blank line; never two, and none at the top of the page but by [`Page::raw`].
    pub(crate) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Text with the colour of its role; it has been escaped.
    pub(crate) fn paint(&self, role: Role, text: &str) -> String {
        if !self.options.colour || text.trim().is_empty() {
            return text.to_owned();
        }
        let style = match role {
            Role::Plain => return text.to_owned(),
            Role::Good => AnsiColor::Green.on_default(),
            Role::Bad => AnsiColor::Red.on_default().bold(),
            Role::Doubtful => AnsiColor::Yellow.on_default(),
            Role::Strong => Style::new().bold(),
            Role::Faint => Style::new().dimmed(),
            Role::Link => AnsiColor::Magenta.on_default(),
        };
        format!("{}{text}{}", style.render(), style.render_reset())
    }

    /// `label` with text behind it, wrapped; nothing for empty text. At most `bound` characters of it are shown.
    pub(crate) fn field(&mut self, label: &str, role: Role, text: &str, bound: usize) {
        let safe = self.safe(text, bound);
        let room = self.options.width.saturating_sub(Self::FIELD_AT).max(20);
        for (i, line) in wrap(&safe, room).iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            let line = format!(
                "  {} {}",
                self.paint(Role::Faint, &format!("{label:<LABEL$}")),
                self.paint(role, line)
            );
            self.raw(&line);
        }
    }

    /// A command that is there to be copied: where it is wider than the page it goes on behind a `\`, as a shell takes it.
    pub(crate) fn command(&mut self, label: &str, text: &str) {
        let safe = self.safe(text, COMMAND);
        let whole = self.options.whole_commands;
        let room = if whole { usize::MAX } else { self.options.width.saturating_sub(Self::FIELD_AT) };
        for (i, line) in continued(&safe, room).iter().enumerate() {
            let label = self.paint(Role::Faint, &format!("{:<LABEL$}", if i == 0 { label } else { "" }));
            let line = format!("  {label} {}", self.paint(Role::Strong, line));
            self.raw(&line);
        }
    }

    /// `label` with text behind it, on one line; nothing for empty text.
    pub(crate) fn brief(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            let safe = self.safe(text, self.options.width - Self::FIELD_AT);
            let line = format!("  {} {safe}", self.paint(Role::Faint, &format!("{label:<LABEL$}")));
            self.raw(&line);
        }
    }

    /// A line of somebody else's file, with its own spaces; cut where the page ends.
    pub(crate) fn verbatim(&mut self, label: &str, text: &str) {
        let safe = self.safe(text, self.options.width - Self::FIELD_AT);
        let label = self.paint(Role::Faint, &format!("{label:<LABEL$}"));
        let line = format!("  {label} {}", self.paint(Role::Faint, &safe));
        self.raw(&line);
    }

    /// An entry of a list, wrapped.
    pub(crate) fn entry(&mut self, text: &str, bound: usize) {
        let safe = self.safe(text, bound);
        for (i, line) in wrap(&safe, self.options.width.saturating_sub(6)).iter().enumerate() {
            self.raw(&format!("    {} {line}", if i == 0 { '-' } else { ' ' }));
        }
    }

    /// The column in which a field's text begins.
    pub(crate) const FIELD_AT: usize = LABEL + 3;
}

/// A command in lines of at most `width` characters, each but the last ended by ` \\`. It is broken between words only, and never
/// inside quotes, where a shell would keep the break.
fn continued(command: &str, width: usize) -> Vec<String> {
    let mut quoted = false;
    let words = command.split(|c: char| {
        quoted ^= c == '\'';
        c == ' ' && !quoted
    });
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            // Room for the ` \` that may have to follow.
            Some(line) if line.chars().count() + 1 + word.chars().count() + 2 <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) => {
                line.push_str(" \\");
                lines.push(format!("  {word}"));
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Lines of at most `width` characters, broken at spaces where there are some.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + rest.len() <= width {
            line.push(' ');
            used += 1;
        } else if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while used + rest.len() > width {
            let tail = rest.split_off(width - used);
            line.extend(rest);
            lines.push(std::mem::take(&mut line));
            (rest, used) = (tail, 0);
        }
        used += rest.len();
        line.extend(rest);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_goes_on_between_its_words() {
        assert_eq!(continued("run --a 'b c d' e", 99), ["run --a 'b c d' e"]);
        assert_eq!(continued("run --a 'b c d' e", 12), ["run --a \\", "  'b c d' \\", "  e"]);
    }

    #[test]
    fn wraps_at_spaces_and_breaks_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefgh", 4), ["a", "abcd", "efgh"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
    }
}
