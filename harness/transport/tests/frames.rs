//! WebSocket frames over a pipe: those that a writer asks for go out as they are asked for, and what a server does wrong shows.

#![expect(clippy::unwrap_used, reason = "a case stops where it fails")]

use std::{io, time::Duration};

use deadzone_transport::{Acceptor, Approach, Chooses, Dialer, Frame, Habits, Pipe, Stream, pipe};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    join,
    task::LocalSet,
    time::timeout,
};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(10);

type Ends = (io::Result<Box<dyn Stream>>, io::Result<Box<dyn Stream>>);

async fn joined(approach: &Approach, habits: Habits) -> Ends {
    let (ours, theirs) = pipe(4096);
    let (dialer, acceptor) = (Dialer::frames_in_memory(), Acceptor::plain(true).with_habits(habits));
    join!(dialer.over(ours, approach), acceptor.over(theirs))
}

async fn usual(habits: Habits) -> (Box<dyn Stream>, Box<dyn Stream>) {
    let (client, server) = joined(&Approach::default(), habits).await;
    (client.unwrap(), server.unwrap())
}

fn data(bytes: usize, continues: bool, last: bool) -> Frame {
    Frame::Data { bytes, text: false, continues, last }
}

/// The frames of a client as they lie on the wire: opcode and FIN, and how many bytes.
async fn on_the_wire(mut raw: Pipe, frames: usize) -> Vec<(u8, u8)> {
    let mut seen = Vec::new();
    while seen.len() < frames {
        let mut head = [0; 6];
        raw.read_exact(&mut head).await.unwrap();
        assert_eq!(head[1] & 0x80, 0x80, "a client masks");
        let length = head[1] & 0x7f;
        raw.read_exact(&mut vec![0; usize::from(length)]).await.unwrap();
        seen.push((head[0], length));
    }
    seen
}

async fn within<F: Future>(test: F) -> F::Output {
    LocalSet::new().run_until(timeout(LIMIT, test)).await.unwrap()
}

#[tokio::test]
async fn planned_frames_are_written_as_planned_and_then_all_is_as_usual() {
    within(async {
        let (ours, theirs) = pipe(4096);
        let (through, raw) = pipe(4096);
        // A server does the handshake, and then somebody looks at the bytes.
        let relay = tokio::task::spawn_local(async move {
            let (mut theirs, mut through) = (theirs, through);
            let answer = tokio::io::copy_bidirectional(&mut theirs, &mut through);
            let _ = timeout(LIMIT, answer).await;
        });
        let looked = tokio::task::spawn_local(async move {
            let mut raw = raw;
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(raw.read_u8().await.unwrap());
            }
            let key = String::from_utf8(request).unwrap();
            let key =
                key.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap().to_owned();
            let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
            );
            raw.write_all(answer.as_bytes()).await.unwrap();
            on_the_wire(raw, 8).await
        });
        let mut client = Dialer::frames_in_memory().over(ours, &Approach::default()).await.unwrap();
        let frames = client.frames().unwrap();
        assert_eq!(frames.subprotocol(), "mqtt");
        frames.plan(vec![
            data(1, false, true),
            data(2, false, false),
            Frame::Ping,
            data(0, true, false),
            data(1, true, true),
            Frame::Pong,
            data(0, false, true),
        ]);
        client.write_all(b"abcdef").await.unwrap();
        client.flush().await.unwrap();
        let seen = looked.await.unwrap();
        let wanted = [(0x82, 1), (0x02, 2), (0x89, 0), (0x00, 0), (0x80, 1), (0x8a, 0), (0x82, 0), (0x82, 2)];
        assert_eq!(seen, wanted);
        relay.abort();
    })
    .await;
}

#[tokio::test]
async fn a_text_frame_is_no_mqtt_but_to_a_server_with_that_habit() {
    within(async {
        for (takes_text, wanted) in [(false, None), (true, Some(3))] {
            let habits = Habits { takes_text, ..Habits::default() };
            let (mut client, mut server) = usual(habits).await;
            let text = Frame::Data { bytes: 3, text: true, continues: false, last: true };
            client.frames().unwrap().plan(vec![text]);
            client.write_all(b"abc").await.unwrap();
            assert_eq!(server.read(&mut [0; 8]).await.ok(), wanted);
        }
    })
    .await;
}

#[tokio::test]
async fn of_several_subprotocols_mqtt_is_chosen_but_by_a_server_with_that_habit() {
    within(async {
        let subprotocols = ["mqttv3.1", "mqtt"].map(str::to_owned).to_vec();
        for (chooses, chosen) in [
            (Chooses::Mqtt, "mqtt"),
            (Chooses::First, "mqttv3.1"),
            (Chooses::NotOffered, "wamp"),
            (Chooses::Nothing, ""),
        ] {
            let habits = Habits { chooses, ..Habits::default() };
            for takes_any in [true, false] {
                let approach =
                    Approach { subprotocols: subprotocols.clone(), takes_any, ..Approach::default() };
                let client = joined(&approach, habits).await.0;
                let got = client.ok().map(|mut client| client.frames().unwrap().subprotocol().to_owned());
                let goes_on = takes_any || chosen == "mqtt";
                assert_eq!(got.as_deref(), goes_on.then_some(chosen));
            }
        }
    })
    .await;
}
