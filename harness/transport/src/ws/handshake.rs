//! The HTTP upgrade, in both roles.

use std::io;

use thiserror::Error;
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config, client_async_with_config,
    tungstenite::{
        self,
        client::IntoClientRequest,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::WebSocketConfig,
    },
};

use super::{SUBPROTOCOL, answer};
use crate::{Approach, Chooses, Endpoint, Habits, Stream};

/// Longest message and frame that are taken, in bytes: the library collects a whole message before any of it can be read. A longer
/// one ends the connection; MQTT may send a greater packet in several messages.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A handshake that did not come about.
#[derive(Debug, Error)]
pub(crate) enum Refused {
    /// The status of the answer.
    #[error("the WebSocket request is answered by HTTP {0}")]
    Http(u16),
    /// Another subprotocol is chosen, or none, though `mqtt` was offered.
    #[error("the broker does not choose the WebSocket subprotocol `mqtt` (MQTT-6.0.0-4)")]
    Subprotocol,
    /// Anything else.
    #[error("the WebSocket handshake failed: {0}")]
    Other(String),
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        Self::new(io::ErrorKind::InvalidData, refused)
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        // Every packet leaves at once: a frame that waits for more would shift what a fault is to hit.
        .write_buffer_size(0)
}

/// Asks for a WebSocket, and gives the subprotocol that the server chose: `mqtt`, unless another one will do.
pub(crate) async fn connect<S: Stream>(
    stream: S,
    endpoint: &Endpoint,
    approach: &Approach,
) -> io::Result<(WebSocketStream<S>, String)> {
    let scheme = endpoint.transport.scheme();
    let url = format!("{scheme}://{}{}", endpoint.authority(), endpoint.path);
    let mut request = url.into_client_request().map_err(|e| Refused::Other(e.to_string()))?;
    let offered = approach.subprotocols.join(", ");
    let offered = HeaderValue::from_str(&offered).map_err(|e| Refused::Other(e.to_string()))?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, offered);
    if approach.takes_any {
        return answer::upgrade(stream, request, config()).await;
    }
    match client_async_with_config(request, stream, Some(config())).await {
        Ok((socket, answer)) => {
            let chosen = answer.headers().get(SEC_WEBSOCKET_PROTOCOL);
            let chosen = chosen.and_then(|value| value.to_str().ok()).unwrap_or_default();
            if chosen == SUBPROTOCOL {
                Ok((socket, chosen.to_owned()))
            } else {
                Err(Refused::Subprotocol.into())
            }
        }
        Err(error) => Err(of(error)),
    }
}

/// Answers a request for a WebSocket; one that does not offer the subprotocol `mqtt` gets HTTP 400.
pub(crate) async fn accept<S: Stream>(stream: S, habits: Habits) -> io::Result<WebSocketStream<S>> {
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let choose = |request: &Request, mut answer: Response| -> Result<Response, ErrorResponse> {
        let chosen = request
            .headers()
            .get_all(SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .find(|name| *name == SUBPROTOCOL || habits.chooses == Chooses::First)
            .and_then(|name| HeaderValue::from_str(name).ok());
        if let Some(chosen) = chosen {
            match habits.chooses {
                Chooses::Mqtt | Chooses::First => answer.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, chosen),
                Chooses::NotOffered => {
                    let other = HeaderValue::from_static("wamp");
                    answer.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, other)
                }
                Chooses::Nothing => None,
            };
            return Ok(answer);
        }
        let mut refusal = ErrorResponse::new(Some("the subprotocol mqtt is not offered".to_owned()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        Err(refusal)
    };
    accept_hdr_async_with_config(stream, choose, Some(config())).await.map_err(of)
}

/// The library's error as one of ours.
fn of(error: tungstenite::Error) -> io::Error {
    use tungstenite::error::{Error, ProtocolError};
    match error {
        Error::Io(error) => error,
        Error::Http(answer) => Refused::Http(answer.status().as_u16()).into(),
        Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => Refused::Subprotocol.into(),
        other => Refused::Other(other.to_string()).into(),
    }
}
