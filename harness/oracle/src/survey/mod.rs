//! One look over a whole history, so that checkers look things up instead of searching: connections with their packets at
//! both ends, claims with their outcomes, and what the links and the harness itself did.
//!
//! It states facts and judges nothing. What comes after the teardown mark is not in it.

mod build;
mod claims;
mod conn;
mod facts;
mod filter;
mod publications;
mod subscriptions;

pub(crate) use claims::{Claimed, Outcome, Why};
pub(crate) use conn::Conn;
pub(crate) use facts::Survey;
pub(crate) use filter::Filter;
pub(crate) use publications::{Origin, Publication, Publications};
pub(crate) use subscriptions::{Subscription, Subscriptions};
