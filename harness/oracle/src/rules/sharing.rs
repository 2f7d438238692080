//! One member of a group gets a message (5.0 §4.8.2). The standard only describes it, so that a second one is a grade, and none where
//! the first may have been lost or have refused it: then the server may turn to another.

use deadzone_history::Event;
use deadzone_spec::{Pair, pair};
use deadzone_wire::Version;

use super::delivery::Delivery;
use crate::{
    breach::Found,
    rule::{On, Stateless},
    state::{CopyKind, Filter, Session, State},
};

/// A message goes to one member of a group.
pub(super) const ONE_MEMBER: Pair = pair!(-, "DZ-share-one-member");

pub(crate) const RULE: Stateless = Stateless { name: "one-member-of-a-group", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    let (seen, topic) = (delivery.seen, &delivery.topic.0);
    let first = matches!(seen.copy, CopyKind::First | CopyKind::Plain) && !delivery.publish.dup;
    let unique = seen.source.is_some_and(|source| source.unique().is_some());
    if seen.version != Version::V5 || !first || !unique || delivery.marker || !seen.matching.shared {
        return;
    }
    let Some(group) = only_group(delivery.session, topic) else { return };
    let is_member = |session: &Session| only_group(session, topic) == Some(group);
    let mut others = state.sessions().filter(|(ix, _)| Some(*ix) != seen.session);
    if !others.any(|(_, session)| is_member(session)) {
        return;
    }
    found.tested(ONE_MEMBER.of(Version::V5));
    let same = seen.delivery.and_then(|id| state.messages.group(id.group));
    let another = same.into_iter().flat_map(|known| &known.deliveries).find(|known| {
        let session = known.session.filter(|ix| Some(*ix) != seen.session).and_then(|ix| state.session(ix));
        let lives = state.conn(known.conn).is_some_and(|conn| conn.ends.lives());
        lives && session.is_some_and(is_member)
    });
    if let Some(another) = another {
        let text = format!("a second member of the group got it: {}", delivery.summary());
        found.grade(event, ONE_MEMBER.of(Version::V5), text, vec![another.first.seq]);
    }
}

/// The group that alone brings this topic to a session.
fn only_group<'a>(session: &'a Session, topic: &'a [u8]) -> Option<&'a Filter> {
    let mut held = session.subscriptions.held(topic);
    let only = held.next().filter(|held| held.filter.shared)?;
    held.next().is_none().then_some(&only.filter)
}
