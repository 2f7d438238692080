//! The typed packets: one file for each, one enum over them.

mod ack;
mod any;
mod auth;
mod bare;
pub(crate) mod code;
mod connack;
mod connect;
mod disconnect;
mod from;
mod kind;
mod publish;
mod suback;
mod subscribe;
mod summary;
mod unsuback;
mod unsubscribe;

pub use ack::{Ack, AckKind};
pub use any::{Opaque, Packet};
pub use auth::Auth;
pub use bare::Bare;
pub use connack::Connack;
pub use connect::{Connect, Will};
pub use disconnect::Disconnect;
pub use kind::PacketKind;
pub use publish::Publish;
pub use suback::Suback;
pub use subscribe::Subscribe;
pub use unsuback::Unsuback;
pub use unsubscribe::Unsubscribe;
