//! WebSocket (RFC 6455) as MQTT uses it (MQTT 5.0 §6, 3.1.1 §6): binary frames, the subprotocol `mqtt`, and no relation between
//! frames and packets.

mod answer;
mod frame;
mod handshake;
mod stream;

pub use frame::{Frame, Frames};
pub(crate) use handshake::{Refused, accept, connect};
pub(crate) use stream::Framed;

/// The subprotocol that client and server have to name (MQTT-6.0.0-3, MQTT-6.0.0-4).
pub const SUBPROTOCOL: &str = "mqtt";
