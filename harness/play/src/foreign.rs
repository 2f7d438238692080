//! Links that other programs make: connections go through them, and some faults are theirs. Ours then stands unimpaired
//! in between, so that both ends are recorded as ever, but for what happens behind it: see [`ForeignLinks`].

use std::{future::Future, pin::Pin};

use deadzone_history::{ConnId, EventKind, OpenError};
use deadzone_link::{Fault, LinkStep, Note};

use crate::{dial::Dialling, recorder::SharedRecorder};

/// A foreign link that is being changed.
pub type Working<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What becomes known of the way to a target: why it can't be reached, if it can't.
pub type Reaching<'a> = Pin<Box<dyn Future<Output = Option<String>> + 'a>>;

/// A link for each client of one performance. What it was told to do and did not is kept as its [`Self::failure`]: the
/// experiment then did not happen, whatever the record says.
pub trait ForeignLinks {
    /// Makes a connection for this client through its link.
    fn dial(&self, client: usize) -> Dialling<'_>;
    /// Does this to a client's link, now. When it ends, it has taken effect.
    fn apply(&self, client: usize, fault: Fault) -> Working<'_>;
    /// Why the target can't be reached just now, if it can't: a link may accept a client before it knows. Asked where a
    /// connection brought no byte, so that what the way did is not put down to the target. It bounds its own wait.
    fn unreached(&self, client: usize) -> Reaching<'_>;
    /// Takes the links down.
    fn close(&self) -> Working<'_>;
    /// The first thing that did not work.
    fn failure(&self) -> Option<String>;
}

/// Has a step made by the foreign link, and says whether our own has a part in it: it carries out cuts, so that the end
/// of the connection is recorded as ours, and records what is restored.
pub(crate) async fn apply(
    links: &dyn ForeignLinks,
    recorder: &SharedRecorder,
    client: usize,
    conn: Option<ConnId>,
    step: &LinkStep,
) -> bool {
    links.apply(client, step.fault).await;
    let ours = matches!(step.fault, Fault::Cut(_) | Fault::Restore);
    if !ours {
        let note = Box::new(Note::Fired { fault: 0, effect: step.fault, text: step.to_string() });
        recorder.append(EventKind::Link { client: client.into(), conn, note });
    }
    ours
}

/// Asks why the target can't be reached by this client, and records the answer as a connection that could not be made.
pub(crate) async fn unreached(
    links: &dyn ForeignLinks,
    recorder: &SharedRecorder,
    client: usize,
) -> Option<OpenError> {
    let why = OpenError::Other(links.unreached(client).await?.into());
    recorder.append(EventKind::OpenFailed { client: client.into(), why: why.clone() });
    Some(why)
}
