//! One line for a person: what a packet is. Never parsed again, bounded, and free of control characters from the wire.

use std::fmt::Write;

use crate::{Connack, Connect, Packet, PacketKind, Properties, PropertyId, Publish, reason::name_in_any};

/// The longest summary, in characters.
const LONGEST: usize = 120;
/// The most of one text or payload that is shown, in bytes before escaping.
const SHOWN: usize = 32;

impl Packet {
    /// The packet in one line of at most 120 characters: `PUBLISH q2 id=7 dup "t/x" 4B "once"`. What came from the wire is escaped.
    pub fn summary(&self) -> String {
        let mut line = self.kind().to_string();
        self.describe(&mut line);
        if line.chars().count() > LONGEST {
            line = line.chars().take(LONGEST - 1).chain(['…']).collect();
        }
        line
    }

    fn describe(&self, line: &mut String) {
        if let Some(id) = self.packet_id().filter(|_| !matches!(self, Self::Publish(_))) {
            put(line, "id", id);
        }
        match self {
            Self::Connect(p) => connect(p, line),
            Self::Connack(p) => connack(p, line),
            Self::Publish(p) => publish(p, line),
            Self::Ack(p) => p.reason.into_iter().for_each(|reason| code(line, p.kind.packet_kind(), reason)),
            Self::Subscribe(p) => {
                for (filter, options) in &p.filters {
                    text(line, &filter.0);
                    let _ = write!(line, " q{}", options & 0x03);
                    if options & 0xfc != 0 {
                        let _ = write!(line, " options=0x{options:02x}");
                    }
                }
            }
            Self::Unsubscribe(p) => p.filters.iter().for_each(|filter| text(line, &filter.0)),
            Self::Suback(p) => codes(line, self.kind(), &p.codes),
            Self::Unsuback(p) => codes(line, self.kind(), &p.codes),
            Self::Disconnect(p) => {
                p.reason.into_iter().for_each(|reason| code(line, self.kind(), reason));
                expiry(line, p.properties.as_ref());
            }
            Self::Auth(p) => p.reason.into_iter().for_each(|reason| code(line, self.kind(), reason)),
            Self::Bare(p) if p.tail.is_empty() => {}
            Self::Bare(p) => bytes(line, &p.tail),
            Self::Opaque(p) => {
                line.push_str(" unreadable");
                bytes(line, &p.body);
            }
        }
    }
}

fn connect(p: &Connect, line: &mut String) {
    put(line, "clean", u16::from(p.clean()));
    put(line, "keepalive", p.keep_alive_s);
    expiry(line, Some(&p.properties));
    line.push_str(" id=");
    quote(line, &p.client_id.0);
    if let Some(will) = &p.will {
        line.push_str(" will=");
        quote(line, &will.topic.0);
    }
    if p.username.is_some() {
        line.push_str(" user");
    }
}

fn connack(p: &Connack, line: &mut String) {
    code(line, PacketKind::Connack, p.code);
    put(line, "session_present", u16::from(p.session_present()));
    expiry(line, p.properties.as_ref());
}

fn publish(p: &Publish, line: &mut String) {
    let _ = write!(line, " q{}", p.qos);
    p.packet_id.into_iter().for_each(|id| put(line, "id", id));
    line.push_str(if p.dup { " dup" } else { "" });
    line.push_str(if p.retain { " retain" } else { "" });
    p.properties.number(PropertyId::TopicAlias).into_iter().for_each(|alias| {
        let _ = write!(line, " alias={alias}");
    });
    text(line, &p.topic.0);
    bytes(line, &p.payload);
}

fn put(line: &mut String, name: &str, value: u16) {
    let _ = write!(line, " {name}={value}");
}

fn code(line: &mut String, kind: PacketKind, code: u8) {
    let _ = write!(line, " rc=0x{code:02x}");
    if code != 0
        && let Some(name) = name_in_any(kind, code)
    {
        let _ = write!(line, " {name}");
    }
}

fn codes(line: &mut String, kind: PacketKind, codes: &[u8]) {
    codes.iter().for_each(|one| code(line, kind, *one));
}

fn expiry(line: &mut String, properties: Option<&Properties>) {
    if let Some(expiry) = properties.and_then(|p| p.number(PropertyId::SessionExpiryInterval)) {
        let _ = write!(line, " expiry={expiry}");
    }
}

/// ` 4B "once"`.
fn bytes(line: &mut String, bytes: &[u8]) {
    let _ = write!(line, " {}B", bytes.len());
    if !bytes.is_empty() {
        text(line, bytes);
    }
}

fn text(line: &mut String, bytes: &[u8]) {
    line.push(' ');
    quote(line, bytes);
}

fn quote(line: &mut String, bytes: &[u8]) {
    let shown = &bytes[..bytes.len().min(SHOWN)];
    let more = if shown.len() < bytes.len() { "…" } else { "" };
    let _ = write!(line, "\"{}{more}\"", shown.escape_ascii());
}
