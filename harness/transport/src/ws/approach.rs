//! How a side goes about the handshake, where it is not as usual.

use super::SUBPROTOCOL;

/// How a client asks for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approach {
    /// The WebSocket subprotocols that it offers, the one that it likes best first.
    pub subprotocols: Vec<String>,
    /// Goes on whichever of them the server chooses. Otherwise it must be `mqtt`.
    pub takes_any: bool,
}

impl Default for Approach {
    fn default() -> Self {
        Self { subprotocols: vec![SUBPROTOCOL.to_owned()], takes_any: false }
    }
}

/// What a server does wrong on purpose. None of it is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Reads text frames as if they were binary (against MQTT-6.0.0-1).
    pub takes_text: bool,
    /// Chooses the first subprotocol that is offered, whatever it is (against MQTT-6.0.0-4).
    pub takes_any_subprotocol: bool,
}
