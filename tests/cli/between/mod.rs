//! A meddler between deadzone and a broker: it sees every packet of either side and may hold it, replace it or end the
//! connection. Each connection has threads of its own, which end with it.

#![allow(dead_code, unreachable_pub, reason = "every test target uses its own part")]

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// Whose packet it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum From {
    Client,
    Broker,
}

/// What happens to a packet.
pub enum Fate {
    /// It goes on as it is.
    Pass,
    /// These bytes go on in its place.
    Instead(Vec<u8>),
    /// It goes nowhere.
    Hold,
    /// The connection ends.
    End,
}

/// Decides, by the client id of the connection.
pub type Meddle = dyn Fn(From, &str, &[u8]) -> Fate + Send + Sync;

/// Stands in front of a broker. Where that one is gone, nothing listens here either.
pub fn between(
    broker: SocketAddr,
    meddle: impl Fn(From, &str, &[u8]) -> Fate + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let meddle: Arc<Meddle> = Arc::new(meddle);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(upstream) = TcpStream::connect(broker) else { return };
            let meddle = Arc::clone(&meddle);
            thread::spawn(move || connection(client, upstream, &meddle));
        }
    });
    address
}

fn connection(mut client: TcpStream, mut upstream: TcpStream, meddle: &Arc<Meddle>) {
    let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
    let Some(first) = packet(&mut client) else { return };
    let id = client_id(&first);
    let (mut to_client, mut from_broker) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    let (down_meddle, down_id) = (Arc::clone(meddle), id.clone());
    let down = thread::spawn(move || {
        while let Some(packet) = packet(&mut from_broker) {
            if !forward(down_meddle(From::Broker, &down_id, &packet), &packet, &mut to_client) {
                break;
            }
        }
        let _ = (to_client.shutdown(Shutdown::Both), from_broker.shutdown(Shutdown::Both));
    });
    let mut next = Some(first);
    while let Some(bytes) = next {
        if !forward(meddle(From::Client, &id, &bytes), &bytes, &mut upstream) {
            break;
        }
        next = packet(&mut client);
    }
    let _ = upstream.shutdown(Shutdown::Both);
    let _ = down.join();
}

fn forward(fate: Fate, packet: &[u8], to: &mut TcpStream) -> bool {
    match fate {
        Fate::Pass => to.write_all(packet).is_ok(),
        Fate::Instead(bytes) => to.write_all(&bytes).is_ok(),
        Fate::Hold => true,
        Fate::End => false,
    }
}

/// One whole packet; nothing at the end of the stream.
fn packet(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 1];
    stream.read_exact(&mut bytes).ok()?;
    let (mut length, mut shift) = (0usize, 0);
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] & 0x80 == 0 || shift > 21 {
            break;
        }
    }
    let head = bytes.len();
    bytes.resize(head + length, 0);
    stream.read_exact(&mut bytes[head..]).ok()?;
    Some(bytes)
}

/// The Client Identifier of a CONNECT; empty for anything else.
fn client_id(packet: &[u8]) -> String {
    let head = 1 + packet[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let Some(body) = packet.get(head..).filter(|_| packet[0] == 0x10) else { return String::new() };
    // Protocol name (6), level, flags, keep-alive (2), in 5.0 properties shorter than 128 bytes.
    let properties =
        if body.get(6) == Some(&5) { 1 + usize::from(body.get(10).copied().unwrap_or(0)) } else { 0 };
    let id = body.get(10 + properties..).unwrap_or_default();
    let length = id.get(..2).map_or(0, |l| usize::from(l[0]) * 256 + usize::from(l[1]));
    String::from_utf8_lossy(id.get(2..2 + length).unwrap_or_default()).into_owned()
}
