//! What can happen to a link, and when.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Trigger, Way};

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// TCP RST to the broker at once (linger 0).
    Rst,
    /// FIN to the broker after all bytes before it; what the broker still sends is read and recorded until it closes.
    Fin,
    /// Radio gone: the client's end is closed, the broker's end stays open, is read and recorded, and is never answered.
    Silent,
}

/// One thing that happens to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Swallows every byte that enters that way until the link is restored, and the close behind it. Bytes that entered
    /// before, held or delayed, still arrive.
    Blackhole(Way),
    /// Ends the current connection. The modem itself stays usable, unless a black hole is still on. A cut is made at the
    /// broker's side, so no black hole keeps it away. At a trigger, what passed before the offset is delivered first.
    Cut(Cut),
    /// Keeps every byte that way, in order, until released or restored.
    Hold(Way),
    /// Delivers what was held that way.
    Release(Way),
    /// Delivers in pieces of at most this many bytes (1 or more), one piece a write.
    Slice(Way, u32),
    /// Gathers bytes that way and delivers them together once this much time has passed since the first one, µs.
    Coalesce(Way, u64),
    /// Adds this propagation delay that way, µs. Order is kept.
    Delay(Way, u64),
    /// Ends every effect: black holes end, held bytes are delivered, slicing, gathering and delay stop.
    /// Swallowed bytes stay lost, and a connection that lost bytes stays dead that way: TCP would have resent them, a path
    /// with a hole in the middle does not exist.
    Restore,
}

/// When a fault happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as it is this step's turn in the client's queue.
    Now,
    /// This long after that, µs.
    After(u64),
    /// At an offset of a stream.
    On(Trigger),
}

/// A fault with its time: one entry of a client's ordered queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStep {
    /// What happens.
    pub fault: Fault,
    /// When.
    pub when: When,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rst => "rst",
            Self::Fin => "fin",
            Self::Silent => "silent",
        })
    }
}

impl fmt::Display for Fault {
    /// As scenario text, times in ms or µs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blackhole(way) => write!(f, "blackhole {way}"),
            Self::Cut(cut) => write!(f, "cut {cut}"),
            Self::Hold(way) => write!(f, "hold {way}"),
            Self::Release(way) => write!(f, "release {way}"),
            Self::Slice(way, n) => write!(f, "slice {way} {n}"),
            Self::Coalesce(way, us) => write!(f, "coalesce {way} {}", Micros(*us)),
            Self::Delay(way, us) => write!(f, "delay {way} {}", Micros(*us)),
            Self::Restore => f.write_str("restore"),
        }
    }
}

impl fmt::Display for LinkStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.when {
            When::Now => write!(f, "{}", self.fault),
            When::After(us) => write!(f, "{} after {}", self.fault, Micros(*us)),
            When::On(trigger) => write!(f, "{} {trigger}", self.fault),
        }
    }
}

/// A duration in µs, printed in the largest unit that keeps it whole.
struct Micros(u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            us if us % 1_000_000 == 0 => write!(f, "{}s", us / 1_000_000),
            us if us % 1_000 == 0 => write!(f, "{}ms", us / 1_000),
            us => write!(f, "{us}us"),
        }
    }
}
