//! The broker's end of a connection: the stream, and what is on its way to it.

use std::{collections::VecDeque, io, rc::Rc};

use bytes::{Buf, Bytes};

use deadzone_transport::Stream;

use crate::foreign::ForeignLinks;

/// What is on its way to the broker's socket, in order.
pub(super) enum Outgoing {
    Bytes(Bytes),
    Fin,
    Rst,
}

/// The stream to the broker.
pub(super) struct BrokerEnd {
    pub(super) stream: Box<dyn Stream>,
    pub(super) outgoing: VecDeque<Outgoing>,
    /// Nothing more will be read.
    pub(super) done: bool,
    /// We shut down writing.
    pub(super) fin_sent: bool,
    /// A foreign link that the stream leads through.
    pub(super) foreign: Option<Rc<dyn ForeignLinks>>,
    /// Something came from the broker.
    pub(super) heard: bool,
    /// The foreign link ended this without having reached the target.
    pub(super) unreached: bool,
    /// It is to break below TLS.
    pub(super) breaks: bool,
}

impl BrokerEnd {
    pub(super) fn new(stream: Box<dyn Stream>, foreign: Option<Rc<dyn ForeignLinks>>) -> Self {
        Self {
            stream,
            outgoing: VecDeque::new(),
            done: false,
            fin_sent: false,
            foreign,
            heard: false,
            unreached: false,
            breaks: false,
        }
    }

    /// Bytes are to be written next, unless the broker is gone.
    pub(super) fn give(&mut self, bytes: Bytes) {
        if !self.done {
            self.outgoing.push_back(Outgoing::Bytes(bytes));
        }
    }

    /// The bytes that are to be written now.
    pub(super) fn front(&self) -> Option<Bytes> {
        match self.outgoing.front() {
            Some(Outgoing::Bytes(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// What became of a write of the front.
    pub(super) fn written(&mut self, written: io::Result<usize>) {
        match written {
            Ok(n) if n > 0 => {
                if let Some(Outgoing::Bytes(bytes)) = self.outgoing.front_mut() {
                    bytes.advance(n);
                    if bytes.is_empty() {
                        self.outgoing.pop_front();
                    }
                }
            }
            // The broker's end is gone; reading tells how. Nothing more can be given.
            _ => self.outgoing.clear(),
        }
    }
}
