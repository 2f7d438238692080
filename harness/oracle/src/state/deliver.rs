//! A PUBLISH that the judged party sends: which exchange it belongs to, and which message it delivers.

use std::sync::Arc;

use deadzone_history::{ConnId, Origin, PacketEvent, Purpose};
use deadzone_wire::{PropertyId, Publish, Text};

use super::{
    Content, CopyKind, Currency, Delivered, Delivery, DeliveryId, Matching, Session, SessionIx, Source,
    Stage, State, Transition, message::GroupIx,
};

/// A broker that closed a connection may for so long give to the next one what it began on the last, µs.
const OWN_CLOSE_US: u64 = 1_000_000;

impl State {
    pub(super) fn publish_seen(&mut self, packet: &PacketEvent, publish: &Publish) {
        let id = packet.conn;
        let now = self.now;
        let marker = packet.sender == Purpose::Marker;
        let aliased = self.alias_seen(packet, publish);
        let unknown_alias = aliased.as_ref().is_some_and(Text::is_empty);
        let topic = aliased.as_ref().unwrap_or(&publish.topic);
        let (session, currency) = self.currency(id);
        let ours = !marker && self.of_this_run(topic);
        let group = if marker { None } else { self.messages.ix(&publish.payload) };
        let source = group.filter(|_| ours).and_then(|group| self.messages.source(group));
        let drained_before = self.drained_before(session);
        let no_attempt_before = self.no_attempt_before(session, source.as_ref());
        if let (Currency::Stale, Some(conn)) = (currency, self.conns.get_mut(id)) {
            conn.ends.torn_down = true;
        }
        let mut copy = if publish.qos == 0 { CopyKind::Plain } else { CopyKind::First };
        let mut matching = Matching::default();
        let current = currency == Currency::Current;
        if let (true, Some(s)) = (current, session.and_then(|s| self.sessions.get_mut(s.0 as usize))) {
            if let (Some(packet_id), 1..) = (publish.packet_id, publish.qos) {
                copy = s.outbound.sort(id, packet_id, publish, topic);
            }
            matching = s.subscriptions.matching(&topic.0, source.map(|s| s.at.seq));
        }
        let moved = match copy {
            CopyKind::First if current && !marker => {
                self.moved((id, session), publish, topic, (source, &matching))
            }
            _ => None,
        };
        let copied = (copy, moved.and_then(|(_, delivery)| delivery));
        let delivery =
            (!marker).then(|| self.delivery(packet, publish, (session, currency), copied, (group, source)));
        if let (true, Some(packet_id), 1..) = (current, publish.packet_id, publish.qos) {
            if let (CopyKind::First, Some(conn)) = (copy, self.conns.get_mut(id)) {
                conn.exchange.steps.remove(&packet_id);
            }
            if let Some(s) = session.and_then(|s| self.sessions.get_mut(s.0 as usize)) {
                let length = packet.wire_len();
                s.outbound.seen((now.seq, id), (packet_id, publish, length), topic, (copy, delivery));
            }
        }
        self.transition = Transition::Delivered(Delivered {
            conn: id,
            version: self.version(id),
            session,
            currency,
            aliased,
            unknown_alias,
            copy,
            source,
            matching,
            moved: moved.map(|(last, _)| last),
            delivery,
            drained_before,
            no_attempt_before,
        });
    }

    /// Whether a first copy goes on with an exchange that was left unacknowledged under another id. Only where nothing else can
    /// explain it: one publication that is not retained and was sent once, one subscription, a session whose state is known.
    fn moved(
        &mut self,
        (id, session): (ConnId, Option<SessionIx>),
        publish: &Publish,
        topic: &Text,
        (source, matching): (Option<Source>, &Matching),
    ) -> Option<(u64, Option<DeliveryId>)> {
        let packet_id = publish.packet_id.filter(|_| publish.qos > 0)?;
        let seq = self.now.seq;
        let message = source.filter(|s| !s.some_retained).and_then(|s| self.messages.message(s.unique()?));
        // What its publisher sent again may go onward again, at QoS 1.
        let single = message.is_some_and(|message| message.progress.repeated.is_none());
        if !single || matching.filters != 1 || matching.shared || publish.retain {
            return None;
        }
        let session = self.sessions.get_mut(session?.0 as usize).filter(|s| s.certain())?;
        session.outbound.moves((seq, id), packet_id, publish, topic)
    }

    /// Notes a copy with the delivery that it belongs to, or as a new one.
    fn delivery(
        &mut self,
        packet: &PacketEvent,
        publish: &Publish,
        (session, currency): (Option<SessionIx>, Currency),
        (copy, goes_on): (CopyKind, Option<DeliveryId>),
        (group, source): (Option<GroupIx>, Option<Source>),
    ) -> DeliveryId {
        let (id, now) = (packet.conn, self.now);
        let mut after_release = false;
        let known = match (currency, copy) {
            (Currency::Stale, _) => self.alike(packet, publish),
            (_, CopyKind::Again { live, stage, .. }) => {
                let continues = match (publish.qos, stage) {
                    (_, Stage::Unacknowledged) => true,
                    (1, _) => publish.dup && !live,
                    (_, Stage::Received) => true,
                    (_, Stage::Released | Stage::Done) => false,
                };
                after_release = !continues && publish.qos == 2 && (publish.dup || stage == Stage::Released);
                let open = session.and_then(|s| self.session(s)?.outbound.get(publish.packet_id?)?.delivery);
                open.filter(|_| continues)
            }
            _ => goes_on,
        };
        if let Some(known) = known
            && let Some(delivery) = self.messages.delivery_mut(known)
        {
            (delivery.last, delivery.conn) = (now.seq, id);
            return known;
        }
        let message = source.and_then(|s| s.first);
        if let (Some(message), Some(session)) = (message.and_then(|m| self.messages.message_mut(m)), session)
        {
            message.owed_to.retain(|owed| *owed != session);
        }
        let delivery = Delivery {
            client: self.client_of(id),
            session,
            first: now,
            body: (self.header.origin != Origin::Link).then(|| Arc::clone(&packet.body)),
            packet_id: publish.packet_id,
            topic: Content::of(&publish.topic.0),
            retain: publish.retain,
            identifiers: publish.subscription_ids().collect(),
            first_conn: id,
            conn: id,
            last: now.seq,
            qos: publish.qos,
            after_release,
            ours: publish.topic.is_empty() || self.of_this_run(&publish.topic),
            message,
        };
        self.messages.add_delivery(&publish.payload, group, delivery)
    }

    /// The last delivery of this content under this id to this client: read after the session had gone on, the packet was
    /// written before, whatever came since.
    fn alike(&self, packet: &PacketEvent, publish: &Publish) -> Option<DeliveryId> {
        let client = self.conn(packet.conn)?.client;
        publish.packet_id?;
        let ix = self.messages.ix(&publish.payload)?;
        let group = self.messages.group(ix)?;
        let same = |d: &Delivery| {
            (d.client, d.packet_id, d.qos) == (client, publish.packet_id, publish.qos)
                && *d.topic == *publish.topic.0
        };
        let nth = group.deliveries.iter().rposition(same)?;
        Some(DeliveryId { group: ix, nth: nth as u32 })
    }

    /// Whether a topic carries the run's nonce: on others somebody else may have published the same payload.
    pub(crate) fn of_this_run(&self, topic: &Text) -> bool {
        contains(&topic.0, self.header.nonce.as_bytes())
    }

    /// The Topic Name that an alias stands for, where there is no other; empty where the alias is unknown.
    fn alias_seen(&mut self, packet: &PacketEvent, publish: &Publish) -> Option<Text> {
        let alias = publish.properties.number(PropertyId::TopicAlias).and_then(|a| u16::try_from(a).ok())?;
        let aliases = &mut self.conns.get_mut(packet.conn)?.exchange.aliases_down;
        if publish.topic.is_empty() {
            return Some(aliases.get(&alias).cloned().unwrap_or_default());
        }
        aliases.insert(alias, publish.topic.clone());
        None
    }

    /// Whether a session had a connection before this one that was never read to its end: something may have been sent there
    /// that nothing shows.
    pub(crate) fn sent_unseen_before(&self, session: &Session, conn: ConnId) -> bool {
        let connected = |id: ConnId| {
            let connect = self.conn(id)?.handshake.connect.as_ref();
            connect.map(|connect| connect.at.seq)
        };
        let now = connected(conn);
        // Which session a connection serves begins with its CONNECT, however early it was opened.
        let before = |id: &ConnId| connected(*id).is_none_or(|at| now.is_none_or(|now| at < now));
        let unread = |id: &ConnId| self.conn(*id).is_none_or(|c| c.ends.drained().is_none());
        let connections = &session.connections;
        connections.unseen || connections.undrained.iter().any(|id| *id != conn && before(id) && unread(id))
    }

    /// Whether every connection of the session but the current one was read to its end.
    fn drained_before(&mut self, session: Option<SessionIx>) -> bool {
        let conns = &self.conns;
        let Some(session) = session.and_then(|s| self.sessions.get_mut(s.0 as usize)) else { return false };
        let connections = &mut session.connections;
        while let Some(last) = connections.undrained.last() {
            if conns.get(*last).is_none_or(|c| c.ends.drained().is_none()) {
                return false;
            }
            connections.undrained.pop();
        }
        !connections.unseen
    }

    /// Whether the broker cannot have tried to deliver this message before: the session has had no other connection, or the
    /// message was given long enough after the broker itself had closed every earlier one.
    fn no_attempt_before(&self, session: Option<SessionIx>, source: Option<&Source>) -> bool {
        let Some(session) = session.and_then(|s| self.session(s)) else { return false };
        let connections = &session.connections;
        if connections.count <= 1 {
            return true;
        }
        let given_us = source.filter(|s| s.count == 1 && !s.will).map(|s| s.at.at_us);
        let quiet_us = connections.last_close_us + OWN_CLOSE_US;
        !connections.unclosed && given_us.is_some_and(|given_us| given_us >= quiet_us)
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.starts_with(part) || text.windows(part.len()).any(|window| window == part)
}
