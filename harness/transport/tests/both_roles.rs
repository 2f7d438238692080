//! Clients and servers of every transport against each other, on loopback.

#![expect(clippy::unwrap_used, reason = "a case stops where it fails")]

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use deadzone_transport::{
    Acceptor, Certificates, ClientTls, Dialer, Endpoint, Identity, Stream, Transport, Trust, reason,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::LocalSet,
    time::timeout,
};

/// No handshake on loopback takes longer.
const LIMIT: Duration = Duration::from_secs(20);

fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async { timeout(LIMIT, test).await.expect("in time") })
}

fn authority() -> Certificates {
    Certificates::new("deadzone test authority").unwrap()
}

fn trusting(authority: &Certificates) -> ClientTls {
    ClientTls { trust: Trust::Authorities(authority.authority_pem()), identity: None, expired: None }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn endpoint(transport: Transport, address: SocketAddr) -> Endpoint {
    Endpoint::parse(&format!("{}://{address}", transport.scheme())).unwrap().0
}

fn acceptor(transport: Transport, identity: &Identity) -> Acceptor {
    if transport.has_tls() {
        Acceptor::secured(transport.has_frames(), identity, None).unwrap()
    } else {
        Acceptor::plain(transport.has_frames())
    }
}

/// Both ends of a connection.
async fn pair(transport: Transport) -> (Box<dyn Stream>, Box<dyn Stream>) {
    let authority = authority();
    let identity = authority.server(&["127.0.0.1"]).unwrap();
    let (listener, address) = listen().await;
    let dialer = Dialer::new(endpoint(transport, address), &trusting(&authority)).unwrap();
    let acceptor = acceptor(transport, &identity);
    let (client, server) = tokio::join!(dialer.dial(address), async {
        acceptor.accept(listener.accept().await.unwrap().0).await
    });
    (client.unwrap(), server.unwrap())
}

/// What a client is told by a server of this identity, and the server by the client.
async fn refused(tls: ClientTls, acceptor: Acceptor, host: &str) -> (io::Error, bool) {
    let (listener, address) = listen().await;
    let text = format!("{}://{host}:{}", acceptor.transport().scheme(), address.port());
    let dialer = Dialer::new(Endpoint::parse(&text).unwrap().0, &tls).unwrap();
    let (client, server) = tokio::join!(
        async {
            // With TLS 1.3 a server refuses a client's certificate only behind the client's handshake.
            let mut stream = dialer.dial(address).await?;
            stream.read(&mut [0]).await
        },
        async {
            match acceptor.accept(listener.accept().await.unwrap().0).await {
                Ok(mut stream) => {
                    let _ = stream.read(&mut [0]).await;
                    true
                }
                Err(_) => false,
            }
        }
    );
    (client.expect_err("refused"), server)
}

#[test]
fn bytes_cross_every_transport_in_both_directions() {
    for transport in Transport::ALL {
        run(async {
            let (mut client, mut server) = pair(transport).await;
            let sent: Vec<u8> = (0..700_000u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
            for _ in 0..2 {
                let (mut got, mut echoed) = (vec![0; sent.len()], vec![0; sent.len()]);
                tokio::join!(
                    async {
                        client.write_all(&sent).await.unwrap();
                        client.read_exact(&mut echoed).await.unwrap();
                    },
                    async {
                        server.read_exact(&mut got).await.unwrap();
                        server.write_all(&got).await.unwrap();
                        server.flush().await.unwrap();
                    }
                );
                assert!(got == sent && echoed == sent, "{transport}");
            }
        });
    }
}

#[test]
fn an_orderly_end_of_one_direction_leaves_the_other_open_until_it_ends() {
    for transport in Transport::ALL {
        run(async {
            let (mut client, mut server) = pair(transport).await;
            client.write_all(b"last words").await.unwrap();
            client.shutdown().await.unwrap();
            let mut got = Vec::new();
            server.read_to_end(&mut got).await.unwrap();
            assert_eq!(got, b"last words", "{transport}");
            // After a goodbye in WebSocket nothing may follow; elsewhere the other direction goes on.
            if !transport.has_frames() {
                server.write_all(b"answer").await.unwrap();
            }
            server.shutdown().await.unwrap();
            drop(server);
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            let expected: &[u8] = if transport.has_frames() { b"" } else { b"answer" };
            assert_eq!(answer, expected, "{transport}");
        });
    }
}

#[test]
fn a_reset_is_told_from_a_close() {
    for transport in Transport::ALL {
        run(async {
            let (mut client, mut server) = pair(transport).await;
            client.abort();
            drop(client);
            let error = server.read(&mut [0]).await.expect_err("reset");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{transport}");
            let (mut client, server) = pair(transport).await;
            // A close without a goodbye of TLS or WebSocket.
            drop(server);
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "{transport}");
        });
    }
}

#[test]
fn what_is_wrong_with_a_brokers_certificate_is_said_in_one_sentence() {
    let (ours, theirs) = (authority(), Certificates::new("another authority").unwrap());
    let good = ours.server(&["127.0.0.1"]).unwrap();
    for (identity, host, words) in [
        (theirs.server(&["127.0.0.1"]).unwrap(), "127.0.0.1", "no authority that is trusted"),
        (ours.expired_server(&["127.0.0.1"]).unwrap(), "127.0.0.1", "expired"),
        (ours.server(&["other.example"]).unwrap(), "127.0.0.1", "another host"),
        (good.clone(), "localhost", "another host"),
    ] {
        for frames in [false, true] {
            let acceptor = Acceptor::secured(frames, &identity, None).unwrap();
            let (error, accepted) = run(refused(trusting(&ours), acceptor, host));
            let said = reason(&error).unwrap_or_else(|| panic!("{error:?}"));
            assert!(said.contains(words), "{said}");
            assert!(!accepted);
        }
    }
}

#[test]
fn any_certificate_does_where_none_is_looked_at() {
    let identity = authority().expired_server(&["other.example"]).unwrap();
    run(async {
        let (listener, address) = listen().await;
        let tls = ClientTls { trust: Trust::Anything, ..ClientTls::default() };
        let dialer = Dialer::new(endpoint(Transport::Tls, address), &tls).unwrap();
        let acceptor = Acceptor::secured(false, &identity, None).unwrap();
        let (client, server) = tokio::join!(dialer.dial(address), async {
            acceptor.accept(listener.accept().await.unwrap().0).await
        });
        assert!(client.is_ok() && server.is_ok());
    });
}

#[test]
fn a_server_takes_clients_with_the_right_certificate_only() {
    let (ours, theirs) = (authority(), Certificates::new("another authority").unwrap());
    let server = ours.server(&["127.0.0.1"]).unwrap();
    let strict = || Acceptor::secured(false, &server, Some(&ours.authority_pem())).unwrap();
    let with = |identity| ClientTls { identity, ..trusting(&ours) };
    for wrong in [None, Some(theirs.client("device").unwrap()), Some(ours.expired_client("device").unwrap())]
    {
        let (error, accepted) = run(refused(with(wrong), strict(), "127.0.0.1"));
        assert!(!accepted);
        // An alert, unless the close overtakes it.
        let said = reason(&error);
        assert!(said.is_none_or(|said| said.contains("refused TLS")), "{error:?}");
    }
    run(async {
        let (listener, address) = listen().await;
        let tls = with(Some(ours.client("device").unwrap()));
        let dialer = Dialer::new(endpoint(Transport::Tls, address), &tls).unwrap();
        let acceptor = strict();
        let (client, server) = tokio::join!(dialer.dial(address), async {
            acceptor.accept(listener.accept().await.unwrap().0).await
        });
        assert!(client.is_ok() && server.is_ok());
    });
}

#[test]
fn pieces_that_do_not_fit_are_refused_before_anything_is_sent() {
    let authority = authority();
    let endpoint = Endpoint::parse("mqtts://127.0.0.1:1").unwrap().0;
    let mixed = Identity {
        certificate_pem: authority.client("a").unwrap().certificate_pem,
        key_pem: authority.client("b").unwrap().key_pem,
    };
    for tls in [
        ClientTls { trust: Trust::Authorities(b"no PEM".to_vec()), ..ClientTls::default() },
        ClientTls { identity: Some(mixed), ..trusting(&authority) },
    ] {
        assert!(Dialer::new(endpoint.clone(), &tls).is_err(), "{tls:?}");
    }
}

#[test]
fn a_plain_server_is_told_from_one_of_tls_and_a_web_server_from_a_broker() {
    run(async {
        let (listener, address) = listen().await;
        let trusting = ClientTls { trust: Trust::Anything, ..ClientTls::default() };
        let answers = async {
            for _ in 0..2 {
                let mut socket: TcpStream = listener.accept().await.unwrap().0;
                let mut request = [0; 1024];
                let _ = socket.read(&mut request).await.unwrap();
                socket.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            }
        };
        let asks = async {
            let mut said = Vec::new();
            for transport in [Transport::Tls, Transport::Ws] {
                let dialer = Dialer::new(endpoint(transport, address), &trusting).unwrap();
                let error = dialer.dial(address).await.err().unwrap();
                said.push(reason(&error).unwrap_or_else(|| panic!("{error:?}")));
            }
            said
        };
        let ((), said) = tokio::join!(answers, asks);
        assert!(said[0].contains("does not answer in TLS"), "{said:?}");
        assert!(said[1].contains("HTTP 404"), "{said:?}");
    });
}

/// A client that sends pings for ever and reads nothing is held up, and its pongs don't pile up here.
#[test]
fn pings_that_nobody_reads_the_answers_of_hold_up_the_peer() {
    run(async {
        let (listener, address) = listen().await;
        let pings = async {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let request = "GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                           Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                           Sec-WebSocket-Protocol: mqtt\r\n\r\n";
            socket.write_all(request.as_bytes()).await.unwrap();
            let n = socket.read(&mut [0; 1024]).await.unwrap();
            assert!(n > 0, "the handshake is over");
            // Masked, 125 bytes each.
            let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[7; 125]].concat();
            let many = ping.repeat(500);
            let mut sent = 0;
            // Both sockets' buffers take some megabytes at most.
            while sent < 64 << 20 {
                match timeout(Duration::from_millis(500), socket.write_all(&many)).await {
                    Ok(written) => written.unwrap(),
                    Err(_) => return true,
                }
                sent += many.len();
            }
            false
        };
        let server = async {
            let socket = listener.accept().await.unwrap().0;
            let mut stream = Acceptor::plain(true).accept(socket).await.unwrap();
            stream.read(&mut [0]).await
        };
        tokio::select! {
            biased;
            held_up = pings => assert!(held_up, "64 MiB of pings were taken in and none of their answers read"),
            read = server => panic!("{read:?}"),
        }
    });
}

/// A request for a WebSocket as bytes, and the status line of the answer.
async fn asked(request: &str) -> String {
    let (listener, address) = listen().await;
    let (answer, _) = tokio::join!(
        async {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = vec![0; 1024];
            let n = socket.read(&mut answer).await.unwrap();
            String::from_utf8_lossy(&answer[..n]).into_owned()
        },
        async { Acceptor::plain(true).accept(listener.accept().await.unwrap().0).await.is_ok() }
    );
    answer.to_ascii_lowercase()
}

#[test]
fn the_subprotocol_is_asked_for_and_answered() {
    let request = |protocol: &str| {
        format!(
            "GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
        )
    };
    let good = run(asked(&request("Sec-WebSocket-Protocol: foo, mqtt\r\n")));
    assert!(good.starts_with("http/1.1 101") && good.contains("sec-websocket-protocol: mqtt"), "{good}");
    for wrong in ["", "Sec-WebSocket-Protocol: mqttv3.1\r\n"] {
        let answer = run(asked(&request(wrong)));
        assert!(answer.starts_with("http/1.1 400"), "{answer}");
    }
}
