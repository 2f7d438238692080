//! The client's role: from an address to a stream of MQTT bytes.

use std::{io, net::SocketAddr, sync::Arc};

use tokio_rustls::{TlsConnector, TlsStream, rustls::pki_types::ServerName};

use crate::{
    Approach, ClientTls, Endpoint, Presented, Stream, TlsError, Transport, tcp,
    tls::{Breakable, Configs, Secured},
    turned_away::TurnedAway,
    ws,
};

/// Makes connections to one endpoint. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dialer {
    endpoint: Endpoint,
    tls: Option<Arc<Secrecy>>,
}

/// What the handshakes of TLS need.
#[derive(Debug)]
struct Secrecy {
    configs: Configs,
    /// Whose certificate the server must have.
    name: ServerName<'static>,
}

impl Dialer {
    /// Reads and checks what TLS needs; nothing is sent.
    pub fn new(endpoint: Endpoint, tls: &ClientTls) -> Result<Self, TlsError> {
        let tls = if endpoint.transport.has_tls() {
            let name = ServerName::try_from(endpoint.host.clone())
                .map_err(|_| TlsError::Name(endpoint.host.clone()))?;
            Some(Arc::new(Secrecy { configs: tls.configs()?, name }))
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

    /// Whether it can show such a certificate.
    pub fn can_present(&self, presented: Presented) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.configs.of(presented).is_some())
    }

    /// Connects to `address`, one of those that the endpoint's host has, and does every handshake. The caller bounds the wait.
    pub async fn dial(&self, address: SocketAddr) -> io::Result<Box<dyn Stream>> {
        self.dial_as(address, &Approach::default()).await
    }

    /// The same, asking for the connection in this way.
    pub async fn dial_as(&self, address: SocketAddr, approach: &Approach) -> io::Result<Box<dyn Stream>> {
        self.over(tcp::connect(address).await?, approach).await
    }

    /// Does every handshake on a stream that is there already. The caller bounds the wait. A client with a certificate that is to be
    /// refused has its refusal, wherever it comes, as the reset of a stream.
    pub async fn over<S: Stream + 'static>(
        &self,
        stream: S,
        approach: &Approach,
    ) -> io::Result<Box<dyn Stream>> {
        match self.shaken(stream, approach).await {
            Err(error) if approach.certificate != Presented::Own && TurnedAway::is_told_by(&error) => {
                Ok(Box::new(TurnedAway))
            }
            done => done,
        }
    }

    async fn shaken<S: Stream + 'static>(
        &self,
        stream: S,
        approach: &Approach,
    ) -> io::Result<Box<dyn Stream>> {
        match &self.tls {
            None => self.framed(stream, approach).await,
            Some(tls) => {
                let config = tls.configs.of(approach.certificate).ok_or_else(|| {
                    let why = "this target has no certificate of that kind";
                    io::Error::new(io::ErrorKind::Unsupported, why)
                })?;
                let connector = TlsConnector::from(Arc::clone(config));
                let below = Breakable::new(stream, approach.broken_in_handshake);
                let secured = connector.connect(tls.name.clone(), below).await?;
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
