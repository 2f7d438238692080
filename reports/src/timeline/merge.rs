//! Makes rows of events: the same packet at both ends becomes one row, in the order of the broker's end, because that is
//! where the broker is judged.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_history::{
    ClientIx, Close, ConnId, Cut, Direction, End, Event, EventKind, Fault, History, Note, PacketEvent,
    Purpose, Skipped,
};

use deadzone_wire::PacketKind;

use super::{Fate, Row, Weight, What, bytes, summary};

/// All rows of the history, in order.
pub(crate) fn rows(history: &History) -> Vec<Row> {
    let facts = Facts::gather(history);
    history.events.iter().filter_map(|event| facts.row(event)).collect()
}

/// One direction of one connection.
type Stream = (ConnId, Direction);

/// What must be known of the whole history before one event can be told.
struct Facts<'a> {
    history: &'a History,
    client_of: BTreeMap<ConnId, ClientIx>,
    /// Packets that both ends have: number at the sender's end to number at the receiver's, and the reverse.
    far_of: BTreeMap<u64, u64>,
    near_of: BTreeMap<u64, u64>,
    /// Where the link swallowed or threw away bytes.
    swallowed: BTreeSet<Stream>,
    discarded: BTreeSet<Stream>,
    /// From which event on the client's end was closed.
    gone: BTreeMap<ConnId, u64>,
    /// A whole packet at the sender's end to the fragment of it at the receiver's: number, length.
    torn_of: BTreeMap<u64, (u64, u64)>,
    /// Fragments that are told with their whole packet.
    told: BTreeSet<u64>,
    /// Text of each claim.
    claims: BTreeMap<u32, &'a str>,
    /// From which event on the target is cleaned up.
    teardown: Option<u64>,
}

/// The end that sends in this direction.
fn near(direction: Direction) -> End {
    match direction {
        Direction::Up => End::Client,
        Direction::Down => End::Broker,
    }
}

impl<'a> Facts<'a> {
    fn gather(history: &'a History) -> Self {
        let mut facts = Self {
            history,
            client_of: BTreeMap::new(),
            far_of: BTreeMap::new(),
            near_of: BTreeMap::new(),
            swallowed: BTreeSet::new(),
            discarded: BTreeSet::new(),
            gone: BTreeMap::new(),
            torn_of: BTreeMap::new(),
            told: BTreeSet::new(),
            claims: BTreeMap::new(),
            teardown: None,
        };
        history.events.iter().for_each(|event| facts.note(event));
        facts
    }

    /// Both ends have it.
    fn pair(&mut self, near: u64, far: u64) {
        self.far_of.insert(near, far);
        self.near_of.insert(far, near);
    }

    fn note(&mut self, event: &'a Event) {
        match &event.kind {
            EventKind::Opened { conn, client, .. } => {
                self.client_of.insert(*conn, *client);
            }
            EventKind::Packet(PacketEvent { of: Some(of), .. }) => self.pair(of.get(), event.seq),
            EventKind::Skipped(skipped) => {
                if let Some(of) = skipped.of {
                    self.pair(of.get(), event.seq);
                }
            }
            EventKind::Link { conn: Some(conn), note, .. } => match **note {
                Note::Swallowed { direction, .. } => drop(self.swallowed.insert((*conn, direction))),
                Note::Discarded { direction, .. } => drop(self.discarded.insert((*conn, direction))),
                _ => {}
            },
            EventKind::Closed { conn, end: End::Client, .. } => {
                self.gone.entry(*conn).or_insert(event.seq);
            }
            EventKind::Fragment(fragment) => {
                if let Some(of) = fragment.of {
                    self.torn_of.insert(of.get(), (event.seq, fragment.length));
                    self.told.insert(event.seq);
                }
            }
            EventKind::Claim(claim) => {
                self.claims.insert(claim.id, &claim.text);
            }
            EventKind::Teardown => {
                self.teardown.get_or_insert(event.seq);
            }
            _ => {}
        }
    }

    fn row(&self, event: &Event) -> Option<Row> {
        let mut row = Row {
            seq: event.seq,
            other: None,
            at_us: event.at_us,
            client: None,
            conn: None,
            what: What::Note(String::new()),
            weight: Weight::Usual,
        };
        match &event.kind {
            EventKind::Packet(p) => self.packet(event.seq, p, &mut row)?,
            EventKind::Skipped(skipped) => self.skipped(event.seq, skipped, &mut row)?,
            EventKind::Fragment(f) => {
                row.conn = Some(f.conn);
                if self.told.contains(&event.seq) {
                    row.weight = Weight::Told;
                }
                row.what = What::Fragment { direction: f.direction, end: f.end, length: f.length };
            }
            EventKind::Closed { conn, end, by, how } => {
                row.conn = Some(*conn);
                row.weight = Weight::Landmark;
                row.what = What::Closed { end: *end, by: *by, how: *how };
            }
            EventKind::Opened { conn, .. } => {
                row.conn = Some(*conn);
                // The CONNECT behind it says the same; only a script that sends none needs this row.
                row.weight = Weight::Told;
                row.what = What::Note(format!("connection {} opened", conn.0));
            }
            EventKind::Link { client, conn, note } => {
                row.client = Some(client.index());
                row.conn = *conn;
                let (text, weight) = link_text(note);
                row.what = What::Link(text);
                row.weight = weight;
            }
            kind => self.other(kind, &mut row),
        }
        let owner = || self.client_of.get(&row.conn?).map(|client| client.index());
        row.client = row.client.or_else(owner);
        // The harness's own client and the cleaning up are no part of the story.
        let harness = row.client.is_some_and(|client| client >= self.history.header.clients.len());
        if harness || self.teardown.is_some_and(|seq| event.seq >= seq) {
            row.weight = row.weight.min(Weight::Minor);
        }
        Some(row)
    }

    /// `None` for the end of a packet that the row of its other end tells.
    fn packet(&self, seq: u64, p: &PacketEvent, row: &mut Row) -> Option<()> {
        let (other, fate) = self.fate(seq, (p.conn, p.direction), p.end, p.frame.wire_len() as u64)?;
        row.other = other;
        row.conn = Some(p.conn);
        row.weight = match p.frame.kind() {
            _ if matches!(p.sender, Purpose::Marker | Purpose::Life) => Weight::Minor,
            PacketKind::Pingreq | PacketKind::Pingresp => Weight::Minor,
            PacketKind::Connect | PacketKind::Connack => Weight::Landmark,
            _ => Weight::Usual,
        };
        let mut text = summary(p.packet());
        // What is wrong with it may lie where no field shows it: in the flags or in the length.
        if !p.violations().is_empty() {
            text = format!("{text} ({})", bytes(p.frame()));
        }
        row.what = What::Packet { direction: p.direction, text, fate };
        Some(())
    }

    /// The same for one that was too large to keep.
    fn skipped(&self, seq: u64, skipped: &Skipped, row: &mut Row) -> Option<()> {
        let &Skipped { conn, direction, end, length, .. } = skipped;
        let (other, fate) = self.fate(seq, (conn, direction), end, length)?;
        row.other = other;
        row.conn = Some(conn);
        let text = format!("a packet of {length} bytes, too large to keep");
        row.what = What::Packet { direction, text, fate };
        Some(())
    }

    /// The number at the other end and what became of it; `None` where the row of the other end tells it.
    fn fate(&self, seq: u64, stream: Stream, end: End, length: u64) -> Option<(Option<u64>, Fate)> {
        let far_end = end != near(stream.1);
        Some(match (far_end, stream.1) {
            (true, Direction::Down) if self.near_of.contains_key(&seq) => return None,
            (false, Direction::Up) if self.far_of.contains_key(&seq) => return None,
            (true, _) => match self.near_of.get(&seq) {
                Some(sent) => (Some(*sent), Fate::Passed(self.between(*sent, seq))),
                None => (None, Fate::Unsent),
            },
            (false, _) => match self.far_of.get(&seq) {
                Some(arrived) => (Some(*arrived), Fate::Passed(self.between(seq, *arrived))),
                None => self.lost(seq, stream, length),
            },
        })
    }

    fn between(&self, first: u64, second: u64) -> u64 {
        let at = |seq: u64| self.history.event(seq).map_or(0, |event| event.at_us);
        at(second).saturating_sub(at(first))
    }

    fn lost(&self, seq: u64, stream: Stream, whole: u64) -> (Option<u64>, Fate) {
        if let Some((fragment, length)) = self.torn_of.get(&seq) {
            return (Some(*fragment), Fate::Torn(*length, whole));
        }
        let (conn, direction) = stream;
        let gone = direction == Direction::Down && self.gone.get(&conn).is_some_and(|closed| *closed < seq);
        let why = if gone {
            "client gone"
        } else if self.swallowed.contains(&stream) {
            "swallowed by the link"
        } else if self.discarded.contains(&stream) {
            "lost in the cut"
        } else {
            "not delivered"
        };
        (None, Fate::Lost(why))
    }

    fn other(&self, kind: &EventKind, row: &mut Row) {
        let claim = |id: &u32| self.claims.get(id).copied().unwrap_or_default();
        row.weight = Weight::Landmark;
        row.what = match kind {
            EventKind::OpenFailed { client, why } => {
                row.client = Some(client.index());
                What::Note(format!("could not connect: {why}"))
            }
            EventKind::Unframed(u) => {
                row.conn = Some(u.conn);
                What::Note(format!("{} stream is no MQTT from here on: {}", u.direction, u.why))
            }
            EventKind::Target { what } => What::Note(what.to_string()),
            EventKind::Parked { claim: id } => What::Note(format!("parked: `{}` met silence", claim(id))),
            EventKind::Unmet { claim: id, waited_us, why, .. } => {
                What::Silence(format!("`{}` not met after {} ({why})", claim(id), seconds(*waited_us)))
            }
            EventKind::Abandoned { why, .. } => What::Note(format!("script abandoned: {why}")),
            EventKind::Starved { ms } => What::Note(format!("the harness itself was late by {ms} ms")),
            EventKind::ClockStep { ms } => What::Note(format!("the clocks went apart by {ms} ms")),
            EventKind::Teardown => What::Note("clean-up, not judged".to_owned()),
            EventKind::TeardownFailed { what } => What::Note(format!("the clean-up failed: {what}")),
            minor => {
                row.weight = Weight::Told;
                What::Note(match minor {
                    EventKind::Upgraded { conn, subprotocol } => {
                        row.conn = Some(*conn);
                        format!("a WebSocket with the subprotocol `{subprotocol}`")
                    }
                    EventKind::Grace { us } => format!("watched {} longer for late messages", seconds(*us)),
                    EventKind::Step(step) => match step.skipped {
                        None => format!("line {}: {}", step.line, step.text),
                        Some(why) => format!("line {} skipped ({why}): {}", step.line, step.text),
                    },
                    EventKind::Claim(c) => format!("claim {}: {}", c.id, c.text),
                    EventKind::Met { claim: id, late, .. } => {
                        let late =
                            late.us().map_or(String::new(), |us| format!(", late, after {}", seconds(us)));
                        format!("met{late}: {}", claim(id))
                    }
                    other => format!("{other:?}"),
                })
            }
        };
    }
}

/// The note for people, and how much it matters beside the packets around it.
fn link_text(note: &Note) -> (String, Weight) {
    let told = matches!(note, Note::Armed { .. } | Note::Swallowed { .. } | Note::Discarded { .. });
    let text = match note {
        Note::Armed { text, .. } => format!("armed: {text}"),
        // A cut is told once, by what it did.
        Note::Fired { effect: Fault::Cut(_) | Fault::Restore, text, .. } => {
            return (text.clone(), Weight::Told);
        }
        Note::Fired { text, .. } => text.clone(),
        Note::NeverFired { text, .. } => format!("never fired: {text}"),
        Note::Swallowed { direction, bytes } => format!("{bytes} bytes {direction} swallowed so far"),
        Note::Discarded { direction, bytes } => format!("{bytes} bytes {direction} thrown away"),
        Note::Undecided { direction, why } => format!("a trigger {direction} could not look: {why}"),
        Note::Released { direction, bytes } => format!("{bytes} held bytes {direction} released"),
        Note::Cut { how: Cut::Rst } => "cut rst: the broker gets a RST".to_owned(),
        Note::Cut { how: Cut::Fin } => "cut fin: the broker gets a FIN".to_owned(),
        Note::Cut { how: Cut::Silent } => "cut silent: the broker sees neither FIN nor RST".to_owned(),
        Note::Profile { name } => format!("profile {name}"),
        Note::Radio { direction: Some(direction), what } => format!("radio {direction}: {what}"),
        Note::Radio { direction: None, what } => format!("radio: {what}"),
        Note::Restored => "restored".to_owned(),
        Note::Disarmed { direction, why } => format!("triggers {direction} are off: {why}"),
    };
    (text, if told { Weight::Told } else { Weight::Landmark })
}

/// Microseconds as seconds, with as many digits as people compare.
pub(crate) fn seconds(us: u64) -> String {
    format!("{}.{:03} s", us / 1_000_000, us % 1_000_000 / 1_000)
}

/// The word for a way of closing.
pub(crate) fn close_word(how: Close) -> &'static str {
    match how {
        Close::Fin => "FIN",
        Close::Rst => "RST",
    }
}
