//! `finds`: whether a retained message is stored. Storing may lag behind the acknowledgement, so one look proves nothing:
//! new sessions look again and again, for at most a minute.

use bytes::Bytes;
use deadzone_history::{Abandon, ClaimKind, ConnId, Ended, Expected, Late};
use deadzone_script::{ConnectMode, ConnectOptions, Payload, Step, SubscribeFilter};
use deadzone_wire::{Field, Packet, PacketKind, Pattern, Value};

use super::{Flow, Player};

/// When each look begins, ms after the first.
const LOOKS_MS: [u64; 5] = [0, 1_000, 5_000, 20_000, 60_000];
/// How often a message that was not found at once is looked up again.
const AGAIN: usize = 2;
/// The longest that the looks take, µs, with the patience of the last and what is looked up again.
pub(super) const LONGEST_US: u64 = 70_000_000;

impl Player<'_> {
    pub(super) async fn finds(
        &mut self,
        step: &Step,
        client: usize,
        topic: &Payload,
        payload: &Payload,
        qos: u8,
    ) -> Flow {
        let wanted = self.words.bytes(payload);
        let shape = Pattern {
            kind: PacketKind::Publish,
            fields: vec![
                (Field::Topic, Value::Bytes(self.words.bytes(topic))),
                (Field::Payload, Value::Bytes(wanted.clone())),
                (Field::Retain, Value::Number(1)),
            ],
        };
        let filter = SubscribeFilter {
            filter: topic.clone(),
            qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: 0,
        };
        let since_us = self.clock.now_us();
        let (mut found, mut late) = (0, false);
        let mut looks = LOOKS_MS.into_iter();
        while let Some(after_ms) = if found > 0 { Some(0) } else { looks.next() } {
            self.clock.until_us(since_us + after_ms * 1000).await;
            let seen = match self.look_up(step, client, &filter, &wanted).await {
                Ok(seen) => seen,
                Err(why) => return Flow::Abandon(why),
            };
            match seen {
                Some(seq) if !late || found == AGAIN => {
                    let claim = self.look_claim(step, client, &shape);
                    let us = self.clock.now_us() - since_us;
                    self.met(claim, &[seq], if late { Late::Slow { us } } else { Late::InTime });
                    return Flow::On;
                }
                Some(_) => found += 1,
                None if found > 0 => break,
                None => late = true,
            }
        }
        let claim = self.look_claim(step, client, &shape);
        self.unmet(claim, since_us, Ended::Patience, None);
        self.unmet_claim("the retained message was not found")
    }

    /// The claim about the look that decides, on its own connection.
    fn look_claim(&mut self, step: &Step, client: usize, shape: &Pattern) -> u32 {
        let (conn, answers) = {
            let state = self.clients[client].borrow();
            (state.last_conn.unwrap_or(ConnId(0)), state.last_sent)
        };
        let alternatives = vec![Expected::Packet(shape.clone())];
        let kind = ClaimKind::Arrives {
            client: client.into(),
            conn,
            alternatives,
            strict: false,
            answers,
            intent: false,
        };
        self.claim(step, self.timing.scaled_us(self.timing.within_ms), kind)
    }

    /// One look by a session of its own: the arrival, if the message came.
    async fn look_up(
        &mut self,
        step: &Step,
        client: usize,
        filter: &SubscribeFilter,
        wanted: &Bytes,
    ) -> Result<Option<u64>, Abandon> {
        if self.live_conn(client).is_some()
            && let Flow::Abandon(why) = self.disconnect(client, None, None).await
        {
            return Err(why);
        }
        let options = ConnectOptions::default();
        if let Flow::Abandon(why) = self.connect(step, client, ConnectMode::Clean, &options, &[]).await {
            return Err(why);
        }
        let Some(conn) = self.live_conn(client) else {
            return Err(Abandon::ClosedEarly);
        };
        if let Flow::Abandon(why) =
            self.subscribe(step, client, std::slice::from_ref(filter), None, &[]).await
        {
            return Err(why);
        }
        // The look-up of the broker may go on behind its SUBACK.
        let ends_us =
            self.clock.now_us() + self.timing.scaled_us(self.timing.within_ms).min(LOOKS_MS[1] * 1000);
        loop {
            if let Some(seq) = self.retained_copy(client, conn, wanted) {
                return Ok(Some(seq));
            }
            if self.clock.now_us() >= ends_us || self.tape.overflow().is_some() || self.cancelled() {
                return Ok(None);
            }
            self.change_or_until(ends_us).await;
        }
    }

    fn retained_copy(&self, client: usize, conn: ConnId, wanted: &Bytes) -> Option<u64> {
        let state = self.clients[client].borrow();
        state.inbox.iter().filter(|a| a.conn == conn && !a.marker).find_map(|a| match a.packet() {
            Packet::Publish(p) if p.retain && p.payload == *wanted => Some(a.seq),
            _ => None,
        })
    }
}
