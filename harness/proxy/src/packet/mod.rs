//! The link at packet level: two network namespaces, joined by TUN devices with a [`deadzone_link::PacketLink`] between.
//!
//! Whatever runs in the namespaces, or comes in by a listener, meets real loss and the kernel's own TCP. It is what the
//! byte-stream link is compared with. Needs Linux and root, and says at once what is missing (`rights`).
//!
//! `namespace` makes a namespace and goes into it, `tunnel` opens its device, `headers` reads what a packet's header
//! says, `forward` carries packets, and `ends` puts it together with listeners outside.
//!
//! Nothing here outlives the process: the namespaces have no name and end with it.

mod ends;
mod forward;
mod headers;
mod namespace;
mod rights;
mod tunnel;

pub use ends::{DEVICE, Ends, NETWORK, PacketError};
pub use forward::PacketRegistry;
pub use namespace::Namespace;
pub use rights::Missing;
