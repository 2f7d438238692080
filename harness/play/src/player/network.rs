//! The clients of a performance and their connections: opening one, and putting commands into its queue.

use std::{
    cell::{Cell, RefCell},
    io::ErrorKind,
    rc::Rc,
};

use bytes::Bytes;
use deadzone_history::{Abandon, ClientIx, ConnId, EventKind, OpenError, Purpose};
use deadzone_link::{Cut, Link, Note, PathId};
use deadzone_script::Scenario;
use deadzone_spec::Node;
use deadzone_transport::{Approach, Frame, Stream, is_broken_below};
use deadzone_wire::Packet;
use tokio::{sync::mpsc::unbounded_channel, task::JoinHandle};

use super::{bridge::PlayedBridge, process::TargetProcess, setting};
use crate::{
    client::{Client, Command, Live, SharedClient},
    dial::Dialling,
    foreign::{self, ForeignLinks},
    path::Path,
    recorder::SharedRecorder,
    setup::{Access, Setup, Ways},
    timing::Timing,
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

/// Clients and connections. The harness's own client at the first node is the last one.
pub(crate) struct Network {
    pub(super) clients: Vec<SharedClient>,
    /// The harness's own clients at the other nodes.
    own_elsewhere: Vec<SharedClient>,
    /// Those that a foreign link may lead to the target.
    linked: Vec<bool>,
    /// How each asks for a connection, the harness's own client as well.
    approaches: Vec<Approach>,
    names: Vec<String>,
    /// What the performance's own topics contain.
    pub(super) run: String,
    pub(super) access: Access,
    pub(super) recorder: SharedRecorder,
    pub(super) timing: Timing,
    pub(super) process: TargetProcess,
    pub(super) bridge: Option<PlayedBridge>,
    next_conn: Cell<u32>,
    tasks: RefCell<Vec<JoinHandle<()>>>,
    /// The environment refused what the run needs.
    trouble: RefCell<Option<String>>,
}

impl Network {
    pub(super) fn new(
        setup: &Setup<'_>,
        scenario: &Scenario,
        timing: Timing,
        recorder: SharedRecorder,
    ) -> Self {
        let decls = &scenario.clients;
        let mut clients = Vec::new();
        for (i, decl) in decls.iter().enumerate() {
            let version = decl.version.unwrap_or(setup.experiment.version);
            let id = format!("{}c{i}", setup.names.nonce);
            let client = Client::new(i.into(), version, id, !decl.manual, setting::link(setup, decl));
            let node = setting::node(setup, i, decl);
            clients.push(Rc::new(RefCell::new(Client { node, ..client })));
        }
        let own = |node: Node| {
            let number = if node.is_first() { String::new() } else { node.to_string() };
            let id = format!("{}own{number}", setup.names.nonce);
            Client::own(decls.len().into(), setup.experiment.version, node, id)
        };
        clients.push(own(Node::FIRST));
        let others = (1..setup.access.nodes.len()).filter_map(Node::at);
        Self {
            clients,
            own_elsewhere: others.map(own).collect(),
            linked: decls.iter().map(|decl| !decl.direct).collect(),
            approaches: decls.iter().map(setting::approach).chain([Approach::default()]).collect(),
            names: decls.iter().map(|decl| decl.name.clone()).collect(),
            run: setup.names.nonce.clone(),
            access: setup.access.clone(),
            process: TargetProcess::new(setup.access.process.clone(), setup.target.durable, recorder.clone()),
            bridge: PlayedBridge::of(decls.iter().position(|decl| decl.bridge), setup.access.bridge.clone()),
            recorder,
            timing,
            next_conn: Cell::new(0),
            tasks: RefCell::default(),
            trouble: RefCell::default(),
        }
    }

    /// The harness's own client.
    pub(super) fn own(&self) -> usize {
        self.clients.len() - 1
    }

    /// The harness's own client at a node.
    pub(super) fn own_at(&self, node: Node) -> &SharedClient {
        let elsewhere = node.index().checked_sub(1).and_then(|index| self.own_elsewhere.get(index));
        elsewhere.unwrap_or_else(|| &self.clients[self.own()])
    }

    /// What the record calls the harness's own client, and every further one of its kind.
    pub(super) fn own_ix(&self) -> ClientIx {
        self.own().into()
    }

    /// What the environment refused.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    /// Whether others' links lead to the target.
    pub(super) fn has_foreign_links(&self) -> bool {
        self.access.links.is_some()
    }

    /// The ways to where a client goes.
    fn ways_of(&self, client: &SharedClient) -> Option<&Ways> {
        let client = client.borrow();
        self.access.ways(client.node, client.version)
    }

    /// Makes a transport connection for a client. On a link that is down it waits for `restore`, within the deadline.
    pub(super) async fn open(&self, client: usize) -> Result<(), Abandon> {
        let deadline_us = self.recorder.now_us() + self.timing.scaled_us(self.timing.connect_ms);
        while !self.is_link_usable(client) {
            let now_us = self.recorder.now_us();
            if now_us >= deadline_us {
                return Err(self.not_opened(client.into(), OpenError::LinkDown));
            }
            let wake_us = self.clients[client].borrow().modem.link().wake_at_us().unwrap_or(deadline_us);
            self.recorder.change_or_until(wake_us.clamp(now_us + 1, deadline_us)).await;
        }
        let foreign = self.foreign(client);
        let Some(ways) = self.ways_of(&self.clients[client]) else { return Err(self.no_such_node(client)) };
        let dialling = match &foreign {
            Some(links) => links.dial(client),
            None if client == self.own() => ways.direct.dial(&self.approaches[client]),
            None => ways.dial.dial(&self.approaches[client]),
        };
        let left_us = deadline_us.saturating_sub(self.recorder.now_us()).max(1);
        self.dialled(&self.clients[client], left_us, dialling, foreign.clone()).await
    }

    /// Begins a connection for a client and resets it in the TLS handshake.
    pub(super) async fn break_in_handshake(&self, client: usize) -> Result<(), Abandon> {
        let index = client.into();
        let approach = Approach { broken_in_handshake: true, ..self.approaches[client].clone() };
        let limit_us = self.timing.scaled_us(self.timing.connect_ms);
        let Some(ways) = self.ways_of(&self.clients[client]) else { return Err(self.no_such_node(client)) };
        let dialling = ways.dial.dial(&approach);
        let why = match self.recorder.clock().at_most_us(limit_us, dialling).await {
            Some(Err(error)) if is_broken_below(&error) => {
                let note = Box::new(Note::Cut { how: Cut::Rst });
                self.recorder.append(EventKind::Link { client: index, conn: None, note });
                return Ok(());
            }
            Some(Err(error)) => open_error(&error),
            Some(Ok(_)) => OpenError::Other("its handshake was over before it could be cut".into()),
            None => OpenError::TimedOut,
        };
        Err(self.not_opened(index, why))
    }

    /// Makes a connection of the harness's own for a client beside the script's; whether it was made.
    pub(super) async fn open_direct(&self, client: &SharedClient) -> bool {
        let limit_us = self.timing.scaled_us(self.timing.connect_ms);
        let Some(ways) = self.ways_of(client) else { return false };
        self.dialled(client, limit_us, ways.direct.dial(&Approach::default()), None).await.is_ok()
    }

    /// The client's connection is made, or why it is not is recorded.
    async fn dialled(
        &self,
        client: &SharedClient,
        limit_us: u64,
        dialling: Dialling<'_>,
        foreign: Option<Rc<dyn ForeignLinks>>,
    ) -> Result<(), Abandon> {
        let why = match self.recorder.clock().at_most_us(limit_us, dialling).await {
            Some(Ok(stream)) => {
                self.opened(client, stream, foreign);
                return Ok(());
            }
            Some(Err(error)) => {
                self.mind_the_environment(&error);
                open_error(&error)
            }
            None => OpenError::TimedOut,
        };
        Err(self.not_opened(client.borrow().index, why))
    }

    fn mind_the_environment(&self, error: &std::io::Error) {
        if error.raw_os_error().is_some_and(|code| TOO_MANY_OPEN.contains(&code)) {
            let what = format!("no connection could be made: {error}");
            self.trouble.borrow_mut().get_or_insert(what);
        }
    }

    /// What the plan has to rule out.
    fn no_such_node(&self, client: usize) -> Abandon {
        let node = self.clients[client].borrow().node;
        self.not_opened(client.into(), OpenError::Other(format!("the target has no node {node}").into()))
    }

    fn not_opened(&self, client: ClientIx, why: OpenError) -> Abandon {
        self.recorder.append(EventKind::OpenFailed { client, why: why.clone() });
        Abandon::NoConnection(why)
    }

    /// The number of another connection.
    pub(super) fn new_conn(&self) -> ConnId {
        ConnId(self.next_conn.replace(self.next_conn.get() + 1))
    }

    fn opened(
        &self,
        client: &SharedClient,
        mut stream: Box<dyn Stream>,
        foreign: Option<Rc<dyn ForeignLinks>>,
    ) {
        let conn = self.new_conn();
        let (index, node) = (client.borrow().index, client.borrow().node);
        self.recorder.append(EventKind::Opened { conn, client: index, node });
        if let Some(frames) = stream.frames() {
            let subprotocol = frames.subprotocol().into();
            self.recorder.append(EventKind::Upgraded { conn, subprotocol });
        }
        let (queue, commands) = unbounded_channel();
        {
            let mut client = client.borrow_mut();
            let (now_us, path) = (self.recorder.now_us(), PathId(conn.0));
            client.modem.on(Some(path), |link| {
                link.leave();
                link.open(now_us, path);
            });
            client.presence.opened(Live { conn, queue }, foreign.is_some());
            client.keep_alive.last_write_us = now_us;
        }
        let path = Path::new(conn, Rc::clone(client), &self.recorder, stream, commands, foreign);
        self.spawn(path.carry());
    }

    /// Something of this performance that goes on beside the walk, until the performance ends.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.tasks.borrow_mut().push(tokio::task::spawn_local(task));
    }

    /// Ends all that goes on beside the walk.
    pub(super) async fn end(&self) {
        let tasks = std::mem::take(&mut *self.tasks.borrow_mut());
        for task in tasks {
            task.abort();
            // A task that fell over must not look like a target that fell silent.
            if let Err(error) = task.await
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }

    /// Whether this connection, on which nothing came, never reached the target.
    pub(super) async fn lost_in_silence(&self, client: usize, conn: ConnId) -> bool {
        if !self.clients[client].borrow().presence.is_unheard(conn) {
            return false;
        }
        let Some(links) = self.foreign(client) else { return false };
        let why = foreign::unreached(&*links, &self.recorder, client).await;
        let lost = why.is_some();
        if lost {
            self.clients[client].borrow_mut().presence.unreached = why;
        }
        lost
    }

    /// Why going on makes no sense, once a connection turned out never to have reached the target.
    pub(super) fn lost_on_the_way(&self) -> Option<Abandon> {
        let lost = |client: &SharedClient| client.borrow().presence.unreached.clone();
        self.clients.iter().find_map(lost).map(Abandon::LinkLost)
    }

    /// A foreign link of this client. The harness's own client and those beside the links have none.
    pub(super) fn foreign(&self, client: usize) -> Option<Rc<dyn ForeignLinks>> {
        let linked = self.linked.get(client).is_some_and(|linked| *linked);
        self.access.links.clone().filter(|_| linked)
    }

    /// Lets timed faults of an unconnected link happen, and says whether a connection could be made.
    fn is_link_usable(&self, client: usize) -> bool {
        self.drain_notes(client);
        self.clients[client].borrow().modem.link().usable()
    }

    /// Records what a link did while nothing was connected.
    pub(super) fn drain_notes(&self, client: usize) {
        let mut state = self.clients[client].borrow_mut();
        let index = state.index;
        state.modem.on(None, |link| link.advance(self.recorder.now_us()));
        while let Some(note) = state.modem.on(None, Link::poll_note) {
            self.recorder.append(EventKind::Link { client: index, conn: None, note: Box::new(note) });
        }
    }

    /// The connection of the moment, if it lives.
    pub(super) fn live_conn(&self, client: usize) -> Option<ConnId> {
        self.clients[client].borrow().presence.conn()
    }

    /// Until when an order of things is waited for that is no claim, µs.
    fn turn_ends_us(&self) -> u64 {
        self.recorder.now_us() + self.timing.scaled_us(self.timing.within_ms)
    }

    /// Puts a command into the client's queue and waits until its turn has passed. `false`: there is no connection.
    pub(super) async fn enqueue(&self, client: &SharedClient, command: Command) -> bool {
        if !client.borrow_mut().presence.enqueue(command) {
            return false;
        }
        self.recorder.until(self.turn_ends_us(), || client.borrow().presence.is_worked_off()).await;
        true
    }

    /// Waits until the client's connections have done what a step made due on them.
    pub(super) async fn settled(&self, client: usize) {
        let client = &self.clients[client];
        self.recorder.until(self.turn_ends_us(), || client.borrow().modem.is_settled()).await;
    }

    /// Writes bytes as the client, on this behalf. Abandons where it has no connection.
    pub(super) async fn write(&self, client: usize, bytes: Bytes, sender: Purpose) -> Result<(), Abandon> {
        self.put(client, Command::Write(bytes, sender)).await
    }

    /// Writes bytes of the script in these frames.
    pub(super) async fn write_framed(
        &self,
        client: usize,
        bytes: Bytes,
        frames: Vec<Frame>,
    ) -> Result<(), Abandon> {
        self.put(client, Command::WriteFramed(bytes, frames)).await
    }

    /// Puts what the client writes into its queue. Abandons where it has no connection.
    async fn put(&self, client: usize, command: Command) -> Result<(), Abandon> {
        match self.enqueue(&self.clients[client], command).await {
            true => Ok(()),
            false => Err(self.not_connected(client)),
        }
    }

    /// Writes a packet as the client, in its version.
    pub(super) async fn send(&self, client: usize, packet: &Packet, sender: Purpose) -> Result<(), Abandon> {
        let version = self.clients[client].borrow().version;
        self.write(client, packet.encode(version).to_bytes(), sender).await
    }

    /// The step's client has no connection.
    pub(super) fn not_connected(&self, client: usize) -> Abandon {
        Abandon::NotConnected { client: self.name(client).into() }
    }

    /// Waits until the broker closed its end of this connection, at most `within`. Not a claim: an order of things.
    pub(super) async fn broker_closed(&self, conn: ConnId) {
        let closed = || {
            let (by_broker, all) = self.recorder.closes(conn);
            // Behind a foreign link nothing tells whose the second close is.
            by_broker > 0 || (self.has_foreign_links() && all > 1)
        };
        self.recorder.until(self.turn_ends_us(), closed).await;
    }

    /// The target's process ended: waits until every client has seen it. One whose link does not tell it goes on as it is.
    pub(super) async fn all_closed(&self) {
        let all = || self.clients.iter().all(|client| client.borrow().presence.live.is_none());
        self.recorder.until(self.turn_ends_us(), all).await;
    }

    pub(super) fn name(&self, client: usize) -> &str {
        self.names.get(client).map_or("harness", String::as_str)
    }
}
