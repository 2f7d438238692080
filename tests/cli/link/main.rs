//! `deadzone link` as its users run it, between real clients and a broker.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod clients;
mod decisions;
mod descriptors;
mod ends;
mod history;
mod judged;
mod radio;
mod rumqttc;
mod secrets;
#[path = "../served/mod.rs"]
mod served;
mod sockets;
#[path = "../support/mod.rs"]
mod support;
