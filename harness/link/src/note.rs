//! What the link tells the history.

use serde::{Deserialize, Serialize};

use crate::{Cut, Direction, Fault};

/// Something that happened to a link, for the record. Texts are in scenario notation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "note")]
pub enum Note {
    /// A fault with a trigger or a time was armed.
    Armed {
        /// Its number in this link, from 1.
        fault: u32,
        /// What it does.
        effect: Fault,
        /// The step's text.
        text: String,
    },
    /// A fault took effect.
    Fired {
        /// Its number; 0 for a fault without trigger or time.
        fault: u32,
        /// What it does.
        effect: Fault,
        /// The step's text.
        text: String,
    },
    /// An armed fault never fired before the link was taken down.
    NeverFired {
        /// Its number.
        fault: u32,
        /// What it does.
        effect: Fault,
        /// The step's text.
        text: String,
    },
    /// A black hole swallowed bytes that were on their way. Written once for each call in which the run of lost bytes
    /// grew; a run never ends before its connection does.
    Swallowed {
        /// Which way they went.
        direction: Direction,
        /// How many bytes the run has lost so far: the last note of a connection holds the total.
        bytes: u64,
    },
    /// A cut or a reset threw away bytes that were on their way: held, delayed, withheld, or written in the same call
    /// behind the offset of the cut.
    Discarded {
        /// Which way they went.
        direction: Direction,
        /// How many bytes.
        bytes: u64,
    },
    /// A packet passed before a trigger that names fields could look at it whole; it does not count for that trigger.
    Undecided {
        /// Which stream.
        direction: Direction,
        /// Why, for people.
        why: String,
    },
    /// Held bytes were delivered.
    Released {
        /// Which way they went.
        direction: Direction,
        /// How many bytes.
        bytes: u64,
    },
    /// The connection was cut.
    Cut {
        /// How.
        how: Cut,
    },
    /// A profile came into force.
    Profile {
        /// Its name, with overlays.
        name: String,
    },
    /// The radio did something that its profile says.
    Radio {
        /// Which way; `None` is both.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        direction: Option<Direction>,
        /// What, for people.
        what: String,
    },
    /// Every effect ended.
    Restored,
    /// The stream can't be framed any further, so packet triggers in this direction are off.
    Disarmed {
        /// Which stream.
        direction: Direction,
        /// Why, for people.
        why: String,
    },
}
