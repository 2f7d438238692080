//! What is wrong with the order of `target` steps, and of the steps between them: what does not run can't be killed, and nobody
//! can connect to it. Each version is looked at by itself, since `only` leaves steps out.

use deadzone_wire::Version;

use crate::diagnostic::{Diagnostic, code};
use crate::{ClientDecl, Step, StepKind, TargetAction, TlsCut};

/// Looks at steps in their order, in each version.
pub(super) fn check(
    (versions, clients): (&[Version], &[ClientDecl]),
    steps: &[Step],
    out: &mut Vec<Diagnostic>,
) {
    let mut told = Vec::new();
    for version in versions {
        let played = steps.iter().filter(|step| step.only.is_none_or(|only| only == *version));
        for mistake in in_order(clients, played) {
            if !told.contains(&mistake.at) {
                told.push(mistake.at);
                out.push(mistake);
            }
        }
    }
}

/// What the script has done to the target so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Process {
    Untouched,
    Down,
    Again,
}

fn in_order<'s>(clients: &[ClientDecl], steps: impl Iterator<Item = &'s Step>) -> Vec<Diagnostic> {
    let mut process = Process::Untouched;
    // Whether each client connected since the process began.
    let mut connected = vec![true; clients.len()];
    let mut mistakes = Vec::new();
    for step in steps {
        let mut wrong = |message: &str, help: &str| {
            mistakes.push(Diagnostic::error(code::TARGET, step.at, message).help(help));
        };
        match &step.kind {
            StepKind::Target(TargetAction::Restart { .. }) => {
                if process != Process::Down {
                    wrong(
                        "the target runs here",
                        "`target kill` or `target stop` comes before `target restart`",
                    );
                }
                process = Process::Again;
            }
            StepKind::Target(action) => {
                if process == Process::Down {
                    wrong("the target does not run here", "`target restart` first");
                }
                if action.ends_process() {
                    process = Process::Down;
                    connected.fill(false);
                }
            }
            kind => {
                let reaches = |client: usize| opens(kind) || connected.get(client).is_none_or(|c| *c);
                if speaks(kind) && process == Process::Down {
                    wrong(
                        "the target does not run here, and nobody can talk to it",
                        "`target restart` first",
                    );
                    kind.clients().for_each(|client| connected[client] = true);
                } else if let Some(client) = kind.clients().find(|client| speaks(kind) && !reaches(*client)) {
                    let name = clients.get(client).map_or("", |client| client.name.as_str());
                    let message = format!("`{name}` lost its connection when the target ended");
                    wrong(&message, &format!("`{name} connect resume` first"));
                }
                if opens(kind) || speaks(kind) {
                    kind.clients().for_each(|client| connected[client] = true);
                }
            }
        }
    }
    mistakes
}

fn opens(kind: &StepKind) -> bool {
    matches!(kind, StepKind::Open { .. } | StepKind::Connect { .. } | StepKind::Finds { .. })
}

/// Whether its clients exchange something with the target now. What came before may be looked at later.
fn speaks(kind: &StepKind) -> bool {
    !matches!(
        kind,
        StepKind::Target(_)
            | StepKind::Link { .. }
            | StepKind::LinkProfile { .. }
            | StepKind::CutTls { cut: TlsCut::CipherByte(_), .. }
            | StepKind::LinkSaw { .. }
            | StepKind::Receive { .. }
            | StepKind::ExpectReceives { .. }
    )
}
