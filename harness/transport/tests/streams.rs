//! The same table of cases on the in-memory pipe and on loopback TCP: what a scenario sees must not depend on where it runs.

#![expect(clippy::unwrap_used, reason = "a case stops where it fails")]

use std::{future::Future, io::ErrorKind, net::Ipv4Addr, pin::Pin, time::Duration};

use deadzone_transport::{Stream, pipe};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::LocalSet,
    time::timeout,
};

type End = Box<dyn Stream>;
type Case = (&'static str, fn(End, End) -> Pin<Box<dyn Future<Output = ()>>>);

/// Longer than anything here takes; a case that hangs fails.
const LIMIT: Duration = Duration::from_secs(10);
/// What "nothing happens" is observed for.
const QUIET: Duration = Duration::from_millis(100);

const CASES: [Case; 8] = [
    ("bytes pass both ways in order", |a, b| Box::pin(both_ways(a, b))),
    ("FIN ends one direction only", |a, b| Box::pin(half_close(a, b))),
    ("FIN comes behind its bytes", |a, b| Box::pin(fin_behind_bytes(a, b))),
    ("abort is a reset", |a, b| Box::pin(abort_resets(a, b))),
    ("dropping an end whose bytes were read is a FIN", |a, b| Box::pin(drop_is_fin(a, b))),
    ("dropping an end with unread bytes is a reset", |a, b| Box::pin(drop_unread_is_reset(a, b))),
    ("a reader that stops stops the writer", |a, b| Box::pin(back_pressure(a, b))),
    ("writing to an end that is gone fails", |a, b| Box::pin(write_to_gone(a, b))),
];

async fn both_ways(mut a: End, mut b: End) {
    a.write_all(b"up").await.unwrap();
    b.write_all(b"down").await.unwrap();
    let (mut up, mut down) = ([0; 2], [0; 4]);
    b.read_exact(&mut up).await.unwrap();
    a.read_exact(&mut down).await.unwrap();
    assert_eq!((&up, &down), (b"up", b"down"));
}

async fn half_close(mut a: End, mut b: End) {
    a.shutdown().await.unwrap();
    assert_eq!(b.read(&mut [0; 8]).await.unwrap(), 0, "the FIN arrives");
    b.write_all(b"still").await.unwrap();
    let mut got = [0; 5];
    a.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"still", "the other direction lives on");
}

async fn fin_behind_bytes(mut a: End, mut b: End) {
    a.write_all(b"last words").await.unwrap();
    a.shutdown().await.unwrap();
    let mut got = Vec::new();
    b.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, b"last words");
}

async fn abort_resets(mut a: End, mut b: End) {
    a.abort();
    drop(a);
    let error = b.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

async fn drop_is_fin(mut a: End, mut b: End) {
    b.write_all(b"read me").await.unwrap();
    a.read_exact(&mut [0; 7]).await.unwrap();
    drop(a);
    assert_eq!(b.read(&mut [0; 8]).await.unwrap(), 0);
}

async fn drop_unread_is_reset(a: End, mut b: End) {
    b.write_all(b"never read").await.unwrap();
    tokio::time::sleep(QUIET).await;
    drop(a);
    let error = b.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

async fn back_pressure(mut a: End, b: End) {
    let block = vec![0u8; 64 * 1024];
    let endless = async {
        loop {
            a.write_all(&block).await.unwrap();
        }
    };
    // A loopback socket buffers a few MiB and stops; a stream that buffers without bound never does.
    let stopped = async {
        tokio::select! {
            biased;
            () = endless => false,
            () = tokio::time::sleep(Duration::from_millis(500)) => true,
        }
    };
    assert!(stopped.await);
    drop(b);
}

async fn write_to_gone(mut a: End, b: End) {
    drop(b);
    let failed = async {
        // The first bytes may still be accepted: the answer to them is what tells.
        while a.write_all(b"anyone?").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(LIMIT, failed).await.expect("writing goes on for ever");
}

#[test]
fn every_case_holds_on_the_pipe() {
    for (name, case) in CASES {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let done = LocalSet::new().block_on(&runtime, async {
            let (a, b) = pipe(64 * 1024);
            timeout(LIMIT, case(Box::new(a), Box::new(b))).await
        });
        assert!(done.is_ok(), "{name}: hangs on the pipe");
    }
}

#[test]
fn every_case_holds_on_loopback_tcp() {
    for (name, case) in CASES {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let done = LocalSet::new().block_on(&runtime, async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let (a, b) = tokio::join!(TcpStream::connect(address), listener.accept());
            timeout(LIMIT, case(Box::new(a.unwrap()), Box::new(b.unwrap().0))).await
        });
        assert!(done.is_ok(), "{name}: hangs on TCP");
    }
}
