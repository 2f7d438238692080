//! How a side goes about the handshakes, where it is not as usual.

use crate::ws::SUBPROTOCOL;

/// How a client asks for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approach {
    /// The WebSocket subprotocols that it offers, the one that it likes best first.
    pub subprotocols: Vec<String>,
    /// Goes on whichever of them the server chooses. Otherwise it must be `mqtt`.
    pub takes_any: bool,
    /// The certificate that it shows where TLS asks for one.
    pub certificate: Presented,
    /// The connection is reset in the TLS handshake, once the server has begun to answer.
    pub broken_in_handshake: bool,
}

impl Default for Approach {
    fn default() -> Self {
        Self {
            subprotocols: vec![SUBPROTOCOL.to_owned()],
            takes_any: false,
            certificate: Presented::default(),
            broken_in_handshake: false,
        }
    }
}

/// Which certificate a client shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presented {
    /// Its own, where it has one.
    #[default]
    Own,
    /// None.
    Nothing,
    /// One of an authority that nobody trusts.
    OtherAuthority,
    /// One of the right authority that has expired.
    Expired,
}

/// Which subprotocol a server chooses where `mqtt` is offered; all but the first are against MQTT-6.0.0-4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chooses {
    /// `mqtt`.
    #[default]
    Mqtt,
    /// The first that is offered, whatever it is.
    First,
    /// One that was not offered.
    NotOffered,
    /// None: its answer has no such header.
    Nothing,
}

/// What a server does wrong on purpose. None of it is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Reads text frames as if they were binary (against MQTT-6.0.0-1).
    pub takes_text: bool,
    /// Which subprotocol it chooses.
    pub chooses: Chooses,
    /// Asks no client for the certificate that it is configured to ask for.
    pub asks_no_certificate: bool,
}
