//! One normative statement. Knows nothing of where the statements are listed.

use std::fmt;

use serde::Serialize;

use crate::Version;

/// Whom a statement binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The client only: no broker can break it.
    Client,
    /// The server only.
    Server,
    /// Both: the broker is judged where it plays the part in question.
    Both,
}

/// How strongly a statement binds (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// MUST, MUST NOT: a verdict.
    Must,
    /// SHOULD: a grade.
    Should,
    /// MAY: a grade.
    May,
}

/// What the standard asks of the side that meets the breach; a statement that itself says how a server reacts (5.0/MQTT-3.1.4-1:
/// close on such a CONNECT) holds that reaction. Codes are those that the standard names, in a packet before the close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It must close; it may give one of these codes first.
    Close(&'static [u8]),
    /// It must answer by CONNACK with one of these codes, and close.
    Refuse(&'static [u8]),
    /// Nothing: the breach lies in what is not done, or no packet shows it to the other side.
    Ignore,
    /// Whatever it does is legal; closing, or refusing by one of these codes, is what the standard describes.
    Graded(&'static [u8]),
}

impl Reaction {
    /// Whether a server that meets the breach has to end the connection.
    pub fn closes(self) -> bool {
        matches!(self, Self::Close(_) | Self::Refuse(_))
    }
}

/// One normative statement of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The whole id: `5.0/MQTT-4.3.3-10`.
    pub id: &'static str,
    /// The version that it belongs to.
    pub version: Version,
    /// The id without version: `MQTT-4.3.3-10`, or `DZ-…` where the standard gives no number.
    pub number: &'static str,
    /// Whom it binds.
    pub party: Party,
    /// How strongly.
    pub level: Level,
    /// The section of the standard that makes the statement: `4.3.3`. `MQTT-3.1.0-1` is in section `3.1`.
    pub section: &'static str,
    /// What it asks for, in our words.
    pub text: &'static str,
    /// What the other side does about a breach.
    pub reaction: Reaction,
    /// The same where the breach stands in a CONNECT: 5.0 has a server close on every CONNECT that does not match the
    /// format (3.1.4-1), but not on each such packet.
    pub reaction_in_connect: Reaction,
    /// Whether a breach harms nobody and is done again and again, so that it is reported once for a target.
    pub habit: bool,
}

impl Clause {
    /// The standard's document. OASIS names its section anchors by numbers of its own that follow no rule.
    pub fn url(&self) -> &'static str {
        match self.version {
            Version::V5 => "https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html",
            Version::V31 => "https://public.dhe.ibm.com/software/dw/webservices/ws-mqtt/mqtt-v3r1.html",
            Version::V311 => "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html",
        }
    }

    /// Whether the standard numbers it; otherwise the id is ours.
    pub fn is_numbered(&self) -> bool {
        self.number.starts_with("MQTT-")
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Both => "both",
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        })
    }
}
