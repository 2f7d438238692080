//! A scripted client: what it remembers of its session, what arrived, and its connection of the moment.

mod inbox;
mod modem;
mod presence;
mod session;
mod state;
mod subscriptions;
mod wakers;

pub(crate) use inbox::{Arrived, Inbox};
pub(crate) use modem::Modem;
pub(crate) use presence::{Command, KeepAlive, Live, Presence};
pub(crate) use session::Session;
pub(crate) use state::{Client, SharedClient};
pub(crate) use wakers::Waker;
