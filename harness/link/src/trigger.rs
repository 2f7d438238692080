//! When a fault happens, as an offset in one direction's byte stream named by a packet.

use std::fmt;

use deadzone_wire::Pattern;

use crate::Direction;

/// The offset inside the named packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// At the first byte of the fixed header: nothing of the packet passes.
    Before,
    /// After this many bytes of the packet (1 or more): the packet is torn there. A packet of this length or less
    /// passes whole and tears nothing: it counts, and the fault stays armed for the next connection.
    At(u32),
    /// After the last byte of the packet and before the next one, even if both came in one read.
    After,
}

/// The `nth` packet that matches `pattern` in `direction`, counted per connection from 1.
///
/// Counting starts when the fault is armed and starts over with each connection, so `from PUBREC` means the next one.
/// The stream is watched as its sender writes it: packets that are held, delayed or swallowed afterwards count too.
/// A fault behind a trigger happens once; of several at one edge the first armed is first.
/// A pattern with fields withholds at most [`Trigger::WITHHELD_MAX`] bytes while it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Where in the packet.
    pub edge: Edge,
    /// Which of the matching packets, from 1.
    pub nth: u32,
    /// Which packets count. Reason codes are not looked at unless given.
    pub pattern: Pattern,
    /// Which stream is watched.
    pub direction: Direction,
}

impl Trigger {
    /// Most bytes of one packet that are withheld while a trigger that names fields decides.
    pub const WITHHELD_MAX: usize = 64 * 1024;
}

impl fmt::Display for Trigger {
    /// As scenario text: `from PUBREC down`, `after 2nd PUBLISH id=7 up`, `at 3 of PUBLISH up`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.edge {
            Edge::Before => f.write_str("before ")?,
            Edge::At(k) => write!(f, "at {k} of ")?,
            Edge::After => f.write_str("after ")?,
        }
        if self.nth != 1 {
            let suffix = match (self.nth % 10, self.nth % 100) {
                (_, 11..=13) => "th",
                (1, _) => "st",
                (2, _) => "nd",
                (3, _) => "rd",
                _ => "th",
            };
            write!(f, "{}{suffix} ", self.nth)?;
        }
        write!(f, "{} {}", self.pattern, self.direction)
    }
}
