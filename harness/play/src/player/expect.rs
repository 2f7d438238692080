//! Expectations over the whole run: presence is waited for here, counting is the oracle's.

use bytes::Bytes;
use deadzone_history::{ClaimKind, HowOften};
use deadzone_script::{Count, FieldValue, Payload, Step};
use deadzone_wire::{Field, Packet, Value};

use super::{Flow, Player};

impl Player<'_> {
    pub(super) async fn expect_receives(
        &mut self,
        step: &Step,
        client: usize,
        payloads: &[Payload],
        fields: &[(Field, FieldValue)],
        count: Count,
        within_ms: Option<u64>,
    ) -> Flow {
        let payloads: Vec<Bytes> = payloads.iter().map(|p| self.words.bytes(p)).collect();
        let fields = self.words.fields(fields);
        let how_often = match count {
            Count::ExactlyOnce => HowOften::ExactlyOnce,
            Count::AtLeastOnce => HowOften::AtLeastOnce,
            Count::AtMostOnce => HowOften::AtMostOnce,
            Count::InOrder => HowOften::InOrder,
            Count::Nothing { .. } => HowOften::Never,
        };
        let kind = ClaimKind::Receives {
            client: client.into(),
            payloads: payloads.clone(),
            fields: fields.clone(),
            count: how_often,
        };
        let within_us = self.timing.scaled_us(within_ms.unwrap_or(self.timing.within_ms));
        let claim = self.claim(step, within_us, kind);
        match count {
            Count::Nothing { for_ms: Some(ms) } => {
                // A part of the experiment, not patience: scaled, it would reach into what the broker owes later.
                self.clock.until_us(self.clock.now_us() + ms * 1000).await;
            }
            Count::Nothing { for_ms: None } | Count::AtMostOnce => {}
            Count::ExactlyOnce | Count::AtLeastOnce | Count::InOrder => {
                self.presence(claim, client, &payloads, &fields, within_us).await;
            }
        }
        Flow::On
    }

    /// Waits until each payload arrived at least once.
    async fn presence(
        &self,
        claim: u32,
        client: usize,
        payloads: &[Bytes],
        fields: &[(Field, Value)],
        within_us: u64,
    ) {
        let since_us = self.clock.now_us();
        let ends_us = since_us + within_us.max(self.timing.scaled_us(self.timing.patience_ms));
        let (mut asked, mut life) = (false, false);
        loop {
            let now_us = self.clock.now_us();
            if let Some(by) = self.first_copies(client, payloads, fields) {
                self.met(claim, &by, self.late(since_us, within_us, life));
                return;
            }
            if now_us >= ends_us || self.tape.overflow().is_some() || self.cancelled() {
                self.unmet(claim, since_us, self.ended(), None);
                return;
            }
            if now_us >= since_us + within_us && !asked {
                asked = true;
                life = self.in_doubt(client);
            }
            self.change_or_until(if asked { ends_us } else { since_us + within_us }).await;
        }
    }

    /// A wait has passed its `within`: the run may fail, and whether the broker answers this client at all is asked now.
    fn in_doubt(&self, client: usize) -> bool {
        (self.setup.doubt)();
        self.live_conn(client).is_some_and(|conn| self.ask_for_life(client, conn))
    }

    /// The first arrival of each payload; `None` while one is missing.
    fn first_copies(&self, client: usize, payloads: &[Bytes], fields: &[(Field, Value)]) -> Option<Vec<u64>> {
        let state = self.clients[client].borrow();
        let copies = || {
            state.inbox.iter().filter(|a| !a.marker).filter_map(|a| match a.packet() {
                Packet::Publish(p) => {
                    let fits = fields.iter().all(|(f, v)| f.get(a.packet()).as_ref() == Some(v));
                    fits.then_some((a.seq, &p.payload))
                }
                _ => None,
            })
        };
        if payloads.is_empty() {
            return copies().next().map(|(seq, _)| vec![seq]);
        }
        payloads.iter().map(|wanted| copies().find(|(_, p)| *p == wanted).map(|(seq, _)| seq)).collect()
    }

    pub(super) async fn expect_quiescent(
        &mut self,
        step: &Step,
        client: usize,
        within_ms: Option<u64>,
    ) -> Flow {
        let since_us = self.clock.now_us();
        let within_us = self.timing.scaled_us(within_ms.unwrap_or(self.timing.within_ms));
        let claim = self.claim(step, within_us, ClaimKind::Quiescent { client: client.into() });
        let ends_us = since_us + within_us.max(self.timing.scaled_us(self.timing.patience_ms));
        let (mut asked, mut life) = (false, false);
        loop {
            let now_us = self.clock.now_us();
            if self.clients[client].borrow().session.is_quiescent() {
                self.met(claim, &[], self.late(since_us, within_us, life));
                return Flow::On;
            }
            if now_us >= ends_us || self.tape.overflow().is_some() || self.cancelled() {
                self.unmet(claim, since_us, self.ended(), None);
                return Flow::On;
            }
            if now_us >= since_us + within_us && !asked {
                asked = true;
                life = self.in_doubt(client);
            }
            self.change_or_until(if asked { ends_us } else { since_us + within_us }).await;
        }
    }
}
