//! A scripted client: what it remembers of its session, what arrived, and its connection of the moment.

mod lines;
mod session;
mod state;

pub(crate) use lines::Line;
pub(crate) use session::Session;
pub(crate) use state::{Arrived, ClientState, Command, Live, SharedClient};
