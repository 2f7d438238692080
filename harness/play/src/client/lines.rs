//! Who serves the connections of a client. Each is poked when what somebody else did on the link may concern it: it has no
//! timer for that. Knows connections by their numbers only.

use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use deadzone_link::PathId;
use tokio::sync::Notify;

/// Where whoever serves a connection is poked.
#[derive(Debug, Default)]
pub(crate) struct Line {
    poked: Cell<bool>,
    wakes: Notify,
}

impl Line {
    fn poke(&self) {
        self.poked.set(true);
        self.wakes.notify_one();
    }

    /// Returns once there was a poke that is not seen to yet.
    pub(crate) async fn poked(&self) {
        while !self.poked.get() {
            self.wakes.notified().await;
        }
    }

    /// The link is being looked at; whether there was a poke.
    pub(crate) fn see_to(&self) -> bool {
        self.poked.take()
    }
}

/// All of one client. They are poked in the order of their connections, so that equal runs stay equal.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: BTreeMap<PathId, Rc<Line>>,
    /// The link's stirs that they know of.
    stirs: u64,
}

impl Lines {
    pub(super) fn open(&mut self, path: PathId) -> Rc<Line> {
        Rc::clone(self.lines.entry(path).or_default())
    }

    pub(super) fn close(&mut self, path: PathId) {
        self.lines.remove(&path);
    }

    /// The link has stirred so often by now; whoever does not know it is poked, but for the one who did it.
    pub(super) fn stirred(&mut self, stirs: u64, by: Option<PathId>) {
        if std::mem::replace(&mut self.stirs, stirs) != stirs {
            self.lines.iter().filter(|(path, _)| Some(**path) != by).for_each(|(_, line)| line.poke());
        }
    }

    /// Every poke was seen to.
    pub(super) fn are_calm(&self) -> bool {
        self.lines.values().all(|line| !line.poked.get())
    }
}
