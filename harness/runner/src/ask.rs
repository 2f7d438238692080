//! Asks the target before anything runs on it: what it offers, or why it can't be tested.

use std::time::Duration;

use deadzone_history::Capabilities;
use tokio::{runtime::Builder, task::LocalSet};

use crate::{
    Options, RunError,
    probe::{cancelled, first_that_accepts, probe},
    target::{Target, paused_runtime},
};

/// What the target offers in each version that was asked for. Of several addresses it settles for one.
pub(crate) fn ask(target: &mut Target, options: &Options) -> Result<Vec<Capabilities>, RunError> {
    let embedded = matches!(target, Target::Embedded(_));
    let runtime =
        if embedded { paused_runtime() } else { Builder::new_current_thread().enable_all().build() };
    let runtime = runtime.map_err(RunError::Environment)?;
    let timing = options.timing();
    let patience = Duration::from_millis((timing.connect_ms as f64 * timing.scale) as u64);
    let word = if embedded { "dz".to_owned() } else { unique_word().chars().take(12).collect() };
    let asked = LocalSet::new().block_on(&runtime, async {
        let answered = async {
            settle(target, patience).await;
            probe(target.handle().dial(None), &options.versions, patience, &word).await
        };
        if embedded {
            // In virtual time nothing is waited for.
            return Some(answered.await);
        }
        tokio::select! {
            biased;
            () = cancelled(&options.cancel) => None,
            answered = answered => Some(answered),
        }
    });
    asked.ok_or(RunError::Interrupted)?.map_err(|why| match target {
        Target::Embedded(_) => RunError::Target { target: "embedded".to_owned(), why },
        Target::Remote { name, address, .. } => {
            let target = if name.contains("//") { name.clone() } else { format!("{name} at {address}") };
            RunError::Target { target, why }
        }
    })
}

/// From here on one address stands for the target: a connection now here, now there would mix two brokers up.
async fn settle(target: &mut Target, patience: Duration) {
    if let Target::Remote { address, others, .. } = target
        && !others.is_empty()
    {
        let all: Vec<_> = std::iter::once(*address).chain(others.drain(..)).collect();
        *address = first_that_accepts(&all, patience).await.unwrap_or(*address);
    }
}

/// A word that no other run against a living target has. Not reproducible on purpose, and so never used embedded.
pub(crate) fn unique_word() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The standard library's hasher keys are the operating system's randomness.
    format!("{:016x}{}", RandomState::new().build_hasher().finish(), std::process::id())
}
