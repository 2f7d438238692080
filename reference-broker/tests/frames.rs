//! The defects that have to do with WebSocket frames, each on a conformant broker and on one with the defect.

use deadzone_reference_broker::{Config, Defect, Server};
use deadzone_transport::{Acceptor, Approach, Dialer, Frame, Stream, pipe};
use deadzone_wire::{Bare, Connect, Framer, Packet, PacketKind, Version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Builder,
    task::{LocalSet, spawn_local},
    time::{Duration, timeout},
};

/// In virtual time: what has not come by then does not come.
const LIMIT: Duration = Duration::from_secs(60);

/// Lengths of the frames in which a CONNECT and two PINGREQ go, and whether they are texts.
type Script = (fn(usize) -> Vec<usize>, bool);

/// What a client that offers these subprotocols gets: the one that is chosen, and the kinds of packets up to the end.
fn shown(defects: &[Defect], (lengths, text): Script) -> String {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("runtime");
    LocalSet::new().block_on(&runtime, async {
        let server = Server::new(Config::with_defects(defects.iter().copied()));
        let (ours, theirs) = pipe(1 << 16);
        spawn_local(async move { server.admit(theirs, &Acceptor::plain(true)).await });
        let subprotocols = vec!["mqttv3.1".to_owned(), "mqtt".to_owned()];
        let approach = Approach { subprotocols, takes_any: true, ..Approach::default() };
        let mut stream = Dialer::frames_in_memory().over(ours, &approach).await.expect("a WebSocket");
        let mut bytes =
            Packet::from(Connect::new(Version::V311, "c")).encode(Version::V311).to_bytes().to_vec();
        for _ in 0..2 {
            bytes.extend(Packet::Bare(Bare::pingreq()).encode(Version::V311).to_bytes());
        }
        let frames = stream.frames().expect("it has frames");
        let chosen = frames.subprotocol().to_owned();
        let frame = |bytes| Frame::Data { bytes, text, continues: false, last: true };
        frames.plan(lengths(bytes.len()).into_iter().map(frame).collect());
        stream.write_all(&bytes).await.expect("written");
        format!("{chosen} {}", kinds(stream).await)
    })
}

async fn kinds(mut stream: Box<dyn Stream>) -> String {
    let (mut framer, mut found) = (Framer::new(1 << 20), Vec::new());
    let mut buffer = [0; 4096];
    while let Ok(read) = timeout(LIMIT, stream.read(&mut buffer)).await {
        let Some(n) = read.ok().filter(|n| *n > 0) else {
            found.push("closed");
            break;
        };
        framer.push(&buffer[..n]);
        while let Some(frame) = framer.next() {
            found.push(match frame.expect("framed").kind() {
                PacketKind::Connack => "connack",
                PacketKind::Pingresp => "pingresp",
                _ => "other",
            });
        }
    }
    found.join(" ")
}

#[test]
fn every_defect_of_frames_shows_and_only_the_defect() {
    let split: Script = (|all| vec![1, all - 1], false);
    let shared: Script = (|all| vec![all - 4, 4], false);
    let text: Script = (|all| vec![all - 4, 4], true);
    let good = "mqtt connack pingresp pingresp";
    let none = "mqtt closed";
    for (defect, script, conformant, wrong) in [
        (Defect::FrameTakenForPacket, split, good, none),
        (Defect::SecondPacketInFrameLost, shared, good, "mqtt connack pingresp"),
        (Defect::FirstSubprotocolChosen, shared, good, "mqttv3.1 connack pingresp pingresp"),
        (Defect::NoSubprotocolChosen, shared, good, " connack pingresp pingresp"),
        (Defect::ForeignSubprotocolChosen, shared, good, "wamp connack pingresp pingresp"),
    ] {
        assert_eq!(shown(&[], script), conformant, "{defect}");
        assert_eq!(shown(&[defect], script), wrong, "{defect}");
    }
    // The pings are no UTF-8, but the CONNECT is.
    assert_eq!(shown(&[], text), none);
    assert_eq!(shown(&[Defect::TextFramesTaken], text), "mqtt connack closed");
}
