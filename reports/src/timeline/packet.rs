//! One packet in one line, in the notation of scenarios. Must not judge it.

use deadzone_wire::{
    Connack, Connect, Packet, PacketKind, Properties, PropertyId, PropertyValue, Publish, Subscribe, Text,
    Version, reason_name,
};

/// Most bytes of a payload, topic or other value that a line shows.
const SHOWN: usize = 40;

/// The packet's type with the fields that matter.
pub(crate) fn summary(packet: &Packet, version: Version) -> String {
    let mut words = vec![packet.kind().to_string()];
    match packet {
        Packet::Connect(p) => connect(p, &mut words),
        Packet::Connack(p) => connack(p, version, &mut words),
        Packet::Publish(p) => publish(p, &mut words),
        Packet::Ack(p) => {
            words.push(format!("id={}", p.packet_id));
            words.extend(p.reason.map(|code| reason(version, p.kind.packet_kind(), code)));
            words.extend(p.properties.iter().flat_map(properties));
            words.extend(tail(&p.tail));
        }
        Packet::Subscribe(p) => subscribe(p, version, &mut words),
        Packet::Suback(p) => {
            words.push(format!("id={}", p.packet_id));
            words.extend(p.codes.iter().map(|code| reason(version, PacketKind::Suback, *code)));
            words.extend(properties(&p.properties));
        }
        Packet::Unsubscribe(p) => {
            words.push(format!("id={}", p.packet_id));
            words.extend(p.filters.iter().map(quoted));
            words.extend(properties(&p.properties));
            words.extend(tail(&p.tail));
        }
        Packet::Unsuback(p) => {
            words.push(format!("id={}", p.packet_id));
            words.extend(p.codes.iter().map(|code| reason(version, PacketKind::Unsuback, *code)));
            words.extend(properties(&p.properties));
        }
        Packet::Bare(p) => words.extend(tail(&p.tail)),
        Packet::Disconnect(p) => {
            words.extend(p.reason.map(|code| reason(version, PacketKind::Disconnect, code)));
            words.extend(p.properties.iter().flat_map(properties));
            words.extend(tail(&p.tail));
        }
        Packet::Auth(p) => {
            words.extend(p.reason.map(|code| reason(version, PacketKind::Auth, code)));
            words.extend(p.properties.iter().flat_map(properties));
            words.extend(tail(&p.tail));
        }
        Packet::Opaque(p) => words.push(format!("malformed, {} bytes: {}", p.body.len(), data(&p.body))),
    }
    words.join(" ")
}

/// Every field that a maintainer needs to make the same connection.
fn connect(p: &Connect, words: &mut Vec<String>) {
    words.push(match Version::from_level(p.level) {
        Some(version) if p.protocol_name.0 == version.protocol_name().as_bytes() => version.to_string(),
        _ => format!("protocol={} level={}", quoted(&p.protocol_name), p.level),
    });
    words.push(format!(
        "client={} clean={} keepalive={}",
        quoted(&p.client_id),
        u8::from(p.clean()),
        p.keep_alive_s
    ));
    words.extend(properties(&p.properties));
    if let Some(will) = &p.will {
        let retain = if p.will_retain() { " retain" } else { "" };
        words.push(format!(
            "will({} q{}{retain} {})",
            quoted(&will.topic),
            p.will_qos(),
            data(&will.payload)
        ));
        words.extend(properties(&will.properties).into_iter().map(|text| format!("will-{text}")));
    }
    words.extend(p.username.as_ref().map(|name| format!("user={}", quoted(name))));
    // A report is pasted into public threads; a real password of a target must not be in it.
    words.extend(p.password.as_ref().map(|_| "password=…".to_owned()));
    if p.reserved() {
        words.push("reserved-flag=1".to_owned());
    }
    words.extend(tail(&p.tail));
}

fn connack(p: &Connack, version: Version, words: &mut Vec<String>) {
    words.push(format!("session_present={}", u8::from(p.session_present())));
    words.push(reason(version, PacketKind::Connack, p.code));
    if p.flags & 0xfe != 0 {
        words.push(format!("flags=0x{:02x}", p.flags));
    }
    words.extend(p.properties.iter().flat_map(properties));
    words.extend(tail(&p.tail));
}

fn publish(p: &Publish, words: &mut Vec<String>) {
    words.push(format!("q{}", p.qos));
    words.extend(p.packet_id.map(|id| format!("id={id}")));
    if p.dup {
        words.push("DUP".to_owned());
    }
    if p.retain {
        words.push("RETAIN".to_owned());
    }
    words.push(quoted(&p.topic));
    words.push(data(&p.payload));
    words.extend(properties(&p.properties));
}

fn subscribe(p: &Subscribe, version: Version, words: &mut Vec<String>) {
    words.push(format!("id={}", p.packet_id));
    for (filter, options) in &p.filters {
        let mut text = format!("{} q{}", quoted(filter), options & 0x03);
        if version == Version::V5 && options & 0x04 != 0 {
            text.push_str(" no-local");
        }
        if version == Version::V5 && options & 0x08 != 0 {
            text.push_str(" retain-as-published");
        }
        match options >> 4 & 0x03 {
            0 => {}
            handling => text.push_str(&format!(" retain-handling={handling}")),
        }
        words.push(text);
    }
    words.extend(properties(&p.properties));
    words.extend(tail(&p.tail));
}

/// Success is not worth a word in an acknowledgement, everything else is, with its name.
fn reason(version: Version, kind: PacketKind, code: u8) -> String {
    match reason_name(version, kind, code) {
        Some(name) if code >= 0x80 || (kind == PacketKind::Connack && code != 0) => {
            format!("reason=0x{code:02x} ({name})")
        }
        Some(_) if kind == PacketKind::Suback => format!("granted={code}"),
        Some(_) => format!("reason={code}"),
        None => format!("reason=0x{code:02x} (not listed)"),
    }
}

fn properties(list: &Properties) -> Vec<String> {
    let mut out: Vec<String> = list
        .items
        .iter()
        .map(|property| {
            let number = property.id.value();
            let name = PropertyId::from_value(number)
                .map_or_else(|| format!("0x{number:02x}"), |id| format!("{id:?}"));
            match &property.value {
                PropertyValue::Byte(v) => format!("{name}={v}"),
                PropertyValue::U16(v) => format!("{name}={v}"),
                PropertyValue::U32(v) => format!("{name}={v}"),
                PropertyValue::Var(v) => format!("{name}={}", v.value()),
                PropertyValue::Binary(v) => format!("{name}={}", data(v)),
                PropertyValue::Text(v) => format!("{name}={}", quoted(v)),
                PropertyValue::Pair(k, v) => format!("{name}={}:{}", quoted(k), quoted(v)),
            }
        })
        .collect();
    if !list.tail.is_empty() {
        out.push(format!("unreadable-properties({} bytes)", list.tail.len()));
    }
    out
}

fn tail(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| format!("+{} bytes behind the last field", bytes.len()))
}

fn quoted(text: &Text) -> String {
    data(&text.0)
}

/// Text in quotes where it is text, bytes in hex where it is not; bounded, with the length where it is cut.
fn data(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().count() <= SHOWN => format!("\"{text}\""),
        Ok(text) => {
            format!("\"{}…\"({} bytes)", text.chars().take(SHOWN - 8).collect::<String>(), bytes.len())
        }
        Err(_) => {
            let hex: String = bytes.iter().take(SHOWN / 4).map(|byte| format!("{byte:02x}")).collect();
            let dots = if bytes.len() > SHOWN / 4 { "…" } else { "" };
            format!("0x{hex}{dots}({} bytes)", bytes.len())
        }
    }
}
