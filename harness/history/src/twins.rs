//! Finds the twin of what comes out of one direction of a connection: the same packet where it entered.

use std::{collections::VecDeque, sync::Arc};

use deadzone_wire::Frame;

use crate::{Purpose, Recorded, Seq};

/// What entered and may still come out, in order.
#[derive(Debug, Default)]
pub(crate) struct Lane(VecDeque<Entered>);

/// One packet that entered.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) seq: u64,
    pub(crate) sender: Purpose,
    pub(crate) what: What,
}

/// The packet, or what is known of one that is too large to keep.
#[derive(Debug)]
pub(crate) enum What {
    Kept(Arc<Recorded>),
    Skipped { length: u64, hash: u64 },
}

impl Lane {
    pub(crate) fn entered(&mut self, seq: u64, sender: Purpose, what: What) {
        self.0.push_back(Entered { seq, sender, what });
    }

    /// The first one that fits has come out. Those before it can't any more, since a stream keeps its order.
    fn came_out(&mut self, fits: impl Fn(&Entered) -> bool) -> Option<Entered> {
        let at = self.0.iter().position(fits)?;
        self.0.drain(..=at).next_back()
    }

    /// A packet of these bytes came out.
    pub(crate) fn frame_came_out(&mut self, frame: &Frame) -> Option<Entered> {
        self.came_out(|entered| matches!(&entered.what, What::Kept(body) if body.frame == *frame))
    }

    /// A packet of this length and hash came out.
    pub(crate) fn skipped_came_out(&mut self, length: u64, hash: u64) -> Option<Entered> {
        let same =
            |what: &What| matches!(what, What::Skipped { length: l, hash: h } if (*l, *h) == (length, hash));
        self.came_out(|entered| same(&entered.what))
    }

    /// The packet of this number came out.
    pub(crate) fn number_came_out(&mut self, of: Seq) -> Option<Entered> {
        self.came_out(|entered| entered.seq == of.get())
    }

    /// The packet of which these bytes came out, and no more. Nothing comes out behind a fragment, so it is the first one that
    /// did not come out whole. Where it was masked, the bytes may be any.
    pub(crate) fn torn(&self, prefix: &[u8]) -> Option<(u64, &Arc<Recorded>)> {
        let first = self.0.front()?;
        let What::Kept(body) = &first.what else { return None };
        let whole = body.frame.to_bytes();
        let fits = whole.len() >= prefix.len()
            && whole.iter().zip(prefix).all(|(a, b)| a == b || *a == crate::mask::MASK);
        fits.then_some((first.seq, body))
    }
}
