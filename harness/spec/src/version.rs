//! The protocol versions, and how they name themselves on the wire and in text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An MQTT protocol version. Ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// MQTT 3.1 (`MQIsdp`, level 3): no OASIS clauses, interoperability only.
    #[serde(rename = "3.1")]
    V31,
    /// MQTT 3.1.1 (level 4).
    #[serde(rename = "3.1.1")]
    V311,
    /// MQTT 5.0 (level 5).
    #[serde(rename = "5.0")]
    V5,
}

impl Version {
    /// The Protocol Level byte of CONNECT.
    pub fn level(self) -> u8 {
        match self {
            Self::V31 => 3,
            Self::V311 => 4,
            Self::V5 => 5,
        }
    }

    /// The version that a Protocol Level byte names, if it is one of the three.
    pub fn from_level(level: u8) -> Option<Self> {
        match level {
            3 => Some(Self::V31),
            4 => Some(Self::V311),
            5 => Some(Self::V5),
            _ => None,
        }
    }

    /// The Protocol Name of CONNECT.
    pub fn protocol_name(self) -> &'static str {
        match self {
            Self::V31 => "MQIsdp",
            Self::V311 | Self::V5 => "MQTT",
        }
    }

    /// The version as people write it: `3.1`, `3.1.1`, `5.0`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V31 => "3.1",
            Self::V311 => "3.1.1",
            Self::V5 => "5.0",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text named no MQTT version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown MQTT version `{0}`: expected 3.1, 3.1.1 or 5.0")]
pub struct UnknownVersion(String);

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "3.1" => Ok(Self::V31),
            "3.1.1" => Ok(Self::V311),
            "5.0" | "5" => Ok(Self::V5),
            other => Err(UnknownVersion(other.to_owned())),
        }
    }
}
