//! CONNECT (3.1.1 §3.1, 5.0 §3.1).

use bytes::Bytes;

use crate::{Properties, Text, Version};

/// A CONNECT. The flags byte is kept as written; the payload fields are what was present. They may disagree on purpose.
/// The layout (with or without properties) follows `level` where it is 3, 4 or 5, otherwise the version in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// Protocol Name: `MQTT`, or `MQIsdp` in 3.1.
    pub protocol_name: Text,
    /// Protocol Level: 3, 4 or 5 for the known versions.
    pub level: u8,
    /// Connect Flags as written, the reserved bit included.
    pub flags: u8,
    /// Keep Alive in seconds; 0 turns it off.
    pub keep_alive_s: u16,
    /// Properties (5.0 layout only; ignored otherwise).
    pub properties: Properties,
    /// Client Identifier.
    pub client_id: Text,
    /// The will's payload fields, where present.
    pub will: Option<Will>,
    /// User Name.
    pub username: Option<Text>,
    /// Password.
    pub password: Option<Bytes>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}

/// The will fields of CONNECT's payload; will QoS and retain are in the flags byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Will {
    /// Will Properties (5.0 layout only).
    pub properties: Properties,
    /// Will Topic.
    pub topic: Text,
    /// Will Payload (3.1.1: Will Message).
    pub payload: Bytes,
}

impl Connect {
    const RESERVED: u8 = 0x01;
    const CLEAN: u8 = 0x02;
    const WILL: u8 = 0x04;
    const WILL_RETAIN: u8 = 0x20;
    const PASSWORD: u8 = 0x40;
    const USERNAME: u8 = 0x80;

    /// A correct CONNECT without will or credentials, with Clean Start (Clean Session) set.
    pub fn new(version: Version, client_id: &str) -> Self {
        Self {
            protocol_name: version.protocol_name().into(),
            level: version.level(),
            flags: Self::CLEAN,
            keep_alive_s: 60,
            properties: Properties::new(),
            client_id: client_id.into(),
            will: None,
            username: None,
            password: None,
            tail: Bytes::new(),
        }
    }

    /// Clean Start (5.0) or Clean Session (3.1.1).
    pub fn clean(&self) -> bool {
        self.flags & Self::CLEAN != 0
    }

    /// Sets Clean Start or Clean Session.
    pub fn set_clean(&mut self, clean: bool) {
        self.flags = (self.flags & !Self::CLEAN) | if clean { Self::CLEAN } else { 0 };
    }

    /// The reserved bit, which must be 0.
    pub fn reserved(&self) -> bool {
        self.flags & Self::RESERVED != 0
    }

    /// The Will Flag.
    pub fn will_flag(&self) -> bool {
        self.flags & Self::WILL != 0
    }

    /// Will QoS, 0 to 3 (3 is malformed).
    pub fn will_qos(&self) -> u8 {
        (self.flags >> 3) & 0x03
    }

    /// Will Retain.
    pub fn will_retain(&self) -> bool {
        self.flags & Self::WILL_RETAIN != 0
    }

    /// The User Name Flag.
    pub fn username_flag(&self) -> bool {
        self.flags & Self::USERNAME != 0
    }

    /// The Password Flag.
    pub fn password_flag(&self) -> bool {
        self.flags & Self::PASSWORD != 0
    }

    /// Sets the will with its flags; `qos` is masked to two bits.
    pub fn set_will(&mut self, will: Will, qos: u8, retain: bool) {
        self.flags &= !(Self::WILL | 0x18 | Self::WILL_RETAIN);
        self.flags |= Self::WILL | ((qos & 0x03) << 3) | if retain { Self::WILL_RETAIN } else { 0 };
        self.will = Some(will);
    }

    /// Sets the User Name with its flag.
    pub fn set_username(&mut self, username: Text) {
        self.flags |= Self::USERNAME;
        self.username = Some(username);
    }

    /// Takes User Name and Password out, with their flags.
    pub fn forget_login(&mut self) {
        self.flags &= !(Self::USERNAME | Self::PASSWORD);
        (self.username, self.password) = (None, None);
    }

    /// Sets the Password with its flag.
    pub fn set_password(&mut self, password: Bytes) {
        self.flags |= Self::PASSWORD;
        self.password = Some(password);
    }

    /// The version whose layout this packet has, given the version in force for levels that are none of ours.
    pub fn layout(&self, otherwise: Version) -> Version {
        Version::from_level(self.level).unwrap_or(otherwise)
    }
}
