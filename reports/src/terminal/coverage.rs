//! Coverage as a table: a row for each section of a standard, and with `Verbosity::Verbose` each statement by itself. Counts nothing by
//! itself.

use deadzone_spec::{ClauseId, Section};
use deadzone_verdict::{Counts, Coverage, Covered, Evidence, StatementState};
use deadzone_wire::Version;

use super::{
    TerminalOptions, Verbosity,
    page::{Page, Role},
};

/// Longest head line, in characters.
const HEAD: usize = 300;
/// Most characters of names behind one label.
const NAMES: usize = 2_000;
/// Widest title of a section, columns.
const TITLE: usize = 29;
/// Columns of a section's number.
const NUMBER: usize = 4;

/// A column: its word, and what it counts.
type Column = (&'static str, fn(&Counts) -> usize);

const COLUMNS: [Column; 8] = [
    ("all", |counts| counts.statements),
    ("tested", |counts| counts.tested),
    ("graded", |counts| counts.graded),
    (PROVEN, |counts| counts.proven),
    ("vacuous", |counts| counts.vacuous),
    ("nothing", |counts| counts.nothing),
    ("hidden", |counts| counts.hidden),
    ("client", |counts| counts.client),
];
const PROVEN: &str = "proven";

/// What the columns mean.
const MEANING: [(&str, &str); 7] = [
    ("tested", "a claim or a rule judged it on this target: a breach would have failed"),
    ("graded", "judged likewise, but the standard lets a broker do otherwise: a breach would have been told"),
    (PROVEN, "of those: a defect or mutant that breaks this very statement was caught by it"),
    ("vacuous", "a scenario names it or a rule knows it, and nothing here gave the occasion"),
    ("nothing", "nothing looks at it yet"),
    ("hidden", "not observable: no client of a broker can see a breach"),
    (
        "client",
        "it binds the client alone: ours keeps it, and what the broker does about a breach is looked at",
    ),
];

/// What is to be shown.
#[derive(Clone, Copy)]
pub struct CoverageTable<'a> {
    /// Of which run.
    pub head: &'a str,
    /// What is known.
    pub evidence: &'a Evidence,
    /// Which versions.
    pub versions: &'a [Version],
    /// Which statements; `None` is all of them.
    pub chosen: Option<&'a dyn Fn(ClauseId) -> bool>,
}

/// The table, and with `Verbosity::Verbose` every statement of it.
pub fn coverage_table(table: &CoverageTable<'_>, options: TerminalOptions) -> String {
    let mut page = Page::new(options);
    let head = page.safe(table.head, HEAD);
    page.raw(&page.paint(Role::Strong, &head));
    let proves = table.evidence.proven.is_some();
    for (word, meaning) in MEANING.iter().filter(|(word, _)| proves || *word != PROVEN) {
        page.field(word, Role::Plain, meaning, HEAD);
    }
    for version in table.versions {
        let mut statements = table.evidence.statements(*version);
        statements.retain(|statement| table.chosen.is_none_or(|chosen| chosen(statement.id)));
        if !statements.is_empty() {
            of_version(&mut page, table, *version, &statements);
        }
    }
    page.finish()
}

/// What a run and a table say of a version in one line.
pub(super) fn in_short(coverage: &Coverage) -> String {
    let own = if coverage.own > 0 { format!(", {} own ids", coverage.own) } else { String::new() };
    let (tested, of) = (coverage.tested, coverage.of);
    format!("{}: {tested} of {of} server clauses were put to the test{own}", coverage.version)
}

fn of_version(page: &mut Page, table: &CoverageTable<'_>, version: Version, statements: &[Covered]) {
    let columns: Vec<Column> =
        COLUMNS.into_iter().filter(|(word, _)| table.evidence.proven.is_some() || *word != PROVEN).collect();
    page.blank();
    let title = format!("MQTT {version}");
    let words: Vec<String> = columns.iter().map(|(word, _)| (*word).to_owned()).collect();
    row(page, (&title, ""), &words, Role::Strong);
    let (numbered, own): (Vec<&Covered>, Vec<&Covered>) =
        statements.iter().partition(|statement| statement.id.clause().is_numbered());
    let mut rest = numbered.as_slice();
    let mut rows = 0;
    while let Some(section) = rest.first().and_then(|first| first.id.row()) {
        let (of_section, behind) = rest.split_at(length(rest, section));
        counted(page, (section.number, section.title), of_section, &columns);
        (rest, rows) = (behind, rows + 1);
    }
    if rows > 1 {
        counted(page, ("", "all of them"), &numbered, &columns);
    }
    if !own.is_empty() {
        counted(page, ("", "ids of our own, apart"), &own, &columns);
    }
    if table.chosen.is_none() {
        let text = in_short(&Coverage::of(version, &table.evidence.judged));
        page.field("coverage", Role::Plain, &text, HEAD);
    }
    if page.options.verbosity == Verbosity::Verbose {
        page.blank();
        statements.iter().for_each(|statement| by_itself(page, statement));
    }
}

/// How many at the beginning are of this section.
fn length(statements: &[&Covered], section: Section) -> usize {
    statements.iter().take_while(|statement| statement.id.row() == Some(section)).count()
}

fn counted(page: &mut Page, name: (&str, &str), statements: &[&Covered], columns: &[Column]) {
    let counts = Counts::of(statements.iter().copied());
    let none = page.glyphs.dot.to_string();
    let number = |n: usize| if n == 0 { none.clone() } else { n.to_string() };
    let cells: Vec<String> = columns.iter().map(|(_, count)| number(count(&counts))).collect();
    row(page, name, &cells, Role::Plain);
}

fn row(page: &mut Page, (number, title): (&str, &str), cells: &[String], role: Role) {
    let width = |word: &str| word.len().max(4) + 2;
    let shown = COLUMNS.iter().filter(|(word, _)| cells.len() == COLUMNS.len() || *word != PROVEN);
    let cells: String =
        shown.zip(cells).map(|((word, _), cell)| format!("{cell:>width$}", width = width(word))).collect();
    let room = page.options.width.saturating_sub(cells.len() + NUMBER + 4).min(TITLE);
    // A version is wider than a section's number.
    let name = if title.is_empty() { number.to_owned() } else { format!("{number:<NUMBER$}  {title}") };
    let name = page.safe(&name, room + NUMBER + 2);
    let name = format!("{name:<wide$}", wide = room + NUMBER + 2);
    let line = page.paint(role, &format!("  {name}{cells}"));
    page.raw(&line);
}

/// One statement with its sentence and what names and proves it.
fn by_itself(page: &mut Page, statement: &Covered) {
    let id = statement.id;
    let (role, word) = match statement.standing {
        StatementState::Tested | StatementState::Graded => (Role::Good, statement.standing.word().to_owned()),
        StatementState::Vacuous | StatementState::Nothing => {
            (Role::Doubtful, statement.standing.word().to_owned())
        }
        StatementState::Client if statement.judged => (
            Role::Plain,
            format!("{}; what the broker does about a breach was judged", statement.standing.word()),
        ),
        StatementState::Client | StatementState::Hidden => {
            (Role::Plain, statement.standing.word().to_owned())
        }
    };
    let line = format!("  {}  {}", page.paint(Role::Strong, id.as_str()), page.paint(role, &word));
    page.raw(&line);
    page.field("demand", Role::Plain, id.clause().text, NAMES);
    if let Some(obligation) = id.obligation() {
        let label = if statement.standing == StatementState::Hidden { "why" } else { "observed" };
        page.field(label, Role::Plain, obligation.how, NAMES);
        page.field("answered by", Role::Plain, &deadzone_spec::joined(obligation.answered_by), NAMES);
    }
    page.field("named by", Role::Plain, &statement.named_by.join(" "), NAMES);
    page.field("proven by", Role::Plain, &statement.proven_by.join(" "), NAMES);
}
