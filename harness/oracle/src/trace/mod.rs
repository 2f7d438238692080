//! What rules share: connections, sessions, subscriptions, exchanges and messages, followed event by event.
//!
//! [`Trace`] looks at the broker's end only (given and seen), up to the teardown mark. After each event its [`Moment`]
//! says what that event was *before it took effect*: a first copy, a resend, an answer to something open. So a rule
//! needs no memory of its own for what the protocol's state is, and where the broker went wrong the trace follows what the broker did.
//!
//! Nothing is judged here. Where the record leaves two possibilities (given before a reset, a connection that was not
//! drained), the trace says so and a rule must let both pass: [`Session::doubtful`], [`Session::deviant`].

mod answers;
mod begin;
mod connection;
mod deliver;
mod inbound;
mod message;
mod moment;
mod outbound;
mod session;
mod subscription;
mod tracker;

pub(crate) use connection::Connection;
pub(crate) use message::{Message, MessageId, Source};
pub(crate) use moment::{Answered, Begun, Delivered, Fit, Moment, Released, Sight, Standing};
pub(crate) use outbound::Stage;
pub(crate) use session::{Session, SessionId};
pub(crate) use subscription::Matching;
pub(crate) use tracker::Trace;
