//! The TLS of the broker in memory: certificates that are made once for the process, and both ends of its handshake.

use std::sync::OnceLock;

use deadzone_transport::{Acceptor, Certificates, ClientTls, Dialer, Endpoint, TlsError, Transport, Trust};

/// Who the broker in memory is.
const HOST: &str = "localhost";

/// The ways to the broker in memory, each with what takes connections there.
type Ends = (Dialer, Acceptor);

/// Both ends, without a WebSocket and with one: clients have a certificate of the broker's authority, and are asked for it.
pub(super) fn ends(frames: bool) -> Result<Ends, String> {
    static MADE: OnceLock<Result<[Ends; 2], String>> = OnceLock::new();
    let made = MADE.get_or_init(|| make().map_err(|error| error.to_string()));
    made.as_ref().map(|[plain, framed]| if frames { framed } else { plain }.clone()).map_err(Clone::clone)
}

fn make() -> Result<[Ends; 2], TlsError> {
    let made = Certificates::new("deadzone in memory")?;
    let server = made.server(&[HOST])?;
    let tls = ClientTls {
        trust: Trust::Authorities(made.authority_pem()),
        identity: Some(made.client("rider")?),
        expired: Some(made.expired_client("rider")?),
    };
    let ends = |transport: Transport| {
        let endpoint = Endpoint {
            transport,
            host: HOST.to_owned(),
            port: transport.default_port(),
            path: "/mqtt".to_owned(),
        };
        let clients = made.authority_pem();
        let acceptor = Acceptor::secured(transport.has_frames(), &server, Some(&clients))?;
        Ok::<_, TlsError>((Dialer::new(endpoint, &tls)?, acceptor))
    };
    Ok([ends(Transport::Tls)?, ends(Transport::Wss)?])
}
