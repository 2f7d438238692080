//! What the server does to clients that take too much, with limits that a test can wait for.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::clock::within;

/// Longer than any limit here, by far.
const PATIENCE: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_secs(3600);
const ASK: &[u8] = b"GET /version HTTP/1.1\r\nhost: x\r\n\r\n";

fn limits() -> Limits {
    Limits { api_connections: 9, head: LONG, request: LONG, idle: LONG, connections: 9 }
}

async fn serve(limits: Limits) -> SocketAddr {
    let options = ServerOptions {
        seed: 1,
        metrics: false,
        catalogue: Catalogue::new([], []).unwrap(),
        read_fault: |_| Err("none".to_owned()),
        limits,
    };
    let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into(), options).await.unwrap();
    let address = server.address();
    tokio::spawn(server.run(None));
    address
}

/// What comes until it ends, and whether it ends in order. Fails where it does not end.
async fn rest(stream: &mut TcpStream) -> (String, bool) {
    let mut text = Vec::new();
    let ended = within(PATIENCE, stream.read_to_end(&mut text)).await.expect("it stays open");
    (String::from_utf8(text).unwrap(), ended.is_ok())
}

/// Asks, and reads the answer to its end, which is known.
async fn ask(stream: &mut TcpStream) {
    stream.write_all(ASK).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"\"2.12.0\"}\n") {
        let n = within(PATIENCE, stream.read_buf(&mut text)).await.expect("an answer").unwrap();
        assert_ne!(n, 0, "it closed");
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_half_a_head_is_closed() {
    let address = serve(Limits { head: Duration::from_millis(100), ..limits() }).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(rest(&mut silent).await, (String::new(), true));
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(&ASK[..20]).await.unwrap();
    assert_eq!(rest(&mut half).await.0, "");
    // Behind an answer it is as for the first one.
    let mut again = TcpStream::connect(address).await.unwrap();
    ask(&mut again).await;
    again.write_all(&ASK[..20]).await.unwrap();
    assert_eq!(rest(&mut again).await.0, "");
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request_but_not_for_ever() {
    let address = serve(Limits { idle: Duration::from_millis(200), ..limits() }).await;
    let mut kept = TcpStream::connect(address).await.unwrap();
    ask(&mut kept).await;
    ask(&mut kept).await;
    assert_eq!(rest(&mut kept).await, (String::new(), true));
}

#[tokio::test]
async fn a_body_that_never_comes_ends() {
    let address = serve(Limits { request: Duration::from_millis(200), ..limits() }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST /proxies HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await.unwrap();
    rest(&mut stream).await;
}

#[tokio::test]
async fn more_connections_than_may_be_are_reset() {
    let address = serve(Limits { api_connections: 1, ..limits() }).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    ask(&mut first).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    assert_eq!(rest(&mut second).await, (String::new(), false));
    ask(&mut first).await;
    drop(first);
    // The seat is free again once the server has seen the end.
    let again = async {
        loop {
            let mut third = TcpStream::connect(address).await.unwrap();
            let mut byte = [0];
            if third.write_all(ASK).await.is_ok() && matches!(third.read(&mut byte).await, Ok(1)) {
                return;
            }
        }
    };
    within(PATIENCE, again).await.expect("a seat");
}

#[tokio::test]
async fn more_connections_of_a_proxy_than_may_be_are_reset() {
    let address = serve(Limits { connections: 1, ..limits() }).await;
    let upstream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let body = format!(r#"{{"name":"a","listen":":0","upstream":"{}"}}"#, upstream.local_addr().unwrap());
    let mut api = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /proxies HTTP/1.0\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    api.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let answer = rest(&mut api).await.0;
    let proxy: SocketAddr =
        answer.split("\"listen\":\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    let mut first = TcpStream::connect(proxy).await.unwrap();
    let (mut behind, _) = within(PATIENCE, upstream.accept()).await.unwrap().unwrap();
    let mut second = TcpStream::connect(proxy).await.unwrap();
    assert_eq!(rest(&mut second).await, (String::new(), false));
    behind.write_all(b"still").await.unwrap();
    drop(behind);
    assert_eq!(rest(&mut first).await, ("still".to_owned(), true));
}
