//! Shared subscriptions (5.0 §4.8.2): a message goes to one member of each group whose filter matches it, in turn; to a member
//! that is away only where none is connected.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_wire::Text;

use super::{broker::Broker, message::Message, subscription::Subscription};
use crate::Variant;

/// What a shared subscription's filter begins with.
const SHARE: &[u8] = b"$share/";

/// The filter of a shared subscription behind its share name; `None` where this is none. A wrong one is no filter at all (4.8.2-1,
/// -2), and was refused with its packet.
pub(super) fn plain(filter: &Text) -> Option<&[u8]> {
    let rest = filter.0.strip_prefix(SHARE)?;
    let slash = rest.iter().position(|byte| *byte == b'/')?;
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
            for (filter, subscription) in session.subscriptions.shared_for(&message.topic) {
                let member = (session.conn.is_some(), session.client_id.clone(), *subscription);
                groups.entry(filter.clone()).or_default().push(member);
            }
        }
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
        groups.into_values().map(choose).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

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
            assert_eq!(plain(&filter.into()), wanted.map(str::as_bytes), "{filter}");
        }
    }
}
