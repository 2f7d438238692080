//! The client's role: from an address to a stream of MQTT bytes.

use std::{io, net::SocketAddr, sync::Arc};

use tokio_rustls::{
    TlsConnector, TlsStream,
    rustls::{ClientConfig, pki_types::ServerName},
};

use crate::{ClientTls, Endpoint, Stream, TlsError, tcp, tls::Secured, ws};

/// Makes connections to one endpoint. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dialer {
    endpoint: Endpoint,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Dialer {
    /// Reads and checks what TLS needs; nothing is sent.
    pub fn new(endpoint: Endpoint, tls: &ClientTls) -> Result<Self, TlsError> {
        let tls = if endpoint.transport.has_tls() {
            let name = ServerName::try_from(endpoint.host.clone())
                .map_err(|_| TlsError::Name(endpoint.host.clone()))?;
            Some((tls.config()?, name))
        } else {
            None
        };
        Ok(Self { endpoint, tls })
    }

    /// Plain TCP to an address.
    pub fn tcp(address: SocketAddr) -> Self {
        Self { endpoint: Endpoint::tcp(address), tls: None }
    }

    /// Where it leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Connects to `address`, one of those that the endpoint's host has, and does every handshake. The caller bounds the wait.
    pub async fn dial(&self, address: SocketAddr) -> io::Result<Box<dyn Stream>> {
        let socket = tcp::connect(address).await?;
        match &self.tls {
            None => self.framed(socket).await,
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let secured = connector.connect(name.clone(), socket).await?;
                self.framed(Secured::new(TlsStream::from(secured))).await
            }
        }
    }

    async fn framed<S: Stream + 'static>(&self, stream: S) -> io::Result<Box<dyn Stream>> {
        if self.endpoint.transport.has_frames() {
            let framed = ws::connect(stream, &self.endpoint).await?;
            return Ok(Box::new(ws::Framed::new(framed)));
        }
        Ok(Box::new(stream))
    }
}
