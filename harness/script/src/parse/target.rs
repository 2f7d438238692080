//! `target …`: what is done to the target's process.

use super::cursor::Parsed;
use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code};
use crate::{StepKind, TargetAction};

#[derive(Clone, Copy)]
enum Word {
    Kill,
    Stop,
    Restart,
    Freeze,
}

const WORDS: [(&str, Word); 4] =
    [("kill", Word::Kill), ("stop", Word::Stop), ("restart", Word::Restart), ("freeze", Word::Freeze)];
/// Longest that it is frozen, ms: half of the long bound, so that a wait which begins meanwhile outlasts it.
const FREEZE_MAX_MS: u64 = 30_000;

impl StepLine<'_, '_> {
    pub(super) fn target(&mut self) -> Parsed<StepKind> {
        let at = self.cursor.here();
        if self.cursor.eat("thaw") {
            let mistake = Diagnostic::error(code::TARGET, at, "a frozen target thaws by itself");
            return Err(self.cursor.fail(mistake.help("say how long: `target freeze for 3s`")));
        }
        let action = match self.cursor.choose("target step", &WORDS)? {
            Word::Kill => TargetAction::Kill,
            Word::Stop => TargetAction::Stop,
            Word::Restart => TargetAction::Restart { fresh: self.cursor.eat("fresh") },
            Word::Freeze => TargetAction::Freeze { for_ms: self.freeze_for()? },
        };
        Ok(StepKind::Target(action))
    }

    fn freeze_for(&mut self) -> Parsed<u64> {
        if !self.cursor.eat("for") {
            return Err(self.cursor.missing("`for` and a time"));
        }
        let at = self.cursor.here();
        let ms = self.cursor.time()?;
        if (1..=FREEZE_MAX_MS).contains(&ms) {
            return Ok(ms);
        }
        let message = format!("a target is frozen for 1ms to {}s", FREEZE_MAX_MS / 1000);
        Err(self.cursor.fail(Diagnostic::error(code::RANGE, at, message)))
    }
}
