//! The frames that a writer asks for, instead of one binary message for each write.

/// One frame to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// So many of the next bytes, 0 for an empty frame.
    Data {
        /// Bytes of its payload.
        bytes: usize,
        /// Its message is a text (RFC 6455 §5.6).
        text: bool,
        /// It goes on with the message of the data frame before it (opcode 0).
        continues: bool,
        /// It ends its message (FIN 1).
        last: bool,
    },
    /// A ping, which may stand between the fragments of a message.
    Ping,
    /// A pong that nothing asked for, which is legal (RFC 6455 §5.5.3).
    Pong,
}

impl Frame {
    /// Bytes of the stream that it takes.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Data { bytes, .. } => bytes,
            Self::Ping | Self::Pong => 0,
        }
    }
}

/// A stream of frames whose writer may choose them.
pub trait Frames {
    /// The next bytes that are written go in these frames, in order; what is written behind them goes as usual.
    fn plan(&mut self, frames: Vec<Frame>);

    /// The subprotocol that the server chose; empty in the server's own role.
    fn subprotocol(&self) -> &str;
}
