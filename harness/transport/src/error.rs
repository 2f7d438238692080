//! What goes wrong below MQTT, in words for people.

use std::io;

use thiserror::Error;
use tokio_rustls::rustls::{self, CertificateError};

/// Certificates or keys that can't be used. Nothing was sent.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The text is no PEM, or has not what it should have.
    #[error("{what}: {why}")]
    Pem {
        /// Certificate authority, certificate or key.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The pieces don't fit each other.
    #[error("the certificate and its key can't be used: {0}")]
    Identity(#[source] rustls::Error),
    /// The system has no trust store that can be read.
    #[error("this system has no trusted certificate authorities; name one")]
    NoRoots,
    /// The host is neither a name nor an address.
    #[error("`{0}` is no name that a certificate can be for")]
    Name(String),
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Make(#[source] rcgen::Error),
}

/// Why a handshake failed, in one sentence, where the error is one of TLS or WebSocket: `the broker's certificate is expired`.
/// `None`: an error of the network.
pub fn reason(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?;
    if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
        return Some(of_tls(tls));
    }
    inner.downcast_ref::<super::ws::Refused>().map(ToString::to_string)
}

fn of_tls(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(wrong) = error else {
        return match error {
            rustls::Error::AlertReceived(alert) => format!("the broker refused TLS: alert {alert:?}"),
            rustls::Error::InvalidMessage(_) => "the broker does not answer in TLS".to_owned(),
            other => format!("TLS: {other}"),
        };
    };
    match wrong {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the broker's certificate is expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "the broker's certificate is of no authority that is trusted here".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the broker's certificate is for another host".to_owned()
        }
        other => format!("the broker's certificate is not accepted: {other}"),
    }
}
