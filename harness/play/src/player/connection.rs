//! Opening connections and putting commands into their queues.

use std::{io::ErrorKind, rc::Rc};

use bytes::Bytes;
use deadzone_history::{Abandon, By, ConnId, End, EventKind, OpenError, Purpose};
use deadzone_link::{Link, PathId};
use tokio::sync::mpsc::unbounded_channel;

use super::{Flow, Player};
use crate::{
    client::{Command, Live},
    foreign::{self, ForeignLinks},
    path::Path,
};

/// ENFILE and EMFILE, by the numbers that every Unix gives them: our own limit, which says nothing of the target.
const TOO_MANY_OPEN: [i32; 2] = [23, 24];

/// What kept a connection from being made.
fn open_error(error: &std::io::Error) -> OpenError {
    match error.kind() {
        ErrorKind::ConnectionRefused => OpenError::Refused,
        ErrorKind::ConnectionReset => OpenError::Reset,
        ErrorKind::TimedOut => OpenError::TimedOut,
        _ => OpenError::Other(error.to_string().into()),
    }
}

impl Player<'_> {
    /// Makes a transport connection for a client. On a link that is down it waits for `restore`, within the deadline.
    pub(super) async fn open(&mut self, client: usize) -> Flow {
        let deadline_us = self.clock.now_us() + self.timing.scaled_us(self.timing.connect_ms);
        while !self.link_usable(client) {
            let now_us = self.clock.now_us();
            if now_us >= deadline_us {
                let why = OpenError::LinkDown;
                self.tape.append(EventKind::OpenFailed { client: client.into(), why: why.clone() });
                return Flow::Abandon(Abandon::NoConnection(why));
            }
            let wake_us = self.clients[client].borrow().link().wake_at_us().unwrap_or(deadline_us);
            self.change_or_until(wake_us.clamp(now_us + 1, deadline_us)).await;
        }
        let left_us = deadline_us.saturating_sub(self.clock.now_us()).max(1);
        let foreign = self.foreign(client);
        let dialling = match &foreign {
            Some(links) => links.dial(client),
            None => self.setup.dial.dial(),
        };
        let dialled = self.clock.at_most_us(left_us, dialling).await;
        let why = match dialled {
            Some(Ok(stream)) => {
                self.opened(client, stream);
                return Flow::On;
            }
            Some(Err(error)) => {
                if error.raw_os_error().is_some_and(|code| TOO_MANY_OPEN.contains(&code)) {
                    self.trouble.get_or_insert_with(|| format!("no connection could be made: {error}"));
                }
                open_error(&error)
            }
            None => OpenError::TimedOut,
        };
        self.tape.append(EventKind::OpenFailed { client: client.into(), why: why.clone() });
        Flow::Abandon(Abandon::NoConnection(why))
    }

    /// Whether this connection, on which nothing came, never reached the target.
    pub(super) async fn lost_in_silence(&self, client: usize, conn: ConnId) -> bool {
        if self.clients[client].borrow().unheard != Some(conn) {
            return false;
        }
        let Some(links) = self.foreign(client) else { return false };
        let why = foreign::unreached(&*links, &self.tape, client).await;
        let lost = why.is_some();
        if lost {
            self.clients[client].borrow_mut().unreached = why;
        }
        lost
    }

    /// Why going on makes no sense, once a connection turned out never to have reached the target.
    pub(super) fn lost_on_the_way(&self) -> Option<Abandon> {
        self.clients.iter().find_map(|client| client.borrow().unreached.clone().map(Abandon::LinkLost))
    }

    fn opened(&mut self, client: usize, stream: Box<dyn crate::Stream>) {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        self.tape.append(EventKind::Opened { conn, client: client.into() });
        let (queue, commands) = unbounded_channel();
        let shared = Rc::clone(&self.clients[client]);
        let foreign = self.foreign(client);
        {
            let mut state = shared.borrow_mut();
            let (now_us, path) = (self.clock.now_us(), PathId(conn.0));
            state.on_link(Some(path), |link| link.open(now_us, path));
            state.live = Some(Live { conn, queue });
            state.last_conn = Some(conn);
            state.last_sent = None;
            state.last_write_us = self.clock.now_us();
            state.unheard = foreign.is_some().then_some(conn);
        }
        let path = Path::new(conn, shared, &self.tape, stream, commands, foreign);
        self.tasks.push(tokio::task::spawn_local(path.carry()));
    }

    /// Somebody else's link of this client. The harness's own client and those beside the links have none.
    pub(super) fn foreign(&self, client: usize) -> Option<Rc<dyn ForeignLinks>> {
        let linked = self.scenario.clients.get(client).is_some_and(|decl| !decl.direct);
        self.setup.links.clone().filter(|_| linked)
    }

    /// Lets timed faults of an unconnected link happen, and says whether a connection could be made.
    fn link_usable(&self, client: usize) -> bool {
        self.drain_notes(client);
        self.clients[client].borrow().link().usable()
    }

    /// Records what a link did while nothing was connected.
    pub(super) fn drain_notes(&self, client: usize) {
        let mut state = self.clients[client].borrow_mut();
        state.on_link(None, |link| link.advance(self.clock.now_us()));
        while let Some(note) = state.on_link(None, Link::poll_note) {
            self.tape.append(EventKind::Link { client: client.into(), conn: None, note: Box::new(note) });
        }
    }

    /// The connection of the moment, if it lives.
    pub(super) fn live_conn(&self, client: usize) -> Option<ConnId> {
        self.clients[client].borrow().live.as_ref().map(|l| l.conn)
    }

    /// Puts a command into the client's queue and waits until its turn has passed. `false`: there is no connection.
    pub(super) async fn enqueue(&self, client: usize, command: Command) -> bool {
        if !self.clients[client].borrow_mut().enqueue(command) {
            return false;
        }
        let deadline_us = self.clock.now_us() + self.timing.scaled_us(self.timing.within_ms);
        while self.clock.now_us() < deadline_us {
            {
                let state = self.clients[client].borrow();
                if state.done >= state.queued || state.live.is_none() {
                    break;
                }
            }
            self.change_or_until(deadline_us).await;
        }
        true
    }

    /// Waits until the client's connections have done what a step made due on them.
    pub(super) async fn settled(&self, client: usize) {
        let deadline_us = self.clock.now_us() + self.timing.scaled_us(self.timing.within_ms);
        while !self.clients[client].borrow().is_calm() && self.clock.now_us() < deadline_us {
            self.change_or_until(deadline_us).await;
        }
    }

    /// Writes bytes as the client, for the script. Abandons where it has no connection.
    pub(super) async fn write(&self, client: usize, bytes: Bytes) -> Flow {
        self.write_for(Purpose::Script, client, bytes).await
    }

    /// Writes bytes as the client, on somebody's behalf.
    pub(super) async fn write_for(&self, sender: Purpose, client: usize, bytes: Bytes) -> Flow {
        if self.enqueue(client, Command::Write(bytes, sender)).await {
            Flow::On
        } else {
            self.not_connected(client)
        }
    }

    /// The step's client has no connection.
    pub(super) fn not_connected(&self, client: usize) -> Flow {
        Flow::Abandon(Abandon::NotConnected { client: self.name(client).into() })
    }

    /// Waits until the broker closed its end of this connection, at most `within`. Not a claim: an order of things.
    pub(super) async fn broker_closed(&self, conn: ConnId) {
        let deadline_us = self.clock.now_us() + self.timing.scaled_us(self.timing.within_ms);
        while !self.has_broker_closed(conn) && self.clock.now_us() < deadline_us {
            self.change_or_until(deadline_us).await;
        }
    }

    fn has_broker_closed(&self, conn: ConnId) -> bool {
        let events = self.tape.events();
        let closed = |who: Option<By>| {
            let here = |kind: &EventKind| match kind {
                EventKind::Closed { conn: c, end: End::Broker, by, .. } => {
                    *c == conn && who.is_none_or(|who| who == *by)
                }
                _ => false,
            };
            events.iter().filter(|e| here(&e.kind)).count()
        };
        // Behind a foreign link nobody knows whose the second close is.
        closed(Some(By::Broker)) > 0 || (self.setup.links.is_some() && closed(None) > 1)
    }

    pub(super) fn name(&self, client: usize) -> &str {
        self.scenario.clients.get(client).map_or("harness", |c| c.name.as_str())
    }
}
