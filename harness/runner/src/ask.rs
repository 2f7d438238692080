//! Asks the target before anything runs on it: what it offers, or why it can't be tested.

use std::{rc::Rc, time::Duration};

use deadzone_play::Dial;
use deadzone_target::Declared;
use deadzone_verdict::{Capabilities, Provenance, Source};
use deadzone_wire::Version;
use tokio::{runtime::Builder, task::LocalSet};

use crate::{
    Options, RunError,
    links::ThroughLink,
    probe::{Client, Probed, cancelled, first_that_accepts, probe, speaks_not},
    target::{Target, paused_runtime},
};

/// What the target offers in each version that was asked for. Of several addresses it settles for one.
pub(crate) fn ask(target: &mut Target, options: &Options) -> Result<Probed, RunError> {
    let embedded = matches!(target, Target::Embedded(_));
    let runtime =
        if embedded { paused_runtime() } else { Builder::new_current_thread().enable_all().build() };
    let runtime = runtime.map_err(RunError::Environment)?;
    let timing = options.timing();
    let patience = Duration::from_millis((timing.connect_ms as f64 * timing.scale) as u64);
    // Silence up to here is no answer; `--quick` waits out none.
    let long_bound = if options.quick { patience } else { Duration::from_millis(timing.long_bound_ms) };
    let word = if embedded { "dz".to_owned() } else { unique_word().chars().take(12).collect() };
    // Its version is set for each that is asked for.
    let client = Client {
        version: Version::V5,
        patience,
        long_bound,
        id: word,
        credentials: target.handle().credentials(),
    };
    let asked = LocalSet::new().block_on(&runtime, async {
        let answered = async {
            settle(target, patience).await;
            if let (Some(links), Some(address)) = (&options.links, target.handle().address()) {
                links.greet(address).await.map_err(over_links)?;
            }
            through_links(target, options, &client).await
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
    let declared = target.handle().declared().cloned().unwrap_or_default();
    let declared = |asked: Probed| Probed { offered: declare(asked.offered, &declared), ..asked };
    let asked = asked.map(|asked| asked.map(declared));
    asked.ok_or(RunError::Interrupted)?.map_err(|why| match target {
        Target::Embedded(_) => RunError::Target { target: "embedded".to_owned(), why },
        Target::Remote { name, places, .. } => {
            let target = if name.contains("//") { name.clone() } else { format!("{name} at {places}") };
            RunError::Target { target, why }
        }
    })
}

/// Whether the target speaks 3.1.1 and not 5.0. Where a run is about 3.1.1 only, 5.0 is asked for here.
pub(crate) fn speaks_v311_alone(target: &Target, options: &Options, asked: &Probed) -> bool {
    let speaks = |version| asked.offered.iter().any(|offered| offered.version == version);
    if !speaks(Version::V311) || matches!(target, Target::Embedded(_)) || options.links.is_some() {
        return false;
    }
    if options.versions.contains(&Version::V5) {
        return asked.other_version.contains(&Version::V5);
    }
    let patience =
        Duration::from_millis((options.timing().connect_ms as f64 * options.timing().scale) as u64);
    let handle = target.handle();
    let id = unique_word().chars().take(12).collect();
    let credentials = handle.credentials();
    let client = Client { version: Version::V5, patience, long_bound: patience, id, credentials };
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return false };
    let dial = handle.dial(Version::V5);
    LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            biased;
            () = cancelled(&options.cancel) => false,
            says_no = speaks_not(&*dial, &client) => says_no,
        }
    })
}

/// Asks as the scenarios will: directly, or over foreign links.
async fn through_links(target: &Target, options: &Options, client: &Client) -> Result<Probed, String> {
    let handle = target.handle();
    let Some(links) = handle.links(options.links.as_deref(), &format!("probe-{}", client.id)) else {
        return probe(|version| handle.dial(version), &options.versions, client).await;
    };
    let through = |_| Rc::new(ThroughLink(Rc::clone(&links))) as Rc<dyn Dial>;
    let asked = probe(through, &options.versions, client).await;
    // A close may be the target's word that it does not speak a version, and may be a link that did not reach it.
    let doubtful = asked.as_ref().is_ok_and(|asked| asked.offered.len() < options.versions.len());
    let unreached = if doubtful { links.unreached(0).await } else { None };
    let asked = unreached.map_or(asked, Err);
    links.close().await;
    // A version that was only not reached must not count as one that is not spoken.
    links.failure().map_or(asked, Err).map_err(over_links)
}

/// What is declared counts where no packet can tell it: 5.0 says its limits itself, whatever a descriptor says.
fn declare(mut offered: Vec<Capabilities>, declared: &Declared) -> Vec<Capabilities> {
    let declared_here = |fact: &str| Provenance {
        fact: fact.to_owned(),
        source: Source::Declared,
        how: "declared by the target's descriptor".to_owned(),
    };
    for offered in offered.iter_mut().filter(|offered| offered.version != Version::V5) {
        if let Some(qos) = declared.max_qos.filter(|qos| *qos < offered.max_qos) {
            offered.max_qos = qos;
            offered.sources.push(declared_here("qos"));
        }
        if declared.retained == Some(false) && offered.retain {
            offered.retain = false;
            offered.sources.push(declared_here("retain"));
        }
    }
    offered
}

fn over_links(why: String) -> String {
    format!("over foreign links: {why}")
}

/// From here on one address stands for the target: a connection now here, now there would mix two brokers up.
async fn settle(target: &mut Target, patience: Duration) {
    if let Target::Remote { places, .. } = target {
        for place in places.all_mut() {
            if !place.others.is_empty() {
                let all: Vec<_> = std::iter::once(place.address).chain(place.others.drain(..)).collect();
                place.address = first_that_accepts(&all, patience).await.unwrap_or(place.address);
            }
        }
    }
}

/// A word that no other run against a living target has. Not reproducible on purpose, and so never used embedded.
pub(crate) fn unique_word() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The standard library's hasher keys are the operating system's randomness.
    format!("{:016x}{}", RandomState::new().build_hasher().finish(), std::process::id())
}
