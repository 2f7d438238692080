//! The setting of a performance: which run it is, the links that clients begin with, and the patience that they need.

use deadzone_history::Origin;
use deadzone_link::{Identity, Link};
use deadzone_script::{Certificate, ClientDecl, Control, Scenario, Step};
use deadzone_spec::Node;
use deadzone_transport::{Approach, Presented};

use crate::{asked::Asked, setup::Setup, timing::Timing};

/// The control run that follows the main steps, without their faults.
pub(crate) fn is_derived_control(setup: &Setup<'_>) -> bool {
    setup.experiment.run == Origin::Control && !matches!(setup.experiment.scenario.control, Control::Steps(_))
}

/// The steps to walk.
pub(super) fn steps<'a>(setup: &Setup<'_>, scenario: &'a Scenario) -> &'a [Step] {
    match &scenario.control {
        Control::Steps(steps) if setup.experiment.run == Origin::Control => steps,
        _ => &scenario.steps,
    }
}

/// How often they are played; a control run with steps of its own plays them once.
pub(super) fn rounds(setup: &Setup<'_>) -> usize {
    let own = setup.experiment.run == Origin::Control
        && matches!(setup.experiment.scenario.control, Control::Steps(_));
    if own { 1 } else { setup.experiment.scenario.times.max(1) as usize }
}

/// The link of a client. In a derived control run it is unimpaired: the control asks whether the link matters.
pub(super) fn link(setup: &Setup<'_>, client: &ClientDecl) -> Link {
    let identity = Identity {
        seed: setup.experiment.seed,
        scenario: setup.experiment.scenario.id.clone(),
        link: client.name.clone(),
    };
    let via = client.via.as_deref().filter(|_| !is_derived_control(setup));
    match via.map(|name| setup.experiment.profiles.get(name)) {
        Some(Ok(profile)) => Link::with_profile(&profile, identity),
        // An unknown name is refused before anything runs.
        _ => Link::with_identity(identity),
    }
}

/// How a client asks for its connections.
pub(super) fn approach(decl: &ClientDecl) -> Approach {
    let certificate = match decl.certificate {
        Certificate::Own => Presented::Own,
        Certificate::Nothing => Presented::Nothing,
        Certificate::OtherAuthority => Presented::OtherAuthority,
        Certificate::Expired => Presented::Expired,
    };
    match decl.offers.as_slice() {
        [] => Approach { certificate, ..Approach::default() },
        offers => {
            Approach { subprotocols: offers.to_vec(), takes_any: true, certificate, ..Approach::default() }
        }
    }
}

/// The node of a client: as the script says, or dealt by the seed where that is wanted, or the first.
pub(super) fn node(setup: &Setup<'_>, index: usize, client: &ClientDecl) -> Node {
    let dealt = || {
        let nodes = u64::try_from(setup.access.nodes.len()).unwrap_or(1).max(1);
        // The seed is a hash: its bits are as good as chance, and each client has others of them.
        let bits = setup.experiment.seed.rotate_right(u32::try_from(index % 64).unwrap_or(0));
        usize::try_from(bits % nodes).ok().and_then(Node::at)
    };
    client.node.or_else(|| dealt().filter(|_| setup.access.spread)).unwrap_or_default()
}

/// The time-outs of this performance. A derived control run has no profiles.
pub(crate) fn timing(setup: &Setup<'_>) -> Timing {
    let timing = Asked::by(setup.experiment.scenario).within(setup.timing);
    match is_derived_control(setup) {
        true => timing,
        false => timing.over_radio(setup.experiment.scenario, setup.experiment.profiles),
    }
}
