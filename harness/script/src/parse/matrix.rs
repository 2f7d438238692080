//! `matrix`: one scenario over a table of rows. The scenario is read once for each row, with the row's cells in place of the columns'
//! names in braces; what is told of a line then points into the line as it is written. Knows no other line.
//!
//! ```text
//! matrix    packet | flags
//!   puback  PUBACK | 1
//!   pubrec  PUBREC | 1
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::header::bad_name;
use super::line::Line;
use super::value::is_name;
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, Scenario};

/// The word that begins it.
pub(super) const KEYWORD: &str = "matrix";
/// Most rows of a table.
const ROWS_MAX: usize = 1000;
/// Most columns.
const COLUMNS_MAX: usize = 50;
/// Names in braces that mean something else.
const TAKEN: [&str; 4] = ["run", "pad", "user", "password"];

/// A line with its number.
pub(super) type Numbered<'l> = (u32, &'l str);

/// The table of a scenario.
#[derive(Debug)]
pub(super) struct Matrix<'l> {
    columns: Vec<&'l str>,
    pub(super) rows: Vec<Row<'l>>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row<'l> {
    pub(super) name: &'l str,
    cells: Vec<String>,
}

/// A scenario's lines without its table, and the table if it has one that can be read.
pub(super) struct Split<'l> {
    pub(super) lines: Vec<Numbered<'l>>,
    pub(super) matrix: Option<Matrix<'l>>,
    pub(super) mistakes: Vec<Diagnostic>,
}

/// Takes the tables out of a scenario's lines. The line that begins one stays, to be read as a header.
pub(super) fn split<'l>(all: &[Numbered<'l>]) -> Split<'l> {
    let mut split = Split { lines: Vec::new(), matrix: None, mistakes: Vec::new() };
    let mut rest = all.iter().copied().peekable();
    while let Some((number, text)) = rest.next() {
        split.lines.push((number, text));
        let Some(head) = Line::of(number, text).filter(|line| line.first == KEYWORD) else { continue };
        let mut rows = Vec::new();
        let below = |(number, text): &Numbered<'l>| {
            Line::of(*number, text).is_none_or(|line| line.indent > head.indent)
        };
        while let Some((number, text)) = rest.next_if(below) {
            rows.extend(Line::of(number, text));
        }
        if split.matrix.is_none() {
            let matrix = read(&head, &rows, &mut split.mistakes);
            unused(&head, all, &mut split.mistakes);
            split.matrix = Some(matrix);
        }
    }
    split
}

fn read<'l>(head: &Line<'l>, rows: &[Line<'l>], mistakes: &mut Vec<Diagnostic>) -> Matrix<'l> {
    let mut matrix = Matrix { columns: Vec::new(), rows: Vec::new() };
    let mut wrong = |message: String, help: &str| {
        mistakes.push(Diagnostic::error(code::MATRIX, head.first_at, message).help(help));
    };
    if rows.is_empty() {
        let help = "its rows are indented deeper than this line: NAME CELL | CELL …";
        wrong("this table has no rows".to_owned(), help);
    } else if rows.len() > ROWS_MAX {
        wrong(format!("this table has {} rows", rows.len()), &format!("{ROWS_MAX} are the most"));
    }
    match head.rest().cells().count() {
        0 => wrong("this table has no columns".to_owned(), "write `matrix COLUMN | COLUMN …`"),
        n if n > COLUMNS_MAX => {
            wrong(format!("this table has {n} columns"), &format!("{COLUMNS_MAX} are the most"));
        }
        _ => {}
    }
    for (name, at) in head.rest().cells().take(COLUMNS_MAX) {
        if !is_name(name) {
            mistakes.push(bad_name("a column", name, at));
        } else if TAKEN.contains(&name) {
            let message = format!("`{{{name}}}` means something else");
            mistakes.push(Diagnostic::error(code::MATRIX, at, message).help("give the column another name"));
        } else if matrix.columns.contains(&name) {
            let message = format!("column `{name}` is there twice");
            mistakes.push(Diagnostic::error(code::MATRIX, at, message));
        }
        matrix.columns.push(name);
    }
    for line in rows.iter().take(ROWS_MAX) {
        row(&mut matrix, line, mistakes);
    }
    matrix
}

fn row<'l>(matrix: &mut Matrix<'l>, line: &Line<'l>, mistakes: &mut Vec<Diagnostic>) {
    let (name, at) = (line.first, line.first_at);
    if !is_name(name) {
        mistakes.push(bad_name("a row", name, at));
    } else if matrix.rows.iter().any(|row| row.name == name) {
        mistakes.push(Diagnostic::error(code::MATRIX, at, format!("there is a row `{name}` already")));
    }
    let cells: Vec<String> = line.rest().cells().map(|(cell, _)| cell.replace("\\|", "|")).collect();
    let (cells_n, columns_n) = (cells.len(), matrix.columns.len());
    if cells_n != columns_n {
        let message = format!("row `{}` has {cells_n} cells, and there are {columns_n} columns", shown(name));
        mistakes.push(Diagnostic::error(code::MATRIX, at, message).help("cells are parted by `|`"));
    }
    matrix.rows.push(Row { name, cells });
}

/// A column that no line names says nothing.
fn unused(head: &Line<'_>, all: &[Numbered<'_>], mistakes: &mut Vec<Diagnostic>) {
    for (name, at) in head.rest().cells().take(COLUMNS_MAX) {
        let braced = format!("{{{name}}}");
        if !all.iter().any(|(_, text)| text.contains(&braced)) {
            let mistake = Diagnostic::error(code::MATRIX, at, format!("no line has `{braced}`"));
            mistakes.push(mistake.help("a column stands in the lines in braces"));
        }
    }
}

impl Matrix<'_> {
    /// A line with the row's cells in it.
    pub(super) fn fill(&self, row: &Row<'_>, text: &str) -> Filled {
        let mut filled = Filled { text: String::with_capacity(text.len()), pieces: Vec::new() };
        let mut rest = text;
        let (mut read, mut written) = (1, 1);
        while let Some((before, length, cell)) = self.next(row, rest) {
            let (head, tail) = rest.split_at(before);
            let (placeholder, behind) = tail.split_at(length);
            let head_length = count(head);
            filled.text.push_str(head);
            filled.text.push_str(cell);
            (read, written) = (read + head_length, written + head_length);
            filled.pieces.push(Piece { written, length: count(cell), read, placeholder: count(placeholder) });
            (read, written) = (read + count(placeholder), written + count(cell));
            rest = behind;
        }
        filled.text.push_str(rest);
        filled
    }

    /// The next column's name in braces: where, how long, what stands for it. Bytes.
    fn next<'r>(&self, row: &'r Row<'_>, text: &str) -> Option<(usize, usize, &'r str)> {
        text.match_indices('{').find_map(|(at, _)| {
            let inside = &text[at + 1..];
            let name = &inside[..inside.find('}')?];
            let column = self.columns.iter().position(|column| *column == name)?;
            Some((at, name.len() + 2, row.cells.get(column)?.as_str()))
        })
    }
}

/// A line with a row's cells in it, and where they are.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) text: String,
    pieces: Vec<Piece>,
}

/// A cell in a line. Columns count characters from 1.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where it stands in the line that is read, and how long it is.
    written: u32,
    length: u32,
    /// Where the column's name in braces stands in the file, and how long that is.
    read: u32,
    placeholder: u32,
}

impl Filled {
    /// A place of the line that was read, in the line as it is written in the file, and whether a cell is in it.
    fn back(&self, at: At) -> (At, bool) {
        let last = at.column + at.length.max(1) - 1;
        let (start, first_cell) = self.column(at.column, false);
        let (end, last_cell) = self.column(last, true);
        let within = |piece: &Piece| piece.written >= at.column && piece.written + piece.length <= last + 1;
        let touched = first_cell || last_cell || self.pieces.iter().any(within);
        (At { column: start, length: (end + 1).saturating_sub(start).max(1), ..at }, touched)
    }

    /// A column in the file, and whether it is that of a cell: then the first or the last of its name in braces.
    fn column(&self, column: u32, is_last: bool) -> (u32, bool) {
        let Some(piece) = self.pieces.iter().rev().find(|piece| piece.written <= column) else {
            return (column, false);
        };
        if column < piece.written + piece.length {
            return (if is_last { piece.read + piece.placeholder - 1 } else { piece.read }, true);
        }
        (column - (piece.written + piece.length) + piece.read + piece.placeholder, false)
    }
}

/// The lines of one row that have cells in them.
pub(super) type Places = BTreeMap<u32, Filled>;

/// Points what was found in a row's lines into the file. What every row shows in the same place is told once.
pub(super) fn settle(
    row: &str,
    places: &Places,
    found: Vec<Diagnostic>,
    told: &mut BTreeSet<(String, At)>,
) -> Vec<Diagnostic> {
    let mut kept = Vec::new();
    for mut mistake in found {
        if let Some(filled) = places.get(&mistake.at.line) {
            let (at, in_cell) = filled.back(mistake.at);
            mistake.at = at;
            if in_cell {
                mistake.message = format!("{} (row `{row}`)", mistake.message);
            }
        }
        if told.insert((mistake.message.clone(), mistake.at)) {
            kept.push(mistake);
        }
    }
    kept
}

/// The same of a scenario's places.
pub(super) fn settle_scenario(places: &Places, scenario: &mut Scenario) {
    let back = |at: &mut At| {
        if let Some(filled) = places.get(&at.line) {
            *at = filled.back(*at).0;
        }
    };
    scenario.clients.iter_mut().for_each(|client| back(&mut client.at));
    scenario.all_steps_mut().for_each(|step| back(&mut step.at));
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Matrix<'static> {
        let lines = [(1, "matrix packet | x"), (2, "  a PUBACK | 12"), (3, "{packet}{x}")];
        let split = split(&lines);
        assert!(split.mistakes.is_empty(), "{:?}", split.mistakes);
        split.matrix.unwrap()
    }

    #[test]
    fn cells_stand_where_columns_are_named_and_places_lead_back() {
        let table = table();
        let filled = table.fill(&table.rows[0], "é {packet} id={x} {run} end");
        assert_eq!(filled.text, "é PUBACK id=12 {run} end");
        let back = |column, length| {
            let (at, in_cell) = filled.back(At { line: 1, column, length });
            (at.column, at.length, in_cell)
        };
        assert_eq!(back(1, 1), (1, 1, false));
        assert_eq!(back(3, 6), (3, 8, true), "PUBACK is {{packet}}");
        assert_eq!(back(5, 1), (3, 8, true), "and so is each of its letters");
        assert_eq!(back(10, 5), (12, 6, true), "id=12 is id={{x}}");
        assert_eq!(back(13, 2), (15, 3, true));
        assert_eq!(back(16, 5), (19, 5, false), "{{run}} is nobody's cell");
        assert_eq!(back(22, 3), (25, 3, false));
    }
}
