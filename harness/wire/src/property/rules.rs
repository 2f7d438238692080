//! Where each property may stand, how often, and in what range (5.0 §2.2.2.2 and the sections of the packets).

use crate::{
    PacketKind, Property, PropertyId, PropertyValue, Sender, clause, clause::Rule, findings::Findings, topic,
};

/// What a property list belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// A packet.
    Packet(PacketKind),
    /// The will in a CONNECT.
    Will,
}

impl Home {
    /// Checks one property against the table and those before it; `offset` is that of its identifier.
    pub(crate) fn check(
        self,
        id: PropertyId,
        property: &Property,
        before: &[Property],
        offset: usize,
        findings: &mut Findings,
    ) {
        if !self.allows(id) {
            findings.note(&clause::FOREIGN_PROPERTY, offset, format!("{id:?} is not allowed here"));
        }
        if before.iter().any(|p| p.id.value() == id as u32) && !repeatable(id, self) {
            findings.note(&clause::REPEATED_PROPERTY, offset, format!("{id:?} is given again"));
        }
        if let Some(rule) = self.of_other_party(id, findings.sender) {
            findings.note(rule, offset, format!("{id:?} is not for this sender"));
        }
        let value_at = offset + usize::from(property.id.width());
        self.check_value(id, &property.value, value_at, findings);
    }

    /// Checks what holds of the list as a whole; `offset` is that of its length.
    pub(crate) fn check_together(self, items: &[Property], offset: usize, findings: &mut Findings) {
        let has = |id: PropertyId| items.iter().any(|p| p.id.value() == id as u32);
        let method = has(PropertyId::AuthenticationMethod);
        if self == Self::Packet(PacketKind::Auth) {
            findings.note_if(!method, &clause::AUTH_WITHOUT_METHOD, offset, "no Authentication Method");
        } else if has(PropertyId::AuthenticationData)
            && !method
            && self.allows(PropertyId::AuthenticationData)
        {
            let what = "Authentication Data without an Authentication Method";
            findings.note(&clause::DATA_WITHOUT_METHOD, offset, what);
        }
    }

    fn check_value(self, id: PropertyId, value: &PropertyValue, offset: usize, findings: &mut Findings) {
        use PropertyId as Id;

        let range = |findings: &mut Findings, bad: bool, rule: &Rule| {
            if bad {
                findings.note(rule, offset, format!("{id:?} is out of range"));
            }
        };
        match (id, value) {
            (_, PropertyValue::Byte(v)) => range(findings, *v > 1, &clause::PROPERTY_RANGE),
            (Id::TopicAlias, PropertyValue::U16(v)) => range(findings, *v == 0, &clause::ALIAS_ZERO),
            (Id::ReceiveMaximum, PropertyValue::U16(v)) => range(findings, *v == 0, &clause::PROPERTY_RANGE),
            (Id::MaximumPacketSize, PropertyValue::U32(v)) => {
                range(findings, *v == 0, &clause::PROPERTY_RANGE);
            }
            (Id::SubscriptionIdentifier, PropertyValue::Var(v)) => {
                range(findings, v.value() == 0, &clause::PROPERTY_RANGE);
            }
            (Id::ResponseTopic, PropertyValue::Text(name)) => {
                findings.note_if(name.is_empty(), &clause::EMPTY_TOPIC, offset + 2, "empty Response Topic");
                let rule =
                    if self == Self::Will { &clause::NAME_WILDCARD } else { &clause::RESPONSE_WILDCARD };
                topic::check_name(findings, name, offset + 2, rule, "Response Topic");
            }
            _ => {}
        }
    }

    fn of_other_party(self, id: PropertyId, sender: Sender) -> Option<&'static Rule> {
        match (self, id, sender) {
            (Self::Packet(PacketKind::Publish), PropertyId::SubscriptionIdentifier, Sender::Client) => {
                Some(&clause::CLIENT_SUB_ID)
            }
            (Self::Packet(PacketKind::Disconnect), PropertyId::SessionExpiryInterval, Sender::Server) => {
                Some(&clause::SERVER_EXPIRY)
            }
            _ => None,
        }
    }

    pub(crate) fn allows(self, id: PropertyId) -> bool {
        use PacketKind as K;
        use PropertyId as Id;

        let Self::Packet(kind) = self else {
            return matches!(
                id,
                Id::PayloadFormatIndicator
                    | Id::MessageExpiryInterval
                    | Id::ContentType
                    | Id::ResponseTopic
                    | Id::CorrelationData
                    | Id::WillDelayInterval
                    | Id::UserProperty
            );
        };
        match id {
            Id::PayloadFormatIndicator
            | Id::MessageExpiryInterval
            | Id::ContentType
            | Id::ResponseTopic
            | Id::CorrelationData
            | Id::TopicAlias => kind == K::Publish,
            Id::SubscriptionIdentifier => matches!(kind, K::Publish | K::Subscribe),
            Id::SessionExpiryInterval => matches!(kind, K::Connect | K::Connack | K::Disconnect),
            Id::AssignedClientIdentifier
            | Id::ServerKeepAlive
            | Id::ResponseInformation
            | Id::MaximumQos
            | Id::RetainAvailable
            | Id::WildcardSubscriptionAvailable
            | Id::SubscriptionIdentifierAvailable
            | Id::SharedSubscriptionAvailable => kind == K::Connack,
            Id::AuthenticationMethod | Id::AuthenticationData => {
                matches!(kind, K::Connect | K::Connack | K::Auth)
            }
            Id::RequestProblemInformation | Id::RequestResponseInformation => kind == K::Connect,
            Id::WillDelayInterval => false,
            Id::ServerReference => matches!(kind, K::Connack | K::Disconnect),
            Id::ReasonString => !matches!(kind, K::Connect | K::Publish | K::Subscribe | K::Unsubscribe),
            Id::ReceiveMaximum | Id::TopicAliasMaximum | Id::MaximumPacketSize => {
                matches!(kind, K::Connect | K::Connack)
            }
            Id::UserProperty => true,
        }
    }
}

/// Whether a list may hold the property more than once.
pub(crate) fn repeatable(id: PropertyId, home: Home) -> bool {
    match id {
        PropertyId::UserProperty => true,
        PropertyId::SubscriptionIdentifier => home == Home::Packet(PacketKind::Publish),
        _ => false,
    }
}
