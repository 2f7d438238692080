//! What rules and claims share: connections, sessions, subscriptions, exchanges and messages, followed event by event.
//!
//! [`State`] looks at the judged party's end (its packets are *seen*, the other party's are *given*), up to the teardown mark.
//! After each event its [`Transition`] says what that event was *before it took effect*: a first copy, a resend, an answer to
//! something open. So a rule needs no memory of its own for what the protocol's state is, and where the judged party went wrong
//! the state follows what it did. It is keyed by session, whichever client uses it, and holds what is open: what is settled and
//! claimed by nobody is forgotten, and what may have been forgotten is indefinite.
//!
//! Nothing is judged here. Where the record leaves two possibilities (given before a reset, a connection that was not
//! drained), the state says so and a rule must let both pass: [`Session::doubtful`], [`Session::deviant`], [`Outlook::Open`].

mod ahead;
mod around;
mod begin;
mod conn;
mod content;
mod debts;
mod deliver;
mod early;
mod filter;
mod finished;
mod forwarded;
mod given;
mod handshake;
mod inbound;
mod mark;
mod message;
mod messages;
mod observe;
mod outbound;
mod phase;
mod publish;
mod recent;
mod routes;
mod said;
mod seen;
mod session;
mod subscription;
mod table;
mod transition;

pub(crate) use conn::Conn;
pub(crate) use content::Content;
pub(crate) use debts::{Answer, calls_for};
pub(crate) use filter::Filter;
pub(crate) use forwarded::Forwarded;
pub(crate) use given::is_outsized;
pub(crate) use handshake::{ConnackFacts, ConnectFacts, DisconnectFacts, Handshake, NEVER_S};
pub(crate) use mark::{Closing, Mark};
pub(crate) use message::{Delivery, DeliveryId, Group, Message, MessageId, Origin, Progress, Source, Stream};
pub(crate) use messages::Messages;
pub(crate) use observe::State;
pub(crate) use outbound::{Outbound, Stage};
pub(crate) use recent::Kept;
pub(crate) use said::Said;
pub(crate) use session::{Outlook, Session, SessionIx, seconds_us};
pub(crate) use subscription::{Ask, Held, Matching};
pub(crate) use transition::{
    AckMatch, Answered, Connected, CopyKind, Currency, Delivered, Released, Transition,
};
