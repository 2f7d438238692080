//! One normative statement. Knows nothing of where the statements are listed.

use std::fmt;

use serde::Serialize;

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

/// One normative statement of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// The whole id: `5.0/MQTT-4.3.3-10`.
    pub id: &'static str,
    /// The version that it belongs to: `3.1`, `3.1.1` or `5.0`.
    pub version: &'static str,
    /// The id without version: `MQTT-4.3.3-10`, or `DZ-…` where the standard gives no number.
    pub number: &'static str,
    /// Whom it binds.
    pub party: Party,
    /// How strongly.
    pub level: Level,
    /// What it asks for, in our words.
    pub text: &'static str,
    pub(crate) section: &'static str,
}

impl Clause {
    /// The section of the standard that makes the statement: `4.3.3`. `MQTT-3.1.0-1` is in section `3.1`.
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// The standard's document. OASIS names its section anchors by numbers of its own that follow no rule.
    pub fn url(&self) -> &'static str {
        match self.version {
            "5.0" => "https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html",
            "3.1" => "https://public.dhe.ibm.com/software/dw/webservices/ws-mqtt/mqtt-v3r1.html",
            _ => "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html",
        }
    }

    /// Whether the standard numbers it; otherwise the id is ours.
    pub fn is_numbered(&self) -> bool {
        self.number.starts_with("MQTT-")
    }

    /// Whether a broker can break it.
    pub fn binds_server(&self) -> bool {
        self.party != Party::Client
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
