//! The answer to an upgrade request, read by us where a client goes on with whatever is chosen: the library refuses an answer without
//! subprotocol, and one that was not offered, before anybody can say which it was.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{
            client::{Request, generate_request},
            derive_accept_key,
        },
        protocol::{Role, WebSocketConfig},
    },
};

use super::handshake::Refused;
use crate::Stream;

/// Longest head of an answer, bytes.
const HEAD_MAX: usize = 16 * 1024;
/// What ends it.
const END: &[u8] = b"\r\n\r\n";

/// Asks for a WebSocket, and gives the subprotocol that the server chose, whatever it is; empty where it chose none.
pub(super) async fn upgrade<S: Stream>(
    mut stream: S,
    request: Request,
    config: WebSocketConfig,
) -> io::Result<(WebSocketStream<S>, String)> {
    let (text, key) = generate_request(request).map_err(|e| Refused::Other(e.to_string()))?;
    stream.write_all(&text).await?;
    stream.flush().await?;
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(END.len()).position(|window| window == END) {
            break end;
        }
        if read.len() > HEAD_MAX || stream.read_buf(&mut read).await? == 0 {
            return Err(Refused::Other("its answer has no end".to_owned()).into());
        }
    };
    let chosen = chosen(&read[..end], &derive_accept_key(key.as_bytes()))?;
    let behind = read.split_off(end + END.len());
    let socket = WebSocketStream::from_partially_read(stream, behind, Role::Client, Some(config)).await;
    Ok((socket, chosen))
}

/// The subprotocol in the head of an answer that accepts.
fn chosen(head: &[u8], accept: &str) -> Result<String, Refused> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    match status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok()) {
        Some(101) => {}
        Some(code) => return Err(Refused::Http(code)),
        None => return Err(Refused::Other("its answer is no HTTP".to_owned())),
    }
    let headers: Vec<(&str, &str)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim())).collect();
    let of =
        |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, v)| *v);
    let has = |name: &str, word: &str| of(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    if !has("upgrade", "websocket")
        || !has("connection", "upgrade")
        || of("sec-websocket-accept") != Some(accept)
    {
        return Err(Refused::Other("its answer accepts no WebSocket".to_owned()));
    }
    Ok(of("sec-websocket-protocol").unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(head: &str) -> Result<String, String> {
        chosen(head.as_bytes(), "key").map_err(|refused| refused.to_string())
    }

    #[test]
    fn an_answer_is_taken_for_what_it_says() {
        let head = "HTTP/1.1 101 Switching Protocols\r\nUPGRADE: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: key";
        assert_eq!(of(head).unwrap(), "");
        assert_eq!(of(&format!("{head}\r\nsec-websocket-protocol:  other")).unwrap(), "other");
        assert!(of(&head.replace(": key", ": other")).unwrap_err().contains("accepts no WebSocket"));
        assert!(of(&head.replace("101", "403")).unwrap_err().contains("HTTP 403"));
        for hostile in ["", "HTTP/1.1", "HTTP/1.1 1\u{e9}", "\u{1b}[2J", "HTTP/1.1 101"] {
            assert!(of(hostile).is_err(), "{hostile:?}");
        }
    }
}
