//! SUBSCRIBE and UNSUBSCRIBE (3.1.1 §3.8 to §3.11, 5.0 §3.8 to §3.11), and the retained messages that a SUBSCRIBE brings.

use deadzone_wire::{
    Packet, Properties, PropertyId, Suback, Subscribe, Text, Unsuback, Unsubscribe, Version,
};

use super::{
    bridge,
    broker::Broker,
    ending::Ending,
    names,
    offers::Offers,
    outbox::ConnId,
    sharing,
    subscription::{Placed, Subscription},
};
use crate::{Defect, Variant};

/// Failure in a SUBACK of 3.1.1, and Unspecified error in 5.0.
const FAILURE: u8 = 0x80;
/// No subscription existed (5.0 §3.11.3).
const NO_SUBSCRIPTION_EXISTED: u8 = 0x11;
/// Quota exceeded (5.0 §3.9.3).
const QUOTA_EXCEEDED: u8 = 0x97;
/// Protocol error (5.0 §2.4).
const PROTOCOL_ERROR: u8 = 0x82;

impl Broker {
    pub(super) fn on_subscribe(&mut self, id: ConnId, subscribe: Subscribe) {
        let conn = self.conns.get(&id).map(|c| (c.peer.version, c.client_id.clone(), c.bridge));
        let Some((version, client_id, bridge)) = conn else { return };
        let sub_id = subscribe.properties.number(PropertyId::SubscriptionIdentifier);
        let offers = Offers::of(&self.config, version);
        let mut codes = Vec::new();
        let mut fresh = Vec::new();
        for (filter, options) in subscribe.filters {
            let filter = names::taken(&filter, &self.config);
            self.note_filter(&filter);
            match offers.refuses_subscription(&filter, sub_id) {
                // 3.1.1 can't announce it, and has a code for failure (3.1.1/MQTT-3.8.3-2).
                Some(_) if version == Version::V311 => {
                    codes.push(FAILURE);
                    continue;
                }
                Some(code) => return self.end(id, Ending::Offence(code)),
                None => {}
            }
            let mut subscription = Subscription::from_options(effective(options, version), sub_id);
            if subscription.qos > offers.maximum_qos && self.config.has(Defect::HighQosSubscribeRefused) {
                codes.push(FAILURE);
                continue;
            }
            let most = if self.config.varies(Variant::GrantsAtMostQos1) { 1 } else { offers.maximum_qos };
            subscription.qos = subscription.qos.min(most);
            subscription.shared = version == Version::V5 && sharing::is_shared(&filter);
            if subscription.shared && subscription.no_local && !self.config.is_tolerant() {
                return self.end(id, Ending::Offence(PROTOCOL_ERROR));
            }
            if bridge {
                subscription = bridge::subscription(subscription);
            }
            match self.place(&client_id, version, &filter, subscription) {
                Ok(placed) => {
                    codes.push(subscription.qos);
                    let wanted = wants_retained(options, version, placed) && offers.retain;
                    let wanted = wanted || self.config.has(Defect::RetainHandlingIgnored);
                    let unreplaced =
                        placed == Placed::New || !self.config.has(Defect::ResubscribeBringsNothing);
                    let wanted = wanted && unreplaced;
                    let brings = !subscription.shared || self.config.has(Defect::ShareBringsRetained);
                    if wanted && brings {
                        fresh.push((filter, subscription));
                    }
                }
                // 3.1 has no code for failure, so only closing tells the client.
                Err(_) if version == Version::V31 => return self.end(id, Ending::Offence(QUOTA_EXCEEDED)),
                Err(code) => codes.push(code),
            }
        }
        if codes.is_empty() {
            // Only a broker that overlooks an empty SUBSCRIBE comes here, and it has nothing to answer.
            return;
        }
        // SUBACK goes first: the standards allow retained messages before it, but few clients expect them there.
        for suback in self.subacks(subscribe.packet_id, codes) {
            self.send(id, &Packet::Suback(suback));
        }
        for (filter, subscription) in fresh {
            self.look_up(id, &client_id, filter, subscription);
        }
    }

    fn place(
        &mut self,
        client_id: &Text,
        version: Version,
        filter: &Text,
        mut subscription: Subscription,
    ) -> Result<Placed, u8> {
        // Shared subscriptions are of 5.0. In 3.1.1 `$share/…` would be an ordinary filter, but a client that writes it means
        // sharing, and a failure tells it more than silence. 3.1 can't refuse, so there it is an ordinary filter.
        if sharing::is_shared(filter) && version == Version::V311 {
            return Err(FAILURE);
        }
        let unserved =
            self.config.has(Defect::WildcardsUnserved) && filter.0.iter().any(|b| b"+#".contains(b));
        if self.loses_filter() || unserved {
            return Ok(Placed::New);
        }
        let limit = self.config.limits.subscriptions;
        let session = self.sessions.get_mut(client_id).ok_or(FAILURE)?;
        if self.config.has(Defect::IdentifierKept) {
            subscription.id = session.subscriptions.identifier(filter).or(subscription.id);
        }
        if self.config.has(Defect::ResubscribeIgnored) && session.subscriptions.contains(filter) {
            return Ok(Placed::Replaced);
        }
        match session.subscriptions.put(filter.clone(), subscription, limit) {
            Placed::Full => Err(if version == Version::V5 { QUOTA_EXCEEDED } else { FAILURE }),
            placed => Ok(placed),
        }
    }

    /// The answer to a SUBSCRIBE: one, but for a defect.
    fn subacks(&self, packet_id: u16, mut codes: Vec<u8>) -> Vec<Suback> {
        let shifted = self.config.has(Defect::SubackIdShifted);
        let packet_id =
            if shifted { packet_id.checked_add(1).unwrap_or(1) } else { self.answer_id(packet_id) };
        if self.config.has(Defect::SubackReversed) {
            codes.reverse();
        }
        let with = |codes| Suback { packet_id, properties: Properties::new(), codes };
        match self.config.has(Defect::SubackForEachFilter) {
            true => codes.into_iter().map(|code| with(vec![code])).collect(),
            false => vec![with(codes)],
        }
    }

    /// The retained-again-on-resume defect: treats restored subscriptions as new ones.
    pub(super) fn resend_retained(&mut self, client_id: &Text) {
        let Some(session) = self.sessions.get(client_id) else { return };
        let all: Vec<(Text, Subscription)> =
            session.subscriptions.iter().map(|(f, s)| (f.clone(), *s)).collect();
        for (filter, subscription) in all {
            self.send_retained(client_id, &filter, &subscription);
        }
    }

    pub(super) fn on_unsubscribe(&mut self, id: ConnId, unsubscribe: &Unsubscribe) {
        if self.falls_at_unsubscribe() || unsubscribe.filters.is_empty() {
            // The second: only where an empty one is overlooked, and it has nothing to answer.
            return;
        }
        if let Some(client_id) = self.conns.get(&id).map(|conn| conn.client_id.clone()) {
            self.note_given_up(&client_id, &unsubscribe.filters);
        }
        let Some(conn) = self.conns.get(&id) else { return };
        let Some(session) = self.sessions.get_mut(&conn.client_id) else { return };
        let deaf = self.config.has(Defect::ShareMembershipKept);
        let ignored = |filter: &Text| {
            let shared = deaf && sharing::is_shared(filter);
            shared || self.config.has(Defect::UnsubscribeIgnored)
        };
        let subscriptions = &mut session.subscriptions;
        // What is in flight or queued already stays (3.10.4-3 speaks of started deliveries; the queue is our choice).
        let filters = unsubscribe.filters.iter().map(|filter| names::taken(filter, &self.config));
        let codes = filters.map(|filter| {
            let filter = &filter;
            let was =
                if ignored(filter) { subscriptions.contains(filter) } else { subscriptions.remove(filter) };
            if was { 0 } else { NO_SUBSCRIPTION_EXISTED }
        });
        let codes: Vec<u8> = codes.collect();
        let size = if self.config.has(Defect::UnsubackForEachFilter) { 1 } else { codes.len().max(1) };
        let told = conn.peer.version == Version::V5;
        for codes in codes.chunks(size) {
            let codes = if told { codes.to_vec() } else { Vec::new() };
            let packet_id = self.answer_id(unsubscribe.packet_id);
            let unsuback = Unsuback { packet_id, properties: Properties::new(), codes };
            self.send(id, &Packet::Unsuback(unsuback));
        }
    }
}

/// The options that count: before 5.0 the QoS alone.
fn effective(options: u8, version: Version) -> u8 {
    if version == Version::V5 { options } else { options & 0x03 }
}

/// Retain Handling (5.0 §3.8.3.1): 0 always, 1 for a new subscription, 2 never; before 5.0 always.
fn wants_retained(options: u8, version: Version, placed: Placed) -> bool {
    match (version, options >> 4 & 0x03) {
        (Version::V5, 1) => placed == Placed::New,
        (Version::V5, 2..) => false,
        _ => true,
    }
}
