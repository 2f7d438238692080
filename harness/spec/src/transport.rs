//! What may carry MQTT, as the standard names it (3.1.1 §4.2, 5.0 §4.2 and §6). How it does is the business of others.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What carries the MQTT bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A plain TCP connection: `mqtt://`, port 1883.
    #[default]
    Tcp,
    /// TLS over TCP: `mqtts://`, port 8883.
    Tls,
    /// WebSocket (RFC 6455) over TCP, MQTT 5.0 §6: `ws://`, port 80.
    Ws,
    /// WebSocket over TLS: `wss://`, port 443.
    Wss,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tcp, Self::Tls, Self::Ws, Self::Wss];

    /// As run keys and reports name it: `tcp`, `tls`, `ws`, `wss`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// The one of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.name() == name)
    }

    /// The scheme of its URLs.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Tcp => "mqtt",
            Self::Tls => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// The registered port: IANA's `mqtt` and `secure-mqtt`, and those of HTTP.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Tcp => 1883,
            Self::Tls => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    /// Whether TLS is below.
    pub fn has_tls(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// Whether WebSocket frames are below.
    pub fn has_frames(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
