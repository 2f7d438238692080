//! The first packet of a client: is it a CONNECT, and whose? Looks at the first bytes and then never again.

use bytes::Bytes;
use deadzone_wire::{Framer, Packet, Sender, Version, decode};

/// The first byte of a CONNECT. A TLS handshake begins with 0x16, a WebSocket with `GET`.
const CONNECT: u8 = 0x10;
/// Largest CONNECT that is looked into, bytes.
const CONNECT_MAX: u32 = 64 * 1024;
/// Characters of a client id that are kept.
const NAME_MAX: usize = 64;
/// Offset of the protocol level behind `MQTT` in a CONNECT's body.
const LEVEL_AT: usize = 6;
/// How a CONNECT's body begins: the name of the protocol, today's and that of 3.1.
const NAMES: [&[u8]; 2] = [b"\x00\x04MQTT", b"\x00\x06MQIsdp"];

/// What the client turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Client {
    /// It sent nothing yet, or not all of its CONNECT.
    #[default]
    Silent,
    /// It speaks MQTT; its client id.
    Mqtt(String),
    /// It speaks something else: TLS, a WebSocket, anything.
    Opaque,
}

/// Watches for the first packet.
#[derive(Debug)]
pub(crate) struct Greeting {
    client: Client,
    framer: Option<Framer>,
}

impl Greeting {
    pub(crate) fn new() -> Self {
        Self { client: Client::Silent, framer: None }
    }

    /// Whether nothing more is to be learnt.
    pub(crate) fn is_over(&self) -> bool {
        self.client != Client::Silent
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Looks at bytes of the client.
    pub(crate) fn look(&mut self, bytes: &Bytes) {
        let Some(first) = bytes.first().filter(|_| !self.is_over()) else { return };
        if self.framer.is_none() && *first != CONNECT {
            self.client = Client::Opaque;
            return;
        }
        let framer = self.framer.get_or_insert_with(|| Framer::new(CONNECT_MAX));
        framer.push(bytes);
        if !may_be_connect(framer.pending()) {
            self.client = Client::Opaque;
            self.framer = None;
            return;
        }
        let named = match framer.next() {
            None => return,
            Some(Err(_)) => String::new(),
            Some(Ok(frame)) => {
                let level = frame.body.get(LEVEL_AT).copied();
                let version = if level == Some(5) { Version::V5 } else { Version::V311 };
                let decoded = decode(&frame, version, Sender::Client);
                match decoded.packet {
                    Packet::Connect(connect) => {
                        shown(own(&connect.client_id.0, decoded.violations.is_empty()))
                    }
                    _ => String::new(),
                }
            }
        };
        self.client = Client::Mqtt(named);
        self.framer = None;
    }

    /// Upstream spoke first: that is no MQTT.
    pub(crate) fn answered(&mut self) {
        if !self.is_over() && self.framer.is_none() {
            self.client = Client::Opaque;
        }
    }
}

/// Whether these first bytes of a stream can be those of a CONNECT.
fn may_be_connect(bytes: &[u8]) -> bool {
    let length = bytes.iter().skip(1).take(4).take_while(|byte| **byte >= 0x80).count() + 1;
    let body = bytes.get(1 + length..).unwrap_or_default();
    NAMES.iter().any(|name| body.iter().zip(*name).all(|(got, wanted)| got == wanted))
}

/// The client id without what it took in of the fields behind it, which begin with their length: the password may be among them.
fn own(id: &[u8], fits: bool) -> &[u8] {
    let end = id.iter().position(|byte| *byte == 0 || !fits && byte.is_ascii_control());
    &id[..end.unwrap_or(id.len())]
}

/// A client id, which is anybody's bytes, for people.
fn shown(id: &[u8]) -> String {
    let text = String::from_utf8_lossy(id);
    text.chars().take(NAME_MAX).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(chunks: &[&[u8]]) -> Client {
        let mut greeting = Greeting::new();
        for chunk in chunks {
            greeting.look(&Bytes::copy_from_slice(chunk));
        }
        greeting.client().clone()
    }

    #[test]
    fn a_connect_in_pieces_names_its_client() {
        let connect = b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab";
        assert_eq!(look(&[connect]), Client::Mqtt("ab".to_owned()));
        let pieces: Vec<&[u8]> = connect.chunks(1).collect();
        assert_eq!(look(&pieces), Client::Mqtt("ab".to_owned()));
        assert_eq!(look(&pieces[..5]), Client::Silent);
    }

    #[test]
    fn tls_and_websocket_are_opaque() {
        assert_eq!(look(&[b"\x16\x03\x01"]), Client::Opaque);
        assert_eq!(look(&[b"GET / HTTP/1.1\r\n"]), Client::Opaque);
        assert_eq!(look(&[b"\x10\x05hello"]), Client::Opaque);
        assert_eq!(look(&[b"\x10\x0c\x00", b"\x04MQTU"]), Client::Opaque);
        let mut greeting = Greeting::new();
        greeting.answered();
        assert_eq!(greeting.client(), &Client::Opaque);
    }

    #[test]
    fn a_client_id_that_took_in_the_password_is_told_without_it() {
        let connect = b"\x10\x17\x00\x04MQTT\x04\xc2\x00\x3c\x00\x0bc\x00\x01u\x00\x05guess";
        assert_eq!(look(&[connect]), Client::Mqtt("c".to_owned()));
    }

    #[test]
    fn a_client_id_can_not_drive_the_terminal() {
        assert_eq!(
            look(&[b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04\x1b[2J"]),
            Client::Mqtt("\u{fffd}[2J".to_owned())
        );
    }
}
