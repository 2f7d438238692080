//! The client's role: from an address to a stream of MQTT bytes.

use std::{io, net::SocketAddr, sync::Arc};

use tokio_rustls::{
    TlsConnector, TlsStream,
    rustls::{ClientConfig, pki_types::ServerName},
};

use crate::{Approach, ClientTls, Endpoint, Stream, TlsError, Transport, tcp, tls::Secured, ws};

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

    /// WebSocket without TLS, over a stream in memory.
    pub fn frames_in_memory() -> Self {
        let endpoint = Endpoint {
            transport: Transport::Ws,
            host: "localhost".to_owned(),
            port: Transport::Ws.default_port(),
            path: "/mqtt".to_owned(),
        };
        Self { endpoint, tls: None }
    }

    /// Where it leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Connects to `address`, one of those that the endpoint's host has, and does every handshake. The caller bounds the wait.
    pub async fn dial(&self, address: SocketAddr) -> io::Result<Box<dyn Stream>> {
        self.dial_as(address, &Approach::default()).await
    }

    /// The same, asking for the connection in this way.
    pub async fn dial_as(&self, address: SocketAddr, approach: &Approach) -> io::Result<Box<dyn Stream>> {
        self.over(tcp::connect(address).await?, approach).await
    }

    /// Does every handshake on a stream that is there already. The caller bounds the wait.
    pub async fn over<S: Stream + 'static>(
        &self,
        stream: S,
        approach: &Approach,
    ) -> io::Result<Box<dyn Stream>> {
        match &self.tls {
            None => self.framed(stream, approach).await,
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let secured = connector.connect(name.clone(), stream).await?;
                self.framed(Secured::new(TlsStream::from(secured)), approach).await
            }
        }
    }

    async fn framed<S: Stream + 'static>(
        &self,
        stream: S,
        approach: &Approach,
    ) -> io::Result<Box<dyn Stream>> {
        if self.endpoint.transport.has_frames() {
            let asked = ws::connect(stream, &self.endpoint, approach).await?;
            return Ok(Box::new(ws::Framed::client(asked)));
        }
        Ok(Box::new(stream))
    }
}
