//! One scripted client as the player and its connections share it.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use bytes::Bytes;
use deadzone_history::{ConnId, OpenError, Purpose, Recorded};
use deadzone_link::{Link, LinkStep, PathId, Profile};
use deadzone_wire::{Packet, Version};
use tokio::sync::mpsc::UnboundedSender;

use super::{Line, Session, lines::Lines};

/// A client behind a shared handle; everything of a run lives on one thread.
pub(crate) type SharedClient = Rc<RefCell<ClientState>>;

/// What travels in a connection's ordered queue.
#[derive(Debug)]
pub(crate) enum Command {
    /// The client writes these bytes, on somebody's behalf.
    Write(Bytes, Purpose),
    /// A link step's turn comes.
    Link(LinkStep),
    /// The link behaves otherwise from here on.
    Profile(Box<Profile>),
    /// The client closes in an orderly way.
    Close,
    /// The run is over: reset and end.
    End,
}

/// The connection of the moment.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) conn: ConnId,
    pub(crate) queue: UnboundedSender<Command>,
}

/// A packet that arrived at the client.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) conn: ConnId,
    pub(crate) seq: u64,
    pub(crate) body: Arc<Recorded>,
    pub(crate) marker: bool,
    /// A step has taken it, or it answers a question of the harness's own.
    pub(crate) taken: bool,
}

impl Arrived {
    pub(crate) fn packet(&self) -> &Packet {
        self.body.packet()
    }
}

/// One scripted client.
#[derive(Debug)]
pub(crate) struct ClientState {
    /// Index in the header's list.
    pub(crate) index: usize,
    pub(crate) version: Version,
    pub(crate) client_id: String,
    /// Sends owed answers, resends and pings by itself.
    pub(crate) polite: bool,
    /// Changed by [`Self::on_link`] only.
    link: Link,
    lines: Lines,
    pub(crate) session: Session,
    pub(crate) live: Option<Live>,
    /// The newest connection, alive or not.
    pub(crate) last_conn: Option<ConnId>,
    pub(crate) inbox: Vec<Arrived>,
    /// Connections whose client's end closed, with the event that says so.
    pub(crate) closed: Vec<(ConnId, u64)>,
    /// Number of the last event of ours at the client's end, by connection: what an arrival answers.
    pub(crate) last_sent: Option<u64>,
    /// PINGREQs of the harness's own that are not answered yet; their PINGRESPs are taken at once.
    pub(crate) own_pings: u32,
    /// Keep Alive in force, seconds; 0 is off.
    pub(crate) keep_alive_s: u16,
    /// When the client last wrote a packet, µs.
    pub(crate) last_write_us: u64,
    /// Commands put into queues, and commands whose turn has passed: equal when every queue is worked off.
    pub(crate) queued: u64,
    /// See `queued`.
    pub(crate) done: u64,
    /// A connection over a foreign link of which no byte came yet.
    pub(crate) unheard: Option<ConnId>,
    /// Why a connection over a foreign link did not reach the target.
    pub(crate) unreached: Option<OpenError>,
}

impl ClientState {
    pub(crate) fn new(index: usize, version: Version, client_id: String, polite: bool, link: Link) -> Self {
        Self {
            index,
            version,
            client_id,
            polite,
            link,
            lines: Lines::default(),
            session: Session::default(),
            live: None,
            last_conn: None,
            inbox: Vec::new(),
            closed: Vec::new(),
            last_sent: None,
            own_pings: 0,
            keep_alive_s: 0,
            last_write_us: 0,
            queued: 0,
            done: 0,
            unheard: None,
            unreached: None,
        }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Does something to the link, for the connection `by` if for any. Whoever serves another one that it may concern is poked.
    pub(crate) fn on_link<T>(&mut self, by: Option<PathId>, call: impl FnOnce(&mut Link) -> T) -> T {
        let answer = call(&mut self.link);
        self.lines.stirred(self.link.stirs(), by);
        answer
    }

    /// Somebody serves this connection from now on, and is poked here.
    pub(crate) fn serve(&mut self, path: PathId) -> Rc<Line> {
        self.lines.open(path)
    }

    /// Nobody serves this connection any more.
    pub(crate) fn leave(&mut self, path: PathId) {
        self.lines.close(path);
    }

    /// All connections have done what others made due on them.
    pub(crate) fn is_calm(&self) -> bool {
        self.lines.are_calm()
    }

    /// Puts a command into the live connection's queue; `false` when there is none.
    pub(crate) fn enqueue(&mut self, command: Command) -> bool {
        let put = self.live.as_ref().is_some_and(|live| live.queue.send(command).is_ok());
        self.queued += u64::from(put);
        put
    }

    /// The event that closed this connection's client end, if it did.
    pub(crate) fn closed_by(&self, conn: ConnId) -> Option<u64> {
        self.closed.iter().find(|(c, _)| *c == conn).map(|(_, seq)| *seq)
    }

    /// Something came on this connection.
    pub(crate) fn heard_on(&mut self, conn: ConnId) {
        self.unheard = self.unheard.filter(|unheard| *unheard != conn);
    }

    /// When a polite client must ping to keep its connection, µs: after three quarters of the Keep Alive in silence.
    pub(crate) fn ping_due_us(&self) -> Option<u64> {
        let idle_us = u64::from(self.keep_alive_s) * 750_000;
        (self.polite && self.keep_alive_s > 0 && self.live.is_some()).then(|| self.last_write_us + idle_us)
    }
}
