//! The server's role: who it is, and which clients it takes.

use std::sync::Arc;

use tokio_rustls::rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};

use super::{pem, provider::provider};
use crate::{Identity, TlsError};

/// Everything read and checked. With `client_authorities` (PEM) only clients with a certificate of theirs are let in.
pub(crate) fn server_config(
    identity: &Identity,
    client_authorities: Option<&[u8]>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Identity)?;
    let builder = match client_authorities {
        None => builder.with_no_client_auth(),
        Some(text) => {
            let wrong = |why: String| TlsError::Pem { what: "certificate authority", why };
            let mut roots = RootCertStore::empty();
            for authority in pem::certificates("certificate authority", text)? {
                roots.add(authority).map_err(|e| wrong(e.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .map_err(|e| wrong(e.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = pem::certificates("certificate", &identity.certificate_pem)?;
    let config = builder.with_single_cert(chain, pem::key(&identity.key_pem)?).map_err(TlsError::Identity)?;
    Ok(Arc::new(config))
}
