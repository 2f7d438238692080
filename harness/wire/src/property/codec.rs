//! Properties to bytes and back (5.0 §2.2.2). Knows the type of each value, not where it may stand.

use crate::{
    Properties, Property, PropertyId, PropertySort, PropertyValue, Text, VarInt, Version, clause,
    findings::Findings,
    property::Home,
    reader::{Broken, Reader},
    writer::Writer,
};

impl Properties {
    /// Reads Property Length and properties. What forms no property stays in `tail`; only a length that leaves the packet is an error.
    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings, home: Home) -> Result<Self, Broken> {
        let start = reader.offset();
        let length = reader.varint(findings)?;
        let mut inside = reader.sub(length.value() as usize).map_err(|_| Broken::Short(start))?;
        let mut items: Vec<Property> = Vec::new();
        let tail = loop {
            let rest = inside.peek();
            let offset = inside.offset();
            if rest.is_empty() {
                break rest;
            }
            match read_one(&mut inside, findings) {
                Ok((id, property)) => {
                    home.check(id, &property, &items, offset, findings);
                    items.push(property);
                }
                Err(broken) => {
                    broken.note(findings);
                    break rest;
                }
            }
        };
        home.check_together(&items, start, findings);
        Ok(Self {
            length_width: (!length.is_minimal()).then(|| length.width()),
            declared_length: None,
            items,
            tail: Box::from(&*tail),
        })
    }

    /// The list where the version has one, otherwise an empty list.
    pub(crate) fn read_in_v5(
        reader: &mut Reader,
        findings: &mut Findings,
        home: Home,
    ) -> Result<Self, Broken> {
        if findings.version == Version::V5 { Self::read(reader, findings, home) } else { Ok(Self::new()) }
    }

    /// Writes the list where the version has one.
    pub(crate) fn write_in_v5(&self, out: &mut Writer, version: Version) {
        if version == Version::V5 {
            self.write(out);
        }
    }

    /// Bytes that the properties take behind the Property Length.
    pub(crate) fn content_len(&self) -> usize {
        self.content().len()
    }

    fn content(&self) -> Writer {
        let mut inside = Writer::default();
        for property in &self.items {
            property.write(&mut inside);
        }
        inside.raw(&self.tail);
        inside
    }

    /// Writes Property Length and properties.
    pub(crate) fn write(&self, out: &mut Writer) {
        let inside = self.content();
        let length = self.declared_length.unwrap_or(inside.len() as u32);
        out.varint(VarInt::with_width(length, self.length_width.unwrap_or(1)));
        out.raw(inside.as_slice());
    }
}

impl Property {
    fn write(&self, out: &mut Writer) {
        out.varint(self.id);
        match &self.value {
            PropertyValue::Byte(v) => out.u8(*v),
            PropertyValue::U16(v) => out.u16(*v),
            PropertyValue::U32(v) => out.u32(*v),
            PropertyValue::Var(v) => out.varint(*v),
            PropertyValue::Binary(v) => out.binary(v),
            PropertyValue::Text(v) => out.text(v),
            PropertyValue::Pair(name, value) => {
                out.text(name);
                out.text(value);
            }
        }
    }
}

fn read_one(reader: &mut Reader, findings: &mut Findings) -> Result<(PropertyId, Property), Broken> {
    let offset = reader.offset();
    let id = reader.varint(findings)?;
    let known =
        PropertyId::from_value(id.value()).ok_or_else(|| Broken::UnknownProperty(offset, id.value()))?;
    let value = match known.sort() {
        PropertySort::Byte => PropertyValue::Byte(reader.u8()?),
        PropertySort::U16 => PropertyValue::U16(reader.u16()?),
        PropertySort::U32 => PropertyValue::U32(reader.u32()?),
        PropertySort::Var => PropertyValue::Var(reader.varint(findings)?),
        PropertySort::Binary => PropertyValue::Binary(reader.binary()?),
        PropertySort::Text => PropertyValue::Text(reader.text(findings)?),
        PropertySort::Pair => PropertyValue::Pair(half(reader, findings)?, half(reader, findings)?),
    };
    Ok((known, Property { id, value }))
}

fn half(reader: &mut Reader, findings: &mut Findings) -> Result<Text, Broken> {
    let text = Text(reader.binary()?);
    findings.text_under(&text, reader.offset() - text.0.len(), &clause::PAIR, &clause::PAIR);
    Ok(text)
}
