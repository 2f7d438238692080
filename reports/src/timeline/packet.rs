//! One packet in one line: the codec's summary, with every property and all of CONNECT behind it, because a maintainer
//! must be able to make the same connection. Must not judge it.

use deadzone_wire::{Connect, Frame, Packet, Properties, PropertyId, PropertyValue, Text, Version};

/// Most characters of a value that a line shows.
const SHOWN: usize = 40;

/// The packet's type with the fields that matter. Not yet escaped for any format.
pub(crate) fn summary(packet: &Packet) -> String {
    let mut words = match packet {
        Packet::Connect(p) => connect(p),
        other => vec![other.summary()],
    };
    words.extend(match packet {
        Packet::Connect(_) | Packet::Bare(_) | Packet::Opaque(_) => vec![],
        Packet::Connack(p) => p.properties.iter().flat_map(properties).collect(),
        Packet::Publish(p) => properties(&p.properties),
        Packet::Ack(p) => p.properties.iter().flat_map(properties).collect(),
        Packet::Subscribe(p) => properties(&p.properties),
        Packet::Suback(p) => properties(&p.properties),
        Packet::Unsubscribe(p) => properties(&p.properties),
        Packet::Unsuback(p) => properties(&p.properties),
        Packet::Disconnect(p) => p.properties.iter().flat_map(properties).collect(),
        Packet::Auth(p) => p.properties.iter().flat_map(properties).collect(),
    });
    // What the codec's summary has already under a shorter name.
    if !matches!(packet, Packet::Connect(_)) {
        words.retain(|word| !word.starts_with("SessionExpiryInterval=") && !word.starts_with("TopicAlias="));
    }
    words.join(" ")
}

/// Most bytes of a packet that a line shows.
const BYTES: usize = 32;

/// The exact bytes in hex, as they crossed the wire; bounded, with the length where they are cut.
pub(crate) fn bytes(frame: &Frame) -> String {
    let whole = frame.to_bytes();
    let shown: Vec<String> = whole.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
    let rest = if whole.len() > BYTES { format!(" … of {} bytes", whole.len()) } else { String::new() };
    format!("{}{rest}", shown.join(" "))
}

/// Every field.
fn connect(p: &Connect) -> Vec<String> {
    let protocol = match Version::from_level(p.level) {
        Some(version) if p.protocol_name.0 == version.protocol_name().as_bytes() => version.to_string(),
        _ => format!("protocol={} level={}", quoted(&p.protocol_name), p.level),
    };
    let mut words = vec!["CONNECT".to_owned(), protocol];
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
    // A report is pasted into public threads; the password of somebody's broker must not be in it.
    words.extend(p.password.as_ref().map(|_| "password=(not shown)".to_owned()));
    if p.reserved() {
        words.push("reserved-flag=1".to_owned());
    }
    if !p.tail.is_empty() {
        words.push(format!("+{} bytes behind the last field", p.tail.len()));
    }
    words
}

fn properties(list: &Properties) -> Vec<String> {
    let one = |property: &deadzone_wire::Property| {
        let number = property.id.value();
        let id = PropertyId::from_value(number);
        let name = id.map_or_else(|| format!("0x{number:02x}"), |id| format!("{id:?}"));
        match &property.value {
            PropertyValue::Byte(v) => format!("{name}={v}"),
            PropertyValue::U16(v) => format!("{name}={v}"),
            PropertyValue::U32(v) => format!("{name}={v}"),
            PropertyValue::Var(v) => format!("{name}={}", v.value()),
            PropertyValue::Binary(v) => format!("{name}={}", data(v)),
            PropertyValue::Text(v) => format!("{name}={}", quoted(v)),
            PropertyValue::Pair(k, v) => format!("{name}={}:{}", quoted(k), quoted(v)),
        }
    };
    let tail =
        (!list.tail.is_empty()).then(|| format!("+{} unreadable bytes of properties", list.tail.len()));
    list.items.iter().map(one).chain(tail).collect()
}

fn quoted(text: &Text) -> String {
    data(&text.0)
}

/// Text in quotes where it is text, bytes in hex where it is not; bounded, with the length where it is cut.
fn data(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().count() <= SHOWN => format!("\"{text}\""),
        Ok(text) => {
            format!("\"{}…\" of {} bytes", text.chars().take(SHOWN - 8).collect::<String>(), bytes.len())
        }
        Err(_) => {
            let hex: String = bytes.iter().take(SHOWN / 4).map(|byte| format!("{byte:02x}")).collect();
            let dots = if bytes.len() > SHOWN / 4 { "…" } else { "" };
            format!("0x{hex}{dots} of {} bytes", bytes.len())
        }
    }
}
