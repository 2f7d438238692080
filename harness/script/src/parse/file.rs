//! Walks the lines of a file. Knows which sort of line is which, and reads none itself.

use std::collections::BTreeSet;

use deadzone_spec::nearest;

use super::client;
use super::cursor::{Abandoned, Cursor};
use super::header::{self, bad_name, one_line};
use super::lexer::lex;
use super::line::Line;
use super::matrix::{self, Numbered, Places};
use super::scenario::{Draft, Slugs};
use super::step::{self, Setting};
use super::value::is_name;
use crate::diagnostic::{Diagnostic, code, shown, without_mark};
use crate::{At, Control, Scenario};

/// Parses one file. `area` is the path below the scenario root without `.mqt` (`qos2/interrupted`); scenario ids are `area/slug`.
/// All mistakes of the file come back at once; scenarios without mistakes are returned even when others have some.
pub fn parse(file: &str, area: &str, source: &str) -> (Vec<Scenario>, Vec<Diagnostic>) {
    let mut reader = Reader {
        file,
        area,
        scenarios: Vec::new(),
        mistakes: Vec::new(),
        draft: None,
        block: None,
        slugs: Slugs::new(),
        row: None,
        begun: false,
        strayed: false,
    };
    let lines: Vec<Numbered<'_>> = (1..).zip(without_mark(source).split('\n')).collect();
    let begins =
        |(number, text): &Numbered<'_>| Line::of(*number, text).is_some_and(|line| line.first == "scenario");
    for scenario in lines.chunk_by(|_, next| !begins(next)) {
        reader.scenario_lines(scenario);
    }
    reader.finish_scenario();
    let Reader { scenarios, mut mistakes, .. } = reader;
    mistakes.sort_by_key(|mistake| (mistake.at.line, mistake.at.column));
    (scenarios, mistakes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Recover,
    Control,
}

/// An open `recover` or `control` block.
struct Block {
    kind: BlockKind,
    at: At,
    indent: usize,
    lines: usize,
}

struct Reader<'a> {
    file: &'a str,
    area: &'a str,
    scenarios: Vec<Scenario>,
    mistakes: Vec<Diagnostic>,
    draft: Option<Draft>,
    block: Option<Block>,
    slugs: Slugs,
    /// The row of a table that the scenario is read for, and whether it is the first.
    row: Option<(String, bool)>,
    /// Some line that is no comment was read.
    begun: bool,
    /// A line outside of any scenario was reported; the next ones follow from it.
    strayed: bool,
}

impl Reader<'_> {
    /// The lines of one scenario, or those before the first: once, or once for each row of a table.
    fn scenario_lines(&mut self, all: &[Numbered<'_>]) {
        let split = matrix::split(all);
        let Some(matrix) = split.matrix else {
            split.lines.into_iter().for_each(|(number, text)| self.line(number, text));
            return;
        };
        self.finish_scenario();
        if !split.mistakes.is_empty() {
            self.mistakes.extend(split.mistakes);
            return;
        }
        let mut told = BTreeSet::new();
        for (index, row) in matrix.rows.iter().enumerate() {
            let (mistakes, scenarios) = (self.mistakes.len(), self.scenarios.len());
            self.row = Some((row.name.to_owned(), index == 0));
            let mut places = Places::new();
            for (number, text) in &split.lines {
                let filled = matrix.fill(row, text);
                self.line(*number, &filled.text);
                places.insert(*number, filled);
            }
            self.finish_scenario();
            let found = self.mistakes.split_off(mistakes);
            self.mistakes.extend(matrix::settle(row.name, &places, found, &mut told));
            for scenario in &mut self.scenarios[scenarios..] {
                matrix::settle_scenario(&places, scenario);
            }
        }
        self.row = None;
    }

    fn line(&mut self, number: u32, text: &str) {
        let Some(line) = Line::of(number, text) else { return };
        let first_line = !std::mem::replace(&mut self.begun, true);
        match line.first {
            "mqt" => return self.language(&line, first_line),
            "scenario" => return self.scenario(&line),
            _ => {}
        }
        if self.draft.is_none() && !self.stray(&line) {
            return;
        }
        if self.block.as_ref().is_some_and(|block| line.indent <= block.indent) {
            self.finish_block();
        }
        let keyword = header::KEYWORDS.into_iter().find(|keyword| *keyword == line.first);
        match (line.first, keyword) {
            ("recover", _) => self.recover(&line),
            ("control", _) => self.control(&line),
            ("client", _) => self.client(&line),
            (_, Some(keyword)) => self.header(&line, keyword),
            _ => self.step(&line),
        }
    }

    /// `mqt 1`.
    fn language(&mut self, line: &Line<'_>, first_line: bool) {
        let version = line.rest().whole();
        let mistake = match version {
            _ if !first_line => {
                Diagnostic::error(code::LANGUAGE, line.first_at, "`mqt` belongs on the first line")
            }
            Some(("1", _)) => return,
            Some((other, at)) => {
                let message = format!("unknown version `{}` of the scenario language", shown(other));
                Diagnostic::error(code::LANGUAGE, at, message).help("this reader knows `mqt 1`")
            }
            None => Diagnostic::error(code::LANGUAGE, line.first_at, "`mqt` says no version")
                .help("write `mqt 1`"),
        };
        self.mistakes.push(mistake);
    }

    /// `scenario SLUG`.
    fn scenario(&mut self, line: &Line<'_>) {
        self.finish_scenario();
        self.strayed = false;
        let before = self.mistakes.len();
        let (slug, at) = match line.rest().whole() {
            Some((slug, at)) => (slug, at),
            None => {
                let mistake = Diagnostic::error(code::MISSING, line.first_at, "this scenario has no slug");
                self.mistakes.push(mistake.help("write `scenario SLUG`"));
                ("", line.first_at)
            }
        };
        if !slug.is_empty() && !is_name(slug) {
            self.mistakes.push(bad_name("a scenario", slug, at));
        } else if self.row.as_ref().is_none_or(|(_, is_first)| *is_first)
            && let Some(other) = self.slugs.insert(slug.to_owned(), line.number).filter(|_| !slug.is_empty())
        {
            let message = format!("there is a scenario `{slug}` in this file already");
            self.mistakes.push(
                Diagnostic::error(code::DUPLICATE_SLUG, at, message)
                    .label(format!("the other one is in line {other}")),
            );
        }
        let id = match &self.row {
            Some((row, _)) => format!("{}/{slug}/{row}", self.area),
            None => format!("{}/{slug}", self.area),
        };
        self.draft = Some(Draft::new(id, self.file, line.whole_at(), before));
    }

    /// A line before any scenario. A mistyped `scenario` opens one, so that its lines make sense: then `true`.
    fn stray(&mut self, line: &Line<'_>) -> bool {
        if std::mem::replace(&mut self.strayed, true) {
            return false;
        }
        let near = nearest(line.first, ["scenario", "mqt"]);
        if near == Some("scenario") {
            let message = format!("unknown word `{}`", shown(line.first));
            self.scenario(line);
            let before = self.draft.as_ref().map_or(0, |draft| draft.mistakes_before);
            self.mistakes
                .insert(before, Diagnostic::error(code::UNKNOWN_STEP, line.first_at, message).suggest(near));
            return false;
        }
        let message = format!("`{}` stands outside of any scenario", shown(line.first));
        let mistake = Diagnostic::error(code::MISPLACED, line.first_at, message);
        self.mistakes.push(match near {
            Some(_) => mistake.suggest(near),
            None => mistake.help("begin with `scenario SLUG`"),
        });
        false
    }

    fn header(&mut self, line: &Line<'_>, keyword: &'static str) {
        if self.after_steps(line) {
            return;
        }
        if let Some(draft) = &mut self.draft {
            header::read(draft, keyword, line.first_at, line.rest(), &mut self.mistakes);
        }
    }

    fn client(&mut self, line: &Line<'_>) {
        let late = self.after_steps(line);
        let Some(draft) = &mut self.draft else { return };
        let lexed = lex(line.number, line.text);
        let mut cursor = Cursor::new(line.number, line.text, &lexed.tokens);
        cursor.bump();
        if client::read(draft, &mut cursor).is_ok() {
            let _: Result<(), Abandoned> = cursor.finish();
        }
        let found = [lexed.mistakes, cursor.mistakes].concat();
        if !late {
            self.mistakes.extend(found);
        }
    }

    /// Header lines and clients stand before the steps.
    fn after_steps(&mut self, line: &Line<'_>) -> bool {
        let late = self.block.is_some() || self.draft.as_ref().is_some_and(|draft| draft.step_lines > 0);
        if late {
            let message = format!("`{}` belongs before the first step", line.first);
            self.mistakes.push(Diagnostic::error(code::MISPLACED, line.first_at, message));
            if let Some(keyword) = header::KEYWORDS.into_iter().find(|keyword| *keyword == line.first)
                && let Some(draft) = &mut self.draft
            {
                draft.headers.insert(keyword);
            }
        }
        late
    }

    fn recover(&mut self, line: &Line<'_>) {
        if let Some((word, at)) = line.rest().whole() {
            let message = format!("`{}` does not belong here", shown(word));
            self.mistakes.push(Diagnostic::error(code::BLOCK, at, message).label("`recover` stands alone"));
        }
        self.open_block(line, BlockKind::Recover);
    }

    /// `control none REASON`, or a block.
    fn control(&mut self, line: &Line<'_>) {
        if let Some(draft) = &mut self.draft
            && !draft.headers.insert("control")
        {
            self.mistakes.push(Diagnostic::error(code::REPEATED, line.first_at, "`control` is given twice"));
        }
        let Some((rest, at)) = line.rest().whole() else { return self.open_block(line, BlockKind::Control) };
        let reason = rest
            .strip_prefix("none")
            .filter(|reason| reason.is_empty() || reason.starts_with(char::is_whitespace));
        let Some(reason) = reason else {
            let message = format!("`{}` does not belong here", shown(rest));
            let mistake =
                Diagnostic::error(code::BLOCK, at, message).label("expected `none REASON`, or a block below");
            self.mistakes.push(mistake);
            return self.open_block(line, BlockKind::Control);
        };
        if reason.is_empty() {
            self.mistakes.push(Diagnostic::error(code::MISSING, at, "`control none` gives no reason"));
        }
        if let Some(draft) = &mut self.draft {
            draft.scenario.control = Control::None(one_line(reason));
        }
    }

    fn open_block(&mut self, line: &Line<'_>, kind: BlockKind) {
        if self.block.is_some() {
            self.mistakes.push(Diagnostic::error(code::BLOCK, line.first_at, "blocks are not nested"));
            return;
        }
        self.block = Some(Block { kind, at: line.first_at, indent: line.indent, lines: 0 });
    }

    fn step(&mut self, line: &Line<'_>) {
        let Some(draft) = &mut self.draft else { return };
        draft.step_lines += 1;
        let kind = self.block.as_mut().map(|block| {
            block.lines += 1;
            block.kind
        });
        let lexed = lex(line.number, line.text);
        if !lexed.mistakes.is_empty() {
            draft.distrust(&lexed.tokens);
            self.mistakes.extend(lexed.mistakes);
            return;
        }
        let setting = Setting { clients: &draft.scenario.clients, versions: &draft.scenario.versions };
        let recover = kind == Some(BlockKind::Recover);
        match step::read(line.number, &line.text[..lexed.end], &lexed.tokens, setting, recover) {
            Ok(step) if kind == Some(BlockKind::Control) => draft.control.push(step),
            Ok(step) => draft.scenario.steps.push(step),
            Err(mistakes) => {
                draft.distrust(&lexed.tokens);
                self.mistakes.extend(mistakes);
            }
        }
    }

    fn finish_block(&mut self) {
        let Some(block) = self.block.take().filter(|block| block.lines == 0) else { return };
        let mistake = Diagnostic::error(code::BLOCK, block.at, "this block is empty");
        self.mistakes.push(mistake.help("its steps are indented deeper than this line"));
    }

    fn finish_scenario(&mut self) {
        self.finish_block();
        let Some(draft) = self.draft.take() else { return };
        self.scenarios.extend(draft.finish(&mut self.mistakes));
    }
}
