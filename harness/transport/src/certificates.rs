//! Certificates for one test run: an authority of its own, and what it signs. Nothing here is a secret worth keeping.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::TlsError;

/// A certificate chain with the key of its first certificate, as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, and what leads to its authority.
    pub certificate_pem: Vec<u8>,
    /// Its private key.
    pub key_pem: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// A certificate authority that was made for a run.
pub struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

impl Certificates {
    /// A new authority of this name.
    pub fn new(name: &str) -> Result<Self, TlsError> {
        let mut params = CertificateParams::new(Vec::new()).map_err(TlsError::Make)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(TlsError::Make)?;
        let authority = CertifiedIssuer::self_signed(params, key).map_err(TlsError::Make)?;
        Ok(Self { authority })
    }

    /// The authority's own certificate, as PEM: what a client is told to trust.
    pub fn authority_pem(&self) -> Vec<u8> {
        self.authority.pem().into_bytes()
    }

    /// A server's certificate for these names and addresses.
    pub fn server(&self, names: &[&str]) -> Result<Identity, TlsError> {
        self.sign(names, ExtendedKeyUsagePurpose::ServerAuth, false)
    }

    /// The same, expired in 2001.
    pub fn expired_server(&self, names: &[&str]) -> Result<Identity, TlsError> {
        self.sign(names, ExtendedKeyUsagePurpose::ServerAuth, true)
    }

    /// A client's certificate; its common name is what brokers take for the user.
    pub fn client(&self, name: &str) -> Result<Identity, TlsError> {
        self.sign(&[name], ExtendedKeyUsagePurpose::ClientAuth, false)
    }

    /// The same, expired in 2001.
    pub fn expired_client(&self, name: &str) -> Result<Identity, TlsError> {
        self.sign(&[name], ExtendedKeyUsagePurpose::ClientAuth, true)
    }

    fn sign(
        &self,
        names: &[&str],
        purpose: ExtendedKeyUsagePurpose,
        expired: bool,
    ) -> Result<Identity, TlsError> {
        let named: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(named).map_err(TlsError::Make)?;
        let common = names.iter().find(|name| name.parse::<IpAddr>().is_err()).or_else(|| names.first());
        params.distinguished_name.push(DnType::CommonName, common.copied().unwrap_or("deadzone"));
        params.extended_key_usages = vec![purpose];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        // Valid from 1975 to 4096 as the library has it; no clock is asked.
        if expired {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().map_err(TlsError::Make)?;
        let certificate = params.signed_by(&key, &self.authority).map_err(TlsError::Make)?;
        Ok(Identity {
            certificate_pem: certificate.pem().into_bytes(),
            key_pem: key.serialize_pem().into_bytes(),
        })
    }
}
