//! What a script says of TLS: the certificates that clients show, and where the connection below it is cut.

/// Which certificate a client shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// The one that the target is to accept.
    #[default]
    Own,
    /// `certificate=none`.
    Nothing,
    /// `certificate=other-ca`: of an authority that the target does not know.
    OtherAuthority,
    /// `certificate=expired`: of the right authority, and expired.
    Expired,
}

impl Certificate {
    /// Those that a script can name, each with its word.
    pub(crate) const NAMED: [(&'static str, Self); 3] =
        [("none", Self::Nothing), ("other-ca", Self::OtherAuthority), ("expired", Self::Expired)];
}

/// Where a connection is reset below TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsCut {
    /// `in handshake`: a connection is begun, and reset once the target has begun to answer.
    Handshake,
    /// `at cipher byte N`: behind so many bytes that the client's end of TLS writes from now on; 1 or more.
    CipherByte(u32),
}
