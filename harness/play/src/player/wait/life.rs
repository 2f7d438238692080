//! Signs of life: whether the broker reads, and whether it routes, while one wait is silent.

use std::rc::Rc;

use bytes::Bytes;
use deadzone_history::Purpose;
use deadzone_wire::Bare;
use deadzone_wire::Packet;

use super::{direct::Direct, sought::Sought};
use crate::{client::Command, player::stage::Stage};

/// The router is asked no more often than this, µs.
const PAIR_EVERY_US: u64 = 5_000_000;

/// What was asked, and when nothing answered.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    pairs: u32,
    last_pair_us: Option<u64>,
    /// Since when nothing answered at all, µs, in the first wait that ended so.
    pub(crate) lifeless_since_us: Option<u64>,
}

impl Signs {
    /// A wait ended in silence: did anything answer after a sign of life was asked for?
    pub(super) fn answered_since(&mut self, heard_us: Option<u64>, asked_us: Option<u64>) {
        if asked_us.is_some_and(|asked_us| heard_us.is_none_or(|heard_us| heard_us < asked_us)) {
            self.lifeless_since_us.get_or_insert_with(|| heard_us.unwrap_or(0));
        }
    }
}

/// Asks for signs of life beside a silent wait; whether what comes from now on comes only behind that.
pub(super) fn ask(stage: &mut Stage<'_>, sought: &Sought) -> bool {
    let asked_here = {
        let client = stage.client(sought.client()).borrow();
        let harmless = client.polite && !client.modem.link().is_impaired();
        drop(client);
        harmless && ask_here(stage, sought)
    };
    if !asked_here {
        let network = Rc::clone(&stage.network);
        let node = stage.client(sought.client()).borrow().node;
        let own = Direct::own(&network, node);
        network.spawn(async move { own.ping().await });
    }
    let asked_router = sought.is_delivery() && ask_router(stage, sought);
    asked_here || asked_router
}

/// A PINGREQ on the silent connection itself, where one is legal and no close is waited for; whether it was sent.
pub(super) fn ask_here(stage: &Stage<'_>, sought: &Sought) -> bool {
    let mut client = stage.client(sought.client()).borrow_mut();
    let here = client.presence.conn().is_some() && client.presence.conn() == sought.conn_of(&client);
    if sought.is_close() || !here || !client.may_be_asked() {
        return false;
    }
    let bytes = Packet::Bare(Bare::pingreq()).encode(client.version).to_bytes();
    client.presence.enqueue(Command::Write(bytes, Purpose::Life))
}

/// One message over a fresh pair of direct connections, unless it could come to a client that can't take it.
fn ask_router(stage: &mut Stage<'_>, sought: &Sought) -> bool {
    let now_us = stage.now_us();
    let taken_by_a_script = stage.network.clients.iter().any(|client| {
        let client = client.borrow();
        !client.polite && client.session.subscriptions().match_anything()
    });
    let too_soon = stage.signs.last_pair_us.is_some_and(|at_us| now_us < at_us + PAIR_EVERY_US);
    if taken_by_a_script || too_soon {
        return false;
    }
    stage.signs.last_pair_us = Some(now_us);
    stage.signs.pairs += 1;
    let number = stage.signs.pairs;
    let payload = stage.marker();
    let topic = Bytes::from(format!("{}life/{}/{number}", stage.setup.names.run_prefix, stage.words.run));
    let network = Rc::clone(&stage.network);
    let (version, node) = (stage.version(sought.client()), stage.client(sought.client()).borrow().node);
    let end = |role: char| {
        let id = format!("{}{role}{number}", stage.words.run);
        Direct::new(&network, version, node, id)
    };
    let (subscriber, publisher) = (end('s'), end('p'));
    network.spawn(async move { super::direct::exchange(&subscriber, &publisher, topic, payload).await });
    true
}
