//! Makes the connection to upstream: resolves its name anew each time, and does not wait for ever. Knows no client.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::{Clock, clock::within};

/// Why upstream was not reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Its name has no address.
    #[error("`{0}` could not be resolved: {1}")]
    Resolve(String, io::Error),
    /// No address took the connection; the last one's reason.
    #[error("upstream {0}: {1}")]
    Connect(SocketAddr, io::Error),
    /// Nothing answered in time.
    #[error("upstream {0} did not answer within {1:?}")]
    Silent(String, Duration),
}

/// Connects to the first address that takes it. `receive_buffer` is the socket's, in bytes; `None` leaves it to the system.
pub(crate) async fn dial(
    upstream: &str,
    limit: Duration,
    receive_buffer: Option<u32>,
) -> Result<TcpStream, DialError> {
    let clock = Clock::new();
    let silent = || DialError::Silent(upstream.to_owned(), limit);
    let unresolved = |error| DialError::Resolve(upstream.to_owned(), error);
    let addresses = within(limit, resolve(upstream)).await.ok_or_else(silent)?.map_err(unresolved)?;
    first_of(upstream, &addresses, limit, &clock, receive_buffer).await
}

/// Tries them in order, until the limit since the clock's start.
async fn first_of(
    upstream: &str,
    addresses: &[SocketAddr],
    limit: Duration,
    clock: &Clock,
    receive_buffer: Option<u32>,
) -> Result<TcpStream, DialError> {
    let mut last = DialError::Resolve(upstream.to_owned(), io::ErrorKind::NotFound.into());
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let time = limit.saturating_sub(Duration::from_micros(clock.now_us()));
        if time.is_zero() {
            return Err(DialError::Silent(upstream.to_owned(), limit));
        }
        // One that never answers must not use up the time of those behind it.
        let share = time / u32::try_from(left).unwrap_or(u32::MAX);
        match within(share, connect_to(*address, receive_buffer)).await {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => last = DialError::Connect(*address, error),
            None => last = DialError::Silent(upstream.to_owned(), limit),
        }
    }
    Err(last)
}

/// Without a host it is this one, as Go dials it.
async fn resolve(upstream: &str) -> io::Result<Vec<SocketAddr>> {
    match upstream.strip_prefix(':').map(str::parse::<u16>) {
        Some(Ok(port)) => Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]),
        _ => Ok(lookup_host(upstream).await?.collect()),
    }
}

async fn connect_to(address: SocketAddr, receive_buffer: Option<u32>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(bytes) = receive_buffer {
        // Before the handshake: the window that is offered there comes from it.
        socket.set_recv_buffer_size(bytes)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};
    use tokio::net::TcpListener;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn without_a_host_it_is_this_one() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stream = dial(&format!(":{}", address.port()), LIMIT, None).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        assert!(matches!(dial(":none", LIMIT, None).await, Err(DialError::Resolve(..))));
    }

    #[tokio::test]
    async fn an_address_that_never_answers_hides_none_behind_it() {
        // Linux answers no SYN where no program accepts and the queue is full.
        let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        silent.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        silent.listen(0).unwrap();
        let dead = silent.local_addr().unwrap().as_socket().unwrap();
        let short = Duration::from_millis(200);
        let mut queued = Vec::new();
        while let Some(Ok(stream)) = within(short, connect_to(dead, None)).await {
            queued.push(stream);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let works = listener.local_addr().unwrap();
        let stream = first_of("x", &[dead, works], short, &Clock::new(), None).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), works);
        let alone = first_of("x", &[dead], short, &Clock::new(), None).await;
        assert!(matches!(alone, Err(DialError::Silent(..))));
    }
}
