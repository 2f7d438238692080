//! PEM texts to certificates and keys.

use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::TlsError;

/// Every certificate of a text, at least one.
pub(super) fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |why: String| TlsError::Pem { what, why };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|e| failed(e.to_string()))?;
    if found.is_empty() { Err(failed("no certificate is in it".to_owned())) } else { Ok(found) }
}

/// The first private key of a text.
pub(super) fn key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|e| TlsError::Pem { what: "key", why: e.to_string() })
}
