//! Connections, deadlines and the core, tied together on one thread.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    rc::Rc,
};

use deadzone_transport::{Acceptor, Stream};
use tokio::{
    net::TcpListener,
    sync::Notify,
    time::{Duration, Instant, sleep, sleep_until, timeout},
};

use super::{
    attend::{Attendance, Turn},
    framed::TransportDefects,
    mailbox::{Close, Mailbox},
};
use crate::{Broker, Config, ConnId, Defect, Effect, Limits, Variant};

/// How long accepting rests when the process may open no more files.
const OUT_OF_FILES_PAUSE: Duration = Duration::from_millis(10);

/// A handle to one broker and its connections; clones share them. It stays on one thread: its futures are spawned with
/// `tokio::task::spawn_local`. [`Self::run_timer`] has to run once beside the connections.
#[derive(Clone, Debug)]
pub struct Server {
    shared: Rc<Shared>,
}

#[derive(Debug)]
struct Shared {
    broker: RefCell<Broker>,
    mailboxes: RefCell<BTreeMap<ConnId, Rc<Mailbox>>>,
    last_conn: Cell<u64>,
    /// The deadline that the timer sleeps for.
    armed_us: Cell<Option<u64>>,
    rearm: Notify,
    start: Instant,
    /// Bytes that wait in all mailboxes.
    unsent: Rc<Cell<usize>>,
    /// The broker has ended: a defect.
    ended: Cell<bool>,
    at_end: Notify,
    splits: bool,
    transport_defects: TransportDefects,
    /// Sockets whose handshakes are under way.
    handshakes: Cell<usize>,
    limits: Limits,
}

impl Server {
    /// A server for a new broker. Its clock starts here; call it inside the runtime that will serve.
    pub fn new(config: Config) -> Self {
        let shared = Shared {
            limits: config.limits.clone(),
            handshakes: Cell::new(0),
            splits: config.varies(Variant::SplitsPackets),
            transport_defects: TransportDefects::of(&config),
            broker: RefCell::new(Broker::new(config)),
            mailboxes: RefCell::default(),
            last_conn: Cell::new(0),
            armed_us: Cell::new(None),
            rearm: Notify::new(),
            start: Instant::now(),
            unsent: Rc::default(),
            ended: Cell::new(false),
            at_end: Notify::new(),
        };
        Self { shared: Rc::new(shared) }
    }

    /// The servers behind so many endpoints: one broker at all of them, which every handle leads to.
    pub fn nodes(config: Config, count: usize) -> Vec<Self> {
        if config.has(Defect::NodesApart) {
            return (0..count).map(|_| Self::new(config.clone())).collect();
        }
        vec![Self::new(config); count]
    }

    /// Whether both lead to one broker.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shared, &other.shared)
    }

    /// Serves one connection until it ends. A full linger time (`Limits::linger`) may pass at its end.
    pub async fn attend<S: Stream>(&self, mut socket: S) {
        if self.has_ended() {
            return socket.abort();
        }
        let conn = ConnId(self.shared.last_conn.get() + 1);
        self.shared.last_conn.set(conn.0);
        let mailbox = Rc::new(Mailbox::new(Rc::clone(&self.shared.unsent)));
        self.shared.mailboxes.borrow_mut().insert(conn, Rc::clone(&mailbox));
        self.tell(|broker, now_us| broker.opened(now_us, conn));
        self.converse(conn, Attendance::new(socket, mailbox, self.shared.splits)).await;
        self.shared.mailboxes.borrow_mut().remove(&conn);
        self.tell(|broker, now_us| broker.closed(now_us, conn, false));
    }

    async fn converse<S: Stream>(&self, conn: ConnId, mut attendance: Attendance<S>) {
        let Some(mailbox) = self.shared.mailboxes.borrow().get(&conn).cloned() else { return };
        let mut peer_closed = false;
        loop {
            match mailbox.closing() {
                Some(Close::Reset) => {
                    return attendance.finish(Close::Reset, true, self.shared.limits.linger).await;
                }
                Some(Close::Orderly) => break,
                None => {}
            }
            match attendance.turn().await {
                Turn::Read(0) => {
                    peer_closed = true;
                    self.tell(|broker, now_us| broker.closed(now_us, conn, false));
                    // What was answered before the end is still written: a client may close its direction first.
                    mailbox.close(Close::Orderly);
                }
                Turn::Read(n) => {
                    let framed = attendance.is_framed();
                    let mut bytes = &attendance.buffer[..n];
                    if framed {
                        match self.shared.transport_defects.read(bytes) {
                            Some(read) => bytes = &bytes[..read],
                            None => return self.tell(|broker, now_us| broker.closed(now_us, conn, true)),
                        }
                    }
                    self.tell(|broker, now_us| broker.received(now_us, conn, bytes));
                }
                Turn::Wrote | Turn::Mail | Turn::Rested => {}
                Turn::Broken(error) => {
                    tracing::debug!(conn = conn.0, %error, "connection broke");
                    return self.tell(|broker, now_us| broker.closed(now_us, conn, true));
                }
            }
        }
        let rest = self.write_rest(&mut attendance, &mailbox, &mut peer_closed);
        if timeout(self.shared.limits.linger, rest).await.is_ok() {
            attendance.finish(Close::Orderly, peer_closed, self.shared.limits.linger).await;
        }
    }

    /// Writes what waits and throws away what still comes; a client that never reads is left to the time-out.
    async fn write_rest<S: Stream>(
        &self,
        attendance: &mut Attendance<S>,
        mailbox: &Mailbox,
        peer_closed: &mut bool,
    ) {
        while !(attendance.idle() && mailbox.is_empty()) {
            match attendance.turn().await {
                Turn::Broken(_) => return,
                Turn::Read(0) => {
                    *peer_closed = true;
                    attendance.stop_reading();
                }
                Turn::Read(_) | Turn::Wrote | Turn::Mail | Turn::Rested => {}
            }
        }
    }

    /// Runs the broker's deadlines; never returns.
    pub async fn run_timer(&self) {
        loop {
            let deadline = self.shared.armed_us.get().map(|us| self.shared.start + Duration::from_micros(us));
            tokio::select! {
                biased;
                () = self.shared.rearm.notified() => {}
                () = sleep_until(deadline.unwrap_or(self.shared.start)), if deadline.is_some() => {
                    self.tell(Broker::tick);
                }
            }
        }
    }

    /// Whether the broker has ended, by a defect: no connection is served any more.
    pub fn has_ended(&self) -> bool {
        self.shared.ended.get()
    }

    /// Does every handshake on a stream, and serves it until it ends.
    pub async fn admit<S: Stream + 'static>(&self, stream: S, acceptor: &Acceptor) -> io::Result<()> {
        let done = self.as_it_does(acceptor).over(stream).await;
        if done.is_err() {
            self.handshake_failed();
        }
        self.attend(done?).await;
        Ok(())
    }

    /// The acceptor with what this broker does wrong.
    fn as_it_does(&self, acceptor: &Acceptor) -> Acceptor {
        acceptor.with_habits(self.shared.transport_defects.habits)
    }

    /// Accepts connections, each in a local task of its own, until accepting fails or the broker ends. What does not come through
    /// its handshakes in time (`Limits::handshake_within`) is dropped.
    pub async fn listen(&self, listener: TcpListener, acceptor: &Acceptor) -> io::Result<()> {
        let acceptor = &self.as_it_does(acceptor);
        while !self.has_ended() {
            let accepted = tokio::select! {
                biased;
                () = self.shared.at_end.notified() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, peer)) => {
                    let (server, acceptor) = (self.clone(), acceptor.clone());
                    let limit = server.shared.limits.handshake_within;
                    if server.shared.handshakes.get() >= server.shared.limits.connections {
                        tracing::warn!(%peer, "as many handshakes are under way as there may be connections");
                        continue;
                    }
                    server.shared.handshakes.set(server.shared.handshakes.get() + 1);
                    tokio::task::spawn_local(async move {
                        let done = timeout(limit, acceptor.accept(socket)).await;
                        server.shared.handshakes.set(server.shared.handshakes.get() - 1);
                        match done {
                            Ok(Ok(stream)) => server.attend(stream).await,
                            Ok(Err(error)) => {
                                tracing::info!(%peer, %error, "no handshake");
                                server.handshake_failed();
                            }
                            Err(_) => tracing::info!(%peer, "no handshake in time"),
                        }
                    });
                }
                // The client went away between its SYN and our accept.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if is_out_of_files(&error) => self.make_room().await,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The process may open no more files: as at the bound on connections the oldest silent one goes, and then a moment
    /// passes until it is gone.
    async fn make_room(&self) {
        self.tell(Broker::out_of_room);
        sleep(OUT_OF_FILES_PAUSE).await;
    }

    /// Gives the broker an event, then does everything it wants and looks at its next deadline.
    fn tell(&self, event: impl FnOnce(&mut Broker, u64)) {
        let shared = &self.shared;
        let mut broker = shared.broker.borrow_mut();
        let now_us = u64::try_from(shared.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        event(&mut broker, now_us);
        while let Some(effect) = broker.poll() {
            self.perform(&mut broker, now_us, effect);
        }
        let next = broker.next_deadline_us();
        if next != shared.armed_us.get() {
            shared.armed_us.set(next);
            shared.rearm.notify_one();
        }
    }

    fn perform(&self, broker: &mut Broker, now_us: u64, effect: Effect) {
        let mailboxes = self.shared.mailboxes.borrow();
        match effect {
            Effect::Send { conn, bytes } => {
                let Some(mailbox) = mailboxes.get(&conn).filter(|m| m.closing().is_none()) else { return };
                mailbox.post(bytes);
                if mailbox.bytes() > self.shared.limits.unsent_bytes {
                    reset_deaf(broker, now_us, conn, mailbox);
                }
                if self.shared.unsent.get() > self.shared.limits.unsent_bytes_in_all
                    && let Some((conn, mailbox)) = mailboxes.iter().max_by_key(|(_, m)| m.bytes())
                {
                    reset_deaf(broker, now_us, *conn, mailbox);
                }
            }
            Effect::Close { conn, rst } => {
                if let Some(mailbox) = mailboxes.get(&conn) {
                    mailbox.close(if rst { Close::Reset } else { Close::Orderly });
                }
            }
            Effect::End => {
                mailboxes.values().for_each(|mailbox| mailbox.close(Close::Reset));
                self.shared.ended.set(true);
                self.shared.at_end.notify_one();
            }
        }
    }

    /// A client did not come through its handshakes: that is its own affair.
    fn handshake_failed(&self) {
        if self.shared.transport_defects.restarts_at_broken_handshake {
            self.shared.mailboxes.borrow().values().for_each(|mailbox| mailbox.close(Close::Reset));
            self.tell(|broker, _| *broker = Broker::new(broker.config().clone()));
        }
    }
}

/// Resets a client that does not read.
fn reset_deaf(broker: &mut Broker, now_us: u64, conn: ConnId, mailbox: &Mailbox) {
    tracing::warn!(conn = conn.0, bytes = mailbox.bytes(), "a client that does not read is reset");
    mailbox.close(Close::Reset);
    broker.closed(now_us, conn, true);
}

/// EMFILE or ENFILE.
fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}
