//! What packet level needs of the system, looked at before anything is made.

use std::{fs::OpenOptions, io};

use super::namespace::Namespace;

/// Where the kernel gives out TUN devices.
const TUN: &str = "/dev/net/tun";

/// What is missing.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// No right to make a network namespace.
    #[error("packet level makes network namespaces, which needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN): {0}")]
    Namespace(io::Error),
    /// No TUN devices.
    #[error("packet level needs TUN devices: {TUN}: {0}")]
    Tun(io::Error),
}

/// Says what is missing, or nothing.
pub(super) fn look() -> Result<(), Missing> {
    Namespace::make().map_err(Missing::Namespace)?;
    OpenOptions::new().read(true).write(true).open(TUN).map_err(Missing::Tun)?;
    Ok(())
}
