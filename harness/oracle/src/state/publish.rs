//! Messages towards the broker: PUBLISH, PUBREL and wills, and to which sessions each is owed.

use deadzone_history::ConnId;
use deadzone_wire::{PropertyId, Publish, Text, Version, Will};

use super::{
    Content, Message, MessageId, Origin, Progress, SessionIx, State, Stream, conn::Exchange,
    forwarded::Forwarded, inbound::Copied,
};

/// A packet that carries a message.
pub(super) struct Seen<'a> {
    pub(super) id: ConnId,
    pub(super) session: Option<SessionIx>,
    pub(super) topic: &'a Text,
    pub(super) length: u32,
}

impl State {
    pub(super) fn publish_given(
        &mut self,
        id: ConnId,
        session: SessionIx,
        publish: &Publish,
        (marker, length): (bool, u32),
    ) {
        let aliased = self.alias_given(id, publish);
        let topic = aliased.as_ref().unwrap_or(&publish.topic);
        let version = self.version(id);
        let seq = self.now.seq;
        let seen = Seen { id, session: Some(session), topic, length };
        let (Some(packet_id), 1..) = (publish.packet_id, publish.qos) else {
            if !marker {
                self.add_publish(seen, publish);
            }
            return;
        };
        let Some(known) = self.sessions.get_mut(session.0 as usize) else { return };
        let copied = known.inbound.sort(id, packet_id, publish);
        if let Copied::Again { live, received, anew } = copied {
            let of = known.inbound.copied(seq, id, packet_id);
            if let Some(message) = of.and_then(|of| self.messages.message_mut(of)) {
                message.progress.repeated = Some(seq);
            }
            if anew && !marker {
                let message = Some(self.add_publish(seen, publish));
                if let Some(known) = self.sessions.get_mut(session.0 as usize) {
                    known.inbound.rename(packet_id, message);
                }
            }
            // A PUBREC that was lost on its way forbids nothing.
            let had = |(on, at): (ConnId, u64)| self.conns.get(on).is_none_or(|c| !c.is_undelivered(at));
            if (live || received.is_some_and(had)) && version == Version::V5 {
                self.deviates(id, seq);
            }
        } else {
            let message = (!marker).then(|| self.add_publish(seen, publish));
            if let Some(known) = self.sessions.get_mut(session.0 as usize) {
                known.inbound.given(seq, id, packet_id, publish, message);
            }
            if copied == Copied::Clash {
                self.deviates(id, seq);
            }
        }
    }

    /// The Topic Name that an alias stands for, where there is no other.
    fn alias_given(&mut self, id: ConnId, publish: &Publish) -> Option<Text> {
        let alias = publish.properties.number(PropertyId::TopicAlias).and_then(|a| u16::try_from(a).ok())?;
        let aliases = &mut self.conns.get_mut(id)?.exchange.aliases_up;
        if publish.topic.is_empty() {
            return Some(aliases.get(&alias).cloned().unwrap_or_default());
        }
        aliases.insert(alias, publish.topic.clone());
        None
    }

    fn add_publish(&mut self, seen: Seen<'_>, publish: &Publish) -> MessageId {
        let (stream, index) = self.stream(seen.id, publish.qos, seen.topic);
        // What may be owed to whom is found when it is accepted; here only who could get it.
        let owed_to = if publish.qos > 0 { self.owed_to(seen.topic, seen.session) } else { Vec::new() };
        let message = Message {
            origin: Origin::Publish,
            first: self.now,
            client: self.client_of(seen.id),
            conn: seen.id,
            session: seen.session,
            qos: publish.qos,
            retain: publish.retain,
            dup: publish.dup,
            topic: Content::of(&seen.topic.0),
            expiry_s: publish.properties.number(PropertyId::MessageExpiryInterval),
            length: seen.length,
            stream,
            index,
            progress: Progress::default(),
            forwarded: Forwarded::of(&publish.properties),
            owed_to,
        };
        self.messages.add_message(&publish.payload, message)
    }

    pub(super) fn add_will(&mut self, seen: Seen<'_>, will: &Will, qos: u8, retain: bool) {
        let delay_s = will.properties.number(PropertyId::WillDelayInterval).unwrap_or(0);
        let message = Message {
            origin: Origin::Will { delay_s },
            first: self.now,
            client: self.client_of(seen.id),
            conn: seen.id,
            session: None,
            qos,
            retain,
            dup: false,
            topic: Content::of(&seen.topic.0),
            expiry_s: will.properties.number(PropertyId::MessageExpiryInterval),
            length: seen.length,
            stream: Stream { conn: seen.id, number: u16::MAX },
            index: 0,
            progress: Progress::default(),
            forwarded: Forwarded::of(&will.properties),
            owed_to: Vec::new(),
        };
        self.messages.add_message(&will.payload, message);
    }

    fn stream(&mut self, id: ConnId, qos: u8, topic: &Text) -> (Stream, u32) {
        let Some(conn) = self.conns.get_mut(id) else { return (Stream { conn: id, number: 0 }, 0) };
        let Exchange { streams, stream_count, .. } = &mut conn.exchange;
        let of_topic = match streams.get_mut(topic) {
            Some(known) => known,
            None => streams.entry(topic.clone()).or_default(),
        };
        let (number, next) = of_topic[usize::from(qos & 3)].get_or_insert_with(|| {
            let fresh = *stream_count;
            *stream_count = stream_count.saturating_add(1);
            (fresh, 0)
        });
        let index = *next;
        *next += 1;
        (Stream { conn: id, number: *number }, index)
    }

    /// The sessions that hold a settled subscription under which a message on this topic must come.
    fn owed_to(&mut self, topic: &Text, publisher: Option<SessionIx>) -> Vec<SessionIx> {
        self.routes.of(topic, &self.sessions, publisher)
    }

    /// PUBREL was given.
    pub(super) fn release_given(&mut self, id: ConnId, session: SessionIx, packet_id: u16) {
        let seq = self.now.seq;
        let Some(known) = self.sessions.get_mut(session.0 as usize) else { return };
        let message = known.inbound.released(seq, id, packet_id);
        let Some(message) = message.and_then(|m| self.messages.message_mut(m)) else { return };
        match message.progress.released {
            None => message.progress.released = Some((seq, id)),
            Some(_) => message.progress.repeated = Some(seq),
        }
    }
}
