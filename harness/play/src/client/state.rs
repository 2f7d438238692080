//! One scripted client as the player and its connections share it.

use std::{cell::RefCell, rc::Rc};

use bytes::BytesMut;
use deadzone_history::ClientIx;
use deadzone_link::{Direction, Link};
use deadzone_spec::Node;
use deadzone_wire::Version;

use super::{Inbox, KeepAlive, Modem, Presence, Session};

/// A client behind a shared handle; everything of a run lives on one thread.
pub(crate) type SharedClient = Rc<RefCell<Client>>;

/// One scripted client.
#[derive(Debug)]
pub(crate) struct Client {
    /// What the record calls it.
    pub(crate) index: ClientIx,
    pub(crate) version: Version,
    /// Where its connections go.
    pub(crate) node: Node,
    pub(crate) id: String,
    /// Sends owed answers, resends and pings by itself.
    pub(crate) polite: bool,
    /// A step of its own broke the protocol on purpose.
    pub(crate) deviant: bool,
    pub(crate) modem: Modem,
    pub(crate) session: Session,
    pub(crate) presence: Presence,
    pub(crate) inbox: Inbox,
    pub(crate) keep_alive: KeepAlive,
    /// What the script keeps for its next packet.
    pub(crate) kept: BytesMut,
}

impl Client {
    pub(crate) fn new(index: ClientIx, version: Version, id: String, polite: bool, link: Link) -> Self {
        Self {
            index,
            version,
            node: Node::FIRST,
            id,
            polite,
            deviant: false,
            modem: Modem::new(link),
            session: Session::default(),
            presence: Presence::default(),
            inbox: Inbox::default(),
            keep_alive: KeepAlive::default(),
            kept: BytesMut::new(),
        }
    }

    /// A client of the harness's own at a node, on an unimpaired link.
    pub(crate) fn own(index: ClientIx, version: Version, node: Node, id: String) -> SharedClient {
        Rc::new(RefCell::new(Self { node, ..Self::new(index, version, id, true, Link::new()) }))
    }

    /// When its connection must be pinged, µs.
    pub(crate) fn ping_due_us(&self) -> Option<u64> {
        let pings = self.polite || (self.keep_alive.by_harness && self.may_be_asked());
        self.keep_alive.due_us().filter(|_| pings && self.presence.live.is_some())
    }

    /// A PINGREQ of the harness's own would be legal on its connection, and would fire no fault that waits for a packet.
    pub(crate) fn may_be_asked(&self) -> bool {
        let link = self.modem.link();
        let whole = link.passes(Direction::Up) && link.passes(Direction::Down);
        whole && !link.is_armed() && !self.presence.inside_packet && self.accepted().is_some()
    }

    /// Its connection of the moment, if the broker accepted it.
    pub(crate) fn accepted(&self) -> Option<deadzone_history::ConnId> {
        self.presence.conn().filter(|conn| self.inbox.is_accepted(*conn))
    }
}
