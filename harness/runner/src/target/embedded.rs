//! The reference broker in memory: every performance has its own, on its own paused runtime.

use std::{cell::RefCell, io, rc::Rc};

use deadzone_play::{Dial, Dialling};
use deadzone_reference_broker::{Config, Server, Users};
use deadzone_transport::{Acceptor, Approach, Dialer, Stream, pipe};
use deadzone_wire::Credentials;
use tokio::runtime::{Builder, Runtime};

use super::{EmbeddedSpec, memory_tls};
use crate::job::panic_text;

/// Bytes that a pipe buffers each way: about what a loopback socket does.
const PIPE_CAPACITY: usize = 64 * 1024;

/// A runtime whose clock only moves when nothing can be done. Time only: no io, no blocking work.
pub(crate) fn paused_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// So many endpoints the embedded broker has.
pub(super) const EMBEDDED_NODES: usize = 2;

/// What a scenario needs of the broker in memory; a target elsewhere is as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Offer {
    /// It is reached over a WebSocket.
    pub(crate) frames: bool,
    /// It asks for [`embedded_login`].
    pub(crate) login: bool,
    /// It is reached over TLS, and asks clients for a certificate of its authority.
    pub(crate) tls: bool,
}

/// Who may come in where the broker in memory asks.
pub(crate) fn embedded_login() -> Credentials {
    Credentials { user: Some("rider".to_owned()), password: Some("of the broker in memory".into()) }
}

/// A fresh broker and the ways to its nodes. Inside a `LocalSet`.
pub(super) fn embedded_dials(spec: &EmbeddedSpec, Offer { frames, login, tls }: Offer) -> Vec<Rc<dyn Dial>> {
    let Credentials { user, password } = embedded_login();
    let known = user.map(Into::into).zip(password).filter(|_| login);
    let config = Config {
        defects: spec.defects.clone(),
        variants: spec.variants.clone(),
        users: Users::new(known),
        ..Config::default()
    };
    let fallen = Fallen::default();
    let servers = Server::nodes(config, EMBEDDED_NODES);
    for (i, server) in servers.iter().enumerate() {
        if !servers[..i].iter().any(|other| other.is(server)) {
            let timer = server.clone();
            watched(&fallen, async move { timer.run_timer().await });
        }
    }
    let way = match (tls, frames) {
        (true, _) => memory_tls::ends(frames).map(Some),
        (false, true) => Ok(Some((Dialer::frames_in_memory(), Acceptor::plain(true)))),
        (false, false) => Ok(None),
    };
    let way = way.unwrap_or_else(|why| {
        fallen.borrow_mut().get_or_insert(why);
        None
    });
    let dial = |server| {
        Rc::new(EmbeddedDial { server, fallen: Rc::clone(&fallen), way: way.clone() }) as Rc<dyn Dial>
    };
    servers.into_iter().map(dial).collect()
}

/// Why a task of the broker fell over, if one did.
type Fallen = Rc<RefCell<Option<String>>>;

/// Spawns a task of the broker. Its panic closes a connection as a broker may: without a word of ours it would be judged.
fn watched(fallen: &Fallen, task: impl Future<Output = ()> + 'static) {
    let task = tokio::task::spawn_local(task);
    let fallen = Rc::clone(fallen);
    tokio::task::spawn_local(async move {
        if let Err(error) = task.await
            && let Ok(panic) = error.try_into_panic()
        {
            let why = format!("the embedded broker panicked: {}", panic_text(&*panic));
            fallen.borrow_mut().get_or_insert(why);
        }
    });
}

struct EmbeddedDial {
    server: Server,
    fallen: Fallen,
    /// What does the handshakes on a pipe, where there are any.
    way: Option<(Dialer, Acceptor)>,
}

impl Dial for EmbeddedDial {
    fn dial<'a>(&'a self, approach: &'a Approach) -> Dialling<'a> {
        Box::pin(async move {
            if self.server.has_ended() {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (ours, theirs) = pipe(PIPE_CAPACITY);
            let server = self.server.clone();
            let Some((dialer, acceptor)) = &self.way else {
                watched(&self.fallen, async move { server.attend(theirs).await });
                return Ok(Box::new(ours) as Box<dyn Stream>);
            };
            let acceptor = acceptor.clone();
            watched(&self.fallen, async move {
                if let Err(error) = server.admit(theirs, &acceptor).await {
                    tracing::debug!(%error, "no handshake");
                }
            });
            dialer.over(ours, approach).await
        })
    }

    fn trouble(&self) -> Option<String> {
        self.fallen.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_falls_over_says_so() {
        let fallen = Fallen::default();
        let runtime = paused_runtime().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            watched(&fallen, async {});
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            assert_eq!(*fallen.borrow(), None);
            watched(&fallen, async { panic!("oh") });
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        });
        assert_eq!(fallen.borrow().as_deref(), Some("the embedded broker panicked: oh"));
    }
}
