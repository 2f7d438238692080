//! How the bytes of a `->` are written: by themselves, together with the next ones, or in WebSocket frames of the script's choice.

use std::fmt;

/// How a step's bytes are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// One write, which is one binary message in one frame on a WebSocket.
    #[default]
    Alone,
    /// `with next`: in one write with those of the client's next `->`.
    WithNext,
    /// `in [text] frames …`: in these WebSocket frames, with those that were kept for it.
    Frames {
        /// The messages are texts, which breaks MQTT-6.0.0-1.
        text: bool,
        /// The frames, in order.
        frames: Vec<FrameWord>,
    },
}

/// One WebSocket frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameWord {
    /// `3`, `*`, `3+`, `*+`.
    Data {
        /// So many bytes, or (`*`) all that the other frames leave.
        bytes: Option<u32>,
        /// A `+`: the next data frame goes on with this message.
        goes_on: bool,
    },
    /// `ping`.
    Ping,
    /// `pong`, which nothing asked for.
    Pong,
}

impl fmt::Display for FrameWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data { bytes, goes_on } => {
                match bytes {
                    Some(bytes) => write!(f, "{bytes}")?,
                    None => f.write_str("*")?,
                }
                f.write_str(if *goes_on { "+" } else { "" })
            }
            Self::Ping => f.write_str("ping"),
            Self::Pong => f.write_str("pong"),
        }
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone => Ok(()),
            Self::WithNext => f.write_str(" with next"),
            Self::Frames { text, frames } => {
                f.write_str(if *text { " in text frames" } else { " in frames" })?;
                frames.iter().try_for_each(|frame| write!(f, " {frame}"))
            }
        }
    }
}
