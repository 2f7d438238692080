//! What defects remember that show only sometimes, or that take the whole broker down. A conformant broker uses none of it.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_wire::{
    Connect, Decoded, Packet, PacketKind, PropertyId, PropertyValue, Publish, Sender, Text, VarInt, Version,
    decode,
};

use super::{
    broker::Broker,
    message::Message,
    outbox::{ConnId, Effect},
    will::Will,
};
use crate::Defect;

/// Of so many DISCONNECTs one leaves the will standing, under [`Defect::WillAfterDisconnectSometimes`].
const DISCONNECTS: u64 = 7;
/// Of so many returns to a session that ended one is told that it is there, under [`Defect::SessionPresentSometimes`].
const RETURNS: u64 = 3;

/// Of so many resumes of a session the last one ends it, under [`Defect::SessionWornOut`].
const RESUMES: u64 = 3;
/// Where CONNECT has its protocol level, behind the name `MQTT`.
const LEVEL_AT: usize = 6;

/// How much of the broker still works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Health {
    /// All of it.
    #[default]
    Sound,
    /// Every second CONNECT is left without an answer; the number counts them.
    HalfDead(u64),
    /// It reads and answers nothing.
    Hung,
    /// It has ended.
    Ended,
}

/// Counters and memories of the defects.
#[derive(Debug, Default)]
pub(super) struct Lapses {
    pub(super) health: Health,
    /// DISCONNECTs of clients with a will.
    wills_taken_back: u64,
    /// Sessions that ended and were not made anew.
    ended: Vec<Text>,
    /// CONNECTs that asked for a session which had ended.
    returns: u64,
    /// Where [`Defect::StrayRetained`] puts its message: below the first level of the first filter.
    stray_topic: Option<Text>,
    /// Connections taken over and not yet reported closed, under [`Defect::LateCloseKillsNewConnection`].
    pub(super) departed: BTreeMap<ConnId, Text>,
    /// What clients set on their connections before, under [`Defect::ClientAliasOfEarlierConnection`].
    aliases: BTreeMap<Text, BTreeMap<u16, Text>>,
    /// The last will of each client, under [`Defect::WillComesAgain`].
    wills: BTreeMap<Text, Will>,
    /// How often each session was resumed, under [`Defect::SessionWornOut`].
    resumes: BTreeMap<Text, u64>,
}

impl Broker {
    /// What an UNSUBSCRIBE does to the whole broker; `true` if it is not answered any more.
    pub(super) fn falls_at_unsubscribe(&mut self) -> bool {
        if self.config.has(Defect::EndsAtUnsubscribe) {
            self.lapses.health = Health::Ended;
            self.conns.clear();
            self.push(Effect::End);
        } else if self.config.has(Defect::HangsAtUnsubscribe) {
            self.lapses.health = Health::Hung;
        } else if self.config.has(Defect::HalfDeadAfterUnsubscribe) && self.lapses.health == Health::Sound {
            self.lapses.health = Health::HalfDead(0);
        }
        !self.works()
    }

    /// Whether it still does anything.
    pub(super) fn works(&self) -> bool {
        !matches!(self.lapses.health, Health::Hung | Health::Ended)
    }

    /// Whether the half of the broker that this CONNECT comes to is dead.
    pub(super) fn overhears_connect(&mut self) -> bool {
        if self.is_worn_out() {
            return true;
        }
        let Health::HalfDead(connects) = &mut self.lapses.health else { return false };
        *connects += 1;
        *connects % 2 == 1
    }

    /// Whether a will is published after a DISCONNECT that takes it back.
    pub(super) fn keeps_will_at_disconnect(&mut self) -> bool {
        if self.config.has(Defect::WillAfterDisconnectSometimes) {
            self.lapses.wills_taken_back += 1;
            return self.lapses.wills_taken_back.is_multiple_of(DISCONNECTS);
        }
        self.config.has(Defect::WillOnDisconnect)
    }

    /// The will of a new connection; under a defect that of an earlier one where it has none.
    pub(super) fn will_or_earlier_one(&mut self, client_id: &Text, will: Option<Will>) -> Option<Will> {
        if !self.config.has(Defect::WillComesAgain) {
            return will;
        }
        let wills = &mut self.lapses.wills;
        match will {
            Some(will) if wills.len() < self.config.limits.sessions => {
                wills.insert(client_id.clone(), will.clone());
                Some(will)
            }
            Some(will) => Some(will),
            None => wills.get(client_id).cloned(),
        }
    }

    /// Whether a session is given up at this resume.
    pub(super) fn wears_out(&mut self, client_id: &Text) -> bool {
        if !self.config.has(Defect::SessionWornOut) || !self.sessions.contains_key(client_id) {
            return false;
        }
        let resumes = self.lapses.resumes.entry(client_id.clone()).or_default();
        *resumes += 1;
        resumes.is_multiple_of(RESUMES)
    }

    /// Whether a packet is passed over because the client's Receive Maximum is used up.
    pub(super) fn is_deaf_to(&self, id: ConnId, kind: PacketKind) -> bool {
        let acks = [PacketKind::Puback, PacketKind::Pubrec, PacketKind::Pubcomp, PacketKind::Disconnect];
        let session = self.conns.get(&id).and_then(|conn| self.sessions.get(&conn.client_id));
        self.config.has(Defect::DeafAtQuotaZero)
            && !acks.contains(&kind)
            && session.is_some_and(|session| session.outbound.is_at_quota_zero())
    }

    /// Sends the PUBLISHes onward that came in one piece with a CONNECT which is refused.
    pub(super) fn forward_pipelined(&mut self, id: ConnId) {
        while let Some(conn) = self.conns.get_mut(&id)
            && self.config.has(Defect::PipelinedBehindRefusalTaken)
            && let Some(Ok(frame)) = conn.framer.next()
        {
            if let Packet::Publish(publish) = decode(&frame, conn.peer.version, Sender::Client).packet {
                self.forward_unchecked(publish, Text::default());
            }
        }
    }

    /// A CONNECT that can't be taken apart, as if it were a plain one.
    pub(super) fn mended(&self, decoded: Decoded) -> Decoded {
        let Packet::Opaque(opaque) = &decoded.packet else { return decoded };
        if !self.config.has(Defect::MalformedConnectTaken) {
            return decoded;
        }
        let version = if opaque.body.get(LEVEL_AT) == Some(&5) { Version::V5 } else { Version::V311 };
        Decoded { packet: Packet::from(Connect::new(version, "")), ..decoded }
    }

    /// A client identifier as the broker takes it.
    pub(super) fn as_taken(&self, client_id: &Text) -> Text {
        match self.config.has(Defect::ClientIdsFolded) {
            true => Text(client_id.0.to_ascii_lowercase().into()),
            false => client_id.clone(),
        }
    }

    /// Whether the broker minds what the standard allows.
    pub(super) fn minds(&self, connect: &Connect, version: Version) -> bool {
        let alone = version == Version::V5 && connect.password.is_some() && connect.username.is_none();
        let user = connect.username.as_ref().is_some_and(Text::is_empty);
        let password = connect.password.as_ref().is_some_and(bytes::Bytes::is_empty);
        let will = connect.will.as_ref().is_some_and(|will| will.payload.is_empty());
        self.config.has(Defect::PasswordAloneRefused) && alone
            || self.config.has(Defect::EmptyFieldsRefused) && (user || password || will)
    }

    /// Remembers a session that ended.
    pub(super) fn note_ended(&mut self, client_id: &Text) {
        if self.config.has(Defect::SessionPresentSometimes)
            && self.lapses.ended.len() < self.config.limits.sessions
        {
            self.lapses.ended.push(client_id.clone());
        }
    }

    /// Whether CONNACK claims a session that has ended.
    pub(super) fn claims_ended_session(&mut self, client_id: &Text) -> bool {
        if !self.lapses.ended.contains(client_id) {
            return false;
        }
        self.lapses.returns += 1;
        self.lapses.returns.is_multiple_of(RETURNS)
    }

    /// Takes the first level of the first filter for the place of a stray retained message.
    pub(super) fn note_filter(&mut self, filter: &Text) {
        let first = filter.0.split(|b| *b == b'/').next().unwrap_or_default();
        let plain = !first.is_empty() && !first.starts_with(b"$") && !matches!(first, b"+" | b"#");
        if self.config.has(Defect::StrayRetained) && plain {
            let topic = Text([first, b"/of-another-test"].concat().into());
            self.lapses.stray_topic.get_or_insert(topic);
        }
    }

    /// Sends a client that has just connected a retained message which it never asked for.
    pub(super) fn send_stray(&mut self, id: ConnId) {
        if let Some(topic) = self.lapses.stray_topic.clone() {
            let mut publish = Publish::new("", 0, None, "of-another-test");
            (publish.topic, publish.retain) = (topic, true);
            self.send_aside(id, publish);
        }
    }

    /// Whether a request stays unanswered because the client's Receive Maximum is used up, under [`Defect::StallsAtQuotaZero`].
    pub(super) fn stalls(&self, id: ConnId, packet: &Packet) -> bool {
        let session = self.conns.get(&id).and_then(|conn| self.sessions.get(&conn.client_id));
        self.config.has(Defect::StallsAtQuotaZero)
            && !matches!(packet, Packet::Ack(_) | Packet::Disconnect(_))
            && session.is_some_and(|session| session.outbound.has_no_quota())
    }

    /// The highest alias that it takes of a client: as CONNACK says, but for two defects.
    pub(super) fn highest_alias(&self) -> u16 {
        let told = self.config.limits.topic_aliases;
        if self.config.has(Defect::ClientAliasAboveMaximumRouted) {
            return u16::MAX;
        }
        told.saturating_sub(u16::from(self.config.has(Defect::ClientAliasRefusedAtMaximum)))
    }

    /// Remembers the aliases of a connection that ends.
    pub(super) fn note_aliases(&mut self, client_id: &Text, aliases: BTreeMap<u16, Text>) {
        if self.config.has(Defect::ClientAliasOfEarlierConnection)
            && self.lapses.aliases.len() < self.config.limits.sessions
        {
            self.lapses.aliases.insert(client_id.clone(), aliases);
        }
    }

    /// The aliases that a new connection begins with: none, but for a defect.
    pub(super) fn first_aliases(&mut self, client_id: &Text) -> BTreeMap<u16, Text> {
        self.lapses.aliases.remove(client_id).unwrap_or_default()
    }

    /// The message as each session gets it to which the identifiers of the others' subscriptions are told as well.
    pub(super) fn with_foreign_ids(&self, message: &Arc<Message>) -> BTreeMap<Text, Arc<Message>> {
        let mut marked = BTreeMap::new();
        if !self.config.has(Defect::ForeignSubscriptionIds) {
            return marked;
        }
        for client_id in self.sessions.keys() {
            let mut message = Message::clone(message);
            for other in self.sessions.values().filter(|s| s.client_id != *client_id) {
                for id in other.subscriptions.ids_for(&message.topic) {
                    let id = PropertyValue::Var(VarInt::minimal(id));
                    message.properties.push(PropertyId::SubscriptionIdentifier, id);
                }
            }
            marked.insert(client_id.clone(), Arc::new(message));
        }
        marked
    }
}
