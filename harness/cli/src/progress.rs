//! One moving line on a terminal: how far the run is and what it waits for. In a pipe there is none.

use std::io::{self, IsTerminal};

use deadzone_runner::SelftestProgress;
use deadzone_verdict::{RunEvent, ScenarioKey};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The moving line. It stands on stderr, so that stdout stays what it would be in a pipe.
pub(crate) struct Progress {
    bar: ProgressBar,
    running: Vec<ScenarioKey>,
}

impl Progress {
    /// Hidden unless both streams are terminals: verdicts are printed meanwhile.
    pub(crate) fn new() -> Self {
        let shown = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self { bar: line(shown), running: Vec::new() }
    }

    /// Takes note of an event, and lets `print` write while the line is out of the way.
    pub(crate) fn around(&mut self, event: &RunEvent, print: impl FnOnce()) {
        match event {
            RunEvent::Started(info) => self.bar.set_length(info.planned as u64),
            RunEvent::ScenarioStarted(key) => self.running.push(key.clone()),
            RunEvent::ScenarioFinished(result) => {
                self.running.retain(|k| *k != result.key);
                self.bar.inc(1);
            }
            RunEvent::ScenarioWaits(key) => self.running.retain(|k| k != key),
            RunEvent::Confirming(_) | RunEvent::Notice(_) => {}
            RunEvent::Finished(_) => self.bar.finish_and_clear(),
        }
        self.bar.suspend(print);
        let shown: Vec<String> =
            self.running.iter().take(4).map(|k| format!("{} [{}]", k.id, k.version)).collect();
        let more = self.running.len().saturating_sub(shown.len());
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        self.bar.set_message(format!("{}{rest}", shown.join("  ")));
    }
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
