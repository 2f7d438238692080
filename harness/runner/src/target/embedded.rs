//! The reference broker in memory: every performance has its own, on its own paused runtime.

use std::{cell::RefCell, io, rc::Rc};

use deadzone_play::{Dial, Dialling};
use deadzone_reference_broker::{Config, Server};
use deadzone_transport::{Stream, pipe};
use tokio::runtime::{Builder, Runtime};

use super::EmbeddedSpec;
use crate::job::panic_text;

/// Bytes that a pipe buffers each way: about what a loopback socket does.
const PIPE_CAPACITY: usize = 64 * 1024;

/// A runtime whose clock only moves when nothing can be done. Time only: no io, no blocking work.
pub(crate) fn paused_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// So many endpoints the embedded broker has.
pub(super) const EMBEDDED_NODES: usize = 2;

/// A fresh broker and the ways to its nodes. Inside a `LocalSet`.
pub(super) fn embedded_dials(spec: &EmbeddedSpec) -> Vec<Rc<dyn Dial>> {
    let config =
        Config { defects: spec.defects.clone(), variants: spec.variants.clone(), ..Config::default() };
    let fallen = Fallen::default();
    let servers = Server::nodes(config, EMBEDDED_NODES);
    for (i, server) in servers.iter().enumerate() {
        if !servers[..i].iter().any(|other| other.is(server)) {
            let timer = server.clone();
            watched(&fallen, async move { timer.run_timer().await });
        }
    }
    let dial = |server| Rc::new(EmbeddedDial { server, fallen: Rc::clone(&fallen) }) as Rc<dyn Dial>;
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
}

impl Dial for EmbeddedDial {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async move {
            if self.server.has_ended() {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (ours, theirs) = pipe(PIPE_CAPACITY);
            let server = self.server.clone();
            watched(&self.fallen, async move { server.attend(theirs).await });
            Ok(Box::new(ours) as Box<dyn Stream>)
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
