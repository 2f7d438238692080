//! One packet at a time: `->` and `<-`.

use bytes::Bytes;
use deadzone_history::{Abandon, Expected};
use deadzone_script::{Arrival, FieldValue, PacketTemplate, Step};
use deadzone_wire::{Field, Mutation, Packet, Value};

use super::{
    Flow, Player,
    arrival::{Order, Wanted},
};

impl Player<'_> {
    pub(super) async fn send(
        &mut self,
        client: usize,
        template: &PacketTemplate,
        broken: &[Mutation],
    ) -> Flow {
        let version = self.clients[client].borrow().version;
        let packet = match self.words.packet(template, version) {
            Ok(packet) => self.with_client_id(client, template, packet),
            Err(why) => return Flow::Abandon(Abandon::BadStep(why.into())),
        };
        if let Packet::Publish(p) = &packet
            && p.retain
        {
            self.retained.insert(p.topic.0.clone());
        }
        if let Packet::Connect(c) = &packet {
            self.remember_session(&c.client_id.0, version);
        }
        let bytes = match broken {
            [] => packet.encode(version).to_bytes(),
            broken => Mutation::apply_all(broken, &packet, version),
        };
        self.write(client, bytes).await
    }

    /// A CONNECT without a `client_id` field carries the client's own.
    fn with_client_id(&self, client: usize, template: &PacketTemplate, mut packet: Packet) -> Packet {
        let given = template.fields.iter().any(|(f, _)| *f == Field::ClientId);
        if let Packet::Connect(c) = &mut packet
            && !given
        {
            c.client_id = self.clients[client].borrow().client_id.as_str().into();
        }
        packet
    }

    pub(super) async fn send_bytes(&mut self, client: usize, bytes: &[u8]) -> Flow {
        self.write(client, Bytes::copy_from_slice(bytes)).await
    }

    pub(super) async fn receive(
        &mut self,
        step: &Step,
        client: usize,
        alternatives: &[Arrival],
        order: Order,
        within_ms: Option<u64>,
    ) -> Flow {
        let Some(conn) = self.clients[client].borrow().last_conn else {
            return self.not_connected(client);
        };
        let expected = alternatives
            .iter()
            .map(|a| match a {
                Arrival::Packet(template) => Expected::Packet(self.words.pattern(template)),
                Arrival::Closed => Expected::Closed,
            })
            .collect();
        let within_us = self.timing.scaled_us(within_ms.unwrap_or(self.timing.within_ms));
        let wanted = Wanted { client, conn, alternatives: expected, order, within_us, intent: false };
        match self.arrival(step, wanted).await {
            Some(Some(packet)) => {
                self.capture(alternatives, &packet);
                Flow::On
            }
            Some(None) => Flow::On,
            None => self.unmet_claim("the expected answer did not come"),
        }
    }

    fn capture(&mut self, alternatives: &[Arrival], packet: &Packet) {
        for alternative in alternatives {
            let Arrival::Packet(template) = alternative else { continue };
            for (field, value) in &template.fields {
                if let (FieldValue::Capture(name), Some(Value::Number(n))) = (value, field.get(packet)) {
                    self.words.captures.entry(name.clone()).or_insert(n);
                }
            }
        }
    }
}
