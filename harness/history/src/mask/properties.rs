//! Where secrets lie in a list of properties, though it may be torn off or be none.

use std::ops::Range;

use deadzone_wire::PropertyId;

use super::{
    cursor::{Cursor, Stop},
    token::is_token,
};

/// What a list of properties holds.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) secrets: Vec<Range<usize>>,
    /// What forms no property, behind what shows that.
    pub(super) formless: Option<Range<usize>>,
}

impl Walked {
    /// Everything that may be a secret.
    pub(super) fn hidden(mut self) -> Vec<Range<usize>> {
        self.secrets.extend(self.formless);
        self.secrets
    }
}

/// The list of which the length stands at this offset, in bytes that should go on to `end`.
pub(super) fn at(bytes: &[u8], at: usize, end: usize) -> Walked {
    let mut cursor = Cursor { bytes, at, end };
    cursor.block().map_or_else(|_| Walked::default(), |block| inside(bytes, block))
}

/// The list that lies here.
pub(super) fn inside(bytes: &[u8], block: Range<usize>) -> Walked {
    let mut cursor = Cursor { bytes, at: block.start, end: block.end };
    let mut found = Found::default();
    while cursor.at < block.end {
        let Err(stop) = found.one(&mut cursor) else { continue };
        let all = found.texts.iter().chain(&found.data);
        found.secrets.extend(all.filter_map(|field| cursor.behind_control(field)));
        let formless = if let Stop::Misfit(from) = stop { Some(from..block.end) } else { None };
        return Walked { secrets: found.secrets, formless };
    }
    found.secrets.extend(found.texts.iter().filter_map(|text| cursor.behind_nul(text)));
    Walked { secrets: found.secrets, formless: None }
}

/// The data behind what may be its identifier: rather too much is masked than too little.
pub(super) fn authentication(bytes: &[u8], from: usize) -> Range<usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    let found = rest.iter().position(|byte| *byte == PropertyId::AuthenticationData as u8);
    found.map_or(bytes.len(), |found| (from + found + 3).min(bytes.len()))..bytes.len()
}

/// The fields of properties.
#[derive(Default)]
struct Found {
    secrets: Vec<Range<usize>>,
    texts: Vec<Range<usize>>,
    data: Vec<Range<usize>>,
}

impl Found {
    /// Takes in the next property.
    fn one(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        use PropertyId as Id;

        let number = cursor.varint()?;
        let known = u32::try_from(number).ok().and_then(Id::from_value);
        match known.ok_or(Stop::Misfit(cursor.at))? {
            Id::PayloadFormatIndicator
            | Id::RequestProblemInformation
            | Id::RequestResponseInformation
            | Id::MaximumQos
            | Id::RetainAvailable
            | Id::WildcardSubscriptionAvailable
            | Id::SubscriptionIdentifierAvailable
            | Id::SharedSubscriptionAvailable => cursor.skip(1).map(drop),
            Id::ServerKeepAlive | Id::ReceiveMaximum | Id::TopicAliasMaximum | Id::TopicAlias => {
                cursor.skip(2).map(drop)
            }
            Id::MessageExpiryInterval
            | Id::SessionExpiryInterval
            | Id::WillDelayInterval
            | Id::MaximumPacketSize => cursor.skip(4).map(drop),
            Id::SubscriptionIdentifier => cursor.varint().map(drop),
            Id::AuthenticationData => cursor.field().map(|data| self.secrets.push(data)),
            Id::CorrelationData => cursor.field().map(|data| self.data.push(data)),
            Id::ContentType
            | Id::ResponseTopic
            | Id::AssignedClientIdentifier
            | Id::AuthenticationMethod
            | Id::ResponseInformation
            | Id::ServerReference
            | Id::ReasonString => cursor.field().map(|text| self.texts.push(text)),
            Id::UserProperty => {
                self.texts.push(cursor.field()?);
                let value = cursor.field()?;
                let list = if is_token(cursor.visible(&value)) { &mut self.secrets } else { &mut self.texts };
                list.push(value);
                Ok(())
            }
        }
    }
}
