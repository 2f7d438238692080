//! Takes each claim about messages to what it asks: too many, too few, another order, another shape.

use bytes::Bytes;
use deadzone_history::{Claim, ClaimKind, HowOften};
use deadzone_spec::ClauseId;
use deadzone_verdict::{Fact, Finding, Phase};
use deadzone_wire::{Field, Packet, Value, Version};

use super::{
    count,
    deliveries::{Deliveries, Delivery, Known},
    shape,
};
use crate::{
    opinion::Opinion,
    owed,
    survey::{Claimed, Outcome, Survey},
};

pub(in crate::checkers) const NAME: &str = "receives";

pub(in crate::checkers) fn check(survey: &Survey<'_>) -> Vec<Opinion> {
    let known = Known::of(survey);
    let mut opinions = Vec::new();
    for claimed in &survey.claims {
        let ClaimKind::Receives { client, payloads, fields, count } = &claimed.claim.kind else { continue };
        let deliveries = &*known.to(client.index(), u64::MAX);
        let version = survey.version_of(client.index());
        let watch = Watch {
            survey,
            known: &known,
            claimed,
            claim: claimed.claim,
            client: client.index(),
            fields,
            version,
            deliveries,
        };
        if matches!(claimed.outcome, Outcome::Met { slow: true, .. }) {
            opinions.push(Opinion::Slow);
        }
        match count {
            HowOften::Never if payloads.is_empty() => opinions.extend(count::none_at_all(&watch)),
            HowOften::Never => opinions.extend(payloads.iter().filter_map(|p| count::never(&watch, p))),
            _ if payloads.is_empty() => opinions.extend(count::any(&watch, *count)),
            HowOften::InOrder => {
                opinions
                    .extend(payloads.iter().flat_map(|p| count::how_often(&watch, p, HowOften::AtLeastOnce)));
                opinions.extend(shape::order(&watch, payloads));
            }
            _ => opinions.extend(payloads.iter().flat_map(|p| count::how_often(&watch, p, *count))),
        }
    }
    opinions
}

/// One claim with what is known of its client.
pub(super) struct Watch<'s, 'h> {
    pub(super) survey: &'s Survey<'h>,
    pub(super) known: &'s Known<'s, 'h>,
    pub(super) claimed: &'s Claimed<'h>,
    pub(super) claim: &'h Claim,
    pub(super) client: usize,
    pub(super) fields: &'h [(Field, Value)],
    pub(super) version: Version,
    pub(super) deliveries: &'s Deliveries<'h>,
}

impl<'s, 'h> Watch<'s, 'h> {
    /// The deliveries of this payload that the claim means: fields that say *which* message it is must be equal.
    pub(super) fn meant(&self, payload: &Bytes) -> Vec<&'s Delivery<'h>> {
        self.deliveries.with_payload(payload).filter(|delivery| self.means(delivery)).collect()
    }

    pub(super) fn means(&self, delivery: &Delivery<'_>) -> bool {
        let which = |field: Field| matches!(field, Field::Topic | Field::Id | Field::SubId);
        self.ours(delivery) && self.wrong_field(delivery, which).is_none()
    }

    /// Whether it is a message of this run: on a topic without the nonce somebody else may have published the same payload.
    /// A topic left to an alias says nothing.
    pub(super) fn ours(&self, delivery: &Delivery<'_>) -> bool {
        let nonce = self.survey.history.header.nonce.as_bytes();
        let topic: &[u8] = &delivery.publish.topic.0;
        nonce.is_empty() || topic.is_empty() || topic.windows(nonce.len()).any(|part| part == nonce)
    }

    /// The first of these fields that a delivery's first copy has otherwise.
    pub(super) fn wrong_field(
        &self,
        delivery: &Delivery<'_>,
        of: impl Fn(Field) -> bool,
    ) -> Option<(Field, &'h Value)> {
        let packet: &Packet = self.survey.packet(delivery.first())?;
        let wrong =
            |(field, value): &&(Field, Value)| of(*field) && field.get(packet).as_ref() != Some(value);
        self.fields.iter().find(wrong).map(|(field, value)| (*field, value))
    }

    /// The event up to which the claim was waited for, or the end of the record.
    pub(super) fn until(&self) -> u64 {
        match self.claimed.outcome {
            Outcome::Unmet { at, .. } => at,
            Outcome::Open | Outcome::Met { .. } => self.survey.last_seq() + 1,
        }
    }

    pub(super) fn doubt(&self, why: impl Into<String>) -> Opinion {
        Opinion::doubt(self.until(), why)
    }

    pub(super) fn finding(
        &self,
        table: &[ClauseId],
        wanted: String,
        got: String,
        mut evidence: Vec<u64>,
        could_instead: Vec<String>,
    ) -> Finding {
        let scenario = &self.survey.history.header.clauses;
        let (clause, also) = owed::choose_for_messages(&self.claim.clauses, table, scenario, self.version);
        evidence.sort_unstable();
        evidence.dedup();
        Finding {
            clause,
            also,
            fact: Fact::DeliveryMissing,
            phase: Phase::default(),
            client: Some(self.survey.name(self.client).to_owned()),
            qos: None,
            by: NAME.to_owned(),
            wanted,
            got,
            meanwhile: String::new(),
            evidence,
            claim: Some(self.claim.id),
            place: Some(self.claim.place),
            could_instead,
            folded: Vec::new(),
        }
    }
}
