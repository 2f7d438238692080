//! The server's role: from an accepted socket to a stream of MQTT bytes.

use std::{io, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsStream, rustls::ServerConfig};

use crate::{
    Identity, Stream, TlsError, Transport,
    tls::{Secured, server_config},
    ws,
};

/// Takes connections of one transport. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Acceptor {
    transport: Transport,
    tls: Option<Arc<ServerConfig>>,
}

impl Acceptor {
    /// Without TLS: TCP, or WebSocket over it.
    pub fn plain(frames: bool) -> Self {
        Self { transport: if frames { Transport::Ws } else { Transport::Tcp }, tls: None }
    }

    /// With TLS. Where `client_authorities` (PEM) are given, only clients with a certificate of theirs are let in.
    pub fn secured(
        frames: bool,
        identity: &Identity,
        client_authorities: Option<&[u8]>,
    ) -> Result<Self, TlsError> {
        let tls = Some(server_config(identity, client_authorities)?);
        Ok(Self { transport: if frames { Transport::Wss } else { Transport::Tls }, tls })
    }

    /// What it takes.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Does every handshake on an accepted socket. The caller bounds the wait: a client may never send a byte.
    pub async fn accept(&self, socket: TcpStream) -> io::Result<Box<dyn Stream>> {
        socket.set_nodelay(true)?;
        match &self.tls {
            None => self.framed(socket).await,
            Some(config) => {
                let secured = TlsAcceptor::from(Arc::clone(config)).accept(socket).await?;
                self.framed(Secured::new(TlsStream::from(secured))).await
            }
        }
    }

    async fn framed<S: Stream + 'static>(&self, stream: S) -> io::Result<Box<dyn Stream>> {
        if self.transport.has_frames() {
            return Ok(Box::new(ws::Framed::new(ws::accept(stream).await?)));
        }
        Ok(Box::new(stream))
    }
}
