//! A will: what CONNECT said of it, and when it is due. Knows nothing of how connections end.

use deadzone_wire::{Connect, PropertyId, Publish, Text};

use super::{alterations::strip, message::Message};
use crate::{Config, Defect};

/// The will of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Will {
    message: Message,
    /// Will Delay Interval in microseconds; 0 before 5.0.
    pub(crate) delay_us: u64,
}

impl Will {
    /// The will in a CONNECT that was found correct.
    pub(crate) fn from_connect(connect: &Connect, client_id: &Text, config: &Config) -> Option<Self> {
        let will = connect.will.clone()?;
        let delay_s = will.properties.number(PropertyId::WillDelayInterval).unwrap_or(0);
        let delay_us = if config.has(Defect::WillDelayIgnored) { 0 } else { u64::from(delay_s) * 1_000_000 };
        let mut publish = Publish {
            dup: false,
            qos: connect.will_qos(),
            retain: connect.will_retain(),
            topic: will.topic,
            packet_id: None,
            properties: will.properties,
            payload: will.payload,
        };
        if config.has(Defect::PropertiesLostInWill) {
            strip(&mut publish.properties);
        }
        Some(Self { message: Message::new(publish, client_id.clone(), 0), delay_us })
    }

    /// The message, which begins to age now: Message Expiry counts from publication (5.0 §3.1.3.2.4).
    pub(crate) fn into_message(self, now_us: u64, config: &Config) -> Message {
        let lost = u8::from(config.has(Defect::WillQosLowered));
        let qos = self.message.qos.saturating_sub(lost);
        let retain = self.message.retain && !config.has(Defect::WillRetainLost)
            || config.has(Defect::WillAlwaysRetained);
        Message { accepted_us: now_us, qos, retain, ..self.message }
    }
}

/// A will whose connection is gone and whose delay is running.
#[derive(Clone, Debug)]
pub(crate) struct PendingWill {
    pub(crate) will: Will,
    pub(crate) due_us: u64,
}
