//! Looks at the pulse of a target while a pass runs. While something is unclear nothing new starts.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{Examiner, Found, Kind, Trouble, examine::Symptom};
use crate::pool::{Slots, Task};

/// Refusals must last this long to mean anything.
const REFUSED_FOR: Duration = Duration::from_secs(1);

/// Tells how a process of ours ended, if it has.
type Ended = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// The watch over a target's health.
pub(crate) struct Health {
    examiner: Examiner,
    process: Option<Ended>,
    examination: Option<Examination>,
}

struct Examination {
    found: Receiver<Found>,
    symptom: Symptom,
    began: Instant,
    /// The target was last well then.
    since: Instant,
}

impl Health {
    pub(crate) fn new(examiner: Examiner, process: Option<Ended>) -> Self {
        Self { examiner, process, examination: None }
    }

    /// Whether it is not clear now that the target lives.
    pub(crate) fn is_unclear(&self) -> bool {
        if self.examiner.pulse.is_scripted() {
            return false;
        }
        let ended = self.process.as_ref().is_some_and(|ended| ended().is_some());
        ended || self.examination.is_some() || self.examiner.pulse.refused_since().is_some()
    }

    /// Whether something was seen that is not looked into to its end: a pass does not end before.
    pub(crate) fn has_doubts(&self) -> bool {
        let scripted = self.examiner.pulse.is_scripted();
        !scripted && (self.examination.is_some() || self.symptom().is_some())
    }

    /// A look; something if the target was lost. One that a script has in its hands is not.
    pub(crate) fn look(&mut self, slots: &Arc<Slots<Task>>) -> Option<Trouble> {
        if self.examiner.pulse.is_scripted() {
            return None;
        }
        if let Some(how) = self.process.as_ref().and_then(|ended| ended()) {
            let text = format!("its process ended ({how})");
            return Some(Trouble { kind: Kind::Crashed, since: self.last_well(), text });
        }
        if let Some(examination) = &self.examination {
            let found = match examination.found.try_recv() {
                Ok(found) => found,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => Found::Whole,
            };
            return self.found(found, slots);
        }
        let symptom = self.symptom()?;
        self.begin(symptom, slots);
        None
    }

    fn symptom(&self) -> Option<Symptom> {
        let pulse = &self.examiner.pulse;
        if pulse.refused_since().is_some_and(|since| since.elapsed() >= REFUSED_FOR) {
            return Some(Symptom::Refused);
        }
        if pulse.all_ended().is_some() {
            return Some(Symptom::AllEnded);
        }
        let doubtful = pulse.doubtful(self.examiner.asker.patience);
        (!doubtful.is_empty()).then_some(Symptom::Unanswered(doubtful))
    }

    fn begin(&mut self, symptom: Symptom, slots: &Arc<Slots<Task>>) {
        slots.pause(true);
        let since = self.well_before(&symptom);
        let (sender, found) = channel();
        let (examiner, seen, book) = (self.examiner.clone(), symptom.clone(), Arc::clone(slots));
        thread::spawn(move || {
            // Our own environment refused: that says nothing of the target.
            let found = examiner.examine(&seen, &|| book.parked()).unwrap_or(Found::Whole);
            let _ = sender.send(found);
        });
        self.examination = Some(Examination { found, symptom, began: Instant::now(), since });
    }

    fn found(&mut self, found: Found, slots: &Slots<Task>) -> Option<Trouble> {
        let examination = self.examination.take()?;
        self.examiner.pulse.forget_ended();
        match found {
            Found::Whole => {
                let pulse = &self.examiner.pulse;
                // What hung beside them was looked into as well.
                let beside = pulse.unanswered(examination.began.elapsed());
                match examination.symptom {
                    Symptom::Unanswered(connections) => pulse.settle(connections.into_iter().chain(beside)),
                    Symptom::Refused | Symptom::AllEnded => pulse.settle([]),
                }
                slots.pause(false);
                None
            }
            Found::BackAgain => Some(Trouble {
                kind: Kind::Crashed,
                since: examination.since,
                text: "every connection ended at once, and fresh ones are served again".to_owned(),
            }),
            Found::Lost(kind, text) => Some(Trouble { kind, since: examination.since, text }),
        }
    }

    /// A part of the target that serves no client any more was well before the first of them asked.
    fn well_before(&self, symptom: &Symptom) -> Instant {
        let asked = match symptom {
            Symptom::Unanswered(connections) => self.examiner.pulse.asked_since(connections),
            Symptom::Refused | Symptom::AllEnded => None,
        };
        asked.unwrap_or_else(|| self.last_well())
    }

    fn last_well(&self) -> Instant {
        self.examiner.pulse.last_heard().unwrap_or_else(Instant::now)
    }
}
