//! How the links go, as one moving line on a terminal.

use std::io::{self, IsTerminal};

use deadzone_proxy::Registry;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::report;
use crate::output;

/// One moving line on a terminal; none in a pipe.
pub(super) struct Status(ProgressBar);

impl Status {
    pub(super) fn new() -> Self {
        let shown = io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is ours; a wrong one would only cost the line.
        if let Ok(style) = ProgressStyle::with_template("{elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        if shown {
            output::share_stderr(&bar);
        }
        Self(bar)
    }

    pub(super) fn show(&self, board: &Registry) {
        self.show_text(|| report::status(&board.sums()));
    }

    pub(super) fn show_text(&self, text: impl FnOnce() -> String) {
        if !self.0.is_hidden() {
            self.0.set_message(text());
            self.0.tick();
        }
    }

    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
