//! One form of a scenario file: `deadzone fmt`. Words, texts and comments stay as they are; only blanks change. It knows words of the
//! language by what lines look like, and nothing of what they mean.

use std::fmt::Write;

use crate::parse::{
    KEYWORDS,
    lexer::{Kind, lex},
};

/// Comments stand behind so many characters at least.
const COMMENT_AT: usize = 43;
/// Where the value of a header line begins, characters behind its keyword's place.
const HEADER_WIDTH: usize = 10;
/// Header lines whose words are names, with two blanks between them.
const LISTS: [&str; 4] = ["clauses", "catches", "like", "tags"];
/// Header lines and blocks whose rest is for people.
const FREE: [&str; 2] = ["title", "control"];

/// A line that is being put into form.
struct Line<'l> {
    /// Its place among blocks: 0 for `scenario`, 1 for what belongs to it, 2 in a block or a table.
    depth: usize,
    /// Without comment, trimmed.
    code: &'l str,
    /// From its `#` on.
    comment: &'l str,
}

/// The text in one form. Where a line opens a text and does not close it nothing of it is changed but its end.
#[must_use]
pub fn format(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut lines = read(source).into_iter().peekable();
    let mut blank = false;
    let mut paragraph = Paragraph::default();
    while let Some(line) = lines.next() {
        if line.code.is_empty() && line.comment.is_empty() {
            blank = true;
            continue;
        }
        if blank {
            paragraph.end(&mut out);
        }
        if blank && !out.is_empty() {
            out.push('\n');
        }
        blank = false;
        if line.code.split_whitespace().next() == Some("matrix") {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|next| next.depth == 2 && !next.code.is_empty()) {
                rows.push(row);
            }
            table(&mut paragraph, &rows);
        } else {
            paragraph.push(line.depth, &one(&line), line.comment);
        }
    }
    paragraph.end(&mut out);
    out
}

/// Lines without an empty one between them: their comments stand below each other.
#[derive(Default)]
struct Paragraph<'l>(Vec<(String, &'l str)>);

impl<'l> Paragraph<'l> {
    fn push(&mut self, depth: usize, code: &str, comment: &'l str) {
        self.0.push((format!("{}{code}", "  ".repeat(depth)), comment));
    }

    fn end(&mut self, out: &mut String) {
        let beside = |(code, comment): &&(String, &str)| !code.trim().is_empty() && !comment.is_empty();
        let width = self.0.iter().filter(beside).map(|(code, _)| code.chars().count()).max().unwrap_or(0);
        for (code, comment) in self.0.drain(..) {
            let pad = match (code.trim(), comment) {
                ("", _) | (_, "") => 0,
                _ => (width + 2).max(COMMENT_AT) - code.chars().count(),
            };
            let _ = writeln!(out, "{code}{}{comment}", " ".repeat(pad));
        }
    }
}

/// The lines with their depths: those that stand deeper than a block's or a table's first line belong to it.
fn read(source: &str) -> Vec<Line<'_>> {
    let mut opened: Option<usize> = None;
    let mut lines = Vec::new();
    for text in source.lines() {
        let content = text.trim();
        let indent = text.len() - text.trim_start().len();
        let (code, comment) = parted(content);
        let first = code.split_whitespace().next().unwrap_or_default();
        if !content.is_empty() && opened.is_some_and(|at| indent <= at) {
            opened = None;
        }
        let depth = match first {
            "scenario" | "mqt" => 0,
            // A comment belongs to what it stands beside.
            "" if indent == 0 => 0,
            _ if opened.is_some() => 2,
            _ => 1,
        };
        let opens = match first {
            "recover" | "matrix" => true,
            "control" => code == "control",
            _ => false,
        };
        if opens && opened.is_none() {
            opened = Some(indent);
        }
        lines.push(Line { depth, code, comment });
    }
    lines
}

/// A line's code and its comment.
fn parted(content: &str) -> (&str, &str) {
    let first = content.split_whitespace().next().unwrap_or_default();
    let is_block = first == "control" && content.split_whitespace().nth(1) != Some("none");
    if FREE.contains(&first) && !is_block {
        return (content, "");
    }
    let end = lex(1, content).end;
    (content[..end].trim_end(), content[end..].trim())
}

/// The code of a line with one blank between its words.
fn one(line: &Line<'_>) -> String {
    let first = line.code.split_whitespace().next().unwrap_or_default();
    let rest = line.code[first.len()..].trim();
    if line.depth == 1 && KEYWORDS.contains(&first) && first != "stands" {
        let rest = match first {
            "title" => rest.to_owned(),
            _ if LISTS.contains(&first) => words(rest, "  "),
            _ => words(rest, " "),
        };
        return format!("{first:<width$}{rest}", width = HEADER_WIDTH).trim_end().to_owned();
    }
    match first {
        "control" => line.code.to_owned(),
        _ => words(line.code, " "),
    }
}

/// The words of a text, `@` set off by two blanks, a comma right behind a word.
fn words(text: &str, between: &str) -> String {
    let lexed = lex(1, text);
    if !lexed.mistakes.is_empty() {
        return text.to_owned();
    }
    let mut out = String::new();
    for token in &lexed.tokens {
        let word = &text[token.span.clone()];
        match token.kind {
            Kind::Comma => {}
            _ if out.is_empty() => {}
            _ if word == "@" => out.push_str("  "),
            _ => out.push_str(between),
        }
        out.push_str(word);
    }
    out
}

/// A table: its columns below each other.
fn table<'l>(out: &mut Paragraph<'l>, rows: &[Line<'l>]) {
    let split = |line: &Line<'l>| -> (String, Vec<String>) {
        let first = line.code.split_whitespace().next().unwrap_or_default();
        let rest = &line.code[first.len()..];
        (first.to_owned(), cells(rest))
    };
    let rows: Vec<(String, Vec<String>, &'l str)> = rows
        .iter()
        .map(|line| {
            let (name, cells) = split(line);
            (name, cells, line.comment)
        })
        .collect();
    let width = |text: &str| text.chars().count();
    let columns = rows.iter().map(|(_, cells, _)| cells.len()).max().unwrap_or(0);
    let widest =
        |column: usize| rows.iter().filter_map(|(_, cells, _)| cells.get(column)).map(|c| width(c)).max();
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    // The head stands two characters to the left of its rows.
    let names = rows.iter().skip(1).map(|(name, ..)| width(name) + 2).max().unwrap_or(0);
    let names = names.max(rows.first().map_or(0, |(name, ..)| width(name)));
    for (index, (name, cells, comment)) in rows.iter().enumerate() {
        let (depth, room) = if index == 0 { (1, names) } else { (2, names.saturating_sub(2)) };
        let pad = room.saturating_sub(width(name)) + 2;
        let mut text = format!("{name}{}", " ".repeat(pad));
        for (column, cell) in cells.iter().enumerate() {
            let between = if column == 0 { "" } else { " | " };
            let fill = widths[column].saturating_sub(width(cell));
            let _ = write!(text, "{between}{cell}{}", " ".repeat(fill));
        }
        out.push(depth, text.trim_end(), comment);
    }
}

/// Cells as they stand, parted by `|` but not by `\|`.
fn cells(text: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match c {
            '|' if !escaped => cells.push(String::new()),
            c => cells.last_mut().map_or((), |cell| cell.push(c)),
        }
        escaped = c == '\\' && !escaped;
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNTIDY: &str = "mqt 1\n\n\n# A file.\nscenario   s   \n\ttitle a  title   of two\n  clauses 3.1.1/MQTT-3.12.4-1   5.0/MQTT-3.12.4-1 # both\n needs qos 1,session\n\n  matrix a |  b\n     r 1 | x \\| y\n     longer-name 22|z\n  client dev   manual\n\n  dev   connect    clean\n  dev -> PUBLISH \"a  b\"   \"#\" {a} {b}   # why\n  dev <- closed @ 5.0/MQTT-3.12.4-1\n  recover\n      dev ping\n      # within\n  control none   for  people";
    const TIDY: &str = "mqt 1\n\n# A file.\nscenario s\n  title     a  title   of two\n  clauses   3.1.1/MQTT-3.12.4-1  5.0/MQTT-3.12.4-1  # both\n  needs     qos 1, session\n\n  matrix         a  | b\n    r            1  | x \\| y\n    longer-name  22 | z\n  client dev manual\n\n  dev connect clean\n  dev -> PUBLISH \"a  b\" \"#\" {a} {b}        # why\n  dev <- closed  @ 5.0/MQTT-3.12.4-1\n  recover\n    dev ping\n    # within\n  control none   for  people\n";

    #[test]
    fn blanks_change_and_nothing_else() {
        assert_eq!(format(UNTIDY), TIDY);
        let words = |text: &str| {
            text.split_whitespace().map(|w| w.trim_end_matches(',').to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(words(TIDY).concat().replace(',', ""), words(UNTIDY).concat().replace(',', ""));
    }

    #[test]
    fn what_is_in_form_stays() {
        assert_eq!(format(TIDY), TIDY);
        assert_eq!(format("dev publish \"open\n"), "  dev publish \"open\n", "what can't be read is left");
    }
}
