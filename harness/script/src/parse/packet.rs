//! Packets one at a time: `X -> PACKET …`, `X <- PACKET …`, and the packet templates that other steps use.

use deadzone_link::Direction;
use deadzone_spec::nearest;
use deadzone_wire::{Field, Mutation, PacketKind, Version};

use super::cursor::Parsed;
use super::framing;
use super::lexer::{Kind, Token};
use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{Arrival, At, FieldValue, PacketTemplate, StepKind};

impl StepLine<'_, '_> {
    /// A packet's name.
    pub(super) fn packet_kind(&mut self, versions: &[Version]) -> Parsed<(PacketKind, At)> {
        let (word, at) = self.cursor.word("a packet")?;
        let Ok(kind) = word.parse::<PacketKind>() else {
            let names = PacketKind::ALL.into_iter().skip(1).map(PacketKind::name);
            let message = format!("unknown packet `{}`", shown(word));
            let mistake = Diagnostic::error(code::UNKNOWN_PACKET, at, message).label("no such packet");
            return Err(self.cursor.fail(mistake.suggest(nearest(word, names))));
        };
        if kind == PacketKind::Auth && !versions.contains(&Version::V5) {
            return Err(self.not_in_versions("AUTH", versions, at));
        }
        Ok((kind, at))
    }

    /// A packet's name and the fields after it.
    pub(super) fn template(&mut self, versions: &[Version]) -> Parsed<(PacketTemplate, At)> {
        let (kind, at) = self.packet_kind(versions)?;
        let mut packet = PacketTemplate { kind, fields: Vec::new() };
        self.fields(&mut packet, versions)?;
        Ok((packet, at))
    }

    /// Fields for as long as there are any. A mistake in one does not hide those of the next.
    pub(super) fn fields(&mut self, packet: &mut PacketTemplate, versions: &[Version]) -> Parsed<()> {
        let mut failed = Ok(());
        loop {
            let at = self.cursor.here();
            let field = match self.cursor.peek() {
                Some(Token { kind: Kind::Text(_), .. }) => self.bare_text(packet, at),
                _ if self.cursor.is_sized_payload() => self.bare_text(packet, at),
                _ => match self.next_pair() {
                    Some(pair) => self.field(packet.kind, versions, pair),
                    None => return failed,
                },
            };
            match field {
                Ok((field, value)) => self.add_field(packet, field, value, at),
                Err(abandoned) => failed = Err(abandoned),
            }
        }
    }

    fn add_field(&mut self, packet: &mut PacketTemplate, field: Field, value: FieldValue, at: At) {
        let known = packet.fields.iter().any(|(known, _)| *known == field);
        if known && !self.may_be_repeated(packet.kind, field) {
            self.cursor.report(Diagnostic::error(code::TWICE, at, format!("{field} is given twice")));
        }
        packet.fields.push((field, value));
    }

    /// Topic and payload of a PUBLISH, the filter of a SUBSCRIBE or UNSUBSCRIBE.
    fn bare_text(&mut self, packet: &PacketTemplate, at: At) -> Parsed<(Field, FieldValue)> {
        let text = self.cursor.payload("a text")?;
        let has = |field: Field| packet.fields.iter().any(|(known, _)| *known == field);
        let field = match packet.kind {
            PacketKind::Publish if !has(Field::Topic) => Field::Topic,
            PacketKind::Publish if !has(Field::Payload) => Field::Payload,
            PacketKind::Subscribe | PacketKind::Unsubscribe if !has(Field::Filter) => Field::Filter,
            _ => {
                let message = format!(
                    "{} takes no {}text here",
                    packet.kind,
                    if has(Field::Topic) { "third " } else { "" }
                );
                return Err(self.cursor.fail(Diagnostic::error(code::NO_SUCH_FIELD, at, message)));
            }
        };
        Ok((field, FieldValue::Text(text)))
    }

    /// `-> PACKET …`, `-> bytes …`.
    pub(super) fn send(&mut self, client: usize) -> Parsed<StepKind> {
        if self.cursor.eat("bytes") {
            return self.send_bytes(client);
        }
        let versions = self.versions_of(client);
        let (packet, at) = self.template(&versions)?;
        self.check_sent(&packet, at);
        if natural(packet.kind, &versions) == Some(Direction::Down) && !self.marks.deviant {
            let message = format!("a client never sends {}", packet.kind);
            let mistake = Diagnostic::error(code::WRONG_WAY, at, message);
            self.cursor.report(mistake.help("if that is meant, end the line with `deviant`"));
        }
        let framing = self.framing(client)?;
        let mark = self.cursor.mark();
        let mut broken_by = Vec::new();
        if self.cursor.eat("broken") {
            if !self.cursor.eat("by") {
                return Err(self.cursor.missing("`by`"));
            }
            broken_by = self.mutations()?;
            if !self.marks.deviant {
                let at = self.cursor.since(mark);
                let mistake = Diagnostic::error(code::NOT_MARKED, at, "a broken packet breaks the protocol");
                self.cursor.report(mistake.help("end the line with `deviant`"));
            }
        }
        Ok(StepKind::Send { client, packet, broken_by, framing })
    }

    fn send_bytes(&mut self, client: usize) -> Parsed<StepKind> {
        let mut bytes = Vec::new();
        while let Some(word) = self.cursor.peek_word().filter(|word| !framing::WORDS.contains(word)) {
            let byte =
                u8::from_str_radix(word, 16).ok().filter(|_| word.len() == 2 && !word.starts_with('+'));
            let Some(byte) = byte else {
                let message = format!("`{}` is no byte", shown(word));
                let mistake = Diagnostic::error(code::WRONG_SORT, self.cursor.here(), message);
                return Err(self.cursor.fail(mistake.label("expected two hexadecimal digits")));
            };
            bytes.push(byte);
            self.cursor.bump();
        }
        if bytes.is_empty() {
            return Err(self.cursor.missing("bytes in hexadecimal"));
        }
        let framing = self.framing(client)?;
        Ok(StepKind::SendBytes { client, bytes, framing })
    }

    /// Names with commas between them, each in the codec's own notation.
    fn mutations(&mut self) -> Parsed<Vec<Mutation>> {
        let Some((text, at)) = self.cursor.rest() else { return Err(self.cursor.missing("a mutation")) };
        let mut mutations = Vec::new();
        let mut column = at.column;
        for part in text.split(',') {
            let name = part.trim();
            let blanks = part.chars().take_while(|c| c.is_whitespace()).count() as u32;
            let place =
                At { line: at.line, column: column + blanks, length: (name.chars().count() as u32).max(1) };
            column += part.chars().count() as u32 + 1;
            match name.parse::<Mutation>() {
                Ok(mutation) => mutations.push(mutation),
                Err(_) => {
                    let known: Vec<String> = Mutation::EXAMPLES.iter().map(ToString::to_string).collect();
                    let message = format!("unknown mutation `{}`", shown(name));
                    let mistake = Diagnostic::error(code::UNKNOWN_MUTATION, place, message)
                        .help("LANGUAGE.md lists the mutations")
                        .suggest(nearest(name, known.iter().map(String::as_str)));
                    self.cursor.report(mistake);
                }
            }
        }
        Ok(mutations)
    }

    /// `<- [some] A | B [within T]`, `<-! A`.
    pub(super) fn receive(&mut self, client: usize, strict: bool) -> Parsed<StepKind> {
        let versions = self.versions_of(client);
        let some = !strict && self.cursor.eat("some");
        let mark = self.cursor.mark();
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(self.arrival(&versions)?);
            if !self.cursor.eat_kind(&Kind::Bar) {
                break;
            }
        }
        self.at = Some(self.cursor.since(mark));
        let within_ms = self.within()?;
        Ok(StepKind::Receive { client, alternatives, strict, some, within_ms })
    }

    fn arrival(&mut self, versions: &[Version]) -> Parsed<Arrival> {
        if self.cursor.eat("closed") {
            return Ok(Arrival::Closed);
        }
        let (packet, at) = self.template(versions)?;
        self.check_awaited(&packet, versions, at);
        if natural(packet.kind, versions) == Some(Direction::Up) {
            let message = format!("a broker never sends {}", packet.kind);
            let mistake = Diagnostic::error(code::WRONG_WAY, at, message);
            self.cursor.report(mistake.label("this can never arrive"));
        }
        Ok(Arrival::Packet(packet))
    }
}

/// The way that a packet goes, where there is only one.
pub(super) fn natural(kind: PacketKind, versions: &[Version]) -> Option<Direction> {
    use PacketKind as K;
    match kind {
        K::Connect | K::Subscribe | K::Unsubscribe | K::Pingreq => Some(Direction::Up),
        K::Connack | K::Suback | K::Unsuback | K::Pingresp => Some(Direction::Down),
        K::Disconnect if !versions.contains(&Version::V5) => Some(Direction::Up),
        _ => None,
    }
}
