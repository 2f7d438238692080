//! Expectations and absence: `expect …`, `fence …`, `ready …`.

use deadzone_wire::PacketKind;

use super::cursor::Parsed;
use super::range;
use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code};
use crate::{At, Count, PacketTemplate, StepKind};

#[derive(Clone, Copy)]
enum Claim {
    Receives,
    Quiescent,
}

const CLAIMS: [(&str, Claim); 2] = [("receives", Claim::Receives), ("quiescent", Claim::Quiescent)];
const AT_HOW: [(&str, Count); 2] = [("least", Count::AtLeastOnce), ("most", Count::AtMostOnce)];
const ORDER: [(&str, Count); 1] = [("order", Count::InOrder)];
const ONCE: [(&str, ()); 1] = [("once", ())];
const NOTHING: Count = Count::Nothing { for_ms: None };
const COUNTS: [(&str, Option<Count>); 4] =
    [("exactly", Some(Count::ExactlyOnce)), ("nothing", Some(NOTHING)), ("at", None), ("in", None)];

impl StepLine<'_, '_> {
    pub(super) fn expect(&mut self) -> Parsed<StepKind> {
        let client = self.next_client()?;
        let mark = self.cursor.mark();
        match self.cursor.choose("expectation", &CLAIMS)? {
            Claim::Quiescent => {
                self.at = Some(self.cursor.since(mark));
                Ok(StepKind::ExpectQuiescent { client, within_ms: self.within()? })
            }
            Claim::Receives => self.receives(client, mark),
        }
    }

    fn receives(&mut self, client: usize, mark: usize) -> Parsed<StepKind> {
        let versions = self.versions_of(client);
        let mut payloads = Vec::new();
        let some = self.cursor.eat("some");
        while self.next_is_text() || self.cursor.is_sized_payload() {
            payloads.push(self.cursor.payload("a payload")?);
        }
        let mut copy = PacketTemplate { kind: PacketKind::Publish, fields: Vec::new() };
        while let Some(pair) = self.next_pair() {
            let at = pair.key_at;
            let (field, value) = self.field(PacketKind::Publish, &versions, pair)?;
            let known = copy.fields.iter().any(|(known, _)| *known == field);
            if known && !self.may_be_repeated(PacketKind::Publish, field) {
                self.cursor.report(Diagnostic::error(code::TWICE, at, format!("{field} is given twice")));
            }
            copy.fields.push((field, value));
        }
        let count = self.how_often()?;
        let at = self.cursor.since(mark);
        self.at = Some(at);
        let (count, within_ms) = self.times(count)?;
        self.check_awaited(&copy, &versions, at);
        self.contradictions(count, payloads.len(), within_ms, at);
        if some && count != Count::AtLeastOnce {
            let message = "`some` says what one copy at least is like, so that it is `at least once`";
            self.cursor.report(Diagnostic::error(code::CONTRADICTION, at, message));
        }
        Ok(StepKind::ExpectReceives { client, payloads, some, fields: copy.fields, count, within_ms })
    }

    fn how_often(&mut self) -> Parsed<Count> {
        let at_word = self.cursor.peek_word();
        let count = match self.cursor.choose("count", &COUNTS)? {
            Some(count) => count,
            None if at_word == Some("in") => return self.cursor.choose("order", &ORDER),
            None => self.cursor.choose("count", &AT_HOW)?,
        };
        if count != NOTHING {
            self.cursor.choose("count", &ONCE)?;
        }
        Ok(count)
    }

    /// `[for T] [within T]`, in either order.
    fn times(&mut self, count: Count) -> Parsed<(Count, Option<u64>)> {
        let (mut for_ms, mut within_ms) = (None, None);
        loop {
            let at = self.cursor.here();
            let slot = if self.cursor.eat("for") {
                &mut for_ms
            } else if self.cursor.eat("within") {
                &mut within_ms
            } else {
                break;
            };
            if slot.replace(self.cursor.time()?).is_some() {
                self.cursor.report(Diagnostic::error(code::TWICE, at, "this time is given twice"));
            }
            if count != NOTHING && for_ms.is_some() {
                let mistake = Diagnostic::error(code::CONTRADICTION, at, "`for` belongs to `nothing`");
                return Err(self.cursor.fail(mistake.help("a presence is waited for `within` a time")));
            }
        }
        let count = if count == NOTHING { Count::Nothing { for_ms } } else { count };
        Ok((count, within_ms))
    }

    fn contradictions(&mut self, count: Count, payloads: usize, within_ms: Option<u64>, at: At) {
        if matches!(count, Count::Nothing { .. }) && within_ms.is_some() {
            let mistake =
                Diagnostic::error(code::CONTRADICTION, at, "an absence can't be waited for `within` a time");
            self.cursor.report(mistake.help("use a fence, or `for` where only time can tell"));
        }
        if count == Count::InOrder && payloads < 2 {
            self.cursor.report(Diagnostic::error(
                code::CONTRADICTION,
                at,
                "an order needs two payloads at least",
            ));
        }
    }

    /// `fence PUB SUB "topic" [qos=N]`.
    pub(super) fn fence(&mut self) -> Parsed<StepKind> {
        let publisher = self.next_client()?;
        let subscriber = self.next_client()?;
        let topic = self.topic()?;
        let mut qos = None;
        while let Some(pair) = self.next_pair() {
            if pair.key != "qos" {
                return Err(self.unknown_field(pair, "fence", Some("qos")));
            }
            let at = pair.key_at;
            if qos.replace(self.ranged(pair, &range::FENCE_QOS)? as u8).is_some() {
                self.cursor.report(Diagnostic::error(code::TWICE, at, "qos is given twice"));
            }
        }
        Ok(StepKind::Fence { publisher, subscriber, topic, qos: qos.unwrap_or(1) })
    }

    /// `ready SUB "topic" [from N]`.
    pub(super) fn ready(&mut self) -> Parsed<StepKind> {
        let subscriber = self.next_client()?;
        let topic = self.topic()?;
        let from = if self.cursor.eat("from") { Some(super::node::node(&mut self.cursor)?) } else { None };
        Ok(StepKind::Ready { subscriber, topic, from })
    }
}
