//! Shared subscriptions (5.0 §4.8.2): a message goes to one member of each group whose filter matches it, in turn; to a member
//! that is away only where none is connected.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_wire::Text;

use super::{broker::Broker, message::Message, session::Session, subscription::Subscription};
use crate::{Config, Defect, Variant};

/// What a shared subscription's filter begins with.
const SHARE: &[u8] = b"$share/";

/// The filter of a shared subscription behind its share name; `None` where this is none. A wrong one is no filter at all (4.8.2-1,
/// -2), and was refused with its packet.
pub(super) fn plain<'a>(filter: &'a Text, config: &Config) -> Option<&'a [u8]> {
    let rest = filter.0.strip_prefix(SHARE)?;
    let mut slashes = (0..rest.len()).filter(|at| rest[*at] == b'/');
    let last = config.has(Defect::ShareNameAtLastSlash);
    let slash = if last { slashes.next_back()? } else { slashes.next()? };
    let (name, plain) = (&rest[..slash], &rest[slash + 1..]);
    let wild = name.iter().any(|byte| matches!(byte, b'+' | b'#'));
    (!name.is_empty() && !wild && !plain.is_empty()).then_some(plain)
}

/// Whether it is one by its beginning.
pub(super) fn is_shared(filter: &Text) -> bool {
    filter.0.starts_with(SHARE)
}

impl Broker {
    /// The members that get a message, one of each group that matches.
    pub(super) fn chosen_members(&mut self, message: &Arc<Message>) -> Vec<(Text, Subscription)> {
        let mut groups: BTreeMap<Text, Vec<(bool, Text, Subscription)>> = BTreeMap::new();
        for session in self.sessions.values() {
            for (filter, subscription) in session.subscriptions.shared_for(&message.topic, &self.config) {
                if session.conn.is_none() && self.config.has(Defect::ShareOfflineLost) {
                    continue;
                }
                let member = (session.conn.is_some(), session.client_id.clone(), *subscription);
                groups.entry(filter.clone()).or_default().push(member);
            }
        }
        groups.retain(|group, _| !self.goes_to_dead_member(group));
        if self.config.has(Defect::ShareToEveryMember) {
            let all = groups.into_values().flatten();
            return all.map(|(_, id, subscription)| (id, subscription)).collect();
        }
        let most = if self.config.has(Defect::ShareGroupsCollapse) { 1 } else { usize::MAX };
        let turn = if self.config.varies(Variant::SharesWithFirstMember) { 0 } else { self.share_turn };
        self.share_turn += u64::from(!groups.is_empty());
        let choose = |mut members: Vec<(bool, Text, Subscription)>| {
            if members.iter().any(|(connected, ..)| *connected) {
                members.retain(|(connected, ..)| *connected);
            }
            let at = turn % u64::try_from(members.len()).unwrap_or(1).max(1);
            let (_, id, subscription) = members.swap_remove(usize::try_from(at).unwrap_or(0));
            (id, subscription)
        };
        groups.into_values().take(most).map(choose).collect()
    }

    /// Gives the started QoS 2 messages of one member to another: a defect.
    pub(super) fn pass_started_on(&mut self, client_id: &Text) {
        let started = self.sessions.get(client_id).map(|session| session.outbound.started());
        for message in started.unwrap_or_default() {
            self.pass_on(&message, client_id);
        }
    }

    /// Gives what was given to one member of a group to another: a defect.
    pub(super) fn pass_on(&mut self, message: &Arc<Message>, but: &Text) {
        let config = &self.config;
        let member = |session: &Session| {
            let (_, subscription) = session.subscriptions.shared_for(&message.topic, config).next()?;
            (session.client_id != *but).then(|| (session.client_id.clone(), *subscription))
        };
        let Some((other, subscription)) = self.sessions.values().find_map(member) else { return };
        let copy = subscription.shared_copy(message, config);
        let Some(session) = self.sessions.get_mut(&other) else { return };
        let out = session.outbound.accept(copy, false, self.now_us, &self.config);
        let conn = session.conn;
        self.transmit_all(conn.map(|conn| (conn, out)).into_iter().collect());
    }
}

#[cfg(test)]
mod tests {
    use super::plain;
    use crate::Config;

    #[test]
    fn a_share_name_ends_at_its_first_slash() {
        for (filter, wanted) in [
            ("$share/g/a/b", Some("a/b")),
            ("$share/g//a", Some("/a")),
            ("$share/g/", None),
            ("$share/g", None),
            ("$share//a", None),
            ("$share/g+/a", None),
            ("a/b", None),
        ] {
            assert_eq!(plain(&filter.into(), &Config::default()), wanted.map(str::as_bytes), "{filter}");
        }
    }
}
