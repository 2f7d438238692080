//! Gentle runs: a broker that is not on loopback is others' too, and gets no floods, no giants, nothing that provokes a ban, and few
//! new connections a second, unless the user says otherwise.
//!
//! What is gentle is read from what a scenario does ([`Scenario::load`]). A tag can only take away: `disruptive` is for what its
//! steps can't show.

use std::{net::SocketAddr, sync::Arc};

use deadzone_script::Scenario;

use deadzone_target::Places;

use crate::{pace::Pace, target::Target};

/// Whether a run is gentle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gentle {
    /// Where the target is not on loopback.
    #[default]
    Judged,
    /// Wherever it is.
    Always,
    /// Nowhere.
    Never,
}

/// Most messages that a gentle scenario publishes.
const MESSAGES_MAX: u64 = 200;
/// The largest packet that it sends or claims to send, bytes: what brokers take by default (EMQX 1 MiB, AWS IoT 128 KiB).
const PACKET_MAX: u64 = 128 * 1024;
/// Most connections that it makes: five seconds at the gentle pace.
const CONNECTIONS_MAX: u64 = 50;
/// Most steps that break the protocol: EMQX, for one, bans a client that is disconnected 15 times in a minute.
const DEVIATIONS_MAX: u64 = 10;
/// Most connections with a name or password of the script's own: guards count wrong ones.
const LOGINS_MAX: u64 = 3;
/// The tag of what its steps can't show.
const DISRUPTIVE: &str = "disruptive";

/// How many performances go on at once in a gentle run: few enough that none waits long for its turn to connect.
pub(crate) const JOBS: usize = 8;

/// Why a scenario is not for a broker that others use; `None`: it is gentle.
pub fn why_not_gentle(scenario: &Scenario) -> Option<&'static str> {
    let load = scenario.load();
    [
        (scenario.solo, "it touches the whole broker"),
        (scenario.tags.iter().any(|tag| tag == DISRUPTIVE), "it is tagged disruptive"),
        (load.packet_bytes > PACKET_MAX, "a packet over 128 KiB"),
        (load.messages > MESSAGES_MAX, "more than 200 messages"),
        (load.refusals > 0, "wrong logins, as a ban may be for"),
        (load.logins > LOGINS_MAX, "more than 3 logins, as a ban may take for guesses"),
        (load.deviations > DEVIATIONS_MAX, "more than 10 offences, as a ban may be for"),
        (load.connections > CONNECTIONS_MAX, "more than 50 connections"),
    ]
    .into_iter()
    .find_map(|(too_much, why)| too_much.then_some(why))
}

/// Whether all of these are on this machine's loopback. No address is none elsewhere: memory, or a socket of this machine.
pub fn is_loopback(addresses: impl IntoIterator<Item = SocketAddr>) -> bool {
    // 0.0.0.0 and :: stand for this machine where they are dialled.
    addresses
        .into_iter()
        .map(|address| address.ip().to_canonical())
        .all(|ip| ip.is_loopback() || ip.is_unspecified())
}

/// Makes the target gentle where it is to be, before anything is sent to it, and says why.
pub(crate) fn settle(target: &mut Target, wanted: Gentle) -> Option<String> {
    let Target::Remote { places, pace, .. } = target else {
        return (wanted == Gentle::Always).then(|| "asked for".to_owned());
    };
    let why = why(places, wanted)?;
    *pace = Some(Arc::new(Pace::gentle()));
    Some(why)
}

fn why(places: &Places, wanted: Gentle) -> Option<String> {
    match wanted {
        Gentle::Never => None,
        Gentle::Always => Some("asked for".to_owned()),
        Gentle::Judged if is_loopback(places.addresses()) => None,
        Gentle::Judged => Some("the target is not on loopback".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;

    #[test]
    fn loopback_is_a_matter_of_addresses() {
        let of = |all: &[&str]| is_loopback(all.iter().map(|a| a.parse::<SocketAddr>().unwrap()));
        for here in ["127.0.0.1:1", "127.9.8.7:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "0.0.0.0:1", "[::]:1"] {
            assert!(of(&[here]), "{here}");
        }
        let elsewhere =
            ["128.0.0.1:1", "10.0.0.1:1", "192.168.1.1:1", "169.254.1.1:1", "[fe80::1]:1", "[2001:db8::1]:1"];
        for there in elsewhere.into_iter().chain(["[::ffff:10.0.0.1]:1", "[::2]:1"]) {
            assert!(!of(&[there]), "{there}");
            assert!(!of(&["127.0.0.1:1", there]), "one elsewhere is enough");
        }
        assert!(of(&[]), "memory has no address");
    }

    fn scenario(header: &str, steps: &str) -> Scenario {
        let text = format!(
            "scenario s\n  title t\n  clauses 5.0/MQTT-3.12.4-1\n  versions 5.0\n  catches x\n{header}  client a\n\n  a connect clean\n{steps}"
        );
        let (mut scenarios, mistakes) = deadzone_script::parse("a.mqt", "a", &text);
        assert!(scenarios.len() == 1, "{mistakes:?}");
        scenarios.remove(0)
    }

    #[test]
    fn what_is_too_much_is_seen_in_the_steps() {
        let why = |header, steps| why_not_gentle(&scenario(header, steps));
        assert_eq!(why("", "  a ping\n"), None);
        assert_eq!(why("", "  a burst 200 \"{run}/t\" \"m\"\n"), None, "just within");
        assert_eq!(why("", "  a burst 201 \"{run}/t\" \"m\"\n"), Some("more than 200 messages"));
        assert_eq!(why("", "  a -> bytes 30 ff ff ff 7f\n"), Some("a packet over 128 KiB"));
        assert_eq!(why("  times 51\n", "  a ping\n"), Some("more than 50 connections"));
        assert_eq!(why("  solo\n", "  a ping\n"), Some("it touches the whole broker"));
        assert_eq!(why("  tags disruptive\n", "  a ping\n"), Some("it is tagged disruptive"));
        let offence = "  a -> PINGREQ broken by flags=3 deviant\n";
        assert!(why("  times 11\n", offence).is_some_and(|why| why.contains("offences")));
        let wrong = "  a disconnect\n  a connect clean user=\"u{run}\" refused\n";
        assert_eq!(why("", wrong), Some("wrong logins, as a ban may be for"));
        let login = "  a disconnect\n  a connect clean user=\"u{run}\"\n";
        assert!(why("  times 4\n", login).is_some_and(|why| why.contains("logins")));
    }

    #[test]
    fn most_of_the_suite_is_gentle_and_floods_are_not() {
        let suite = Suite::embedded().unwrap();
        let is_rough = |s: &&Arc<Scenario>| why_not_gentle(s).is_some();
        let rough: Vec<&str> = suite.scenarios.iter().filter(is_rough).map(|s| s.id.as_str()).collect();
        // What is for a target of one's own alone has no part in it.
        let own = |id: &&&str| ["bridge/", "restart/"].iter().any(|area| id.starts_with(area));
        let others = rough.iter().filter(|id| !own(id)).count();
        assert!(others * 10 < suite.scenarios.len(), "{rough:?}");
        assert!(
            rough.contains(&"subscribe/connack/before-the-backlog"),
            "twenty rounds of three clients: {rough:?}"
        );
    }
}
