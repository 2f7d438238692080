//! `--links toxiproxy=URL`: a Toxiproxy server between the clients and the broker, as a `provider` of links. Each client of
//! a performance has one of its `proxies`; the `names` of all that were ever asked for are kept until they are surely gone.

mod names;
mod provider;
mod proxies;

pub(crate) use provider::provider;
