//! The client's role: whom it trusts, and who it is.

use std::sync::Arc;

use tokio_rustls::rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::WantsClientCert,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{pem, provider::provider};
use crate::{Certificates, Identity, Presented, TlsError};

/// Whose signature makes a broker's certificate good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities that this system trusts.
    #[default]
    System,
    /// These alone, as PEM.
    Authorities(Vec<u8>),
    /// Anybody: the certificate is not looked at.
    Anything,
}

/// How a client does TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// Whose brokers it talks to.
    pub trust: Trust,
    /// Its own certificate, for brokers that ask.
    pub identity: Option<Identity>,
    /// One like it that has expired, to be refused.
    pub expired: Option<Identity>,
}

/// The configurations of one client, by the certificate that it shows.
#[derive(Clone, Debug)]
pub(crate) struct Configs {
    own: Arc<ClientConfig>,
    nothing: Arc<ClientConfig>,
    other: Option<Arc<ClientConfig>>,
    expired: Option<Arc<ClientConfig>>,
}

impl Configs {
    /// That for this certificate, if the client has one of the kind.
    pub(crate) fn of(&self, presented: Presented) -> Option<&Arc<ClientConfig>> {
        match presented {
            Presented::Own => Some(&self.own),
            Presented::Nothing => Some(&self.nothing),
            Presented::OtherAuthority => self.other.as_ref(),
            Presented::Expired => self.expired.as_ref(),
        }
    }
}

impl ClientTls {
    /// Everything read and checked, once for many connections.
    pub(crate) fn configs(&self) -> Result<Configs, TlsError> {
        let builder = self.builder()?;
        let of = |identity: Option<&Identity>| config(builder.clone(), identity);
        // Only where a client has a certificate can another one be in its place.
        let stranger = match &self.identity {
            Some(_) => Some(Certificates::new("an authority of nobody")?.client("a stranger")?),
            None => None,
        };
        Ok(Configs {
            own: of(self.identity.as_ref())?,
            nothing: of(None)?,
            other: stranger.as_ref().map(|stranger| of(Some(stranger))).transpose()?,
            expired: self.expired.as_ref().map(|expired| of(Some(expired))).transpose()?,
        })
    }

    fn builder(&self) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Identity)?;
        Ok(match &self.trust {
            Trust::System => builder.with_root_certificates(system_roots()?),
            Trust::Authorities(text) => {
                let mut roots = RootCertStore::empty();
                for authority in pem::certificates("certificate authority", text)? {
                    roots
                        .add(authority)
                        .map_err(|e| TlsError::Pem { what: "certificate authority", why: e.to_string() })?;
                }
                builder.with_root_certificates(roots)
            }
            Trust::Anything => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(TrustsAll { provider: provider() })),
        })
    }
}

fn config(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: Option<&Identity>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain = pem::certificates("certificate", &identity.certificate_pem)?;
            let key = pem::key(&identity.key_pem)?;
            builder.with_client_auth_cert(chain, key).map_err(TlsError::Identity)?
        }
    };
    // A resumed TLS session would skip what a scenario is about; each connection is a whole handshake.
    config.resumption = tokio_rustls::rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TlsError::NoRoots) } else { Ok(roots) }
}

/// Takes every certificate, and still checks that the peer holds its key.
#[derive(Debug)]
struct TrustsAll {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for TrustsAll {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
