//! Which clause a missing or a wrong thing breaks: one table, by what was waited for and the version. 3.1 has no clauses.

use deadzone_spec::{ClauseId, Pair, Party, id, pair};
use deadzone_wire::{Field, PacketKind, PropertyId, Version};

use crate::rules::OVERLAP_QOS;

/// What was owed and did not come, or came otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    /// An answer of this type.
    Answer(PacketKind),
    /// PUBREC for a further copy of a PUBLISH.
    PubrecAgain,
    /// A new delivery.
    Delivery,
    /// PUBLISH or PUBREL again, after the session was resumed.
    Resend,
    /// The retained message of a new subscription.
    Retained,
    /// The will of a client that is gone.
    Will,
    /// The close.
    Close(CloseCause),
    /// One delivery of a message, not several.
    Once(Twice),
    /// The order of publication.
    Order,
    /// A field of a PUBLISH, with the value that is due.
    Field(Field, u32),
    /// CONNACK as the first packet.
    FirstConnack,
    /// A code for a legal refusal of a CONNECT.
    RefusalCode,
}

/// Why a server must close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseCause {
    /// A second CONNECT.
    SecondConnect,
    /// CONNACK refused.
    Refused,
    /// Another connection took over.
    Takeover,
    /// One and a half times the keep-alive passed in silence.
    KeepAlive,
    /// A protocol violation, by the clause that was broken; none where the bytes form no packet.
    Violation(Option<ClauseId>),
}

/// Whose role went wrong when a message came twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twice {
    /// As a receiver: the publisher's repetition went onward again.
    AsReceiver,
    /// As a sender: sent as new what was not finished.
    AsSender,
    /// As a sender: PUBLISH again though PUBREL had been sent.
    AfterRelease,
}

/// The clause, for what the server owes.
pub(crate) fn clause(owed: Owed, version: Version) -> Option<ClauseId> {
    pair(owed)?.of(version)
}

/// The clauses of both versions.
pub(crate) fn pair(owed: Owed) -> Option<Pair> {
    Some(match owed {
        Owed::Answer(kind) => answer(kind)?,
        Owed::PubrecAgain => pair!("MQTT-4.3.3-2", "MQTT-4.3.3-10"),
        Owed::Delivery => pair!("MQTT-4.5.0-1", "MQTT-4.5.0-1"),
        Owed::Resend => pair!("MQTT-4.4.0-1", "MQTT-4.4.0-1"),
        Owed::Retained => pair!("MQTT-3.3.1-6", "MQTT-3.3.1-9"),
        Owed::Will => pair!("MQTT-3.1.2-8", "MQTT-3.1.2-8"),
        Owed::Close(cause) => close(cause),
        Owed::Once(Twice::AsReceiver) => pair!("MQTT-4.3.3-2", "MQTT-4.3.3-10"),
        Owed::Once(Twice::AsSender) => pair!("MQTT-4.4.0-1", "MQTT-4.4.0-1"),
        Owed::Once(Twice::AfterRelease) => pair!("MQTT-4.3.3-1", "MQTT-4.3.3-6"),
        Owed::Order => pair!("MQTT-4.6.0-6", "MQTT-4.6.0-5"),
        Owed::Field(field, wanted) => of_field(field, wanted)?,
        Owed::FirstConnack => pair!("MQTT-3.2.0-1", "MQTT-3.2.0-1"),
        Owed::RefusalCode => pair!("MQTT-3.2.2-6", "DZ-claim"),
    })
}

/// Every pair of the table.
pub(crate) fn pairs() -> impl Iterator<Item = Pair> {
    use PacketKind as K;

    let answers =
        [K::Connack, K::Puback, K::Pubrec, K::Pubrel, K::Pubcomp, K::Suback, K::Unsuback, K::Pingresp];
    let causes =
        [CloseCause::SecondConnect, CloseCause::Refused, CloseCause::Takeover, CloseCause::KeepAlive];
    let fields = OF_MESSAGES;
    let once = [Twice::AsReceiver, Twice::AsSender, Twice::AfterRelease];
    let alone = [
        Owed::PubrecAgain,
        Owed::Delivery,
        Owed::Resend,
        Owed::Retained,
        Owed::Will,
        Owed::Close(CloseCause::Violation(None)),
        Owed::Order,
        Owed::FirstConnack,
        Owed::RefusalCode,
    ];
    let of_fields = fields.into_iter().flat_map(|field| [Owed::Field(field, 0), Owed::Field(field, 1)]);
    let all =
        answers.into_iter().map(Owed::Answer).chain(causes.into_iter().map(Owed::Close)).chain(of_fields);
    all.chain(once.into_iter().map(Owed::Once)).chain(alone).filter_map(pair)
}

fn answer(kind: PacketKind) -> Option<Pair> {
    Some(match kind {
        PacketKind::Connack => pair!("MQTT-3.1.4-4", "MQTT-3.1.4-5"),
        PacketKind::Puback => pair!("MQTT-4.3.2-2", "MQTT-4.3.2-4"),
        PacketKind::Pubrec => pair!("MQTT-4.3.3-2", "MQTT-4.3.3-8"),
        PacketKind::Pubrel => pair!("MQTT-4.3.3-1", "MQTT-4.3.3-4"),
        PacketKind::Pubcomp => pair!("MQTT-4.3.3-2", "MQTT-4.3.3-11"),
        PacketKind::Suback => pair!("MQTT-3.8.4-1", "MQTT-3.8.4-1"),
        PacketKind::Unsuback => pair!("MQTT-3.10.4-4", "MQTT-3.10.4-4"),
        PacketKind::Pingresp => pair!("MQTT-3.12.4-1", "MQTT-3.12.4-1"),
        _ => return None,
    })
}

fn close(cause: CloseCause) -> Pair {
    match cause {
        CloseCause::SecondConnect => pair!("MQTT-3.1.0-2", "MQTT-3.1.0-2"),
        CloseCause::Refused => pair!("MQTT-3.2.2-5", "MQTT-3.2.2-7"),
        CloseCause::Takeover => pair!("MQTT-3.1.4-2", "MQTT-3.1.4-3"),
        CloseCause::KeepAlive => pair!("MQTT-3.1.2-24", "MQTT-3.1.2-22"),
        // Where the broken clause says itself what the server does, it is that one.
        CloseCause::Violation(Some(clause)) if clause.clause().party == Party::Server => {
            Pair { v311: Some(clause), v5: Some(clause) }
        }
        CloseCause::Violation(_) => pair!("MQTT-4.8.0-1", "MQTT-4.13.1-1"),
    }
}

/// The fields of a PUBLISH that have a statement of their own.
const OF_MESSAGES: [Field; 10] = [
    Field::Retain,
    Field::Qos,
    Field::Dup,
    Field::MESSAGE_EXPIRY,
    Field::SUB_ID,
    Field::Property(PropertyId::PayloadFormatIndicator),
    Field::Property(PropertyId::ResponseTopic),
    Field::Property(PropertyId::CorrelationData),
    Field::Property(PropertyId::UserProperty),
    Field::Property(PropertyId::ContentType),
];

/// The clause for a number in a PUBLISH that is not as it is due.
fn of_field(field: Field, wanted: u32) -> Option<Pair> {
    Some(match (field, wanted) {
        (Field::Retain, 0) => pair!("MQTT-3.3.1-9", "MQTT-3.3.1-12"),
        (Field::Retain, _) => pair!("MQTT-3.3.1-8", "MQTT-3.3.1-13"),
        (Field::Qos, _) => pair!("MQTT-3.8.4-6", "MQTT-3.8.4-8"),
        (Field::Dup, 0) => pair!("MQTT-3.3.1-3", "MQTT-3.3.1-3"),
        (Field::Dup, _) => pair!("MQTT-3.3.1-1", "MQTT-3.3.1-1"),
        (Field::MESSAGE_EXPIRY, _) => pair!(-, "MQTT-3.3.2-6"),
        (Field::SUB_ID, _) => pair!(-, "MQTT-3.3.4-3"),
        (Field::Property(PropertyId::PayloadFormatIndicator), _) => pair!(-, "MQTT-3.3.2-4"),
        (Field::Property(PropertyId::ResponseTopic), _) => pair!(-, "MQTT-3.3.2-15"),
        (Field::Property(PropertyId::CorrelationData), _) => pair!(-, "MQTT-3.3.2-16"),
        (Field::Property(PropertyId::UserProperty), _) => pair!(-, "MQTT-3.3.2-17"),
        (Field::Property(PropertyId::ContentType), _) => pair!(-, "MQTT-3.3.2-20"),
        _ => return None,
    })
}

/// The id of our own for claims that nobody names a statement for.
pub(crate) fn unnamed(version: Version) -> ClauseId {
    match version {
        Version::V31 => id!("3.1/DZ-claim"),
        Version::V311 => id!("3.1.1/DZ-claim"),
        Version::V5 => id!("5.0/DZ-claim"),
    }
}

/// Whether a clause is about a field of what is delivered: what never came does not break it.
pub(crate) fn about_a_field(clause: ClauseId) -> bool {
    let pairs = OF_MESSAGES.into_iter().flat_map(|field| [0, 1].map(|wanted| of_field(field, wanted)));
    let mut all = pairs.flatten().chain([OVERLAP_QOS]);
    all.any(|pair| pair.of(clause.version()) == Some(clause))
}

/// Whether a clause says that a connection goes on: then a will of it shows the breach, where the broker had no other reason to end it.
pub(crate) fn keeps_a_connection(clause: ClauseId) -> bool {
    let pairs = [
        pair!("DZ-refused-connect", "DZ-refused-connect"),
        pair!("MQTT-3.1.3-6", "MQTT-3.1.3-6"),
        pair!(-, "MQTT-3.2.2-22"),
    ];
    pairs.iter().any(|pair| pair.of(clause.version()) == Some(clause))
}

/// The clause of a finding and those beside it that the same fact breaks: the step's own come first, then the table's, which the
/// scenario need not name, then the scenario's first. Those of another version or that bind only clients are left out.
pub(crate) fn choose(
    step: &[ClauseId],
    table: Option<ClauseId>,
    scenario: &[ClauseId],
    version: Version,
) -> (ClauseId, Vec<ClauseId>) {
    let fits = |id: &&ClauseId| id.version() == version && id.binds_server();
    let mut step = step.iter().filter(fits);
    if let Some(first) = step.next() {
        return (*first, step.copied().collect());
    }
    if let Some(table) = table {
        return (table, Vec::new());
    }
    let first = scenario.iter().find(fits).copied();
    (first.unwrap_or_else(|| unnamed(version)), Vec::new())
}

/// As [`choose`] for claims about messages: the table's clause counts only where the scenario is about it.
pub(crate) fn choose_for_messages(
    step: &[ClauseId],
    table: Option<ClauseId>,
    scenario: &[ClauseId],
    version: Version,
) -> (ClauseId, Vec<ClauseId>) {
    let fits = |id: &&ClauseId| id.version() == version && id.binds_server();
    if step.iter().any(|id| fits(&id)) {
        return choose(step, None, scenario, version);
    }
    let ours = table.filter(|id| scenario.contains(id));
    let head = ours.or_else(|| scenario.iter().find(fits).copied()).or(table);
    (head.unwrap_or_else(|| unnamed(version)), Vec::new())
}
