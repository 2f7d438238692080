//! How far a run is and what it waits for: one moving line on a terminal, and a line now and then in a pipe, where a run that says
//! nothing for a minute looks hung.

use std::{
    io::{self, IsTerminal},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use deadzone_runner::SelftestProgress;
use deadzone_verdict::{RunEvent, ScenarioKey};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// How often the moving line moves, whatever happens.
const EVERY: Duration = Duration::from_millis(500);
/// How often a pipe gets a line.
const EVERY_IN_PIPE: Duration = Duration::from_secs(30);
/// Most scenarios that are named at once.
const NAMED: usize = 3;

/// What goes on, for the line.
struct Story {
    began: Instant,
    planned: usize,
    ended: usize,
    running: Vec<(ScenarioKey, Instant)>,
    /// Those that met silence, with when.
    parked: Vec<(ScenarioKey, Instant)>,
    /// First runs that wait for their repeats.
    waiting: usize,
    confirming: bool,
    long_bound: Duration,
}

/// What is shown meanwhile. It stands on stderr, so that stdout stays what it would be in a pipe.
pub(crate) struct Progress {
    bar: ProgressBar,
    story: Arc<Mutex<Story>>,
    /// Dropped, it ends the thread that keeps the line moving.
    _moving: Option<Sender<()>>,
}

impl Progress {
    /// `told`: what goes on is told at all. The line moves where both streams are terminals, since verdicts are printed meanwhile.
    pub(crate) fn new(long_bound_s: u64, told: bool) -> Self {
        let moves = output::is_terminal() && io::stderr().is_terminal();
        let bar = line(moves);
        let story = Arc::new(Mutex::new(Story {
            began: Instant::now(),
            planned: 0,
            ended: 0,
            running: Vec::new(),
            parked: Vec::new(),
            waiting: 0,
            confirming: false,
            long_bound: Duration::from_secs(long_bound_s),
        }));
        let _moving = (told || moves).then(|| keep_telling(&bar, &story, moves));
        Self { bar, story, _moving }
    }

    /// Takes note of an event, and lets `print` write while the line is out of the way.
    pub(crate) fn around(&mut self, event: &RunEvent, print: impl FnOnce()) {
        let text = {
            let mut story = self.story.lock().unwrap_or_else(PoisonError::into_inner);
            story.take(event);
            self.bar.set_length(story.planned as u64);
            self.bar.set_position(story.ended as u64);
            story.text()
        };
        if matches!(event, RunEvent::Finished(_)) {
            self._moving = None;
            self.bar.finish_and_clear();
        }
        self.bar.suspend(print);
        self.bar.set_message(text);
    }
}

/// Time passes between events too, most of all while a silence is waited out.
fn keep_telling(bar: &ProgressBar, story: &Arc<Mutex<Story>>, moves: bool) -> Sender<()> {
    let (moving, ended) = channel::<()>();
    let (bar, story) = (bar.clone(), Arc::clone(story));
    thread::spawn(move || {
        let every = if moves { EVERY } else { EVERY_IN_PIPE };
        while matches!(ended.recv_timeout(every), Err(RecvTimeoutError::Timeout)) {
            let (text, done) = {
                let story = story.lock().unwrap_or_else(PoisonError::into_inner);
                (
                    story.text(),
                    format!("{} of {}  {} s", story.ended, story.planned, story.began.elapsed().as_secs()),
                )
            };
            if moves {
                bar.set_message(text);
                bar.tick();
            } else {
                output::print_error(&format!("{done}  {text}\n"));
            }
        }
    });
    moving
}

impl Story {
    fn take(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(info) => self.planned = info.planned,
            RunEvent::ScenarioStarted(key) => self.running.push((key.clone(), Instant::now())),
            RunEvent::ScenarioParked(key) => {
                self.leaves(key);
                self.parked.push((key.clone(), Instant::now()));
            }
            RunEvent::ScenarioFinished(result) => {
                self.leaves(&result.key);
                self.ended += 1;
                if self.confirming {
                    self.waiting = self.waiting.saturating_sub(1);
                }
            }
            RunEvent::ScenarioWaits(key) => {
                self.leaves(key);
                self.waiting += 1;
            }
            RunEvent::GatePassed(key) => self.leaves(key),
            RunEvent::Confirming(n) => (self.confirming, self.waiting) = (true, *n),
            RunEvent::Notice(_) | RunEvent::Finished(_) => {}
        }
    }

    fn leaves(&mut self, key: &ScenarioKey) {
        self.running.retain(|(k, _)| k != key);
        self.parked.retain(|(k, _)| k != key);
    }

    /// What waits, for what, how long at most, and how much is left.
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if self.confirming {
            parts.push(format!("confirming, {} left", self.waiting));
        } else {
            let begun = self.ended + self.running.len() + self.parked.len() + self.waiting;
            let left = self.planned.saturating_sub(begun);
            if left > 0 {
                parts.push(format!("{left} left"));
            }
            if self.waiting > 0 {
                parts.push(format!("{} to be confirmed", self.waiting));
            }
        }
        if let Some(last) = self.parked.iter().map(|(_, since)| *since).max() {
            let most = self.long_bound.saturating_sub(last.elapsed()).as_secs();
            let n = self.parked.len();
            let verb = if n == 1 { "waits" } else { "wait" };
            parts.push(format!("{n} {verb} out a silence, {most} s more at most: {}", named(&self.parked)));
        }
        if !self.running.is_empty() {
            parts.push(format!("running: {}", named(&self.running)));
        }
        parts.join("; ")
    }
}

/// The first of them, each with how long it has taken so far.
fn named(of: &[(ScenarioKey, Instant)]) -> String {
    let shown = of.iter().take(NAMED).map(|(key, since)| {
        let seconds = since.elapsed().as_secs();
        let time = if seconds > 0 { format!(" {seconds} s") } else { String::new() };
        format!("{} [{}]{time}", key.id, key.version)
    });
    let shown: Vec<String> = shown.collect();
    let more = of.len().saturating_sub(shown.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join("  "))
}

/// The moving line of a selftest: which round of how many. It prints nothing else before its end.
pub(crate) struct Rounds(ProgressBar);

impl Rounds {
    /// Hidden unless stderr is a terminal.
    pub(crate) fn new() -> Self {
        Self(line(io::stderr().is_terminal()))
    }

    /// Shows how far it is.
    pub(crate) fn at(&self, progress: SelftestProgress<'_>) {
        self.0.set_length(progress.of as u64);
        self.0.set_position(progress.number as u64);
        self.0.set_message(format!("{}: {} of {}", progress.round, progress.ended, progress.planned));
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn line(shown: bool) -> ProgressBar {
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    // The template is ours; a wrong one would only cost the line.
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use deadzone_wire::Version;

    use super::*;

    fn key(id: &str) -> ScenarioKey {
        ScenarioKey { id: id.to_owned(), version: Version::V5 }
    }

    #[test]
    fn the_line_says_what_waits_for_what_how_long_at_most_and_how_many_are_left() {
        let mut story = Story {
            began: Instant::now(),
            planned: 9,
            ended: 0,
            running: Vec::new(),
            parked: Vec::new(),
            waiting: 0,
            confirming: false,
            long_bound: Duration::from_secs(60),
        };
        for id in ["a", "b", "c"] {
            story.take(&RunEvent::ScenarioStarted(key(id)));
        }
        story.take(&RunEvent::ScenarioParked(key("b")));
        story.take(&RunEvent::ScenarioWaits(key("c")));
        let text = story.text();
        assert!(text.starts_with("6 left; 1 to be confirmed; 1 waits out a silence, "), "{text}");
        assert!(text.ends_with(" s more at most: b [5.0]; running: a [5.0]"), "{text}");
        story.take(&RunEvent::ScenarioStarted(key("gate")));
        story.take(&RunEvent::GatePassed(key("gate")));
        assert_eq!(story.waiting, 1, "a gate that passed waits for nothing");
        assert!(text.contains("59 s more") || text.contains("60 s more"), "{text}");
        story.take(&RunEvent::Confirming(1));
        story.take(&RunEvent::ScenarioWaits(key("a")));
        assert!(story.text().starts_with("confirming, "), "{}", story.text());
    }
}
