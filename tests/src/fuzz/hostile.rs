//! A broker that turns hostile: the reference broker behind a wire on which a program of bytes changes what it says.

use std::{cell::RefCell, rc::Rc, time::Duration};

use deadzone_play::{Dial, Dialling};
use deadzone_reference_broker::{Config, Server};
use deadzone_transport::{Approach, Pipe, Stream, pipe};
use deadzone_wire::{Frame, Framer, MAX_REMAINING_LENGTH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes that a pipe buffers each way: more than a program can make.
const PIPE_CAPACITY: usize = 1 << 22;
/// Most bytes that are read at once.
const CHUNK: usize = 4096;

/// What to do about the packets that the broker sends, one word after another, whichever connection they are on. Behind the last word
/// they pass.
#[derive(Debug)]
struct Program {
    words: Vec<u8>,
    at: usize,
    /// So many packets pass before the next word counts.
    pass: u8,
}

impl Program {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.words.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn bytes(&mut self, most: u8) -> Vec<u8> {
        let from = self.at.min(self.words.len());
        let to = (from + usize::from(most)).min(self.words.len());
        self.at = to;
        self.words[from..to].to_vec()
    }

    /// What happens in place of a packet.
    fn of(&mut self, frame: &Frame) -> Vec<Act> {
        if self.pass > 0 {
            self.pass -= 1;
            return vec![Act::Write(frame.to_bytes().to_vec())];
        }
        let whole = frame.to_bytes().to_vec();
        let Some(word) = self.byte() else { return vec![Act::Write(whole)] };
        let (what, many) = (word & 7, word >> 3);
        match what {
            0 => {
                self.pass = many;
                vec![Act::Write(whole)]
            }
            1 => vec![Act::Write(self.changed(whole, many))],
            2 => Vec::new(),
            3 => vec![Act::Write(whole.repeat(usize::from(many) + 2))],
            4 => vec![Act::Write(self.bytes(many + 1)), Act::Write(whole)],
            5 => vec![Act::Wait(Duration::from_millis(250 << (many & 7))), Act::Write(whole)],
            6 => {
                let keep = whole.len() * usize::from(many) / 31;
                vec![Act::Write(whole[..keep].to_vec()), if many & 1 == 0 { Act::Finish } else { Act::Reset }]
            }
            _ => vec![Act::Write(self.in_body(frame, many))],
        }
    }

    /// One to four bytes of it are others.
    fn changed(&mut self, mut whole: Vec<u8>, many: u8) -> Vec<u8> {
        for _ in 0..=many & 3 {
            let (Some(place), Some(mask)) = (self.byte(), self.byte()) else { break };
            let place = usize::from(place) % whole.len();
            whole[place] ^= mask;
        }
        whole
    }

    /// Bytes are put into its body or taken out, and its Remaining Length is right again.
    fn in_body(&mut self, frame: &Frame, many: u8) -> Vec<u8> {
        let mut body = frame.body.to_vec();
        let place = usize::from(self.byte().unwrap_or(0)) % (body.len() + 1);
        if many & 1 == 0 {
            let more = self.bytes(many >> 1);
            body.splice(place..place, more);
        } else {
            let end = (place + usize::from(many >> 1)).min(body.len());
            body.drain(place..end);
        }
        Frame::new(frame.first, body).to_bytes().to_vec()
    }
}

/// Something that the wire does.
enum Act {
    Write(Vec<u8>),
    Wait(Duration),
    Finish,
    Reset,
}

/// Ways to that broker.
pub(super) struct HostileDial {
    server: Server,
    program: Rc<RefCell<Program>>,
}

impl HostileDial {
    /// A broker of its own. Inside a `LocalSet`.
    pub(super) fn new(words: &[u8]) -> Self {
        let server = Server::new(Config::default());
        let timer = server.clone();
        tokio::task::spawn_local(async move { timer.run_timer().await });
        Self { server, program: Rc::new(RefCell::new(Program { words: words.to_vec(), at: 0, pass: 0 })) }
    }
}

impl Dial for HostileDial {
    fn dial<'a>(&'a self, _approach: &'a Approach) -> Dialling<'a> {
        Box::pin(async move {
            let (ours, theirs) = pipe(PIPE_CAPACITY);
            let (near, far) = pipe(PIPE_CAPACITY);
            let server = self.server.clone();
            tokio::task::spawn_local(async move { server.attend(far).await });
            tokio::task::spawn_local(carry(theirs, near, Rc::clone(&self.program)));
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}

/// Carries one connection until an end of it closes.
async fn carry(mut client: Pipe, mut broker: Pipe, program: Rc<RefCell<Program>>) {
    let mut framer = Framer::new(MAX_REMAINING_LENGTH);
    let (mut up, mut down) = ([0; CHUNK], [0; CHUNK]);
    loop {
        tokio::select! {
            biased;
            read = client.read(&mut up) => match read {
                Ok(0) => {
                    let _ = broker.shutdown().await;
                    break;
                }
                Ok(n) if broker.write_all(&up[..n]).await.is_ok() => {}
                _ => break broker.abort(),
            },
            read = broker.read(&mut down) => match read {
                Ok(0) => {
                    let _ = client.shutdown().await;
                    break;
                }
                Ok(n) => {
                    framer.push(&down[..n]);
                    while let Some(Ok(frame)) = framer.next() {
                        let acts = program.borrow_mut().of(&frame);
                        if !act(&mut client, acts).await {
                            return;
                        }
                    }
                }
                Err(_) => break client.abort(),
            },
        }
    }
    // What the other end still says is let through as it is.
    let _ = tokio::io::copy(&mut broker, &mut client).await;
    let _ = client.shutdown().await;
}

/// Whether the connection is still there.
async fn act(client: &mut Pipe, acts: Vec<Act>) -> bool {
    for act in acts {
        let done = match act {
            Act::Write(bytes) => client.write_all(&bytes).await.is_ok(),
            Act::Wait(time) => {
                tokio::time::sleep(time).await;
                true
            }
            Act::Finish => {
                let _ = client.shutdown().await;
                false
            }
            Act::Reset => {
                client.abort();
                false
            }
        };
        if !done {
            return false;
        }
    }
    true
}
