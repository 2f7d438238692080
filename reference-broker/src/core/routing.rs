//! From an accepted message to the sessions that want it, at once or later: routing, retained look-ups, and what legal
//! variants put off of both. Knows nothing of packets.

use std::sync::Arc;

use bytes::Bytes;
use deadzone_wire::Text;

use super::{
    broker::Broker,
    message::{Delivery, Message},
    names,
    outbox::ConnId,
    sharing,
    subscription::Subscription,
};
use crate::Variant;

/// How long each is put off, but for wills.
const PUT_OFF_US: u64 = 50_000;
/// How late wills are under [`Variant::Wills2sLate`].
const WILL_LATE_US: u64 = 2_000_000;

/// One thing that was put off.
#[derive(Debug)]
pub(super) enum Job {
    /// Give the message to every session that wants it then.
    Route(Arc<Message>),
    /// Take a will over: retain it and give it out.
    Publish(Arc<Message>),
    /// Take the message among the retained ones.
    Retain(Arc<Message>),
    /// Send the retained messages that a SUBSCRIBE brings, if its subscription and its connection are still there.
    LookUp { conn: ConnId, client_id: Text, filter: Text, subscription: Subscription },
}

impl Broker {
    /// Puts a job off. More jobs than messages may wait for one session do not wait: the earliest is done instead.
    fn put_off(&mut self, job: Job) {
        if self.jobs.len() >= self.config.limits.queued_messages
            && let Some(first) = self.jobs.take_first()
        {
            self.do_job(first);
        }
        let late_us = if matches!(job, Job::Publish(_)) { WILL_LATE_US } else { PUT_OFF_US };
        self.jobs.put(self.now_us.saturating_add(late_us), job);
    }

    /// Publishes a message at that time: a defect.
    pub(super) fn publish_later(&mut self, due_us: u64, message: Message) {
        self.jobs.put(due_us, Job::Publish(Arc::new(message)));
    }

    /// Does what was put off until now.
    pub(super) fn do_due_jobs(&mut self) {
        while let Some(job) = self.jobs.take_due(self.now_us) {
            self.do_job(job);
        }
    }

    fn do_job(&mut self, job: Job) {
        match job {
            Job::Route(message) => _ = self.hand_out(&message),
            Job::Publish(message) => _ = self.route_shared(&message),
            Job::Retain(message) => self.retained.apply(&message, self.now_us, &self.config),
            Job::LookUp { conn, client_id, filter, subscription } => {
                let session = self.sessions.get(&client_id).filter(|s| s.conn == Some(conn));
                if session.is_some_and(|s| s.subscriptions.contains(&filter)) {
                    self.send_retained(&client_id, &filter, &subscription);
                }
            }
        }
    }

    /// Takes a will over whose time has come. One that can't be retained for lack of room is still delivered: nobody is left to be told.
    pub(super) fn route_will(&mut self, message: Message) {
        if self.config.varies(Variant::Wills2sLate) {
            return self.put_off(Job::Publish(Arc::new(message)));
        }
        self.route_shared(&Arc::new(message));
    }

    /// Takes a message over: retains it and gives it to every session that wants it (4.5.0-1). `true` if any does.
    pub(super) fn route_shared(&mut self, message: &Arc<Message>) -> bool {
        if self.config.varies(Variant::RetainsLater) && message.retain {
            self.put_off(Job::Retain(Arc::clone(message)));
        } else {
            self.retained.apply(message, self.now_us, &self.config);
        }
        if self.config.varies(Variant::RoutesLater) {
            self.put_off(Job::Route(Arc::clone(message)));
            return true;
        }
        self.hand_out(message)
    }

    /// Gives a message to every session that wants it; `true` if any does.
    fn hand_out(&mut self, message: &Arc<Message>) -> bool {
        if names::is_lost(message, &self.config) || self.is_held_up() {
            return false;
        }
        let marked = self.with_foreign_ids(message);
        let mut held = self.held_bytes();
        let mut any = false;
        let mut out: Vec<(ConnId, Vec<Bytes>)> = Vec::new();
        for session in self.sessions.values_mut() {
            let message = marked.get(&session.client_id).unwrap_or(message);
            let copies = session.subscriptions.copies(message, &session.client_id, &self.config);
            any |= !copies.is_empty();
            for copy in copies {
                let before = session.outbound.held_bytes();
                let crowded = held >= self.config.limits.queued_bytes_in_all;
                let packets = session.outbound.accept(copy, crowded, self.now_us, &self.config);
                held = held + session.outbound.held_bytes() - before;
                out.extend(session.conn.map(|conn| (conn, packets)));
            }
        }
        for (client_id, subscription) in self.chosen_members(message) {
            let Some(session) = self.sessions.get_mut(&client_id) else { continue };
            any = true;
            let crowded = held >= self.config.limits.queued_bytes_in_all;
            let before = session.outbound.held_bytes();
            let copy = subscription.shared_copy(message, &self.config);
            let packets = session.outbound.accept(copy, crowded, self.now_us, &self.config);
            held = held + session.outbound.held_bytes() - before;
            out.extend(session.conn.map(|conn| (conn, packets)));
        }
        self.transmit_all(out);
        any
    }

    /// Sends the retained messages that one SUBSCRIBE brings, at once or later.
    pub(super) fn look_up(
        &mut self,
        conn: ConnId,
        client_id: &Text,
        filter: Text,
        subscription: Subscription,
    ) {
        if self.config.varies(Variant::LooksUpBehindSuback) {
            return self.put_off(Job::LookUp { conn, client_id: client_id.clone(), filter, subscription });
        }
        self.send_retained(client_id, &filter, &subscription);
    }

    /// Sends the retained messages that match a subscription.
    pub(super) fn send_retained(&mut self, client_id: &Text, filter: &Text, subscription: &Subscription) {
        let crowded = self.held_bytes() >= self.config.limits.queued_bytes_in_all;
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        let mut out = Vec::new();
        let plain = sharing::plain(filter, &self.config).filter(|_| subscription.shared);
        let filter = plain.map_or_else(|| filter.clone(), |plain| Text(plain.to_vec().into()));
        for message in self.retained.matching(&filter, self.now_us, &self.config) {
            let copy: Option<Delivery> = subscription.retained_copy(&message, client_id, &self.config);
            if let Some(copy) = copy {
                out.extend(session.outbound.accept(copy, crowded, self.now_us, &self.config));
            }
        }
        let conn = session.conn;
        self.transmit_all(conn.map(|c| (c, out)).into_iter().collect());
    }

    /// Bytes of messages that are held for all sessions, a message counted once for each.
    pub fn held_bytes(&self) -> usize {
        self.sessions.values().map(|s| s.outbound.held_bytes()).sum()
    }
}
