//! The broker of the bench: it does what is usual, unless its table says otherwise for a packet.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Framer, MAX_REMAINING_LENGTH, Packet, PacketKind, Publish, Sender, Suback,
    Version, decode,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep_until},
};

use deadzone_play::{Dial, Dialling};
use deadzone_transport::{Approach, Pipe, Stream, pipe};

/// What the broker does about one packet.
pub(crate) enum Act {
    /// What is usual, so much later, ms.
    UsualAfter(u64),
    /// It sends these bytes.
    Send(Bytes),
    /// It sends these bytes so much later, ms.
    SendAfter(u64, Bytes),
    /// It closes.
    Close,
}

/// A stream whose transport can't read what comes next, as of a text frame or a record that is none.
struct Unreadable(Pipe);

impl Stream for Unreadable {
    fn abort(&mut self) {
        self.0.abort();
    }
}

impl AsyncRead for Unreadable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.0).poll_read(cx, buf) {
            // The end of the pipe stands for what can't be read.
            Poll::Ready(Ok(())) if buf.filled().len() == before => {
                Poll::Ready(Err(io::ErrorKind::InvalidData.into()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Unreadable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A packet as the table sees it: the connection's number, how many of its kind came on it before, and all of them anywhere.
pub(crate) struct Seen<'p> {
    pub(crate) conn: usize,
    pub(crate) packet: &'p Packet,
    pub(crate) nth: usize,
}

type Table = dyn Fn(&Seen<'_>) -> Vec<Act>;

/// What is written to one connection, after so many ms.
type Written = (u64, Option<Bytes>);

#[derive(Default)]
struct State {
    conns: usize,
    /// Topics by connection.
    subscribed: Vec<(Bytes, u8, UnboundedSender<Written>)>,
}

/// A broker that refuses connections from some number on.
pub(crate) struct Broker {
    table: Rc<Table>,
    state: Rc<RefCell<State>>,
    refuses_from: usize,
    /// Its close is told as something that the transport can't read.
    unreadable: bool,
}

impl Broker {
    /// It does what is usual but for what the table says: `None` leaves a packet to the usual.
    pub(crate) fn with(table: impl Fn(&Seen<'_>) -> Option<Vec<Act>> + 'static) -> Self {
        let table = move |seen: &Seen<'_>| table(seen).unwrap_or_else(|| vec![Act::UsualAfter(0)]);
        Self { table: Rc::new(table), state: Rc::default(), refuses_from: usize::MAX, unreadable: false }
    }

    /// It refuses every connection from this number on.
    pub(crate) fn refusing_from(self, refuses_from: usize) -> Self {
        Self { refuses_from, ..self }
    }

    /// Where it closes, the transport has something that it can't read.
    pub(crate) fn unreadable(self) -> Self {
        Self { unreadable: true, ..self }
    }

    /// It says nothing to packets of this kind on its first connection, or answers them late.
    pub(crate) fn late(kind: PacketKind, ms: Option<u64>) -> Self {
        Self::with(move |seen| {
            let meant = seen.conn == 0 && seen.packet.kind() == kind;
            meant.then(|| ms.map(Act::UsualAfter).into_iter().collect())
        })
    }
}

impl Dial for Broker {
    fn dial<'a>(&'a self, _approach: &'a Approach) -> Dialling<'a> {
        Box::pin(async move {
            let conn = self.state.borrow().conns;
            if conn >= self.refuses_from {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            self.state.borrow_mut().conns += 1;
            let (ours, theirs) = pipe(1 << 20);
            tokio::task::spawn_local(attend(conn, theirs, Rc::clone(&self.table), Rc::clone(&self.state)));
            if self.unreadable {
                return Ok(Box::new(Unreadable(ours)) as Box<dyn Stream>);
            }
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}

async fn attend(conn: usize, stream: Pipe, table: Rc<Table>, state: Rc<RefCell<State>>) {
    let (mut reader, writer) = tokio::io::split(stream);
    let (answers, written) = unbounded_channel();
    tokio::task::spawn_local(write(writer, written));
    let mut framer = Framer::new(MAX_REMAINING_LENGTH);
    let (mut buffer, mut version, mut kinds) = ([0; 4096], Version::V5, Vec::new());
    while let Ok(n) = reader.read(&mut buffer).await {
        if n == 0 {
            break;
        }
        framer.push(&buffer[..n]);
        while let Some(Ok(frame)) = framer.next() {
            let packet = decode(&frame, version, Sender::Client).packet;
            if let Packet::Connect(connect) = &packet {
                version = Version::from_level(connect.level).unwrap_or(Version::V5);
            }
            let nth = kinds.iter().filter(|kind| **kind == packet.kind()).count();
            kinds.push(packet.kind());
            for act in table(&Seen { conn, packet: &packet, nth }) {
                let _ = match act {
                    Act::UsualAfter(ms) => {
                        usual(&packet, version, ms, &answers, &state);
                        Ok(())
                    }
                    Act::Send(bytes) => answers.send((0, Some(bytes))),
                    Act::SendAfter(ms, bytes) => answers.send((ms, Some(bytes))),
                    Act::Close => answers.send((0, None)),
                };
            }
        }
    }
    let _ = answers.send((0, None));
}

/// Writes each at its time; a later one may overtake.
async fn write(writer: tokio::io::WriteHalf<Pipe>, mut written: UnboundedReceiver<Written>) {
    let writer = Rc::new(tokio::sync::Mutex::new(writer));
    while let Some((ms, bytes)) = written.recv().await {
        let (writer, at) = (Rc::clone(&writer), Instant::now() + Duration::from_millis(ms));
        let one = async move {
            if ms > 0 {
                sleep_until(at).await;
            }
            let mut writer = writer.lock().await;
            let _ = match bytes {
                Some(bytes) => writer.write_all(&bytes).await,
                None => writer.shutdown().await,
            };
        };
        if ms > 0 {
            tokio::task::spawn_local(one);
        } else {
            one.await;
        }
    }
}

fn usual(
    packet: &Packet,
    version: Version,
    ms: u64,
    answers: &UnboundedSender<Written>,
    state: &RefCell<State>,
) {
    let ack = |kind, id| Packet::Ack(Ack::new(kind, id));
    let answer = match packet {
        Packet::Connect(_) => Packet::Connack(Connack::new(version, false, 0)),
        Packet::Subscribe(s) => {
            let held = s.filters.iter().map(|(filter, qos)| (filter.0.clone(), qos & 3, answers.clone()));
            state.borrow_mut().subscribed.extend(held);
            Packet::Suback(Suback::new(s.packet_id, [s.filters[0].1 & 3]))
        }
        Packet::Publish(p) => {
            route(p, version, ms, state);
            match (p.qos, p.packet_id) {
                (1, Some(id)) => ack(AckKind::Puback, id),
                (2, Some(id)) => ack(AckKind::Pubrec, id),
                _ => return,
            }
        }
        Packet::Ack(a) if a.kind == AckKind::Pubrel => ack(AckKind::Pubcomp, a.packet_id),
        Packet::Bare(_) => Packet::Bare(Bare::pingresp()),
        Packet::Disconnect(_) => {
            let _ = answers.send((ms, None));
            return;
        }
        _ => return,
    };
    let _ = answers.send((ms, Some(answer.encode(version).to_bytes())));
}

fn route(publish: &Publish, version: Version, ms: u64, state: &RefCell<State>) {
    for (n, (topic, granted, to)) in state.borrow().subscribed.iter().enumerate() {
        if *topic == publish.topic.0 {
            let qos = publish.qos.min(*granted).min(1);
            let id = (qos > 0).then(|| 100 + u16::try_from(n).unwrap_or(0));
            let copy = Publish { qos, packet_id: id, dup: false, retain: false, ..publish.clone() };
            let _ = to.send((ms, Some(Packet::Publish(copy).encode(version).to_bytes())));
        }
    }
}
