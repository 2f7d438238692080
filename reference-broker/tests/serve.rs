//! The shell: over an in-memory stream under a paused clock, and over loopback TCP.

use std::{rc::Rc, time::Duration};

use deadzone_reference_broker::{Config, Defect, Limits, Server, Variant};
use deadzone_transport::Acceptor;
use deadzone_wire::{Bare, Connect, Framer, Packet, PacketKind, Publish, Subscribe, Unsubscribe, Version};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex},
    net::{TcpListener, TcpStream},
    runtime::Builder,
    task::{LocalSet, spawn_local},
    time::{Instant, timeout},
};

const V: Version = Version::V311;

async fn send(stream: &mut (impl AsyncWrite + Unpin), packet: Packet) {
    stream.write_all(&packet.encode(V).to_bytes()).await.expect("written");
}

/// The kinds of the packets up to the end of the stream, or until `wanted` have come.
async fn kinds(stream: &mut (impl AsyncRead + Unpin), wanted: usize) -> Vec<PacketKind> {
    let (mut framer, mut found) = (Framer::new(1 << 20), Vec::new());
    let mut buffer = [0; 4096];
    while found.len() < wanted {
        let n = stream.read(&mut buffer).await.expect("readable");
        if n == 0 {
            break;
        }
        framer.push(&buffer[..n]);
        while let Some(frame) = framer.next() {
            found.push(frame.expect("framed").kind());
        }
    }
    found
}

fn connect(id: &str, keep_alive_s: u16) -> Packet {
    let mut connect = Connect::new(V, id);
    connect.keep_alive_s = keep_alive_s;
    Packet::from(connect)
}

fn paused<F: Future>(test: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("runtime");
    LocalSet::new().block_on(&runtime, test)
}

fn start(config: Config) -> Server {
    let server = Server::new(config);
    let timer = server.clone();
    spawn_local(async move { timer.run_timer().await });
    server
}

#[test]
fn keep_alive_ends_a_silent_connection_in_virtual_time() {
    paused(async {
        let server = start(Config::default());
        let (mut client, stream) = duplex(1024);
        spawn_local(async move { server.attend(stream).await });
        let begin = Instant::now();
        send(&mut client, connect("c", 10)).await;
        assert_eq!(kinds(&mut client, 2).await, [PacketKind::Connack], "and then the end of the stream");
        let took = begin.elapsed();
        assert!((Duration::from_secs(15)..Duration::from_millis(15_010)).contains(&took), "{took:?}");
    });
}

#[test]
fn a_client_that_never_reads_is_cut_off_and_others_go_on() {
    paused(async {
        let limits = Limits { unsent_bytes: 10_000, ..Limits::default() };
        let server = start(Config { limits, ..Config::default() });
        let attend = |stream| {
            let server = server.clone();
            spawn_local(async move { server.attend(stream).await })
        };
        let (mut deaf, stream) = duplex(256);
        let ended = attend(stream);
        send(&mut deaf, connect("deaf", 0)).await;
        send(&mut deaf, Packet::Subscribe(Subscribe::new(1, "#", 0))).await;
        let (mut loud, stream) = duplex(256);
        attend(stream);
        send(&mut loud, connect("loud", 0)).await;
        for _ in 0..200 {
            send(&mut loud, Packet::Publish(Publish::new("t", 0, None, vec![0; 100]))).await;
        }
        timeout(Duration::from_secs(5), ended).await.expect("cut off").expect("no panic");
        send(&mut loud, Packet::Bare(Bare::pingreq())).await;
        assert_eq!(kinds(&mut loud, 2).await, [PacketKind::Connack, PacketKind::Pingresp]);
    });
}

#[test]
fn row_c5_all_unsent_bytes_together_have_a_bound_and_the_deafest_is_cut_off() {
    paused(async {
        let limits = Limits { unsent_bytes: 10_000, unsent_bytes_in_all: 12_000, ..Limits::default() };
        let server = start(Config { limits, ..Config::default() });
        let attend = |stream| {
            let server = server.clone();
            spawn_local(async move { server.attend(stream).await })
        };
        let mut deaf = Vec::new();
        for (name, filter) in [("most", "#"), ("less", "t"), ("least", "t")] {
            let (mut client, stream) = duplex(256);
            let ended = attend(stream);
            send(&mut client, connect(name, 0)).await;
            send(&mut client, Packet::Subscribe(Subscribe::new(1, filter, 0))).await;
            deaf.push((client, ended));
        }
        let (mut loud, stream) = duplex(256);
        attend(stream);
        send(&mut loud, connect("loud", 0)).await;
        let publish = |topic| Packet::Publish(Publish::new(topic, 0, None, vec![0; 100]));
        for _ in 0..3 {
            send(&mut loud, publish("only-for-most")).await;
        }
        for _ in 0..30 {
            send(&mut loud, publish("t")).await;
        }
        // None of them is over its own bound.
        let (_unread, most) = deaf.remove(0);
        timeout(Duration::from_secs(5), most).await.expect("cut off").expect("no panic");
        assert!(deaf.iter().all(|(_, ended)| !ended.is_finished()), "the others stay");
        send(&mut loud, Packet::Bare(Bare::pingreq())).await;
        assert_eq!(kinds(&mut loud, 2).await, [PacketKind::Connack, PacketKind::Pingresp]);
    });
}

#[test]
fn packets_are_split_under_the_variant_and_come_whole() {
    paused(async {
        for (variants, pieces) in [(vec![], 1), (vec![Variant::SplitsPackets], 2)] {
            let server = start(Config::with_variants(variants));
            let (mut client, stream) = duplex(1024);
            spawn_local(async move { server.attend(stream).await });
            send(&mut client, connect("c", 0)).await;
            let mut read = Vec::new();
            let mut reads = 0;
            while read.len() < 4 {
                reads += 1;
                assert!(client.read_buf(&mut read).await.expect("readable") > 0, "closed");
            }
            assert_eq!((reads, read.as_slice()), (pieces, [0x20, 2, 0, 0].as_slice()));
            for _ in 0..3 {
                send(&mut client, Packet::Bare(Bare::pingreq())).await;
            }
            assert_eq!(kinds(&mut client, 3).await, [PacketKind::Pingresp; 3]);
        }
    });
}

#[test]
fn a_broker_that_ends_resets_all_and_serves_no_other() {
    paused(async {
        let server = start(Config::with_defects([Defect::EndsAtUnsubscribe]));
        let attend = |stream| {
            let server = server.clone();
            spawn_local(async move { server.attend(stream).await })
        };
        let (mut other, stream) = duplex(1024);
        let other_ended = attend(stream);
        send(&mut other, connect("other", 0)).await;
        let (mut client, stream) = duplex(1024);
        let ended = attend(stream);
        send(&mut client, connect("c", 0)).await;
        send(&mut client, Packet::Unsubscribe(Unsubscribe::new(1, "t"))).await;
        for ended in [ended, other_ended] {
            timeout(Duration::from_secs(1), ended).await.expect("ended").expect("no panic");
        }
        assert!(server.has_ended());
        let (mut late, stream) = duplex(1024);
        attend(stream);
        assert_eq!(kinds(&mut late, 1).await, []);
    });
}

#[test]
fn it_reads_while_its_own_writes_wait() {
    paused(async {
        let server = start(Config::default());
        let (mut client, stream) = duplex(64);
        spawn_local(async move { server.attend(stream).await });
        send(&mut client, connect("c", 0)).await;
        // Far more answers than the stream holds, and nobody reads them yet: with a shell that waits for its own
        // write both ends would wait for ever.
        let pings = async {
            for _ in 0..500 {
                send(&mut client, Packet::Bare(Bare::pingreq())).await;
            }
        };
        timeout(Duration::from_secs(5), pings).await.expect("the broker goes on reading");
        assert_eq!(kinds(&mut client, 501).await.len(), 501);
    });
}

#[test]
fn what_was_answered_before_a_half_close_still_comes() {
    paused(async {
        let server = start(Config::default());
        let (mut client, stream) = duplex(1024);
        spawn_local(async move { server.attend(stream).await });
        send(&mut client, connect("c", 0)).await;
        send(&mut client, Packet::Bare(Bare::pingreq())).await;
        client.shutdown().await.expect("shut down");
        assert_eq!(kinds(&mut client, 3).await, [PacketKind::Connack, PacketKind::Pingresp]);
    });
}

#[test]
fn one_client_publishes_to_another_over_loopback() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("runtime");
    LocalSet::new().block_on(&runtime, async {
        let server = Rc::new(start(Config::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("address");
        let accepting = Rc::clone(&server);
        spawn_local(async move { accepting.listen(listener, &Acceptor::plain(false)).await });
        let talk = async {
            let mut subscriber = TcpStream::connect(address).await.expect("connected");
            send(&mut subscriber, connect("s", 0)).await;
            send(&mut subscriber, Packet::Subscribe(Subscribe::new(1, "t", 1))).await;
            assert_eq!(kinds(&mut subscriber, 2).await, [PacketKind::Connack, PacketKind::Suback]);
            let mut publisher = TcpStream::connect(address).await.expect("connected");
            send(&mut publisher, connect("p", 0)).await;
            send(&mut publisher, Packet::Publish(Publish::new("t", 1, Some(1), "m"))).await;
            assert_eq!(kinds(&mut publisher, 2).await, [PacketKind::Connack, PacketKind::Puback]);
            assert_eq!(kinds(&mut subscriber, 1).await, [PacketKind::Publish]);
            // A second CONNECT ends the connection in order: the client reads to the end, no error.
            send(&mut publisher, connect("p", 0)).await;
            assert_eq!(kinds(&mut publisher, 1).await, []);
        };
        timeout(Duration::from_secs(10), talk).await.expect("in time");
    });
}

/// Whether a message that is published at one endpoint comes to a subscriber at the other.
async fn crosses(servers: &[Server]) -> bool {
    let mut timers: Vec<&Server> = Vec::new();
    for server in servers {
        if !timers.iter().any(|other| other.is(server)) {
            timers.push(server);
            let timer = server.clone();
            spawn_local(async move { timer.run_timer().await });
        }
    }
    let mut clients = Vec::new();
    for (server, id) in servers.iter().zip(["a", "b"]) {
        let (mut client, stream) = duplex(1024);
        let server = server.clone();
        spawn_local(async move { server.attend(stream).await });
        send(&mut client, connect(id, 0)).await;
        assert_eq!(kinds(&mut client, 1).await, [PacketKind::Connack]);
        clients.push(client);
    }
    let [publisher, subscriber] = &mut clients[..] else { unreachable!("two endpoints") };
    let filters = vec![("t".into(), 0)];
    let subscribe =
        Subscribe { packet_id: 1, properties: Default::default(), filters, tail: Default::default() };
    send(subscriber, Packet::Subscribe(subscribe)).await;
    assert_eq!(kinds(subscriber, 1).await, [PacketKind::Suback]);
    send(publisher, Packet::Publish(Publish::new("t", 0, None, bytes::Bytes::from("m")))).await;
    let came = timeout(Duration::from_secs(1), kinds(subscriber, 1)).await;
    came.is_ok_and(|kinds| kinds == [PacketKind::Publish])
}

#[test]
fn all_endpoints_are_one_broker_unless_they_are_apart() {
    paused(async {
        assert!(crosses(&Server::nodes(Config::default(), 2)).await);
        assert!(!crosses(&Server::nodes(Config::with_defects([Defect::NodesApart]), 2)).await);
    });
}
