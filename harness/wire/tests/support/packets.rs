//! Arbitrary correct packets of each version, with the party that may send them.

use bytes::Bytes;
use deadzone_wire::{
    Ack, AckKind, Auth, Bare, Connack, Connect, Disconnect, Packet, Properties, PropertyId as Id,
    PropertyValue as Val, Publish, Sender, Suback, Subscribe, Text, Unsuback, Unsubscribe, VarInt, Version,
    Will,
};
use proptest::{collection::vec, option, prelude::*, sample::select, strategy::Union};

type Item = (Id, Val);

/// A correct packet and who sends it.
pub(crate) fn packet(version: Version) -> BoxedStrategy<(Sender, Packet)> {
    let mut all: Vec<BoxedStrategy<(Sender, Packet)>> = vec![
        by(Sender::Client, connect(version).prop_map(Packet::from)),
        by(Sender::Server, connack(version).prop_map(Packet::Connack)),
        by(Sender::Client, publish(version, Sender::Client).prop_map(Packet::Publish)),
        by(Sender::Server, publish(version, Sender::Server).prop_map(Packet::Publish)),
        by(Sender::Client, ack(version).prop_map(Packet::Ack)),
        by(Sender::Server, ack(version).prop_map(Packet::Ack)),
        by(Sender::Client, subscribe(version).prop_map(Packet::Subscribe)),
        by(Sender::Server, suback(version).prop_map(Packet::Suback)),
        by(Sender::Client, unsubscribe(version).prop_map(Packet::Unsubscribe)),
        by(Sender::Server, unsuback(version).prop_map(Packet::Unsuback)),
        by(Sender::Client, Just(Packet::Bare(Bare::pingreq()))),
        by(Sender::Server, Just(Packet::Bare(Bare::pingresp()))),
        by(Sender::Client, disconnect(version, Sender::Client).prop_map(Packet::Disconnect)),
    ];
    if version == Version::V5 {
        all.push(by(Sender::Server, disconnect(version, Sender::Server).prop_map(Packet::Disconnect)));
        all.push(by(Sender::Client, auth(Sender::Client).prop_map(Packet::Auth)));
        all.push(by(Sender::Server, auth(Sender::Server).prop_map(Packet::Auth)));
    }
    Union::new(all).boxed()
}

fn by(sender: Sender, packets: impl Strategy<Value = Packet> + 'static) -> BoxedStrategy<(Sender, Packet)> {
    packets.prop_map(move |packet| (sender, packet)).boxed()
}

fn text() -> BoxedStrategy<Text> {
    "[^\u{0}]{0,12}".prop_map(Text::from).boxed()
}

fn topic() -> BoxedStrategy<Text> {
    "[^\u{0}#+]{1,12}".prop_map(Text::from).boxed()
}

fn filter() -> BoxedStrategy<Text> {
    let level = prop_oneof!["[^\u{0}#+/$]{0,4}", Just("+".to_owned())];
    (vec(level, 1..4), any::<bool>())
        .prop_map(|(levels, hash)| levels.join("/") + if hash { "/#" } else { "/x" })
        .prop_map(Text::from)
        .boxed()
}

fn shared_filter(version: Version) -> BoxedStrategy<Text> {
    if version < Version::V5 {
        return filter();
    }
    ("[^\u{0}#+/]{1,4}", filter()).prop_map(|(name, f)| format!("$share/{name}/{}", f.lossy()).into()).boxed()
}

fn payload() -> BoxedStrategy<Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from).boxed()
}

fn value(id: Id) -> BoxedStrategy<Val> {
    match id {
        Id::PayloadFormatIndicator
        | Id::RequestProblemInformation
        | Id::RequestResponseInformation
        | Id::MaximumQos
        | Id::RetainAvailable
        | Id::WildcardSubscriptionAvailable
        | Id::SubscriptionIdentifierAvailable
        | Id::SharedSubscriptionAvailable => (0u8..=1).prop_map(Val::Byte).boxed(),
        Id::TopicAlias | Id::ReceiveMaximum => (1u16..).prop_map(Val::U16).boxed(),
        Id::ServerKeepAlive | Id::TopicAliasMaximum => any::<u16>().prop_map(Val::U16).boxed(),
        Id::MaximumPacketSize => (1u32..).prop_map(Val::U32).boxed(),
        Id::MessageExpiryInterval | Id::SessionExpiryInterval | Id::WillDelayInterval => {
            any::<u32>().prop_map(Val::U32).boxed()
        }
        Id::SubscriptionIdentifier => (1..=VarInt::MAX).prop_map(|v| Val::Var(VarInt::minimal(v))).boxed(),
        Id::CorrelationData | Id::AuthenticationData => payload().prop_map(Val::Binary).boxed(),
        Id::ResponseTopic => topic().prop_map(Val::Text).boxed(),
        Id::UserProperty => (text(), text()).prop_map(|(a, b)| Val::Pair(a, b)).boxed(),
        _ => text().prop_map(Val::Text).boxed(),
    }
}

/// Any of these properties once each, then some User Properties; nothing before 5.0.
fn properties(version: Version, ids: &'static [Id]) -> BoxedStrategy<Properties> {
    if version < Version::V5 {
        return Just(Properties::new()).boxed();
    }
    let once = proptest::sample::subsequence(ids, 0..=ids.len()).prop_shuffle();
    let once = once.prop_flat_map(|ids| ids.into_iter().map(item).collect::<Vec<_>>());
    (once, vec(item(Id::UserProperty), 0..3)).prop_map(|(a, b)| list(a.into_iter().chain(b))).boxed()
}

fn item(id: Id) -> BoxedStrategy<Item> {
    value(id).prop_map(move |value| (id, value)).boxed()
}

fn list(items: impl IntoIterator<Item = Item>) -> Properties {
    items.into_iter().fold(Properties::new(), |list, (id, value)| list.with(id, value))
}

/// Authentication Method, and Authentication Data half the time.
fn authentication() -> BoxedStrategy<Vec<Item>> {
    (item(Id::AuthenticationMethod), option::of(item(Id::AuthenticationData)))
        .prop_map(|(method, data)| std::iter::once(method).chain(data).collect())
        .boxed()
}

const ABOUT_MESSAGE: &[Id] = &[
    Id::PayloadFormatIndicator,
    Id::MessageExpiryInterval,
    Id::ContentType,
    Id::ResponseTopic,
    Id::CorrelationData,
];

fn connect(version: Version) -> BoxedStrategy<Connect> {
    const IDS: &[Id] = &[
        Id::SessionExpiryInterval,
        Id::AuthenticationMethod,
        Id::RequestProblemInformation,
        Id::RequestResponseInformation,
        Id::ReceiveMaximum,
        Id::TopicAliasMaximum,
        Id::MaximumPacketSize,
    ];
    let will = (will_properties(version), topic(), payload(), 0u8..3, any::<bool>());
    let head = ("[0-9a-zA-Z]{1,23}", any::<bool>(), any::<u16>(), properties(version, IDS));
    (head, option::of(will), option::of(text()), option::of(payload()))
        .prop_map(move |((id, clean, keep_alive_s, properties), will, username, password)| {
            let mut connect = Connect { keep_alive_s, properties, ..Connect::new(version, &id) };
            connect.set_clean(clean);
            if let Some((properties, topic, payload, qos, retain)) = will {
                connect.set_will(Will { properties, topic, payload }, qos, retain);
            }
            let alone_is_legal = version == Version::V5 || username.is_some();
            username.into_iter().for_each(|name| connect.set_username(name));
            password.into_iter().filter(|_| alone_is_legal).for_each(|word| connect.set_password(word));
            connect
        })
        .boxed()
}

fn will_properties(version: Version) -> BoxedStrategy<Properties> {
    const IDS: &[Id] =
        &[Id::WillDelayInterval, Id::ContentType, Id::ResponseTopic, Id::PayloadFormatIndicator];
    properties(version, IDS)
}

fn connack(version: Version) -> BoxedStrategy<Connack> {
    const IDS: &[Id] = &[
        Id::SessionExpiryInterval,
        Id::AssignedClientIdentifier,
        Id::ServerKeepAlive,
        Id::ResponseInformation,
        Id::ServerReference,
        Id::ReasonString,
        Id::ReceiveMaximum,
        Id::TopicAliasMaximum,
        Id::MaximumQos,
        Id::RetainAvailable,
        Id::MaximumPacketSize,
        Id::WildcardSubscriptionAvailable,
        Id::SubscriptionIdentifierAvailable,
        Id::SharedSubscriptionAvailable,
    ];
    let codes: &[u8] = if version == Version::V5 { &[0, 0x80, 0x87, 0x9f] } else { &[0, 1, 5] };
    (any::<bool>(), select(codes), properties(version, IDS))
        .prop_map(move |(present, code, properties)| Connack {
            properties: (version == Version::V5).then_some(properties),
            ..Connack::new(version, present && code == 0, code)
        })
        .boxed()
}

fn publish(version: Version, sender: Sender) -> BoxedStrategy<Publish> {
    let ids = vec(item(Id::SubscriptionIdentifier), 0..3);
    let properties = (properties(version, ABOUT_MESSAGE), ids).prop_map(move |(mut properties, ids)| {
        let legal = version == Version::V5 && sender == Sender::Server;
        ids.into_iter().filter(|_| legal).for_each(|(id, value)| properties.push(id, value));
        properties
    });
    let alias = option::of((any::<bool>(), value(Id::TopicAlias)));
    (topic(), 0u8..3, 1u16.., any::<(bool, bool)>(), properties, alias, payload())
        .prop_map(move |(mut topic, qos, id, (dup, retain), mut properties, alias, payload)| {
            if let Some((instead, alias)) = alias.filter(|_| version == Version::V5) {
                properties.push(Id::TopicAlias, alias);
                if instead {
                    topic = Text::default();
                }
            }
            let packet_id = (qos > 0).then_some(id);
            Publish { dup: dup && qos > 0, qos, retain, topic, packet_id, properties, payload }
        })
        .boxed()
}

/// Reason code and properties in every form: none, the code alone, both.
fn coded(version: Version, codes: &'static [u8]) -> BoxedStrategy<(Option<u8>, Option<Properties>)> {
    if version < Version::V5 {
        return Just((None, None)).boxed();
    }
    prop_oneof![
        Just((None, None)),
        select(codes).prop_map(|code| (Some(code), None)),
        (select(codes), properties(version, &[Id::ReasonString])).prop_map(|(c, p)| (Some(c), Some(p))),
    ]
    .boxed()
}

fn ack(version: Version) -> BoxedStrategy<Ack> {
    let first = (select(&[AckKind::Puback, AckKind::Pubrec][..]), coded(version, &[0x00, 0x80, 0x91, 0x97]));
    let second = (select(&[AckKind::Pubrel, AckKind::Pubcomp][..]), coded(version, &[0x00, 0x92]));
    (1u16.., prop_oneof![first, second])
        .prop_map(|(id, (kind, (reason, properties)))| Ack { reason, properties, ..Ack::new(kind, id) })
        .boxed()
}

fn subscribe(version: Version) -> BoxedStrategy<Subscribe> {
    let options = move |shared: bool| {
        (0u8..3, 0u8..3, any::<bool>(), any::<bool>()).prop_map(move |(qos, handling, kept, no_local)| {
            let no_local = no_local && !shared;
            let v5 = u8::from(no_local) << 2 | u8::from(kept) << 3 | handling << 4;
            if version == Version::V5 { qos | v5 } else { qos }
        })
    };
    let pair = prop_oneof![(filter(), options(false)), (shared_filter(version), options(true))];
    (1u16.., properties(version, &[Id::SubscriptionIdentifier]), vec(pair, 1..4))
        .prop_map(|(packet_id, properties, filters)| Subscribe {
            packet_id,
            properties,
            filters,
            tail: Bytes::new(),
        })
        .boxed()
}

fn suback(version: Version) -> BoxedStrategy<Suback> {
    let codes: &[u8] = match version {
        Version::V31 => &[0, 1, 2],
        Version::V311 => &[0, 1, 2, 0x80],
        Version::V5 => &[0, 1, 2, 0x80, 0x8f, 0xa2],
    };
    (1u16.., properties(version, &[Id::ReasonString]), vec(select(codes), 1..4))
        .prop_map(|(packet_id, properties, codes)| Suback { packet_id, properties, codes })
        .boxed()
}

fn unsubscribe(version: Version) -> BoxedStrategy<Unsubscribe> {
    let any_filter = prop_oneof![filter(), shared_filter(version)];
    (1u16.., properties(version, &[]), vec(any_filter, 1..4))
        .prop_map(|(packet_id, properties, filters)| Unsubscribe {
            packet_id,
            properties,
            filters,
            tail: Bytes::new(),
        })
        .boxed()
}

fn unsuback(version: Version) -> BoxedStrategy<Unsuback> {
    let codes = vec(select(&[0x00u8, 0x11, 0x87][..]), 1..4);
    (1u16.., properties(version, &[Id::ReasonString]), codes)
        .prop_map(move |(packet_id, properties, codes)| {
            let codes = if version == Version::V5 { codes } else { Vec::new() };
            Unsuback { packet_id, properties, codes }
        })
        .boxed()
}

fn disconnect(version: Version, sender: Sender) -> BoxedStrategy<Disconnect> {
    let coded = match sender {
        Sender::Client => coded(version, &[0x00, 0x04, 0x81, 0x93]),
        Sender::Server => coded(version, &[0x81, 0x8b, 0x8e, 0xa2])
            .prop_filter("the short form is the client's", |c| c.0.is_some())
            .boxed(),
    };
    coded.prop_map(|(reason, properties)| Disconnect { reason, properties, tail: Bytes::new() }).boxed()
}

fn auth(sender: Sender) -> BoxedStrategy<Auth> {
    let code = match sender {
        Sender::Client => select(&[0x18, 0x19][..]),
        Sender::Server => select(&[0x00, 0x18][..]),
    };
    (code, authentication())
        .prop_map(|(code, items)| Auth {
            reason: Some(code),
            properties: Some(list(items)),
            tail: Bytes::new(),
        })
        .boxed()
}
