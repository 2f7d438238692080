//! What the selftest expects: the verdicts that each legal variant may get, and which culprits nothing catches yet.

use deadzone_reference_broker::Variant;
use deadzone_spec::Version;
use deadzone_verdict::{Capabilities, VerdictKind};

use VerdictKind::{Inconclusive, NotApplicable, Pass, PassSlow};

/// The verdicts that a scenario may get under a legal variant. A failure is never among them: the broker is correct.
pub(super) fn allowed(variant: Variant) -> &'static [VerdictKind] {
    match variant {
        // It does what every scenario asks for, only otherwise.
        Variant::OnwardAtPubrel
        | Variant::Pubcomp0x92InRecovery
        | Variant::RstOnClose
        | Variant::NoDisconnectBeforeClose
        | Variant::CopyPerSubscription
        | Variant::Answers400msLate
        | Variant::SmallReceiveMaximum
        | Variant::Qos0QueuedOffline
        | Variant::PubackNoMatchingSubscribers
        | Variant::UserPropertyEverywhere
        | Variant::AutomaticSubscription
        | Variant::ConnectWithin32s
        | Variant::SplitsPackets
        | Variant::RoutesLater
        | Variant::LooksUpBehindSuback
        | Variant::DupOnUnsent
        | Variant::ReasonStringEverywhere
        | Variant::NoAliasesToClient
        | Variant::SessionExpiryCapped
        | Variant::LowestFreePacketId
        | Variant::SharesWithFirstMember
        | Variant::ReceiveMaximumNotEnforced
        | Variant::Wills2sLate
        | Variant::KeepAlive3sLate
        | Variant::LiveResendBefore5
        | Variant::BridgesServed
        | Variant::DelayedWillLostAtCleanStart => &[Pass],
        // It is later than most.
        Variant::Resends30sLate
        | Variant::Connack10sLate
        | Variant::Acknowledges10sLate
        | Variant::RetainsLater => &[Pass, PassSlow],
        // It does not offer what some scenarios need, and says so before they need it.
        Variant::GrantsAtMostQos1
        | Variant::KeepAliveZeroRefused
        | Variant::ClosesIdleClients
        | Variant::OneInFlight
        | Variant::LongIdsRefused
        | Variant::EmptyIdsRefused => &[Pass, NotApplicable],
        // It does not offer it either, and closes where a scenario tries: the client had sent more than its CONNACK takes.
        Variant::MaximumQos1
        | Variant::RetainUnavailable
        | Variant::WildcardsUnavailable
        | Variant::SubscriptionIdsUnavailable
        | Variant::SharingUnavailable => &[Pass, NotApplicable, Inconclusive],
        // A silence that a scenario counts on to go unnoticed is noticed sooner.
        Variant::ServerKeepAlive30s => &[Pass, Inconclusive],
        // It lets a client in later, or not at all in the time that a scenario has.
        Variant::RefusesQuickConnections | Variant::RefusesQuickReturn => &[Pass, PassSlow, Inconclusive],
    }
}

/// What a run would know of the broker under this variant: it asks a target what it offers before it plans.
pub(super) fn offered(variant: Option<Variant>, version: Version) -> Capabilities {
    let all = Capabilities::everything(version);
    // Before 5.0 nothing tells; there the gates show it.
    match variant.filter(|_| version == Version::V5) {
        Some(Variant::MaximumQos1) => Capabilities { max_qos: 1, ..all },
        Some(Variant::RetainUnavailable) => Capabilities { retain: false, ..all },
        Some(Variant::WildcardsUnavailable) => Capabilities { wildcard: false, ..all },
        Some(Variant::SubscriptionIdsUnavailable) => Capabilities { subscription_identifier: false, ..all },
        Some(Variant::SharingUnavailable) => Capabilities { shared: false, ..all },
        _ => all,
    }
}

/// Defects and mutants that no scenario catches yet, by a clause that it claims and the defect breaks, each with what would.
/// The selftest tells them, and minds one that stands here although something catches it.
pub(super) const UNCAUGHT: &[(&str, &str)] = &[
    ("dup-publish-refused", "nothing, by right: PUBREC 0x91 is legal here and graded"),
    ("unknown-level-unanswered", "a CONNECT of an unknown level to a broker that speaks 3.1.1 alone"),
    ("server-keep-alive-not-kept", "a silence longer than Server Keep Alive"),
];

/// What scenarios catch that no switch of ours turns on: brokers that are configured so. Each with the test that shows it.
const ELSEWHERE: &[(&str, &str)] = &[
    ("bridge-loops", "tests/cli/bridge.rs"),
    ("bridge-one-way", "tests/cli/bridge.rs"),
    ("bridge-qos0", "tests/cli/bridge.rs"),
    ("bridge-qos1", "tests/cli/bridge.rs"),
];

/// Whether a culprit is a broker's configuration, and shown by a test of its own.
pub(super) fn is_shown_elsewhere(name: &str) -> bool {
    ELSEWHERE.iter().any(|(known, _)| *known == name)
}

/// What is missing to catch this culprit, if something is.
pub(super) fn uncaught(name: &str) -> Option<&'static str> {
    UNCAUGHT.iter().find(|(n, _)| *n == name).map(|(_, why)| *why)
}
