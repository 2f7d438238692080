//! The server's role: from an accepted socket to a stream of MQTT bytes.

use std::{io, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsStream, rustls::ServerConfig};

use crate::{
    Habits, Identity, Stream, TlsError, Transport,
    tls::{Secured, server_config},
    ws,
};

/// Takes connections of one transport. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Acceptor {
    transport: Transport,
    tls: Option<Arc<ServerConfig>>,
    /// The same, asking clients for nothing.
    lax: Option<Arc<ServerConfig>>,
    habits: Habits,
}

impl Acceptor {
    /// Without TLS: TCP, or WebSocket over it.
    pub fn plain(frames: bool) -> Self {
        let transport = if frames { Transport::Ws } else { Transport::Tcp };
        Self { transport, tls: None, lax: None, habits: Habits::default() }
    }

    /// With TLS. Where `client_authorities` (PEM) are given, only clients with a certificate of theirs are let in.
    pub fn secured(
        frames: bool,
        identity: &Identity,
        client_authorities: Option<&[u8]>,
    ) -> Result<Self, TlsError> {
        let tls = Some(server_config(identity, client_authorities)?);
        let lax = Some(server_config(identity, None)?);
        let transport = if frames { Transport::Wss } else { Transport::Tls };
        Ok(Self { transport, tls, lax, habits: Habits::default() })
    }

    /// What it takes.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The same, wrong on purpose in these ways.
    #[must_use]
    pub fn with_habits(&self, habits: Habits) -> Self {
        Self { habits, ..self.clone() }
    }

    /// Does every handshake on an accepted socket. The caller bounds the wait: a client may never send a byte.
    pub async fn accept(&self, socket: TcpStream) -> io::Result<Box<dyn Stream>> {
        socket.set_nodelay(true)?;
        self.over(socket).await
    }

    /// Does every handshake on a stream that is there already. The caller bounds the wait.
    pub async fn over<S: Stream + 'static>(&self, stream: S) -> io::Result<Box<dyn Stream>> {
        let tls = if self.habits.asks_no_certificate { &self.lax } else { &self.tls };
        match tls {
            None => self.framed(stream).await,
            Some(config) => {
                let secured = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
                self.framed(Secured::new(TlsStream::from(secured))).await
            }
        }
    }

    async fn framed<S: Stream + 'static>(&self, stream: S) -> io::Result<Box<dyn Stream>> {
        if self.transport.has_frames() {
            return Ok(Box::new(ws::Framed::server(ws::accept(stream, self.habits).await?, self.habits)));
        }
        Ok(Box::new(stream))
    }
}
