//! Link profiles of a scenario: the links that clients begin with, changes on the way, and the patience that they need.

use deadzone_history::{Abandon, Origin};
use deadzone_link::{Catalogue, Identity, Link};
use deadzone_script::{ClientDecl, Control, Scenario};

use super::{Flow, Player};
use crate::{
    asked::Asked,
    client::Command,
    perform::{Setup, Timing},
};

/// How many answers that take as long as they may fit into the scenario's deadline.
const WAITS: u64 = 8;

/// The link of a client. In a derived control run it is unimpaired: the control asks whether the link matters.
pub(super) fn link(setup: &Setup<'_>, client: &ClientDecl) -> Link {
    let identity =
        Identity { seed: setup.seed, scenario: setup.scenario.id.clone(), link: client.name.clone() };
    let via = client.via.as_deref().filter(|_| !is_derived_control(setup));
    match via.map(|name| setup.profiles.get(name)) {
        Some(Ok(profile)) => Link::with_profile(&profile, identity),
        // An unknown name is refused before anything runs.
        _ => Link::with_identity(identity),
    }
}

fn is_derived_control(setup: &Setup<'_>) -> bool {
    setup.run == Origin::Control && !matches!(setup.scenario.control, Control::Steps(_))
}

/// The time-outs of this performance. A derived control run has no profiles.
pub(crate) fn timing(setup: &Setup<'_>) -> Timing {
    let timing = Asked::by(setup.scenario).within(setup.timing);
    match is_derived_control(setup) {
        true => timing,
        false => timing.over_radio(setup.scenario, setup.profiles),
    }
}

impl Timing {
    /// Every time-out, longer by what the scenario's profiles may cost: a slow link is no fault of the target.
    #[must_use]
    pub fn over_radio(self, scenario: &Scenario, profiles: &Catalogue) -> Self {
        let of = |name: &str| {
            let names = name.split('+').filter_map(|part| profiles.find(part).ok());
            names.map(deadzone_link::Profile::patience_us).sum::<u64>()
        };
        let extra_ms = scenario.profiles().into_iter().map(of).max().unwrap_or(0).div_ceil(1000);
        Self {
            within_ms: self.within_ms + extra_ms,
            patience_ms: self.patience_ms + extra_ms,
            connect_ms: self.connect_ms + extra_ms,
            scenario_ms: self.scenario_ms + WAITS * extra_ms,
            grace_ms: self.grace_ms + extra_ms.min(10_000),
            ..self
        }
    }
}

impl Player<'_> {
    /// Another profile for a client's link, in the order of its queue.
    pub(super) async fn change_profile(&mut self, client: usize, name: &str) -> Flow {
        if self.is_derived_control() {
            return Flow::On;
        }
        let found = self.setup.profiles.change(name);
        let profile = match found {
            Ok(profile) => profile,
            Err(why) => return Flow::Abandon(Abandon::BadStep(why.to_string().into())),
        };
        if !self.enqueue(client, Command::Profile(Box::new(profile.clone()))).await {
            let now_us = self.clock.now_us();
            self.clients[client].borrow_mut().on_link(None, |link| link.change_profile(now_us, &profile));
            self.drain_notes(client);
        }
        self.settled(client).await;
        Flow::On
    }
}
