//! What a hostile broker does to a scripted client: a scenario of the suite is played and judged while a program of bytes changes what
//! comes from the broker. The first two bytes choose the scenario, the third how it is played.

use std::{
    collections::BTreeMap,
    rc::Rc,
    sync::{Arc, LazyLock},
    time::Duration,
};

use deadzone_history::{Fnv, Origin, TargetFacts};
use deadzone_play::{
    Access, Dial, Experiment, Names, NoSlots, Performance, Setup, Shared, Timing, Ways, perform,
};
use deadzone_script::{Need, Scenario, parse};
use deadzone_verdict::VerdictKind;
use deadzone_wire::Version;
use tokio::{runtime::Builder, task::LocalSet};

use super::{history::same_from_a_file, hostile::HostileDial, profile::suite, told::told};

/// No performance is so long, virtual time.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

/// Scenarios by a hash of their ids, so that another scenario changes for few inputs which one they are played in.
static SCENARIOS: LazyLock<BTreeMap<u16, Scenario>> = LazyLock::new(|| {
    let all = deadzone_scenarios::files().iter().flat_map(|file| parse(file.path, file.area, file.text).0);
    all.filter(plays_here).map(|scenario| (place(&scenario.id), scenario)).collect()
});

/// Whether a plain broker in memory and a moment are all that it needs.
fn plays_here(scenario: &Scenario) -> bool {
    let elsewhere = |need: &Need| {
        matches!(
            need,
            Need::Ws | Need::Tls | Need::Password | Need::ClientCertificates | Need::Nodes(_) | Need::Bridge
        )
    };
    let long = scenario.tags.iter().any(|tag| tag == "long") || scenario.times > 1;
    !long && !scenario.handles_target() && !scenario.needs.iter().any(elsewhere)
}

fn place(id: &str) -> u16 {
    (Fnv::default().with(id.as_bytes()).value() >> 48) as u16
}

/// The performance ends, its record comes back from its file, and has a verdict; played again it is the same record.
///
/// # Panics
///
/// Where it does not.
pub fn play_client(data: &[u8]) {
    let &[high, low, options, ref program @ ..] = data else { return };
    let chosen = u16::from_be_bytes([high, low]);
    let mut from = SCENARIOS.range(chosen..).chain(SCENARIOS.iter());
    let (_, scenario) = from.next().expect("the suite has scenarios");
    let versions: Vec<Version> = scenario.versions.clone();
    let version = versions[usize::from(options & 3) % versions.len()];
    let play = Play { scenario, version, control: options & 4 != 0, teardown: options & 8 != 0, program };
    let performance = play.perform();
    assert_eq!(performance.trouble, None);
    let verdict = same_from_a_file(&performance.history);
    if options & 16 != 0 {
        assert!(play.perform().history == performance.history, "the same run gave another history");
    }
    if verdict.kind != VerdictKind::Pass {
        told(scenario, performance.history, verdict);
    }
}

struct Play<'a> {
    scenario: &'a Scenario,
    version: Version,
    control: bool,
    teardown: bool,
    program: &'a [u8],
}

impl Play<'_> {
    fn perform(&self) -> Performance {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime without io");
        LocalSet::new().block_on(&runtime, async {
            let ended = tokio::time::timeout(LONGEST, self.perform_here()).await;
            ended.expect("a performance ends")
        })
    }

    async fn perform_here(&self) -> Performance {
        let dial = Rc::new(HostileDial::new(self.program));
        let setup = Setup {
            experiment: Experiment {
                scenario: self.scenario,
                version: self.version,
                run: if self.control { Origin::Control } else { Origin::Scenario },
                profiles: suite(),
                seed: 1,
            },
            access: Access {
                nodes: vec![Ways { dial: Rc::clone(&dial) as Rc<dyn Dial>, direct: dial }],
                elsewhere: Vec::new(),
                spread: false,
                links: None,
                credentials: None,
                bridge: None,
                process: None,
            },
            names: Names { run_prefix: "dzfuzz".to_owned(), nonce: "dzfuzz0123456789".to_owned() },
            shared: Shared { slots: Rc::new(NoSlots), memory: None, cancel: Arc::default() },
            timing: Timing::default(),
            target: TargetFacts::default(),
            teardown: self.teardown,
            heartbeat: false,
        };
        perform(&setup).await
    }
}
