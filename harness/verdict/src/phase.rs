//! Where in its exchange something happened.

use std::fmt;

use deadzone_history::Fault;
use deadzone_wire::PacketKind;

/// The exchange's place in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phase {
    /// The last step of it that was acknowledged, by the packet that did.
    pub acknowledged: Option<PacketKind>,
    /// Over which connection of its session.
    pub standing: Standing,
    /// What happened before, on its link or to the target.
    pub after: Option<Disturbance>,
}

/// How the connection came to its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The session began on it.
    #[default]
    Live,
    /// It was taken up again.
    Resumed,
    /// It was taken over from a connection that still stood.
    TakenOver,
}

/// What can disturb an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disturbance {
    /// Bytes were swallowed.
    Blackhole,
    /// The connection was cut.
    Cut,
    /// Bytes were held back.
    Hold,
    /// Bytes came in small pieces.
    Slice,
    /// Bytes came together.
    Coalesce,
    /// Bytes came late.
    Delay,
    /// The radio did what its profile says.
    Radio,
    /// The target was killed, stopped, restarted or frozen.
    Target,
}

impl Disturbance {
    /// What a fault of a link does to an exchange; nothing where it ends one or lets go.
    pub fn of(fault: Fault) -> Option<Self> {
        match fault {
            Fault::Blackhole(_) => Some(Self::Blackhole),
            Fault::Cut(_) => Some(Self::Cut),
            Fault::Hold(_) => Some(Self::Hold),
            Fault::Slice(..) => Some(Self::Slice),
            Fault::Coalesce(..) => Some(Self::Coalesce),
            Fault::Delay(..) => Some(Self::Delay),
            Fault::Release(_) | Fault::Restore => None,
        }
    }

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blackhole => "blackhole",
            Self::Cut => "cut",
            Self::Hold => "hold",
            Self::Slice => "slice",
            Self::Coalesce => "coalesce",
            Self::Delay => "delay",
            Self::Radio => "radio",
            Self::Target => "target",
        }
    }
}

impl Standing {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Resumed => "resumed",
            Self::TakenOver => "taken-over",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.acknowledged {
            write!(f, "acknowledged={kind} ")?;
        }
        f.write_str(self.standing.name())?;
        self.after.map_or(Ok(()), |what| write!(f, " after={}", what.name()))
    }
}
