//! The end of a walk: every polite client that is connected is at rest, and its subscriptions are still served.

use bytes::Bytes;
use deadzone_history::{ClaimKind, Purpose};
use deadzone_script::Step;
use deadzone_wire::{Bare, Packet};

use super::{
    stage::Stage,
    steps,
    wait::{Direct, Marker, Repeats, Sought, Wait, wait_for},
};

/// Most subscriptions of one client that are tried.
const SUBSCRIPTIONS_MAX: usize = 8;
/// A client that does not take a packet of this many bytes is spared the message.
const ROOM_BYTES: u32 = 512;

/// Asks every polite client that is connected, and then each of its subscriptions.
pub(super) async fn rest(stage: &mut Stage<'_>, last: &Step) {
    let step = Step { text: "at rest".to_owned(), clauses: Vec::new(), deviant: false, ..last.clone() };
    let mut rested = Vec::new();
    for client in 0..stage.network.own() {
        if !is_asked(stage, client) {
            continue;
        }
        let ping = Packet::Bare(Bare::pingreq());
        // Its turn has passed when the wait begins, so that its answer belongs to that.
        if stage.network.send(client, &ping, Purpose::Life).await.is_err() {
            continue;
        }
        match steps::quiescent(stage, &step, client, None).await {
            Ok(()) => rested.push(client),
            Err(_) if stage.silent => return,
            Err(_) => {}
        }
    }
    still_served(stage, &step, &rested).await;
}

/// It is polite and legal up to now, and nothing lies on its link.
fn is_asked(stage: &Stage<'_>, client: usize) -> bool {
    let client = stage.client(client).borrow();
    client.polite && !client.deviant && client.may_be_asked() && !client.modem.link().is_faulty()
}

/// One message of the harness's own client at QoS 1 to each live subscription.
async fn still_served(stage: &mut Stage<'_>, step: &Step, clients: &[usize]) {
    let mut topics = Vec::new();
    for client in clients {
        let state = stage.client(*client).borrow();
        if state.session.takes(ROOM_BYTES) {
            let served = state.session.subscriptions().granted().filter(|(_, qos)| *qos > 0);
            let some = served.filter_map(|(filter, _)| topic_under(filter, &stage.words.run));
            topics.extend(some.take(SUBSCRIPTIONS_MAX).map(|topic| (*client, topic)));
        }
    }
    let mut sent = Vec::new();
    for (client, topic) in topics {
        // At its own node: how soon another one knows of a subscription is not asked here.
        let node = stage.client(client).borrow().node;
        let own = Direct::own(&stage.network, node);
        if !own.connect().await || own.max_qos() == 0 {
            return;
        }
        let payload = stage.marker();
        let looked_at = stage.client(client).borrow().inbox.len();
        own.publish(topic, payload.clone());
        sent.push((client, payload, looked_at));
    }
    for (subscriber, payload, looked_at) in sent {
        let kind = ClaimKind::StillServed { client: subscriber.into(), payload: payload.clone() };
        let marker = Marker { subscriber, payloads: vec![payload], looked_at, repeats: Repeats::Never };
        let wait = Wait::new(Sought::Marker(marker), stage.timing().bounds(None));
        if wait_for(stage, step, kind, wait).await.is_err() && stage.silent {
            return;
        }
    }
}

/// A topic that this filter matches, under the run's own words where the filter leaves that open. Shared subscriptions and
/// those of the server's own topics have none.
fn topic_under(filter: &Bytes, run: &str) -> Option<Bytes> {
    if filter.first().is_none_or(|first| *first == b'$') {
        return None;
    }
    let mut levels: Vec<&[u8]> = Vec::new();
    for (i, level) in filter.split(|byte| *byte == b'/').enumerate() {
        match level {
            b"#" if i == 0 => levels.extend([run.as_bytes(), b"rest"]),
            b"+" if i == 0 => levels.push(run.as_bytes()),
            b"#" | b"+" => levels.push(b"rest"),
            level => levels.push(level),
        }
    }
    Some(levels.join(&b'/').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_fits_its_filter() {
        let under = |filter: &'static str| topic_under(&Bytes::from_static(filter.as_bytes()), "dz1");
        let topic = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        assert_eq!(under("dz1/t"), topic("dz1/t"));
        assert_eq!(under("dz1/+/x/#"), topic("dz1/rest/x/rest"));
        assert_eq!(under("#"), topic("dz1/rest"));
        assert_eq!(under("+/x"), topic("dz1/x"));
        assert_eq!(under("/"), topic("/"));
        assert_eq!(under("$share/g/dz1/t"), None);
        assert_eq!(under("$SYS/#"), None);
    }
}
