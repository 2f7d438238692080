//! Signs of life that belong to no scenario: fresh clients that connect, exchange a QoS 1 message and leave.

use std::{rc::Rc, time::Duration};

use bytes::{Bytes, BytesMut};
use deadzone_play::Dial;
use deadzone_transport::Stream;
use deadzone_wire::{AckKind, Credentials, Framer, Packet, Publish, Sender, Version, decode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::probe::{Client, connect, leave};

/// How many fresh clients tell whether a target is whole.
pub(crate) const FRESH: usize = 8;
/// Most bytes of one packet that such a client takes in.
const FRAME_MAX: u32 = 64 * 1024;

/// Asks a target for signs of life.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) version: Version,
    pub(crate) credentials: Option<Credentials>,
    /// What client ids begin with: no other run's.
    pub(crate) word: String,
    /// For each answer.
    pub(crate) patience: Duration,
    /// Whether the target takes QoS 1 at all.
    pub(crate) qos1: bool,
}

/// What a fresh client met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// It was served.
    Served,
    /// Nothing came within the patience.
    Hung(String),
    /// It was refused or closed.
    TurnedAway(String),
}

impl Asker {
    /// One fresh client: CONNECT, a QoS 1 message, DISCONNECT.
    pub(crate) async fn ask(&self, dial: &Rc<dyn Dial>, number: usize) -> Met {
        let client = Client {
            version: self.version,
            patience: self.patience,
            long_bound: self.patience,
            id: format!("{}f{number}", self.word),
            credentials: self.credentials.clone(),
        };
        let mut accepted = match connect(&**dial, &client, true, 0).await {
            Ok(accepted) => accepted,
            Err(why) if why.is_silence() => return Met::Hung(why.text()),
            Err(why) => return Met::TurnedAway(why.text()),
        };
        let met = if self.qos1 { self.message(&mut *accepted.stream).await } else { Met::Served };
        leave(accepted, self.version, self.patience).await;
        met
    }

    /// The same with a long patience.
    pub(crate) fn waited_out(&self, long_bound: Duration) -> Self {
        Self { patience: long_bound, ..self.clone() }
    }

    async fn message(&self, stream: &mut dyn Stream) -> Met {
        let topic = format!("deadzone/{}/life", self.word);
        let publish = Publish::new(&topic, 1, Some(1), Bytes::from_static(b"deadzone-marker life"));
        let bytes = Packet::Publish(publish).encode(self.version).to_bytes();
        if let Err(error) = stream.write_all(&bytes).await {
            return Met::TurnedAway(format!("it closed before a message could be published: {error}"));
        }
        match timeout(self.patience, acknowledged(stream, self.version)).await {
            Ok(Ok(())) => Met::Served,
            Ok(Err(why)) => Met::TurnedAway(why),
            Err(_) => Met::Hung("a QoS 1 message was not acknowledged".to_owned()),
        }
    }

    /// Eight fresh clients in turn, each closed before the next: the numbers of those that hang. `from` sets their ids apart.
    pub(crate) async fn ask_each(&self, dial: &Rc<dyn Dial>, numbers: &[usize]) -> Vec<usize> {
        let mut hung = Vec::new();
        for number in numbers {
            if let Met::Hung(_) = self.ask(dial, *number).await {
                hung.push(*number);
            }
        }
        hung
    }
}

/// Reads until a PUBACK.
async fn acknowledged(stream: &mut dyn Stream, version: Version) -> Result<(), String> {
    let mut framer = Framer::new(FRAME_MAX);
    let mut read = BytesMut::with_capacity(1024);
    loop {
        while let Some(frame) = framer.next() {
            let frame = frame.map_err(|error| format!("it sent what is not MQTT: {error}"))?;
            if matches!(&decode(&frame, version, Sender::Server).packet, Packet::Ack(ack) if ack.kind == AckKind::Puback)
            {
                return Ok(());
            }
        }
        read.clear();
        match stream.read_buf(&mut read).await {
            Ok(0) => return Err("it closed instead of acknowledging a message".to_owned()),
            Ok(_) => framer.push(&read),
            Err(error) => return Err(format!("it closed instead of acknowledging a message: {error}")),
        }
    }
}
