//! MQTT control packets to bytes and back.
//!
//! Three layers. A [`Frame`] is exact bytes: first byte, Remaining Length as it was written, body.
//! [`Properties`] are an ordered list that keeps duplicates and unknown identifiers. A [`Packet`] is typed fields.
//! Whatever frames survives `encode(decode(x)) == x`; decoding yields the value *and* every violation it saw,
//! each by clause, instead of a first error. [`Mutation`]s break a valid packet by name and compose.
//!
//! One tree serves all versions: [`Version`] is a parameter and differences are visible as `match version`.
//!
//! This crate knows no sockets, no clock and nothing of sessions: whether a packet is *right here* is for the oracle.

mod clause;
mod credentials;
mod decode;
mod field;
mod findings;
mod form;
mod frame;
mod header;
mod mutation;
mod packet;
mod pattern;
mod property;
mod reader;
mod reason;
mod text;
mod topic;
mod varint;
mod writer;

pub use credentials::Credentials;
pub use deadzone_spec::Version;
pub use decode::{Decoded, Sender, Violation, decode};
pub use field::{Field, Nth, UnknownField, Value};
pub use form::{form_clauses, looked_at, own_form_clauses};
pub use frame::{Frame, Framer, FramingError, MAX_REMAINING_LENGTH};
pub use mutation::{Mutation, TextBreakage, UnknownMutation};
pub use packet::{
    Ack, AckKind, Auth, Bare, Connack, Connect, Disconnect, Opaque, Packet, PacketKind, Publish, Suback,
    Subscribe, Unsuback, Unsubscribe, Will,
};
pub use pattern::{Mismatch, Pattern, assignment, first_wrong};
pub use property::{Properties, Property, PropertyId, PropertySort, PropertyValue};
pub use reason::{failure, reason_name};
pub use text::Text;
pub use varint::VarInt;
