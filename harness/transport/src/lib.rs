//! Byte streams that carry MQTT, in both roles: a pair in memory, TCP, TLS, WebSocket, and WebSocket over TLS.
//!
//! Whatever is below, a [`Stream`] is plain MQTT bytes above: the emulated link and the tap sit on it and never see a record of
//! TLS or a frame. A client names its peer by an [`Endpoint`] (`mqtts://host:8883`) and dials it with a [`Dialer`]; a server
//! takes connections through an [`Acceptor`]. [`Certificates`] makes the certificates of a test run.

mod acceptor;
mod approach;
mod certificate_folder;
mod certificates;
mod dialer;
mod endpoint;
mod error;
mod pipe;
mod stream;
mod tcp;
mod tls;
mod turned_away;
mod ws;

pub use acceptor::Acceptor;
pub use approach::{Approach, Chooses, Habits, Presented};
pub use certificate_folder::{LAST_CERTIFICATE, certificate_folder};
pub use certificates::{Certificates, Identity};
pub use deadzone_spec::Transport;
pub use dialer::Dialer;
pub use endpoint::{Endpoint, EndpointError, Login};
pub use error::{TlsError, reason};
pub use pipe::{Pipe, pipe};
pub use stream::Stream;
pub use tls::{ClientTls, Trust, is_broken_below};
pub use ws::{Frame, Frames, SUBPROTOCOL};
