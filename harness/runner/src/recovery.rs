//! What follows on a lost target: where it may be restarted it is, and its suspects run alone on it, one after another, until one
//! loses it twice: that is the cause. The rest goes on.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use deadzone_history::CutShort;
use deadzone_verdict::{ScenarioKey, ScenarioResult, Verdict, VerdictKind};

use crate::{
    cut_short::{Traffic, amended},
    health::{Examiner, Found, Kind, Trouble},
    job::{blank, carry_out},
    passes::Passes,
    pool::{Outcome, Task},
    target::Target,
};

/// A target may be lost this often without a suspect that loses it again; then it stays lost.
const UNEXPLAINED_MAX: u32 = 3;
/// How often a suspect has to lose the target alone.
const TWICE: u32 = 2;
/// Attempts of suspects, behind all others.
const SUSPECT_ATTEMPT: u32 = 40;

/// What a run knows of the losses of its target.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    /// Losses that no suspect explained.
    unexplained: u32,
    /// What lost the target twice, alone. It is not played again.
    convicted: BTreeSet<ScenarioKey>,
}

/// What a suspect did that lost the target twice, alone.
struct Conviction {
    trouble: Trouble,
    /// The result of its last performance, with the record.
    last: ScenarioResult,
}

impl Passes<'_> {
    /// Says what happened, and gives back what may go on.
    pub(crate) fn recover(&mut self, trouble: &Trouble, outcome: Outcome) -> Vec<Task> {
        let mut suspects = outcome.in_flight;
        suspects.retain(|task| !self.recovery.convicted.contains(&task.planned.key));
        let ago = trouble.since.elapsed();
        self.ledger.notice(format!(
            "the target {}: {}; last well {} ago; suspects: {}",
            if trouble.kind == Kind::Crashed { "crashed" } else { trouble.kind.word() },
            trouble.text,
            seconds(ago),
            named(&suspects),
        ));
        if self.recovery.unexplained == UNEXPLAINED_MAX || !self.bring_back() {
            self.leave_unknown(trouble, &suspects);
            self.lost = Some(trouble.clone());
            return Vec::new();
        }
        let known = self.recovery.convicted.len();
        let mut rest = Vec::new();
        let mut suspects = suspects.into_iter();
        while !self.is_interrupted()
            && self.lost.is_none()
            && let Some(suspect) = suspects.next()
        {
            match self.on_trial(&suspect) {
                // The others are suspects no more: each alone they may take minutes.
                Some(conviction) => {
                    self.convict(&suspect, conviction);
                    break;
                }
                None => rest.push(suspect),
            }
        }
        rest.extend(suspects);
        if let Some(lost) = self.lost.clone() {
            self.leave_unknown(&lost, &std::mem::take(&mut rest));
        }
        self.recovery.unexplained += u32::from(self.recovery.convicted.len() == known);
        // A suspect's result of the lost target is worth nothing, unless it was told with a proof.
        let told: BTreeSet<_> = self.ledger.results.iter().map(|r| r.key.clone()).collect();
        rest.retain(|task| !told.contains(&task.planned.key));
        self.ledger.waiting.retain(|task| !rest.iter().any(|other| other.planned.key == task.planned.key));
        // What ended while the loss was not known yet proves nothing, suspect or not.
        for (task, _) in std::mem::take(&mut self.ledger.again) {
            if !rest.iter().any(|known| known.planned.key == task.planned.key) {
                rest.push(task);
            }
        }
        rest.extend(outcome.left);
        rest.retain(|task| !self.recovery.convicted.contains(&task.planned.key));
        for task in &mut rest {
            task.attempt += SUSPECT_ATTEMPT;
        }
        rest
    }

    /// A target that is whole again: restarted where it is ours, or by itself.
    fn bring_back(&mut self) -> bool {
        if self.is_interrupted() {
            return false;
        }
        match self.target.restart(&self.context.cancel) {
            Ok(true) => {
                self.context.target = self.target.handle();
                true
            }
            Ok(false) | Err(_) => self.examiner().is_some_and(|examiner| is_whole(&examiner)),
        }
    }

    /// Runs a suspect alone; something if it loses the target twice.
    fn on_trial(&mut self, suspect: &Task) -> Option<Conviction> {
        let mut conviction = None;
        for attempt in 1..=TWICE {
            let task = Task { attempt: SUSPECT_ATTEMPT + attempt, first: None, ..suspect.clone() };
            let last = carry_out(&self.context, &task, None).result;
            if self.is_interrupted() {
                return None;
            }
            let trouble = self.trouble()?;
            let target_log = self.last_words();
            if !self.bring_back() {
                self.lost = Some(trouble.clone());
                return (attempt == TWICE)
                    .then(|| Conviction { trouble, last: ScenarioResult { target_log, ..last } });
            }
            conviction = Some(Conviction { trouble, last: ScenarioResult { target_log, ..last } });
        }
        conviction
    }

    /// Whether the target is lost now.
    fn trouble(&self) -> Option<Trouble> {
        let ended = self.target.process().map(|process| (process.ended())());
        if let Some(Some(how)) = ended {
            let text = format!("its process ended ({how})");
            return Some(Trouble::now(Kind::Crashed, text));
        }
        match self.examiner()?.is_whole().ok()? {
            Found::Lost(kind, text) => Some(Trouble::now(kind, text)),
            Found::Whole | Found::BackAgain => None,
        }
    }

    /// The finding of a scenario that loses the target twice, alone. Its last bytes are the evidence.
    fn convict(&mut self, task: &Task, Conviction { trouble, mut last }: Conviction) {
        let key = &task.planned.key;
        self.ledger.waiting.retain(|other| other.planned.key != *key);
        self.recovery.convicted.insert(key.clone());
        let cut = CutShort::LosesTarget { how: trouble.kind.event(), text: trouble.text.into() };
        let traffic = last.history.as_deref().map(Traffic::of).unwrap_or_default();
        let verdict = amended(key.version, &cut, traffic, last.verdict);
        if let Some(history) = &mut last.history {
            Arc::make_mut(history).header.cut_short = Some(cut);
        }
        self.replace(task, ScenarioResult { verdict, ..last });
    }

    /// The last lines of the target's log.
    fn last_words(&self) -> Option<String> {
        match &*self.target {
            Target::Remote { process: Some(process), .. } => Some(process.log().since(0)),
            _ => None,
        }
    }

    /// Tells a result in place of one that was told of the same performance.
    fn replace(&mut self, task: &Task, result: ScenarioResult) {
        self.ledger.results.retain(|known| known.key != result.key);
        self.ledger.tell_result(task, result);
    }

    /// No suspect can be tried: the verdict on what was in flight is not known, and says so.
    fn leave_unknown(&mut self, trouble: &Trouble, suspects: &[Task]) {
        let told: BTreeSet<_> = self.ledger.results.iter().map(|r| r.key.clone()).collect();
        let mut unknown: Vec<Task> =
            std::mem::take(&mut self.ledger.again).into_iter().map(|a| a.0).collect();
        for task in suspects {
            let key = &task.planned.key;
            match self.ledger.waiting.iter_mut().find(|waiting| waiting.planned.key == *key) {
                // Its silences began on a target that was being lost.
                Some(waiting) => waiting.first.iter_mut().for_each(|first| first.doubt_silences()),
                None if !unknown.iter().any(|known| known.planned.key == *key) => unknown.push(task.clone()),
                None => {}
            }
        }
        for task in &unknown {
            if told.contains(&task.planned.key) {
                continue;
            }
            let why = format!("the target was lost while it ran: {} ({})", trouble.kind.word(), trouble.text);
            let blank = blank(&self.context, &task.planned, &task.source);
            self.ledger.tell_verdict(task, blank, Verdict::because(VerdictKind::Inconclusive, why));
        }
    }

    fn is_interrupted(&self) -> bool {
        self.context.cancel.load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn is_whole(examiner: &Examiner) -> bool {
    matches!(examiner.is_whole(), Ok(Found::Whole | Found::BackAgain))
}

fn named(tasks: &[Task]) -> String {
    let keys: Vec<String> =
        tasks.iter().map(|t| format!("{} [{}]", t.planned.key.id, t.planned.key.version)).collect();
    if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:01} s", time.as_secs(), time.subsec_millis() / 100)
}
