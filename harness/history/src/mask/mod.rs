//! Secrets are masked before anything is recorded, at the same length, so that every other byte stays where it was: passwords,
//! authentication data, and what looks like a bearer token where clients put one. The wire keeps the real bytes.
//!
//! Where a client's bytes do not fit the packet that they should be, a secret may stand anywhere: of those no more is kept than what
//! shows that.

mod connect;
mod cursor;
mod packet;
mod properties;
mod stream;
mod token;

pub(crate) use self::{
    packet::Mask,
    stream::{header, stream},
};

/// Stands for each byte of a secret.
pub(crate) const MASK: u8 = b'*';
