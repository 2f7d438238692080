//! What the rules find of a client: hand-made histories, each breach beside its legal twin.

mod answers;
mod connection;
mod limits;
mod publishing;
mod support;
