//! A client's connections: the one of the moment, how earlier ones ended, and what keeps one alive.

use bytes::Bytes;
use deadzone_history::{ConnId, OpenError, Purpose};
use deadzone_link::{LinkStep, Profile};
use deadzone_transport::Frame;
use tokio::sync::mpsc::UnboundedSender;

/// What travels in a connection's ordered queue.
#[derive(Debug)]
pub(crate) enum Command {
    /// The client writes these bytes, on this behalf.
    Write(Bytes, Purpose),
    /// The script's client writes these bytes, in these WebSocket frames.
    WriteFramed(Bytes, Vec<Frame>),
    /// The connection breaks once TLS has written so many bytes more.
    BreakBelow(u64),
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

/// Where a client is connected.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    pub(crate) live: Option<Live>,
    /// The newest connection, alive or not.
    pub(crate) last_conn: Option<ConnId>,
    /// Connections whose client's end closed, with the event that says so.
    closed: Vec<(ConnId, u64)>,
    /// Number of the last event of ours at the client's end of the newest connection: what an arrival answers.
    pub(crate) last_sent: Option<u64>,
    /// The client has written a part of a packet.
    pub(crate) inside_packet: bool,
    /// Commands put into queues, and commands whose turn has passed: equal when every queue is worked off.
    queued: u64,
    /// See `queued`.
    done: u64,
    /// A connection over a foreign link of which no byte came yet.
    unheard: Option<ConnId>,
    /// Why a connection over a foreign link did not reach the target.
    pub(crate) unreached: Option<OpenError>,
}

impl Presence {
    /// A connection was made; over a foreign link it has to be heard first.
    pub(crate) fn opened(&mut self, live: Live, foreign: bool) {
        self.last_conn = Some(live.conn);
        self.last_sent = None;
        self.inside_packet = false;
        self.unheard = foreign.then_some(live.conn);
        self.live = Some(live);
    }

    /// The connection of the moment, if it lives.
    pub(crate) fn conn(&self) -> Option<ConnId> {
        self.live.as_ref().map(|live| live.conn)
    }

    /// Puts a command into the live connection's queue; `false` when there is none.
    pub(crate) fn enqueue(&mut self, command: Command) -> bool {
        let put = self.live.as_ref().is_some_and(|live| live.queue.send(command).is_ok());
        self.queued += u64::from(put);
        put
    }

    /// The turns of so many commands have passed.
    pub(crate) fn passed(&mut self, commands: u64) {
        self.done += commands;
    }

    /// How many commands had their turn.
    #[cfg(test)]
    pub(crate) fn done(&self) -> u64 {
        self.done
    }

    /// No command waits for its turn.
    pub(crate) fn is_worked_off(&self) -> bool {
        self.done >= self.queued || self.live.is_none()
    }

    /// The client's end of a connection closed.
    pub(crate) fn closed(&mut self, conn: ConnId, seq: u64) {
        self.closed.push((conn, seq));
        if self.conn() == Some(conn) {
            self.live = None;
        }
    }

    /// The event that closed this connection's client end, if it did.
    pub(crate) fn closed_by(&self, conn: ConnId) -> Option<u64> {
        self.closed.iter().find(|(c, _)| *c == conn).map(|(_, seq)| *seq)
    }

    /// Something came on this connection.
    pub(crate) fn heard_on(&mut self, conn: ConnId) {
        self.unheard = self.unheard.filter(|unheard| *unheard != conn);
    }

    /// Nothing came on this connection, which leads over a foreign link.
    pub(crate) fn is_unheard(&self, conn: ConnId) -> bool {
        self.unheard == Some(conn)
    }
}

/// What keeps a connection alive.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeepAlive {
    /// In force, seconds; 0 is off.
    pub(crate) in_force_s: u16,
    /// When the client last wrote, µs.
    pub(crate) last_write_us: u64,
    /// The performance is parked, and the harness keeps this connection for a client that does not ping by itself.
    pub(crate) by_harness: bool,
}

impl KeepAlive {
    /// When the connection must be pinged to live on, µs: after three quarters of the time in silence.
    pub(crate) fn due_us(&self) -> Option<u64> {
        (self.in_force_s > 0).then(|| self.last_write_us + u64::from(self.in_force_s) * 750_000)
    }

    /// The client has let its time pass.
    pub(crate) fn has_lapsed(&self, now_us: u64) -> bool {
        self.in_force_s > 0 && now_us >= self.last_write_us + u64::from(self.in_force_s) * 1_000_000
    }
}
