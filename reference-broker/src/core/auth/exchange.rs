//! The methods, and one exchange under way. Knows nothing of packets or connections.

use bytes::Bytes;
use deadzone_wire::{Connect, Text};

use super::{bearer, scram::Scram};
use crate::Config;

/// A method of authentication by its registered name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) enum Method {
    /// SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.
    ScramSha256,
    /// OAUTHBEARER (RFC 7628).
    OauthBearer,
}

impl Method {
    pub(in crate::core) fn name(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    /// The method of this name, if it is offered.
    pub(in crate::core) fn offered(name: &Text, config: &Config) -> Option<Self> {
        let offered = [Self::ScramSha256, Self::OauthBearer];
        let has_token = config.users.is_empty();
        offered.into_iter().find(|m| name.0 == m.name() && (has_token || *m == Self::ScramSha256))
    }
}

/// What one message of the client calls for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An answer that the client has to go on from.
    Continue(Option<Bytes>),
    /// The client is who it says; perhaps with a last message for it.
    Done(Option<Bytes>),
    /// It is not.
    Failed,
}

/// One exchange.
#[derive(Debug)]
enum Exchange {
    Scram(Scram),
    Bearer,
}

/// The authentication of one connection.
#[derive(Debug)]
pub(in crate::core) struct Authentication {
    /// The method of CONNECT, which holds for the whole connection (5.0/MQTT-4.12.1-1).
    pub(super) method: Method,
    exchange: Option<Exchange>,
    /// The CONNECT that waits for the end of the first exchange.
    pub(super) waiting: Option<Box<Connect>>,
}

impl Authentication {
    pub(super) fn new(method: Method, waiting: Box<Connect>) -> Self {
        Self { method, exchange: None, waiting: Some(waiting) }
    }

    /// Whether an exchange is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.exchange.is_some()
    }

    /// Begins an exchange. The client speaks first in both methods: one that has said nothing is asked to.
    pub(super) fn begin(&mut self, data: Option<&[u8]>, nonce: &str, config: &Config) -> Step {
        self.exchange = Some(match self.method {
            Method::ScramSha256 => Exchange::Scram(Scram::default()),
            Method::OauthBearer => Exchange::Bearer,
        });
        if data.is_none() {
            return Step::Continue(None);
        }
        self.go_on(data, nonce, config)
    }

    /// Takes the client's next message.
    pub(super) fn go_on(&mut self, data: Option<&[u8]>, nonce: &str, config: &Config) -> Step {
        let step = match (&mut self.exchange, data) {
            (Some(Exchange::Scram(scram)), Some(data)) => scram.step(data, nonce, config),
            (Some(Exchange::Bearer), Some(data)) => bearer::step(data, config),
            (_, None) | (None, _) => Step::Failed,
        };
        if !matches!(step, Step::Continue(_)) {
            self.exchange = None;
        }
        step
    }
}
